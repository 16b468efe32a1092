"""A small HTTP server on loopback that keeps what it is sent, answers as it is told, and can be killed and started again on its port."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.scripted_peer import Line

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def answer(status, body=b"", **headers):
    """An answer's bytes; the names of headers are written with underscores."""
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body


@dataclass
class Heard:
    """One request as it came. `caller` is the name in the client's certificate, where one was asked for."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    caller: str = ""
    host: str = field(init=False)

    def __post_init__(self):
        self.host = self.headers["host"]

    @property
    def url(self):
        """The URL that it was sent to, over plain HTTP."""
        return f"http://{self.host}{self.target}"

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Listener:
    """`say` gets each request and gives the answer's bytes; None: none, the connection breaks. `await`able ones are waited for."""

    def __init__(self, say=lambda request: OK, *, tls=None):
        self.say = say
        self.heard = []
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._lines = {}

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.kill()

    @property
    def url(self):
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self):
        """Break every connection, and listen no more."""
        self._server.close()
        for task, line in list(self._lines.items()):
            with contextlib.suppress(OSError, AttributeError):  # uvloop has no socket of a connection that is gone
                line.reset()
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _serve(self, reader, writer):
        self.connections += 1
        line = Line(self.connections, reader, writer)
        task = asyncio.current_task()
        self._lines[task] = line
        caller = dict(part[0] for part in (writer.get_extra_info("peercert") or {}).get("subject", ()))
        try:
            while True:
                request = _read(await line.request(), line.number, caller.get("commonName", ""))
                self.heard.append(request)
                said = self.say(request)
                said = await said if asyncio.iscoroutine(said) else said
                if said is None:
                    line.reset()
                    return
                await line.say(said)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._lines.pop(task, None)


def _read(request, connection, caller):
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    return Heard(method, target, headers, body, connection, caller)
