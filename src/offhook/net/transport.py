"""The one door out: a timed HTTP/1.1 client of our own (spec: limits §2, speed "Outgoing").

Nothing of the environment is read: no proxies, no netrc. Redirects are the caller's: each hop comes back here and is checked anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from offhook.net.call import Call
from offhook.net.connection import Connection
from offhook.net.dialer import Dialer, Resolve, resolve_by_system
from offhook.net.pool import Pool
from offhook.net.tls import Contexts
from offhook.net.urls import Target, parse_target
from offhook.net.wire import compose
from offhook.ports import Asking, Clock, Ended
from offhook.records import Exchange, Failure, FailureKind, HttpRequest, Limits

_Plan = tuple[Target, bytes, object]
"""Where to, the bytes of the request, and which kept connections will do."""


class HttpTransport:
    """`ports.Transport` over asyncio, with kept-alive connections.

    `resolve` looks names up (the system's resolver by default). Connections stay open `idle_for` seconds after an exchange, at most
    `pool_size` to each origin. `ca_file` (PEM) is trusted in addition to the system's authorities.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        resolve: Resolve | None = None,
        idle_for: float = 15.0,
        pool_size: int = 64,
        ca_file: str | None = None,
    ) -> None:
        self._clock = clock
        self._pool = Pool(idle_for, pool_size)
        self._dialer = Dialer(resolve or resolve_by_system, Contexts(ca_file), self._make)

    async def exchange(self, request: HttpRequest, limits: Limits, *, trusted: bool = False) -> Exchange:
        """Send a request and read its answer; whatever goes wrong is in the Exchange. Cancelling closes the connection.

        `trusted` URLs come from the operator's configuration and may name any address but that of a cloud's metadata service.
        """
        call, planned = self._plan(request, limits, trusted=trusted)
        if isinstance(planned, Failure):
            return call.unsent(planned)
        target, payload, key = planned
        kept = self._pool.take(key)
        if kept is not None:
            failure = await _ask(kept, payload, call)
            if failure is None or not _was_closed(failure):
                return self._end(kept, call, failure, reused=True)
        made = await self._dialer.dial(target, call)
        if isinstance(made, Failure):
            return call.unsent(made)
        made.key = key
        return self._end(made, call, await _ask(made, payload, call), reused=False)

    def begin_all(self, asked: Sequence[Asking]) -> Sequence[Callable[[], None] | None]:
        """`ports.KeptAlive`: first all requests are written down, then all are sent, so that the processor has one thing to do at a time."""
        planned = [self._plan(request, limits, trusted=True) for request, limits, _ in asked]
        return [self._begin(call, plan, ended) for (call, plan), (_, _, ended) in zip(planned, asked, strict=True)]

    def _begin(self, call: Call, plan: _Plan | Failure, ended: Ended) -> Callable[[], None] | None:
        if isinstance(plan, Failure):
            return None
        _, payload, key = plan
        kept = self._pool.take(key)
        if kept is None:
            return None

        over = partial(self._over, kept, call, ended)
        kept.ask(payload, call.limits, over, head_only=call.request.method == "HEAD", total_at=call.total_at)
        return kept.abort

    def _over(self, kept: Connection, call: Call, ended: Ended, failure: Failure | None) -> None:
        was_closed = failure is not None and _was_closed(failure)
        ended(None if was_closed else self._end(kept, call, failure, reused=True))

    async def close(self) -> None:
        """Close the idle connections now, and those in use when their exchanges end."""
        await self._pool.close()

    def _plan(self, request: HttpRequest, limits: Limits, *, trusted: bool) -> tuple[Call, _Plan | Failure]:
        monotonic = self._clock.monotonic
        start = monotonic()
        call = Call(request, limits, trusted, self._clock.now(), start, monotonic, start + limits.total)
        target = parse_target(request.url)
        if isinstance(target, Failure):
            return call, target
        composed = compose(request, target)
        if isinstance(composed, Failure):
            return call, composed
        payload, call.headers = composed
        return call, (target, payload, (target.origin, limits.server_name, limits.verify_tls, limits.client_certificate, trusted))

    def _make(self) -> Connection:
        return Connection(self._clock.monotonic, self._pool)

    def _end(self, connection: Connection, call: Call, failure: Failure | None, *, reused: bool) -> Exchange:
        exchange = call.ended(connection, failure, reused=reused)
        if connection.usable:
            self._pool.give(connection)
        return exchange


async def _ask(connection: Connection, payload: bytes, call: Call) -> Failure | None:
    waiter: asyncio.Future[Failure | None] = asyncio.get_running_loop().create_future()

    def over(failure: Failure | None) -> None:
        if not waiter.done():
            waiter.set_result(failure)

    connection.ask(payload, call.limits, over, head_only=call.request.method == "HEAD", total_at=call.total_at)
    try:
        return await waiter
    except BaseException:
        connection.abort()
        raise


def _was_closed(failure: Failure) -> bool:
    """Whether the app had closed a kept connection first: that is no evidence of anything."""
    return failure.kind is FailureKind.RESET and not failure.partial
