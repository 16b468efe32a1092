"""What all sinks that speak HTTP share: a request to the operator's own address, and what its answer means (spec: twilio-debugger §5.4, §5.6)."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from offhook import __version__
from offhook.delivery.schedule import retry_after
from offhook.headers import has_field
from offhook.ports import Clock, Transport
from offhook.records import ClientCertificate, Exchange, Failure, FailureKind, Headers, HttpRequest, Limits
from offhook.streams.model import Delivery, Fault
from offhook.streams.retries import INTERNAL, NO_ANSWER, NO_CONNECTION, REFUSED, SERVER_ERROR, THROTTLED

TIMEOUT: Final = 5.0

_UNCONNECTED: Final = frozenset(
    {
        FailureKind.BLOCKED,
        FailureKind.DNS,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.REFUSED,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.TLS_NAME,
        FailureKind.TLS_EXPIRED,
        FailureKind.TLS_UNTRUSTED,
        FailureKind.RESET,
    }
)


def limits(
    timeout: float, *, verify_tls: bool = True, certificate: ClientCertificate | None = None, answer: int = 64 * 1024
) -> Limits:
    """The deadlines of a request to a sink: the connection, the handshake and the answer get `timeout` seconds each, and all of it twice that.

    `answer` is how many bytes of one are read.
    """
    return Limits(
        connect=timeout,
        read=timeout,
        total=2 * timeout,
        verify_tls=verify_tls,
        client_certificate=certificate,
        read_cap=answer,
        keep_cap=answer,
    )


def basic(username: str, password: str) -> tuple[str, str]:
    """The header field of a login that is sent without being asked (spec: twilio-debugger §5.8)."""
    return "Authorization", "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Caller:
    """Asks one sink's server. Its address is the operator's own choice: any may be called but a cloud's metadata service."""

    def __init__(self, transport: Transport, clock: Clock, limits: Limits, headers: Headers = ()) -> None:
        self._transport = transport
        self._clock = clock
        self._limits = limits
        own = has_field(headers, "user-agent")
        self._headers = headers if own else (("User-Agent", f"offhook/{__version__}"), *headers)

    async def ask(self, method: str, url: str, headers: Headers, body: bytes = b"") -> Exchange:
        """One request with these header fields besides the caller's own."""
        request = HttpRequest(method=method, url=url, headers=(*self._headers, *headers), body=body)
        return await self._transport.exchange(request, self._limits, trusted=True)

    def fault(self, exchange: Exchange) -> Fault | None:
        """Why the request came to nothing; None after a 2xx."""
        return judge(exchange, self._clock.now())


def judge(exchange: Exchange, now: float) -> Fault | None:
    """What an exchange says of the sink: None for a 2xx, else a fault. Redirects are not followed: a signature covers one URL."""
    where = f"{exchange.method} {shown(exchange.url)}"
    if exchange.failure is not None:
        return _failed(exchange, exchange.failure, where)
    status = exchange.status
    if 200 <= status < 300:
        return None
    said = f"{where}: the answer was {status}{_phrase(status)}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Fault(code=THROTTLED, message=said, retry=True, retry_after=retry_after(status, exchange.headers, now))
    if 400 <= status < 500:
        return Fault(code=REFUSED, message=said, retry=False)
    code = SERVER_ERROR if status >= 500 else INTERNAL
    if 300 <= status < 400:
        said += ", and redirects are not followed: give the final URL"
    return Fault(code=code, message=said, retry=True, retry_after=retry_after(status, exchange.headers, now))


def shown(url: str) -> str:
    """A URL that may be told: what stands in its query may be a secret."""
    return url.partition("?")[0]


def refused(message: str) -> Fault:
    """A fault that trying again does not mend."""
    return Fault(code=REFUSED, message=message, retry=False)


def as_a_whole(count: int, fault: Fault | None) -> Delivery:
    """What came of a request that takes or refuses so many events together."""
    if fault is None:
        return Delivery(taken=count)
    return Delivery(taken=0, refused=0 if fault.retry else count, fault=fault)


def stamp(at: float) -> str:
    """A time in seconds since the epoch as ISO 8601 has it, to the millisecond: `2026-11-26T13:00:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def first_words(words: object, most: int = 200) -> str:
    """What a server said, fit to stand in a message."""
    return " ".join(str(words or "").split())[:most]


def _failed(exchange: Exchange, failure: Failure, where: str) -> Fault:
    said = f"{where}: {failure.detail}"
    kind = failure.kind
    if kind is FailureKind.BAD_URL:
        return refused(said)
    unsent = not exchange.request_headers
    if (kind in _UNCONNECTED and not failure.partial) or (kind is FailureKind.TOTAL_TIMEOUT and unsent):
        return Fault(code=NO_CONNECTION, message=said, retry=True)
    slow = kind in {FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT}
    return Fault(code=NO_ANSWER if slow else INTERNAL, message=said, retry=True)


def _phrase(status: int) -> str:
    return next((f" {each.phrase}" for each in HTTPStatus if each == status), "")


def together(bodies: Sequence[bytes]) -> bytes:
    """JSON values as one array."""
    return b"[" + b",".join(bodies) + b"]"
