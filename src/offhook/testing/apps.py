"""An application object of any framework, served on a free port of this machine from a thread."""

import asyncio
import inspect
import threading
from collections.abc import Callable
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Final, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import uvicorn

HOST: Final = "127.0.0.1"
STARTS_WITHIN: Final = 10.0


class AppServers:
    """Serves applications until the block that it is used in ends."""

    def __init__(self) -> None:
        self._stops: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while self._stops:
            self._stops.pop()()

    def serve(self, app: Any, path: str = "") -> str:
        """Serve a WSGI or ASGI application; its URL, `path` included. Raises RuntimeError where it does not start."""
        start = _serve_asgi if is_asgi(app) else _serve_wsgi
        port, stop = start(app)
        self._stops.append(stop)
        return f"http://{HOST}:{port}{path}"


def is_asgi(app: Any) -> bool:
    """Whether calling the application makes a coroutine (ASGI) rather than an answer (WSGI)."""
    called = app if inspect.isfunction(app) or inspect.ismethod(app) else type(app).__call__
    return inspect.iscoroutinefunction(called)


class _Server(WSGIServer):
    """One thread a request, so that an app may call itself, and none that keeps the tests from ending."""

    def server_bind(self) -> None:
        """Bind, without looking up the host's name: that alone may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(target=self._answer, args=(request, client_address), daemon=True).start()

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the caller has hung up
        finally:
            self.shutdown_request(request)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        """Say nothing of each request."""

    def address_string(self) -> str:
        """The address as it is: a look-up of its name may take seconds."""
        return str(self.client_address[0])


def _serve_wsgi(app: Any) -> tuple[int, Callable[[], None]]:
    server = make_server(HOST, 0, app, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="offhook app", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    return server.server_port, stop


class _Uvicorn(uvicorn.Server):
    """uvicorn that tells when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def main_loop(self) -> None:
        """Until it is told to stop, which it looks at more often than uvicorn: a test should not wait for it."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            await asyncio.sleep(0.01)

    async def startup(self, sockets: Any = None) -> None:
        """Start, and say so."""
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()


def _serve_asgi(app: Any) -> tuple[int, Callable[[], None]]:
    server = _Uvicorn(uvicorn.Config(app, host=HOST, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="offhook app", daemon=True)
    thread.start()
    if not server.ready.wait(STARTS_WITHIN) or not server.started:
        raise RuntimeError("The application did not start: see its log above.")
    port = int(server.servers[0].sockets[0].getsockname()[1])

    def stop() -> None:
        server.should_exit = True
        thread.join()

    return port, stop
