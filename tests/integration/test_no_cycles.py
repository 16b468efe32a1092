"""What a webhook leaves behind goes by itself. Left to the collector, it would stop everything for milliseconds several times a second."""

import asyncio
import contextlib
import gc
import itertools
from urllib.parse import urlencode

import pytest

from offhook.house import House
from offhook.records import State
from offhook.settings import load
from tests.helpers.door import Client
from tests.helpers.messages import message, signature
from tests.helpers.processes import TOKEN
from tests.helpers.scripted_peer import Peer

MANY = 20
PEOPLE = itertools.count(1)


def answer(status, body, *fields):
    head = [b"HTTP/1.1 %d x" % status, b"Content-Type: text/xml", b"Content-Length: %d" % len(body), *fields]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


SILENT = answer(200, b"<Response/>")
SAYS = answer(200, b"<Response><Message>Hello back</Message></Response>")
LAST = answer(200, b"<Response/>", b"Connection: close")
BROKEN = answer(502, b"<h1>Bad Gateway</h1>")
NO_HTTP = b"SSH-2.0-OpenSSH_9.6\r\n"
ELSEWHERE = answer(302, b"", b"Location: /sms/other")


def app(answers):
    """Gives these in turn, over connections that stay open unless the answer says otherwise."""

    async def script(line):
        for number in range(10_000):
            await line.request()
            said = answers[number % len(answers)]
            await line.say(said)
            if b"Connection: close" in said:
                return

    return Peer(script)


@contextlib.asynccontextmanager
async def front_door(url, mode, tmp_path):
    """The whole of Offhook in this loop."""
    flags = {"to": url, "answer": mode, "host": "127.0.0.1", "port": "0", "console_port": "0", "database": str(tmp_path / "j.db")}
    house = House(load(flags, {"TWILIO_AUTH_TOKEN": TOKEN}, None))
    await house.start()
    try:
        yield house
    finally:
        await house.stop()


async def send(client, url, count):
    """So many texts, one after the other."""
    for _ in range(count):
        pairs = message(From=f"+1555{next(PEOPLE):07}")
        body = urlencode(pairs).encode()
        fields = ["Content-Type: application/x-www-form-urlencoded", f"X-Twilio-Signature: {signature(url, pairs)}"]
        head = ["POST /sms HTTP/1.1", f"Host: {url.split('/')[2]}", *fields, f"Content-Length: {len(body)}", "", ""]
        assert (await client.ask("\r\n".join(head).encode() + body)).status == 200


async def settled(house, count):
    """Wait until what has come of each of so many webhooks is written down."""
    async with asyncio.timeout(30):
        while True:
            counts = (await house.journal.counts()).get("sms", {})
            if sum(counts.values()) == count and not counts.get(State.DELIVERING):
                return
            await asyncio.sleep(0.01)


@contextlib.contextmanager
def litter():
    """Keeps the collector away, then gives the names of our own types among what only the collector can free."""
    found = []
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found += sorted({type(each).__qualname__ for each in gc.garbage if type(each).__module__.startswith("offhook")})
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("mode", ["ack", "relay"])
@pytest.mark.parametrize(
    "answers",
    [[SILENT], [SAYS], [LAST], [SILENT, BROKEN], [ELSEWHERE, SILENT], [NO_HTTP]],
    ids=["silent", "says", "closes", "broken", "elsewhere", "no-http"],
)
async def test_a_webhook_leaves_nothing_for_the_collector(answers, mode, tmp_path):
    async with app(answers) as peer, front_door(peer.url, mode, tmp_path) as house:
        listener, url = house._intake, f"http://127.0.0.1:{house.where().intake[1]}/sms"

        async def some():
            async with Client(listener) as client:
                await send(client, url, MANY)
            for _ in range(MANY):
                async with Client(listener) as client:
                    await send(client, url, 1)

        await some()
        await settled(house, 2 * MANY)
        with litter() as found:
            await some()
            await settled(house, 4 * MANY)
        assert found == []
