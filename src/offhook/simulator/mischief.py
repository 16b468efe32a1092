"""The one door, with chaos in it: what a call's fate says is done to it, or made up in its place. Around any `ports.Transport`."""

from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from offhook.ports import Clock, Transport
from offhook.records import Exchange, Failure, FailureKind, Headers, HttpRequest, Limits, Timings
from offhook.simulator.chaos import KINDS, WELL, Chaos, ChaosKind, Fate, called

_FIRST_ATTEMPT: Final = ("Offhook-Attempt", "1")
_SIGNATURE: Final = "x-twilio-signature"


class Mischief:
    """A transport that lets chaos have its way with each message's first attempt, its retries included.

    What comes later, at the fallback URL or by a schedule, goes through: so that what makes up for a failure can be seen to.
    """

    def __init__(self, door: Transport, chaos: Chaos, clock: Clock) -> None:
        self._door = door
        self._chaos = chaos
        self._clock = clock

    async def exchange(self, request: HttpRequest, limits: Limits, *, trusted: bool = False) -> Exchange:
        """The exchange, made, spoilt or made up."""
        fate = WELL
        if self._chaos.rules and _FIRST_ATTEMPT in request.headers:
            fields = request.body.decode("latin-1") if request.body else urlsplit(request.url).query
            fate = self._chaos.fate(called(fields), request.url)
        if fate is WELL:
            return await self._door.exchange(request, limits, trusted=trusted)
        if fate.delay:
            await self._clock.sleep(min(fate.delay, limits.total))
            if fate.delay >= limits.total:
                return self._made(request, _too_late(limits), limits.total)
            limits = replace(limits, total=limits.total - fate.delay)
        if fate.fault is not None and not KINDS[fate.fault].asked:
            return self._instead(request, limits, fate)
        if fate.bad_signature:
            request = replace(request, headers=_spoilt(request.headers))
        exchange = await self._door.exchange(request, limits, trusted=trusted)
        return spoil(exchange, limits, fate.fault) if fate.fault is not None else exchange

    def _instead(self, request: HttpRequest, limits: Limits, fate: Fate) -> Exchange:
        """What comes of a call that is not made."""
        if fate.fault in {ChaosKind.SERVER_ERROR, ChaosKind.RATE_LIMITED}:
            return self._answered(request, fate.status or 429)
        where = urlsplit(request.url).netloc
        if fate.fault is ChaosKind.CONNECT_TIMEOUT:
            detail = f"No connection to {where} within {limits.connect:g} s."
            return self._made(request, Failure(kind=FailureKind.CONNECT_TIMEOUT, detail=detail), limits.connect)
        if fate.fault is ChaosKind.REFUSED:
            detail = f"{where} refused the connection: nothing listens there."
            return self._made(request, Failure(kind=FailureKind.REFUSED, detail=detail), 0.001)
        detail = "The peer reset the connection before it answered."
        return self._made(request, Failure(kind=FailureKind.RESET, detail=detail), 0.001)

    def _made(self, request: HttpRequest, failure: Failure, seconds: float) -> Exchange:
        """A failure with the timings that it would have had; nobody waits for them."""
        return Exchange(
            method=request.method,
            url=request.url,
            started_at=self._clock.now(),
            timings=Timings(total=seconds * 1000),
            failure=failure,
        )

    def _answered(self, request: HttpRequest, status: int) -> Exchange:
        body = f"<html><body>{status}</body></html>".encode()
        return Exchange(
            method=request.method,
            url=request.url,
            started_at=self._clock.now(),
            timings=Timings(total=1.0),
            request_headers=request.headers,
            status=status,
            headers=(("Content-Type", "text/html"), ("Content-Length", str(len(body)))),
            body=body,
            body_size=len(body),
        )


def spoil(exchange: Exchange, limits: Limits, fault: ChaosKind) -> Exchange:
    """An exchange whose answer does not come as it was sent. Pure."""
    if exchange.failure is not None:
        return exchange  # chaos need not add to it
    half = exchange.body[: len(exchange.body) // 2]
    if fault is ChaosKind.TRUNCATED:
        detail = f"The answer ended after {len(half)} of {exchange.body_size} bytes."
        failure = Failure(kind=FailureKind.PROTOCOL, detail=detail, partial=True)
        return replace(exchange, body=half, body_size=len(half), failure=failure)
    if fault is ChaosKind.DRIP:
        detail = f"The answer was not complete ({len(half)} bytes of its body had come) within the total of {limits.total:g} s."
        failure = Failure(kind=FailureKind.TOTAL_TIMEOUT, detail=detail, partial=True)
        return replace(exchange, body=half, body_size=len(half), failure=failure)
    if fault is ChaosKind.READ_TIMEOUT:
        detail = f"The peer took the request and did not answer; nothing came for {limits.read:g} s."
        lost = Failure(kind=FailureKind.READ_TIMEOUT, detail=detail)
    else:
        lost = Failure(kind=FailureKind.RESET, detail="The peer reset the connection before it answered.")
    return replace(exchange, status=0, headers=(), body=b"", body_size=0, body_cut=False, failure=lost)


def _spoilt(headers: Headers) -> Headers:
    """The headers with another signature, of the same shape."""
    return tuple((name, _other(value)) if name.lower() == _SIGNATURE else (name, value) for name, value in headers)


def _other(signature: str) -> str:
    return ("B" if signature.startswith("A") else "A") + signature[1:]


def _too_late(limits: Limits) -> Failure:
    return Failure(kind=FailureKind.TOTAL_TIMEOUT, detail=f"No answer within the total of {limits.total:g} s.")
