"""The console's listener: uvicorn inside the event loop that is running already."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from offhook.errors import OffhookError, SettingsError
from offhook.settings import is_loopback

GRACE = 1
"""Whole seconds that answers in flight get when the server stops."""
MAX_CONNECTIONS = 256
MAX_HEADER = 32 * 1024


def refuse_without_login(host: str) -> None:
    """Raises SettingsError where a listener that has no login is not on loopback (limits §5)."""
    if not is_loopback(host):
        raise SettingsError(
            f"It would listen on {host or 'every address'}, and there is no login: anybody who can reach it could read the messages. "
            "Use 127.0.0.1, and an SSH tunnel to reach it from elsewhere."
        )


def cannot_listen(of: str, host: str, port: int, error: OSError) -> OffhookError:
    """What is in the way of a listener, and the way out."""
    flag = "--port" if of == "webhooks" else "--console-port"
    ways = {
        errno.EADDRINUSE: f"another program uses it: stop that, or choose another port with {flag}",
        errno.EADDRNOTAVAIL: f"{host} is no address of this machine: choose one with {flag.replace('port', 'host')}",
        errno.EACCES: f"this user may not use it: choose a port above 1023 with {flag}",
    }
    why = ways.get(error.errno or 0, error.strerror or str(error))
    return OffhookError(f"Cannot listen for the {of} on {host} port {port}: {why}.")


class ConsoleServer:
    """One listener for one application; `start` and `stop` belong to whoever owns the event loop."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self._host = host
        self._wanted_port = port
        self._socket: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None
        self._server = _Server(
            uvicorn.Config(
                app,
                # h11 rather than httptools: it has a cap on the header's size.
                http="h11",
                h11_max_incomplete_event_size=MAX_HEADER,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=GRACE,
            )
        )

    @property
    def port(self) -> int:
        """The port that it listens on; 0 before the start."""
        return int(self._socket.getsockname()[1]) if self._socket else 0

    async def start(self) -> None:
        """Listen, and return when requests are answered. Raises OSError when the address cannot be had."""
        self._socket = _listen(self._host, self._wanted_port)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="console")
        while not self._server.started:
            if self._task.done():
                raise OffhookError("The console's server ended while it was starting.") from self._task.exception()
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Stop listening, let answers in flight finish for a second, then hang up. Safe to call twice."""
        if self._task is None:
            return
        task, self._task = self._task, None
        self._server.leave()
        await task
        self._server.hang_up()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers (signals are the whole program's business), and without its ten ticks a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Begin to stop."""
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        """Keep the `Date` header right, which uvicorn does at every tenth tick, until it is time to leave."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), 1.0)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield

    def hang_up(self) -> None:
        """Close what the grace period has left open."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, every answer on a kept connection waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
