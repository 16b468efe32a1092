"""The public listener: accepts within the limits, sweeps out what is late, and stops without losing an answer."""

import asyncio
import time
from collections import Counter
from contextlib import suppress

from offhook import logs
from offhook.intake import limits, wire
from offhook.intake.certificate import Certificate, TlsFiles
from offhook.intake.connection import Connection
from offhook.intake.heads import HeadReader
from offhook.intake.hub import Call, Handler, Member, Reader
from offhook.intake.limits import IntakeLimits, Refusal, Throttle
from offhook.providers.urls import is_trusted
from offhook.turns import Turn

log = logs.get("intake")

_BACKLOG = 1024


class Listener:
    """Listens on `host` and `port` (0: any free one) and hands requests to the handler. Over TLS when given certificate files."""

    def __init__(
        self, handler: Handler, *, host: str, port: int, tls: TlsFiles | None = None, limits: IntakeLimits | None = None
    ) -> None:
        self.handler = handler
        self.limits = limits or IntakeLimits()
        self.heads = HeadReader(self.limits)
        self.answers = wire.Answers()
        self.inbox: Turn[tuple[Reader, bytes]] = Turn(self._read)
        self.calls: Turn[Call] = Turn(handler.handle)
        self.tick = 0.0
        self.idle_until = 0.0
        self.stopping = False
        self._host = host
        self._port = port
        self._certificate = Certificate(tls) if tls else None
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._connections: set[Member] = set()
        self._of_address: Counter[str] = Counter()
        self._buffered = 0
        self._reports = Throttle(50, 10.0)
        self._emptied = asyncio.Event()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server and self._server.sockets else self._port

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._sweep(loop)
        context = self._certificate.context if self._certificate else None
        self._server = await loop.create_server(
            lambda: Connection(self, secure=context is not None),
            self._host,
            self._port,
            backlog=_BACKLOG,
            ssl=context,
            ssl_handshake_timeout=self.limits.header_timeout if context else None,
        )

    async def stop(self, deadline: float) -> None:
        """Accept no more, give the answers that are due, close; what is still open after `deadline` seconds is cut."""
        self.inbox.end()
        self.calls.end()
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.wind_down()
        if self._connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), deadline)
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)
        if self._timer is not None:
            self._timer.cancel()

    # -- for the connections (`hub.Hub`)

    def joined(self, connection: Member) -> Refusal | None:
        """Count a connection; one over a cap is told so, and one far over it is not even that."""
        self._connections.add(connection)
        self._emptied.clear()
        self._of_address[connection.peer] += 1
        bounds = self.limits
        if len(self._connections) > bounds.connections:
            refusal = limits.TOO_MANY_CONNECTIONS
        elif self._of_address[connection.peer] > bounds.connections_per_address and not is_trusted(
            connection.peer, bounds.exempt
        ):
            refusal = limits.TOO_MANY_FROM_ADDRESS
        else:
            return None
        far = (
            len(self._connections) > 2 * bounds.connections
            or self._of_address[connection.peer] > 2 * bounds.connections_per_address
        )
        if not far:
            return refusal
        self.report(connection, refusal)
        connection.abort()
        return None

    def left(self, connection: Member) -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        self._of_address[connection.peer] -= 1
        if self._of_address[connection.peer] <= 0:
            del self._of_address[connection.peer]
        if not self._connections:
            self._emptied.set()

    def reserve(self, size: int) -> bool:
        """Room for bodies on their way in, all connections together."""
        if size > 0 and self._buffered + size > self.limits.buffered:
            return False
        self._buffered += size
        return True

    def report(self, connection: Member, refusal: Refusal) -> None:
        """Count a refusal and log it, unless there are too many to log."""
        self.handler.refused(refusal.name)
        held = self._reports.take(self.tick)
        if held is not None:
            log.warning("intake.refused", reason=refusal.name, status=refusal.status, peer=connection.peer, not_logged=held)

    def _read(self, brought: list[tuple[Reader, bytes]]) -> None:
        """First read all, then have all handled."""
        for connection, data in brought:
            try:
                connection.take(data)
            except Exception as error:  # noqa: BLE001 - the other connections have nothing to do with it
                connection.abort()
                context = {"message": "a connection of the intake's failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
        self.calls.end()

    # -- time

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at every deadline, the clock and the certificate: one timer for all connections."""
        self._timer = loop.call_later(self.limits.sweep, self._sweep, loop)
        self.inbox.end()
        self.tick = now = loop.time()
        self.idle_until = now + self.limits.idle_timeout
        self.answers.set_time(time.time())
        late = [each for each in self._connections if now > each.deadline or now > each.write_deadline]
        for connection in late:
            connection.expire(now)
        if self._certificate is not None:
            self._certificate.refresh()
