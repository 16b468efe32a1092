"""A server that fails on purpose, and keeps count: each connection is handled by a script."""

import asyncio
import inspect
import time
from dataclasses import dataclass, field


@dataclass
class Seen:
    """One request as it arrived: seconds since the server started, and its raw head and body."""

    at: float
    head: bytes
    body: bytes

    @property
    def line(self):
        return self.head.split(b"\r\n", 1)[0].decode()

    def header(self, name):
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode().lower() == name.lower():
                return value.strip().decode()
        return None


@dataclass
class FaultServer:
    """Answers each request by `script(number, seen) -> bytes | float | None`.

    bytes: written, and the connection is closed; None: closed without an answer; "hang": kept open without an answer. The script may be a coroutine.
    """

    script: object
    seen: list = field(default_factory=list)
    port: int = 0
    started: float = 0.0

    async def __aenter__(self):
        self.started = time.monotonic()
        self._tasks = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exception):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/sms"

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            body = await reader.readexactly(length)
            seen = Seen(time.monotonic() - self.started, head, body)
            self.seen.append(seen)
            answer = self.script(len(self.seen), seen)
            if inspect.isawaitable(answer):
                answer = await answer
            if answer == "hang":
                await asyncio.sleep(60)
            elif answer:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


def answer(status=200, body=b"<Response/>", content_type="text/xml", **headers):
    """The bytes of a whole answer."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
