"""A carrier in the test's own event loop, its app one that the test scripts."""

import asyncio
import contextlib
from urllib.parse import parse_qsl

import msgspec
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from offhook.dev.house import PEOPLE
from offhook.records import EventFilter
from offhook.simulator.records import Account, Direction
from offhook.testing.carrier import quick_house
from tests.helpers.processes import ACCOUNT, TOKEN

ADA, GRACE = PEOPLE["Ada"], PEOPLE["Grace"]


class Simulated:
    """The house, and the few things that a test says to it."""

    def __init__(self, house):
        self.house = house
        self.carrier = house.carrier
        self.number = next(iter(house.book.numbers.values())).number

    async def text(self, body="hi", sender=ADA, to=""):
        """Text the app, and wait until nothing is under way; the messages that came of it, the oldest first."""
        before = {each.sid for each in self.house.book.messages()}
        self.carrier.text(sender, to or self.number, body)
        await self.settled()
        return [each for each in self.messages() if each.sid not in before and each.direction is not Direction.INBOUND]

    async def settled(self, within=20.0):
        async with asyncio.timeout(within):
            while self.carrier.under_way:  # noqa: ASYNC110 - it is looked at from outside, and has nothing to wait on
                await asyncio.sleep(0.002)

    def messages(self):
        return list(self.house.book.messages())[::-1]

    async def events(self):
        return list(await self.house.journal.events(EventFilter(), 1000))[::-1]

    async def codes(self):
        return [event.code for event in await self.events()]

    def change_number(self, **fields):
        for key, number in list(self.house.book.numbers.items()):
            self.house.book.numbers[key] = msgspec.structs.replace(number, **fields)


@contextlib.asynccontextmanager
async def simulated(app_url, fallback=""):
    house = quick_house(Account(sid=ACCOUNT, auth_token=TOKEN))
    house.connect(app_url, fallback)
    await house.start()
    try:
        yield Simulated(house)
    finally:
        await house.stop()


def form(seen):
    """The parameters of a request, from its body or its query."""
    query = seen.line.split(" ")[1].partition("?")[2]
    return dict(parse_qsl(seen.body.decode() or query, keep_blank_values=True))


def is_signed(seen, base):
    """Whether the SDK's validator takes a request for Twilio's."""
    url = base + seen.line.split(" ")[1]
    pairs = MultiDict(parse_qsl(seen.body.decode(), keep_blank_values=True))
    return RequestValidator(TOKEN).validate(url, pairs, seen.header("X-Twilio-Signature"))
