"""A peer that does exactly what a script says, byte by byte, on a real socket; and a way to run a story on each event loop."""

import asyncio
import contextlib
import functools
import inspect
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Self

import pytest
import uvloop


class Line:
    """One connection as the peer sees it."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """One whole request, head and body; raises IncompleteReadError when the client is gone."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        sizes = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        return head + (await self.reader.readexactly(int(sizes[0])) if sizes else b"")

    async def say(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send pieces, each in a packet of its own when there is a pause."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(pause)

    def reset(self) -> None:
        """Break the connection with an RST."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_closed(self) -> None:
        """Wait until the client has closed."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


Script = Callable[[Line], Awaitable[None]]


class Peer:
    """A server on loopback that runs the script for each connection, then closes it. `connections` counts them."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._tasks: set[asyncio.Task] = set()
        self.connections = 0
        self.ended = 0
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/sms"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._script(Line(self.connections, reader, writer))
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
        finally:
            if task.cancelling():
                writer.transport.abort()
            self.ended += 1
            self._tasks.discard(task)


def answering(*answers: bytes, keep: list | None = None) -> Script:
    """A script that answers the requests of a connection one by one (the last answer for all that follow), until the client closes."""

    async def script(line: Line) -> None:
        number = 0
        while True:
            request = await line.request()
            if keep is not None:
                keep.append(request)
            await line.say(answers[min(number, len(answers) - 1)])
            number += 1

    return script


def saying(*pieces: bytes, pause: float = 0.0) -> Script:
    """A script that takes one request, sends these pieces, and closes."""

    async def script(line: Line) -> None:
        await line.request()
        await line.say(*pieces, pause=pause)

    return script


async def come_true(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until the other side of a socket has noticed."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in the kernel, there is nobody to set an event
            await asyncio.sleep(0.005)


def on_both_loops(story):
    """Turn a coroutine function into a test that runs on plain asyncio and on uvloop."""

    def test(loop_factory, **fixtures):
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(story(**fixtures))

    functools.update_wrapper(test, story)
    del test.__wrapped__
    own = list(inspect.signature(story).parameters.values())
    loop_factory = inspect.Parameter("loop_factory", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    test.__signature__ = inspect.Signature([loop_factory, *own])
    loops = [pytest.param(asyncio.new_event_loop, id="asyncio"), pytest.param(uvloop.new_event_loop, id="uvloop")]
    return pytest.mark.parametrize("loop_factory", loops)(test)
