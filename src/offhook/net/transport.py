"""The one door out: a timed HTTP/1.1 client of our own (spec: limits §2, speed "Outgoing").

Nothing of the environment is read: no proxies, no netrc. Redirects are the caller's: each hop comes back here and is checked anew.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from offhook.net.call import Call
from offhook.net.connection import Connection
from offhook.net.dialer import Dialer, Resolve, resolve_by_system
from offhook.net.pool import Pool
from offhook.net.tls import Contexts
from offhook.net.urls import Target, parse_target
from offhook.net.wire import compose
from offhook.ports import Asking, Clock, Ended
from offhook.records import Exchange, Failure, FailureKind, HttpRequest, Limits


class _Plan(msgspec.Struct, gc=False):
    """Where to, the bytes of the request, and which kept connections will do."""

    target: Target
    payload: bytes
    key: object


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
        self._pool = Pool(idle_for, pool_size, clock.monotonic)
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialer = Dialer(resolve or resolve_by_system, Contexts(ca_file), self._make)

    async def exchange(self, request: HttpRequest, limits: Limits, *, trusted: bool = False) -> Exchange:
        """Send a request and read its answer; whatever goes wrong is in the Exchange. Cancelling closes the connection.

        `trusted` URLs come from the operator's configuration and may name any address but that of a cloud's metadata service.
        """
        call, planned = self._plan(request, limits, trusted=trusted)
        if isinstance(planned, Failure):
            return call.unsent(planned)
        kept = self._pool.take(planned.key)
        if kept is not None:
            failure = await _ask(kept, planned.payload, call)
            if failure is None or not _was_closed(failure):
                return self.end(kept, call, failure, reused=True)
        return await self.anew(planned, call)

    def begin_all(self, asked: Sequence[Asking]) -> Sequence[Callable[[], None] | None]:
        """`ports.KeptAlive`: first all requests are written down, then all are sent, so that the processor has one thing to do at a time."""
        planned = [self._plan(request, limits, trusted=True) for request, limits, _ in asked]
        return [self._begin(call, plan, ended) for (call, plan), (_, _, ended) in zip(planned, asked, strict=True)]

    def _begin(self, call: Call, plan: _Plan | Failure, ended: Ended) -> Callable[[], None] | None:
        if isinstance(plan, Failure):
            return None
        kept = self._pool.take(plan.key)
        if kept is None:
            return None
        asked = _Asked(self, plan, call, kept, ended)
        try:
            kept.ask(plan.payload, call.limits, asked.over, head_only=call.request.method == "HEAD", total_at=call.total_at)
        except Exception:  # noqa: BLE001 - the others have been sent: this one is for whoever can say what is wrong
            kept.abort()
            return None
        return asked.break_off

    async def anew(self, plan: _Plan, call: Call) -> Exchange:
        """The exchange over a new connection."""
        made = await self._dialer.dial(plan.target, call)
        if isinstance(made, Failure):
            return call.unsent(made)
        made.key = plan.key
        return self.end(made, call, await _ask(made, plan.payload, call), reused=False)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have this done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Close the idle connections now, and those in use when their exchanges end."""
        for task in self._tasks:
            task.cancel()
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
        key = (target.origin, limits.server_name, limits.verify_tls, limits.client_certificate, trusted)
        return call, _Plan(target, payload, key)

    def _make(self) -> Connection:
        return Connection(self._clock.monotonic, self._pool)

    def end(self, connection: Connection, call: Call, failure: Failure | None, *, reused: bool) -> Exchange:
        """The evidence of an exchange that is over; its connection is kept if it can be."""
        exchange = call.ended(connection, failure, reused=reused)
        if connection.usable:
            self._pool.give(connection)
        return exchange


class _Asked(msgspec.Struct, eq=False):
    """A request of `begin_all` that is under way."""

    transport: HttpTransport
    plan: _Plan
    call: Call
    kept: Connection
    ended: Ended
    task: asyncio.Task[None] | None = None

    def over(self, failure: Failure | None) -> None:
        """The kept connection has brought the answer, or has failed; what the app had closed before is made anew."""
        if failure is not None and _was_closed(failure):
            self.task = self.transport.spawn(self._anew())
        else:
            self.ended(self.transport.end(self.kept, self.call, failure, reused=True))

    async def _anew(self) -> None:
        try:
            exchange = await self.transport.anew(self.plan, self.call)
        except Exception as error:  # noqa: BLE001 - a fault of ours; whoever asked would wait for ever, and tells of a failure
            exchange = self.call.unsent(
                Failure(kind=FailureKind.CONNECT, detail=f"The connection could not be made anew: {error!r}.")
            )
        self.ended(exchange)

    def break_off(self) -> None:
        """Nobody waits any more."""
        self.kept.abort()
        if self.task is not None:
            self.task.cancel()


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
