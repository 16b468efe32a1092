"""The header with which Twilio names the shared key that it signed with instead of the Auth Token.

Its form, `key=<id>,algorithm=HMAC_SHA256`, is that of Twilio's own validator (twilio-python 9.13.0, `request_validator.py`), which takes
a header without an algorithm for the Auth Token's signature, and knows HMAC_SHA1 and HMAC_SHA256. Anything new belongs here.
"""

from offhook.providers.signature import ALGORITHMS
from offhook.records import Record

HEADER = b"x-twilio-webhooks-signature-settings"


class NamedKey(Record):
    """What the header names. An algorithm that we do not know is ""."""

    key_id: str
    algorithm: str


def read_settings(value: bytes) -> NamedKey | None:
    """The shared key and algorithm that a header names; None when it names no algorithm: the Auth Token signed."""
    fields: dict[str, str] = {}
    for part in value.decode("latin-1").split(","):
        name, _, written = part.partition("=")
        fields.setdefault(name.strip(), written.strip())
    if not fields.get("algorithm"):
        return None
    return NamedKey(key_id=fields.get("key", ""), algorithm=known_algorithm(fields["algorithm"]))


def known_algorithm(written: str) -> str:
    """`HMAC_SHA256` as a key of ALGORITHMS, `hmac-sha256`; "" for any that is not among them."""
    name = written.lower().replace("_", "-")
    return name if name in ALGORITHMS else ""
