"""The public door with a handler that plays along, and a client that speaks raw bytes. Tests run on asyncio's loop and on uvloop's."""

import asyncio
import functools
import inspect
import io
import json
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import pytest
import uvloop

from offhook import logs
from offhook.intake.limits import IntakeLimits
from offhook.intake.listener import Listener
from offhook.records import Answer

# Short enough for tests, long enough for a busy machine.
QUICK = {"sweep": 0.05, "header_timeout": 0.4, "body_timeout": 1.0, "grace": 0.3, "idle_timeout": 5.0, "linger": 0.3}


def both_loops(test):
    """Run an async test on asyncio's own event loop and on uvloop."""

    @functools.wraps(test)
    def run(loop_factory, **fixtures):
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(asyncio.wait_for(test(**fixtures), 30))

    parameters = [inspect.Parameter("loop_factory", inspect.Parameter.KEYWORD_ONLY)]
    mine = inspect.signature(test)
    run.__signature__ = mine.replace(parameters=[*mine.parameters.values(), *parameters])
    del run.__wrapped__
    factories = [asyncio.new_event_loop, uvloop.new_event_loop]
    return pytest.mark.parametrize("loop_factory", factories, ids=["asyncio", "uvloop"])(run)


@dataclass
class Clerk:
    """Answers every request with what it was, unless told to hold the answers back."""

    holding: bool = False
    answer_body: bytes = b""
    requests: list = field(default_factory=list)
    slots: list = field(default_factory=list)
    reasons: list = field(default_factory=list)

    def handle(self, requests):
        for request, slot in requests:
            self.requests.append(request)
            self.slots.append(slot)
            if not self.holding:
                slot.send(self.answer_to(request))

    def answer_to(self, request):
        body = self.answer_body or b"%s %s %d" % (request.method.encode(), request.target, len(request.body))
        return Answer(status=200, headers=(("Content-Type", "text/plain"),), body=body, source="app")

    def give(self, number):
        """Send the answer to the request of that number that was held back; whether it was heard."""
        return self.slots[number].send(self.answer_to(self.requests[number]))

    def refused(self, reason):
        self.reasons.append(reason)


@asynccontextmanager
async def door(handler, tls=None, **limits):
    """A listener on a free loopback port, stopped at the end."""
    listener = Listener(handler, host="127.0.0.1", port=0, tls=tls, limits=IntakeLimits(**{**QUICK, **limits}))
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop(2.0)


@dataclass
class Reply:
    """One answer as it came over the wire."""

    status: int
    fields: dict
    body: bytes


class Client:
    """One connection; bytes out, answers in."""

    def __init__(self, listener, **options):
        self._port = listener.port
        self._options = options

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port, **self._options)
        return self

    async def __aexit__(self, *exception):
        self.writer.transport.abort()
        await asyncio.sleep(0)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, *, bodiless=False):
        """The next answer, framed by its Content-Length."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        line, *fields = head[:-4].decode().split("\r\n")
        found = {name.lower(): value for name, value in (each.split(": ", 1) for each in fields)}
        length = 0 if bodiless else int(found.get("content-length", 0))
        return Reply(int(line.split(" ")[1]), found, await self.reader.readexactly(length))

    async def ask(self, data):
        await self.send(data)
        return await self.reply()

    async def rest(self):
        """All that still comes until the other side closes."""
        return await asyncio.wait_for(self.reader.read(), 10)


def get(target="/", *fields, version="1.1"):
    return "\r\n".join([f"GET {target} HTTP/{version}", "Host: hooks.example", *fields, "", ""]).encode()


def post(body=b"", target="/sms", *fields):
    return "\r\n".join([f"POST {target} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *fields, "", ""]).encode() + body


async def until(condition, seconds=5.0):
    """Wait for something that another task brings about."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it did not come about"
        await asyncio.sleep(0.01)


@contextmanager
def logged():
    """Catch what is logged: gives a function that returns the lines of one event, so far."""
    stream = io.StringIO()
    logs.configure(level="info", json=True, stream=stream)

    def lines(event):
        return [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == event]

    try:
        yield lines
    finally:
        logs.configure(level="warning")
