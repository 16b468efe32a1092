"""What the house asks of a provider: who calls us, whether it is really them, and what their request is about."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from offhook.records import Answer, Arrival, Endpoint, Headers, Kind, Record, Webhook


class Incoming(Record):
    """One complete request as the intake read it.

    `target` is the raw path and query; `headers` are by lower-case name, values stripped; the names of fields that came more than once are
    in `repeated`. `head` is the request line and header lines as received, without the empty line and with credentials blanked; `secure` says that it
    came over our own TLS.
    """

    method: str
    target: bytes
    headers: Mapping[bytes, bytes]
    head: bytes
    body: bytes
    peer: str
    secure: bool
    repeated: frozenset[bytes] = frozenset()


class Accepted(Record):
    """The request is the provider's. `url` is the public URL that its signature covers; `dedupe_key` has 16 bytes.

    `provider_id` (the message's or the call's) and `sender` are for the log line; "" where there is none.
    """

    kind: Kind
    dedupe_key: bytes
    url: str
    provider_id: str = ""
    sender: str = ""


class Refused(Record):
    """The request is not acceptable: the status to answer with, why in one sentence, and the URL that we assumed it was sent to.

    `signature` says that the signature itself is missing or wrong, so that looking for a near miss makes sense.
    """

    status: int
    reason: str
    url: str = ""
    account_sid: str = ""
    signature: bool = False


class Provider(Protocol):
    """One caller of webhooks. Everything here is pure: data in, data out."""

    name: str

    def verify(self, request: Incoming) -> Accepted | Refused:
        """Whether it is really the provider, and what it wants."""

    def verify_all(self, requests: Sequence[Incoming]) -> Sequence[Accepted | Refused]:
        """`verify` for each, in their order. On the path of the answer: microseconds count."""

    def near_miss(self, request: Incoming) -> str:
        """After a refused signature, off the path: the URL for which the signature would have been right, or ""."""

    def derive(self, arrival: Arrival) -> Webhook:
        """The webhook that a kept arrival is: parsed ids, numbers, conversation; state waiting, due when received."""

    def sign(self, url: str, body: bytes, content_type: str, account_sid: str) -> tuple[str, Headers]:
        """The URL to call (JSON bodies get a fresh `bodySHA256`) and the signature headers, for a request that we make in their name."""

    def acknowledge(self, endpoint: Endpoint, kind: Kind) -> Answer | None:
        """The answer to give as soon as the webhook is stored, or None when the app is to be asked first (relay)."""
