"""One connection to an app: one exchange at a time, with deadlines, and then the next."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from offhook.net.answer import AnswerReader
from offhook.records import Certificate, Failure, FailureKind, Limits

# Loops round timers to the millisecond: a timer that comes this early (seconds) has come.
_EARLY = 0.001


Ended = Callable[[Failure | None], None]
"""Called once an exchange is over: with None when the answer has come, else with how that failed. Not called for one that was aborted."""


class Keeper(Protocol):
    """Who counts the connections."""

    def add(self, connection: "Connection") -> None:
        """A connection stands."""

    def lost(self, connection: "Connection") -> None:
        """A connection is gone; may be said twice."""


class Connection(asyncio.Protocol):
    """A TCP or TLS connection, its deadlines and its reader of answers.

    There is one timer per connection, and it is lazy: an exchange that ends well leaves it armed, and when it goes off it looks at
    what is due now. So a busy connection touches the loop's timers every few seconds instead of twice an exchange.

    `wrote_at`, `sent_at` and `first_at` are the moments (monotonic seconds) of the exchange under way, None until they have come.
    """

    def __init__(self, monotonic: Callable[[], float], keeper: Keeper) -> None:
        self.answer = AnswerReader()
        self.key: object = None
        self.peer = ""
        self.certificate: Certificate | None = None
        self.idle_since = 0.0
        self.wrote_at = 0.0
        self.sent_at: float | None = None
        self.first_at: float | None = None
        self._monotonic = monotonic
        self._keeper = keeper
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._ended: Ended | None = None
        self._limits = Limits()
        self._total_at = 0.0
        self._heard_at = 0.0
        self._idle_until = 0.0
        self._blocked = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    @property
    def usable(self) -> bool:
        """Whether it is open and nothing is under way on it."""
        return self._transport is not None and not self._transport.is_closing() and self._ended is None

    @property
    def busy(self) -> bool:
        """Whether an exchange is under way."""
        return self._ended is not None

    def ask(self, payload: bytes, limits: Limits, ended: Ended, *, head_only: bool, total_at: float) -> None:
        """Send a request; `ended` is called when the answer has come (see `answer`), or will not come.

        `total_at` is monotonic. The connection must be `usable`.
        """
        assert self._transport is not None
        self._ended = ended
        self._limits = limits
        self._total_at = total_at
        self.answer.begin(head_only, limits)
        self.first_at = self.sent_at = None
        self.wrote_at = self._monotonic()
        self._transport.write(payload)
        due = total_at
        if not self._blocked:
            self.sent_at = self._heard_at = now = self._monotonic()
            due = min(total_at, now + limits.read)
        if self._timer is None or self._timer_at > due:
            self._arm(due)

    def rest(self, seconds: float) -> None:
        """Stay open for the next exchange that long, then close."""
        self.answer.forget()
        self.idle_since = now = self._monotonic()
        self._idle_until = until = now + seconds
        if self._timer is None or self._timer_at > until:
            self._arm(until)

    def close(self) -> None:
        """Say goodbye properly."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Drop it at once; an exchange under way is nobody's any more."""
        self._ended = None
        if self._transport is not None:
            self._transport.abort()

    async def secure(self, context: ssl.SSLContext, server_name: str | None) -> ssl.SSLObject:
        """Put TLS on the connection. Raises OSError (TLS's own errors are such) when there is no handshake."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("closed before the handshake")
        try:
            secured = await self._loop.start_tls(self._transport, self, context, server_hostname=server_name)
        except BaseException:
            self.abort()
            self._keeper.lost(self)  # until the handshake is done the loop does not tell us
            raise
        if secured is None:
            raise ConnectionResetError("closed during the handshake")
        self._transport = secured
        return cast("ssl.SSLObject", secured.get_extra_info("ssl_object"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands. With no room for unsent bytes the loop says when all are sent: that times the phase."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)
        self._keeper.add(self)

    def data_received(self, data: bytes) -> None:
        """A piece of the answer; or something that nobody asked for, after which the connection cannot be trusted."""
        if self._ended is None:
            self.abort()
            return
        self._heard_at = self._monotonic()
        if self.first_at is None:
            self.first_at = self._heard_at
        if self.answer.feed(data):
            problem = self.answer.problem
            self._finish(Failure(kind=FailureKind.PROTOCOL, detail=problem, partial=True) if problem else None)

    def eof_received(self) -> None:
        """The peer has closed its side: whatever that makes of the answer, this connection is done."""
        self._hung_up(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, cleanly or not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._hung_up(exc)
        self.answer.close()
        self._keeper.lost(self)

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        self._blocked = True

    def resume_writing(self) -> None:
        """All is sent: from here on the peer's silence counts."""
        self._blocked = False
        self.sent_at = self._heard_at = self._monotonic()
        if self._ended is not None:
            self._arm(self._due())

    def _hung_up(self, exc: Exception | None) -> None:
        if self._ended is None:
            return
        answer = self.answer
        if not answer.started:
            how = "closed" if exc is None else "reset"
            self._finish(Failure(kind=FailureKind.RESET, detail=f"The peer {how} the connection before it answered."))
        elif exc is not None:
            detail = f"The connection broke in the middle of the answer ({_words(exc)})."
            self._finish(Failure(kind=FailureKind.RESET, detail=detail, partial=True))
        else:
            answer.end()
            problem = answer.problem
            self._finish(Failure(kind=FailureKind.PROTOCOL, detail=problem, partial=True) if problem else None)

    def _finish(self, failure: Failure | None) -> None:
        """End the exchange. A connection that cannot carry another is closed here."""
        ended, self._ended = self._ended, None
        if failure is not None:
            self.abort()
        elif self.sent_at is None or not self.answer.keep_alive:
            self.close()
        if ended is not None:
            ended(failure)

    def _due(self) -> float:
        """When the exchange under way is out of time. The peer's silence counts from the moment when all was sent."""
        if self.sent_at is None:
            return self._total_at
        return min(self._total_at, self._heard_at + self._limits.read)

    def _arm(self, at: float) -> None:
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_later(max(0.0, at - self._monotonic()), self._tick)

    def _tick(self) -> None:
        self._timer = None
        due = self._idle_until if self._ended is None else self._due()
        if self._monotonic() < due - _EARLY:
            self._arm(due)
        elif self._ended is None:
            self.close()
        else:
            self._finish(self._too_late())

    def _too_late(self) -> Failure:
        answer, limits = self.answer, self._limits
        if self.sent_at is None:
            what = "The peer did not take the whole request"
        elif answer.started:
            what = f"The answer was not complete ({answer.body_size} bytes of its body had come)"
        else:
            what = "The peer took the request and did not answer"
        if self._due() >= self._total_at:
            kind, when = FailureKind.TOTAL_TIMEOUT, f" within the total of {round(limits.total, 2):g} s"
        else:
            kind, when = FailureKind.READ_TIMEOUT, f"; nothing came for {round(limits.read, 2):g} s"
        return Failure(kind=kind, detail=f"{what}{when}.", partial=answer.started)


def _words(exc: Exception) -> str:
    return (exc.strerror if isinstance(exc, OSError) else None) or type(exc).__name__
