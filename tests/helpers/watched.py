"""A watched house: a journal, a clock that the test moves, an alarm book and the watcher, which can be killed and started again."""

from msgspec.structs import replace

from offhook.alarms import shelves
from offhook.alarms.book import AlarmBook
from offhook.alarms.model import OUTBOX, Alarm, Channels, FiringState, Watch
from offhook.alarms.watcher import Watcher, WatcherParts
from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.records import Cause, Confidence, Level, Marks, NoticeType, Source
from offhook.stores.memory import MemoryJournal
from offhook.stores.sqlite import SqliteJournal
from offhook.system import TimeSortedIds
from tests.helpers.clock import ManualClock
from tests.helpers.journals import an_event

MAIL = Channels(email=("ops@shop.example",))
TOLD = (NoticeType.ALARM_FIRED, NoticeType.ALARM_RECOVERED)


def an_alarm(name="Errors", **fields):
    return Alarm(**({"sid": "", "name": name, "channels": MAIL} | fields))


def a_cause(name="ngrok.offline"):
    return Cause(name=name, title=f"The cause is {name}.", confidence=Confidence.CERTAIN, steps=(f"Mend {name}.",))


class House:
    """`tick` lets a second go by and has the watcher look; `kill` forgets the watcher as kill -9 does, `start` makes another."""

    def __init__(self, journal=None, clock=None):
        self.journal = MemoryJournal() if journal is None else journal
        self.clock = clock or ManualClock()
        self.ids = TimeSortedIds()
        self.breakers = {}
        self.told = 0
        self._new()

    def _new(self):
        self.metrics = Metrics()
        self.book = AlarmBook(self.journal, self.clock, self.ids)
        self.book.follow(told=self._tell)
        self.watcher = Watcher(
            WatcherParts(
                book=self.book,
                journal=self.journal,
                clock=self.clock,
                ids=self.ids,
                metrics=self.metrics,
                breakers=lambda: self.breakers,
            )
        )

    def _tell(self):
        self.told += 1

    async def open(self):
        await self.journal.open()
        await self.watcher.start()
        return self

    def kill(self):
        self.journal._hearers.clear()  # a dead process hears nothing
        self._new()

    async def restart(self, after=0.0):
        """Start again after so long, and once more as often as that is the end of it."""
        self.kill()
        await self.pass_by(after)
        try:
            await self.watcher.start()
        except Killed:
            await self.restart()

    async def pass_by(self, seconds):
        self.clock._now += seconds  # nobody sleeps here: `advance` would wait for sleepers

    async def tick(self, seconds=1):
        for _ in range(int(seconds)):
            await self.pass_by(1.0 - self.clock.now() % 1.0)
            await self.watcher.tick(self.clock.now())

    async def fail(self, count=1, code=11200, **fields):
        values = {"at": self.clock.now(), "endpoint": "sms"} | fields
        await self.journal.record([an_event(code, **values) for _ in range(count)])

    async def alarm(self, name="Errors", **fields):
        return await self.book.create(an_alarm(name, **fields))

    async def firings(self, state=None):
        """The oldest first."""
        return list(reversed(await self.book.firings(1000, state=state)))

    async def active(self):
        return await self.firings(FiringState.ACTIVE)

    async def outbox(self):
        """What is to be told, in the order in which it was written."""
        found = [shelves.decode_notification(data) async for data in shelves.shelf(self.journal, OUTBOX)]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    async def news(self):
        return [each.news.value for each in await self.outbox()]

    async def notices(self):
        page = await self.journal.news(Marks(), 100_000, {Source.NOTICES})
        return [row.item.type.value for row in page.news if row.item.type in TOLD]


class _Shaky:
    """A journal that can be told to fail, and that counts how often something was kept."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.kept_times = 0
        self.fails = False
        self.dies_after = frozenset()

    async def keep(self, changes, notices=()):
        if self.fails:
            raise JournalError("the disk is full")
        self.kept_times += 1
        await super().keep(changes, notices)
        if self.kept_times in self.dies_after:
            raise Killed


class Shaky(_Shaky, MemoryJournal):
    pass


class ShakySqlite(_Shaky, SqliteJournal):
    pass


class Killed(BaseException):
    """The process has ended, right after something was written."""


__all__ = ["MAIL", "Channels", "House", "Killed", "Level", "Shaky", "ShakySqlite", "Watch", "a_cause", "an_alarm", "replace"]
