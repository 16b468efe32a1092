"""The one door out: a timed HTTP/1.1 client of our own (spec: limits §2, speed "Outgoing").

Nothing of the environment is read: no proxies, no netrc. Redirects are the caller's: each hop comes back here and is checked anew.
"""

from offhook.net.call import Call
from offhook.net.connection import Connection
from offhook.net.dialer import Dialer, Resolve, resolve_by_system
from offhook.net.pool import Pool
from offhook.net.tls import Contexts
from offhook.net.urls import parse_target
from offhook.net.wire import compose
from offhook.ports import Clock
from offhook.records import Exchange, Failure, FailureKind, HttpRequest, Limits


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
        clock = self._clock
        call = Call(request, limits, trusted, clock.now(), clock.monotonic(), clock.monotonic)
        target = parse_target(request.url)
        if isinstance(target, Failure):
            return call.unsent(target)
        composed = compose(request, target)
        if isinstance(composed, Failure):
            return call.unsent(composed)
        payload, call.headers = composed
        key = (target.origin, limits.server_name, limits.verify_tls, limits.client_certificate, trusted)
        kept = self._pool.take(key)
        if kept is not None:
            failure = await _ask(kept, payload, call)
            if failure is None or failure.partial or failure.kind is not FailureKind.RESET:
                return self._end(kept, call, failure, reused=True)
        made = await self._dialer.dial(target, call)
        if isinstance(made, Failure):
            return call.unsent(made)
        made.key = key
        return self._end(made, call, await _ask(made, payload, call), reused=False)

    async def close(self) -> None:
        """Close the idle connections now, and those in use when their exchanges end."""
        await self._pool.close()

    def _make(self) -> Connection:
        return Connection(self._clock.monotonic, self._pool)

    def _end(self, connection: Connection, call: Call, failure: Failure | None, *, reused: bool) -> Exchange:
        exchange = call.ended(connection, failure, reused=reused)
        if connection.usable:
            self._pool.give(connection)
        return exchange


async def _ask(connection: Connection, payload: bytes, call: Call) -> Failure | None:
    try:
        return await connection.ask(payload, call.limits, head_only=call.request.method == "HEAD", total_at=call.total_at)
    except BaseException:
        connection.abort()
        raise
