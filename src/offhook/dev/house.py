"""The house that `offhook dev` runs: a carrier and its account in memory, with the console's API and pages in front (`api.house.House`)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from offhook.api.alarm_desk import open_desk
from offhook.console.house import Address
from offhook.console.live import Live
from offhook.console.oneoff import OneOff
from offhook.debugger import classify
from offhook.delivery.round import RoundParts
from offhook.doctor.admission import ClosableTransport
from offhook.doctor.practice import Practice
from offhook.errors import OffhookError
from offhook.metrics import Metrics
from offhook.ports import Clock, Ids, Journal
from offhook.providers.base import Provider
from offhook.providers.drafts import Draft
from offhook.records import Endpoint, Exchange, Settlement
from offhook.settings import Settings
from offhook.simulator.book import Book
from offhook.simulator.calls import CALLBACK, INBOUND, CallParts, Calls
from offhook.simulator.carrier import Carrier, sid
from offhook.simulator.chaos import Chaos
from offhook.simulator.life import Pace
from offhook.simulator.mischief import Mischief
from offhook.simulator.records import Account, Number
from offhook.streams.configured import Means, idle_desk

NUMBERS: Final = ("+12025550199", "+12025550198", "+12025550197")
"""The account's numbers: nobody's, kept for fiction (555-0100 to 555-0199)."""
PEOPLE: Final = {"Ada": "+12025550101", "Grace": "+12025550102", "Linus": "+12025550103"}
"""Whose phones there are to text from."""
REPLAY_WAITS: Final = 2.0
"""Seconds that whoever asks for a replay waits for what comes of it; it goes on after that."""


@dataclass(frozen=True, slots=True)
class DevParts:
    """What a simulated account is made of: the app's URL and fallback URL, who signs, and the means."""

    account: Account
    app_url: str
    fallback_url: str
    provider: Provider
    transport: ClosableTransport
    journal: Journal
    clock: Clock
    ids: Ids
    doctor: Practice
    settings: Settings
    pace: Pace = Pace()  # noqa: RUF009 - frozen


class DevHouse:
    """The simulated Twilio. Everything is in memory, and gone when it stops. `listen` takes who is to hear what came of each call.

    `front` is the address of a front door that stands before the app at `behind`; "" where none does.
    """

    allowed_hosts: Sequence[str] = ()
    history = None

    def __init__(self, parts: DevParts) -> None:
        self.clock = parts.clock
        self.metrics = Metrics()
        self.journal = parts.journal
        self.live = Live(parts.journal)
        self.front, self.behind = "", parts.app_url
        self.doctor = parts.doctor
        self.settings = parts.settings
        self.streams = idle_desk(parts.journal, Means(parts.transport, parts.clock, parts.ids, lambda _: None))
        self.alarms = open_desk(parts.journal, parts.clock, parts.ids, endpoints=[INBOUND, CALLBACK])
        self.endpoints = (Endpoint(name=INBOUND, app_url=parts.app_url, fallback_url=parts.fallback_url or None),)
        self._transport = parts.transport
        self.book = Book(parts.account)
        self.chaos = Chaos()
        door = Mischief(parts.transport, self.chaos, parts.clock)
        rounds = RoundParts(transport=door, sign=parts.provider.sign, judge=classify.judge, clock=parts.clock, ids=parts.ids)
        self.once = OneOff(rounds)
        calls = Calls(CallParts(rounds=rounds, provider=parts.provider, journal=parts.journal, chaos=self.chaos))
        self.listen: Callable[[Callable[[Settlement], None]], None] = calls.heard.append
        self.carrier = Carrier(self.book, calls, parts.clock, parts.pace, chaos=self.chaos)
        self._number(parts)

    def shown_app(self, number: str) -> str:
        """The app that a number's texts end at, also where the front door takes them first; "" where they go nowhere."""
        url = self.carrier.app_of(number)
        return self.behind if self.front and url.startswith(self.front) else url

    def connect(self, app_url: str, fallback_url: str = "") -> None:
        """Point every number of the account at an app."""
        self.endpoints = (Endpoint(name=INBOUND, app_url=app_url, fallback_url=fallback_url or None),)
        for each in tuple(self.book.numbers.values()):
            self.book.numbers[each.sid] = msgspec.structs.replace(each, sms_url=app_url, sms_fallback_url=fallback_url)

    @property
    def connected(self) -> bool:
        """Whether there is an app to call."""
        return any(each.sms_url for each in self.book.numbers.values())

    def _number(self, parts: DevParts) -> None:
        """Give the account its numbers."""
        now = parts.clock.now()
        for number in NUMBERS:
            made = Number(
                sid=sid("PN"),
                number=number,
                friendly_name=number,
                sms_url=parts.app_url,
                sms_fallback_url=parts.fallback_url,
                created_at=now,
                updated_at=now,
            )
            self.book.numbers[made.sid] = made

    async def start(self) -> None:
        """Open the journal."""
        await self.journal.open()

    async def stop(self) -> None:
        """End whatever is under way."""
        await self.carrier.close()
        await self.doctor.close()
        await self._transport.close()
        await self.journal.close()

    async def replay(self, ids: Sequence[str], *, delivered: bool = True) -> int:
        """Call the app again with the messages that these webhooks told of; how many those are.

        Waits a moment for what comes of it, so that the page which asked can show it.
        """
        del delivered
        stories = [await self.journal.story(each) for each in ids]
        started = [task for story in stories if story is not None and (task := self.carrier.redeliver(story.webhook))]
        if started:
            await asyncio.wait(started, timeout=REPLAY_WAITS)
        return len(started)

    async def send_reply(self, reply_id: str) -> bool:
        """Every reply has been sent already."""
        del reply_id
        return False

    def breakers(self) -> Mapping[str, bool]:
        """Each call is one call: nobody is given a rest."""
        return {}

    def addresses(self) -> Mapping[str, Address]:
        """Webhooks come from the phone, and to no address."""
        return {}

    async def hasten(self, endpoint: str) -> int:
        """Nothing waits here."""
        del endpoint
        return 0

    async def send_test(self, endpoint: str, draft: Draft) -> Exchange:
        """There is a phone for that."""
        del endpoint, draft
        raise OffhookError("Send a text from the phone instead.")

    def ready(self) -> Mapping[str, str]:
        """Nothing is in the way."""
        return {"store": self.journal.trouble(), "deliver": ""}
