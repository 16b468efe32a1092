"""Streams at work on a journal, with sinks that do as they are told."""

import json

from msgspec.structs import replace

from offhook.records import DebugEvent, Source
from offhook.streams.model import (
    SINKS,
    SUBSCRIPTIONS,
    Delivery,
    Event,
    Fault,
    Sink,
    SinkKind,
    SinkParts,
    SinkStatus,
    Subscribed,
    Subscription,
)
from offhook.streams.pump import Reading
from offhook.streams.shelves import REPLAYS, Replay, every, put
from offhook.streams.worker import Streams, StreamsParts
from offhook.system import TimeSortedIds
from tests.helpers.clock import ManualClock
from tests.helpers.journals import an_event

AWAY = Fault(code=91307, message="Nobody is there.", retry=True)
REFUSED = Fault(code=91305, message="It answered 400.", retry=False)


class ScriptedSink:
    """Takes what it is given, unless told otherwise: `refuses` are ids, `away` faults everything, `takes` so many of a batch."""

    def __init__(self):
        self.got = []
        self.batches = []
        self.refuses = set()
        self.away = None
        self.takes = None
        self.closed = False

    @property
    def ids(self):
        return [event.id for event in self.got]

    async def deliver(self, events):
        self.batches.append([event.id for event in events])
        if self.away is not None:
            return Delivery(taken=0, fault=self.away)
        if self.refuses & {event.id for event in events}:
            return Delivery(taken=0, refused=len(events), fault=REFUSED)
        if self.takes is not None and self.takes < len(events):
            self.got += events[: self.takes]
            return Delivery(taken=self.takes, fault=AWAY)
        self.got += events
        return Delivery(taken=len(events))

    async def close(self):
        self.closed = True


def make(row):
    """An event for each debug event, two for each arrival."""
    if isinstance(row.item, DebugEvent):
        return [an_event_of(row.item.id, row.at)]
    return [an_event_of("EV" + row.item.id[2:], row.at), an_event_of("EZ" + row.item.id[2:], row.at)]


def an_event_of(identifier, at):
    return Event(
        id=identifier, type="t", source="/s", subject="", time=at, dataschema="", data={}, body=json.dumps(identifier).encode()
    )


def number(event, sequence):
    return replace(event, sequence=sequence)


class Bench:
    """Streams over a journal; `sinks` are the scripted ones by their sids."""

    def __init__(self, journal, clock=None, sources=(Source.EVENTS, Source.ARRIVALS), **settings):
        self.journal = journal
        self.clock = clock or ManualClock()
        self.ids = TimeSortedIds()
        self.sinks = {}
        self.counted = []
        self.sources = frozenset(sources)
        self.settings = settings
        self.streams = self.make()

    def make(self):
        kind = SinkKind(
            "scripted", "A sink of the tests.", (), lambda configuration, _: self.sinks[configuration["name"]], batch=10
        )
        parts = StreamsParts(
            journal=self.journal,
            clock=self.clock,
            ids=self.ids,
            chance=lambda: 1.0,
            kinds={"scripted": kind},
            sinks=SinkParts(None, self.clock, self.ids, str, lambda url: None),
            reading=lambda subscription: Reading(self.sources, make),
            number=number,
            counted=lambda *what: self.counted.append(what),
            **self.settings,
        )
        return Streams(parts)

    async def subscribe(self, name="one", sink=None):
        """A sink and its subscription; gives the scripted sink and the sid."""
        scripted = self.sinks.setdefault(name, sink or ScriptedSink())
        at = self.clock.now()
        made = Sink(
            sid=self.ids.new("DG"),
            type="scripted",
            description=name,
            configuration={"name": name},
            status=SinkStatus.ACTIVE,
            created_at=at,
            updated_at=at,
        )
        types = (Subscribed(type="t", schema_version=1),)
        subscription = Subscription(
            sid=self.ids.new("DF"), sink_sid=made.sid, description=name, types=types, created_at=at, updated_at=at
        )
        await self.journal.keep([put(SINKS, made.sid, made), put(SUBSCRIPTIONS, subscription.sid, subscription)])
        await self.streams.reload()
        return scripted, made.sid

    async def change(self, sink_sid, **fields):
        """The subscription of a sink, changed."""
        (old,) = [each for each in await every(self.journal, SUBSCRIPTIONS, Subscription) if each.sink_sid == sink_sid]
        await self.journal.keep([put(SUBSCRIPTIONS, old.sid, replace(old, **fields))])
        await self.streams.reload()

    async def replays(self):
        """All replays, the oldest first."""
        return await every(self.journal, REPLAYS, Replay)

    async def happen(self, count=1, **fields):
        """Debug events, each in a commit of its own; gives their ids."""
        events = [an_event(id=self.ids.new("NO"), at=self.clock.now(), **fields) for _ in range(count)]
        for event in events:
            await self.journal.record([event])
        return [event.id for event in events]
