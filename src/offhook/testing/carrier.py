"""A simulated Twilio in a thread with an event loop of its own, for tests that have none: those of Flask and Django apps."""

import asyncio
import os
import re
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from offhook.api.server import ConsoleServer
from offhook.dev.house import PEOPLE, DevHouse, DevParts
from offhook.dev.phone_desk import PhoneDesk
from offhook.dev.server import SIMULATED_SID, SIMULATED_TOKEN, dev_app
from offhook.doctor.configured import configured_practice
from offhook.net.transport import HttpTransport
from offhook.net.urls import is_url
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import DebugEvent, EventFilter
from offhook.settings import load
from offhook.simulator.chaos import parse
from offhook.simulator.life import QUICK, Pace
from offhook.simulator.records import Account, Message
from offhook.stores.memory import MemoryJournal
from offhook.system import SystemClock, TimeSortedIds
from offhook.testing.phone import Phone

HOST: Final = "127.0.0.1"
MOST_ERRORS: Final = 1000

Result = TypeVar("Result")

_NUMBER: Final = re.compile(r"(?:whatsapp:)?\+?[0-9]{3,15}")


class SimulatedCarrier:
    """Twilio for one test: `connect` it with an app, text the app with a `phone`, see what came of it.

    Used as `with SimulatedCarrier() as carrier:`; the pytest fixture `offhook_carrier` is one. Its account is the environment's
    TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN where they are set, so that an app that has read them accepts its signatures.
    """

    def __init__(self, account: Account | None = None) -> None:
        self._account = account or _account_of(os.environ)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="offhook carrier", daemon=True)
        self._house = quick_house(self._account)
        self._server: ConsoleServer | None = None
        self._desk: PhoneDesk | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self._house.start())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop it, with whatever is under way."""
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # -- what a test says

    def configure(self, to: str | None = None, fallback: str = "", chaos: str = "", seed: int = 0) -> None:
        """What the marker `offhook_carrier` says."""
        if to is not None:
            self.connect(to, fallback=fallback)
        if chaos:
            self.chaos(chaos, seed)

    def chaos(self, rules: str, seed: int = 0, *, numbers: Sequence[str] = ()) -> Self:
        """Have things go wrong from now on: `refused=10%,duplicate=5%`, for these numbers alone where some are given; "" ends it.

        The same seed and the same texts give the same run. Raises SettingsError for a kind that is none.
        """
        wanted = parse(rules, numbers)
        self.call(lambda: self._house.chaos.set(wanted, seed))
        return self

    def connect(self, url: str, *, fallback: str = "") -> Self:
        """Have the account's numbers call the app at `url`, and at `fallback` where that fails. Raises ValueError for what is no URL."""
        for each in filter(None, (url, fallback)):
            if not is_url(each):
                raise ValueError(f"{each!r} is not a URL: write something like http://localhost:5000/sms")
        self.call(lambda: self._house.connect(url, fallback))
        return self

    def phone(self, person: str = "Ada") -> Phone:
        """A person's phone: the number of `person`, or of one of those that have a name (Ada, Grace, Linus). Raises ValueError."""
        if person not in PEOPLE and not _NUMBER.fullmatch(person):
            raise ValueError(f"{person!r} is neither {', '.join(PEOPLE)} nor a number such as +12025550150")
        return Phone(self, PEOPLE.get(person, person))

    # -- what a test asks

    @property
    def environment(self) -> Mapping[str, str]:
        """What an app needs to know to take this carrier for Twilio."""
        return {"TWILIO_ACCOUNT_SID": self._account.sid, "TWILIO_AUTH_TOKEN": self._account.auth_token}

    @property
    def url(self) -> str:
        """The base URL of the simulated REST API and of the pages that show what happened. It is served from the first use on."""
        return self.run(self._serve())

    @property
    def number(self) -> str:
        """The account's first number: what a phone texts unless another is named."""
        return self.numbers[0]

    @property
    def numbers(self) -> Sequence[str]:
        """The account's numbers."""
        return self.call(lambda: [each.number for each in self._house.book.numbers.values()])

    @property
    def messages(self) -> Sequence[Message]:
        """Every message, in and out, the oldest first."""
        return self.call(lambda: list(self._house.book.messages())[::-1])

    @property
    def errors(self) -> Sequence[DebugEvent]:
        """What Twilio would have logged, the oldest first: each with its `code`, `message` and `causes`."""
        return self.run(self._house.journal.events(EventFilter(), MOST_ERRORS))[::-1]

    def settle(self, within: float = 5.0) -> None:
        """Wait until nothing is under way: no call to the app, no message, no status callback. Raises AssertionError when it takes longer."""
        end = time.monotonic() + within
        while self.call(lambda: self._house.carrier.under_way):
            if time.monotonic() > end:
                raise AssertionError(f"After {within:g} s calls or messages are still under way.")
            time.sleep(0.005)

    # -- into the thread

    @property
    def house(self) -> DevHouse:
        """The simulator itself. It belongs to its thread: reach it with `call` and `run`."""
        return self._house

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have the carrier's loop do this, and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function in the carrier's thread."""

        async def called() -> Result:
            return function()

        return self.run(called())

    # -- inside

    async def _serve(self) -> str:
        if self._server is None:
            self._desk = PhoneDesk(self._house)
            self._server = ConsoleServer(dev_app(self._desk), HOST, 0)
            await self._server.start()
        return f"http://{HOST}:{self._server.port}"

    async def _stop(self) -> None:
        if self._desk is not None:
            self._desk.close()
        if self._server is not None:
            await self._server.stop()
        await self._house.stop()


def _account_of(environment: Mapping[str, str]) -> Account:
    """The account that the app under test has been told of, else one of ours."""
    return Account(
        sid=environment.get("TWILIO_ACCOUNT_SID") or SIMULATED_SID,
        auth_token=environment.get("TWILIO_AUTH_TOKEN") or SIMULATED_TOKEN,
    )


def quick_house(account: Account, pace: Pace = QUICK) -> DevHouse:
    """A simulated Twilio whose messages arrive at once, with no app yet."""
    clock, settings = SystemClock(), load({}, {}, None)
    provider = Twilio(TwilioSettings(tokens={account.sid: (account.auth_token,)}))
    return DevHouse(
        DevParts(
            account=account,
            app_url="",
            fallback_url="",
            provider=provider,
            transport=HttpTransport(clock, pool_size=0),
            journal=MemoryJournal(derive=provider.derive),
            clock=clock,
            ids=TimeSortedIds(),
            doctor=configured_practice(settings),
            settings=settings,
            pace=pace,
        )
    )
