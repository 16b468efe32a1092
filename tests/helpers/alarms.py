"""Alarms, firings and notifications made short, and an outbox over a journal in memory."""

import itertools

import msgspec

from offhook.alarms.model import OUTBOX, UNTOLD, Alarm, Channels, Firing, FiringState, News, Notification
from offhook.alarms.notify.base import Told
from offhook.alarms.outbox import Outbox, OutboxParts
from offhook.records import Kept
from offhook.stores.memory import MemoryJournal
from offhook.system import TimeSortedIds
from tests.helpers.clock import ManualClock

START = 1_700_000_000.0
ACCOUNT = "AC" + "a" * 32
_IDS = TimeSortedIds()


def alarm(name="Too many errors", **fields):
    return Alarm(**{"sid": _IDS.new("AK"), "name": name, "threshold": 10.0, "account_sid": ACCOUNT, **fields})


def firing(of, **fields):
    usual = {
        "id": _IDS.new("FR"),
        "alarm_sid": of.sid,
        "alarm_name": of.name,
        "fired_at": START,
        "value": 12.0,
        "threshold": of.threshold,
        "peak": 12.0,
        "code": 11200,
        "cause": "cold-start",
        "cause_title": "The app was asleep",
        "steps": ("Keep the app awake", "Answer with ack"),
        "endpoint": "sms",
        "event": "NO" + "1" * 32,
    }
    return Firing(**{**usual, **fields})


def recovered(was, after=300.0, peak=40.0):
    return msgspec.structs.replace(was, state=FiringState.RECOVERED, recovered_at=was.fired_at + after, peak=peak)


def notification(channel="email", address="ada@example.com", *, news=News.FIRED, of=None, about=None, due=START, **fields):
    of = of or alarm(channels=Channels())
    usual = {
        "id": _IDS.new("NT"),
        "news": news,
        "alarm": of,
        "firing": about or firing(of),
        "channel": channel,
        "address": address,
    }
    return Notification(**{**usual, "created_at": due, "due": due, **fields})


def storm(number, channel="email", address="ada@example.com", **fields):
    return [notification(channel, address, of=alarm(f"Alarm {count}"), **fields) for count in range(number)]


class Scripted:
    """A channel that notes what it is asked to tell, and answers by a script; the last answer counts for all that follow."""

    def __init__(self, *outcomes):
        self.batches = []
        self._outcomes = outcomes or (Told(),)
        self._count = itertools.count()

    async def tell(self, batch):
        self.batches.append(batch)
        return self._outcomes[min(next(self._count), len(self._outcomes) - 1)]


class Office:
    """An outbox, its journal and its clock."""

    def __init__(self, journal=None, clock=None, *, wait=5.0, chance=lambda: 1.0, **channels):
        self.journal = journal or MemoryJournal()
        self.clock = clock or ManualClock()
        self.channels = channels
        self.outbox = Outbox(
            OutboxParts(journal=self.journal, clock=self.clock, ids=_IDS, chance=chance, channels=channels, group_wait=wait)
        )

    async def __aenter__(self):
        await self.journal.open()
        return self

    async def __aexit__(self, *_):
        await self.outbox.stop(1.0)
        await self.journal.close()

    async def put(self, *notifications):
        await self.journal.keep([Kept(shelf=OUTBOX, id=each.id, data=msgspec.msgpack.encode(each)) for each in notifications])

    async def after(self, seconds):
        """Let time go by, then have the outbox look once."""
        await self.clock.advance(seconds)
        await self.outbox.step(self.clock.now())

    async def waiting(self):
        return await self._on(OUTBOX)

    async def untold(self):
        return await self._on(UNTOLD)

    async def _on(self, shelf):
        return [msgspec.msgpack.decode(each.data, type=Notification) for each in await self.journal.kept(shelf, 10_000)]

    def again(self, **channels):
        """A new process on the same journal."""
        return Office(self.journal, self.clock, **{**self.channels, **channels})
