"""The whole way of many events: from a journal in a file, by a subscription at work, to a sink whose server is killed and started again."""

import asyncio
import contextlib
import random

from offhook.net.transport import HttpTransport
from offhook.records import Level
from offhook.stores.sqlite import SqliteJournal
from offhook.streams.configured import reader
from offhook.streams.model import CURSORS, SINKS, SUBSCRIPTIONS, Sink, SinkParts, SinkStatus, Subscribed, Subscription
from offhook.streams.places import Place
from offhook.streams.registry import numbered
from offhook.streams.shelves import Cursor, put
from offhook.streams.sinks.table import BY_NAME
from offhook.streams.worker import Streams, StreamsParts
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.journals import an_event

ERRORS = "com.twilio.error-logs.error.logged"
AT_ONCE = 1_000
ENDPOINTS = 64


async def write_errors(path, count):
    """A journal with so many errors of 64 endpoints in turn; gives their ids in the order in which they happened."""
    ids, clock = TimeSortedIds(), SystemClock()
    journal = SqliteJournal(path, clock)
    await journal.open()
    written = []
    for start in range(0, count, AT_ONCE):
        some = [
            an_event(id=ids.new("NO"), at=clock.now(), level=Level.WARNING, endpoint=f"endpoint-{number % ENDPOINTS}")
            for number in range(start, min(start + AT_ONCE, count))
        ]
        await journal.record(some)
        written += [event.id for event in some]
    await journal.close()
    return written


class Trial:
    """A subscription to errors from the journal's very first one on, and its sink."""

    def __init__(self, path, kind, configuration, secret=str):
        self._clock, self._ids = SystemClock(), TimeSortedIds()
        self._journal = SqliteJournal(path, self._clock)
        self._transport = HttpTransport(self._clock)
        self._kind, self._configuration = kind, configuration
        self._secret = secret
        self.outcomes = {}

    async def __aenter__(self):
        await self._journal.open()
        at = self._clock.now()
        sink = Sink(
            sid=self._ids.new("DG"),
            type=self._kind,
            description="",
            configuration=self._configuration,
            status=SinkStatus.ACTIVE,
            created_at=at,
            updated_at=at,
        )
        subscription = Subscription(
            sid=self._ids.new("DF"),
            sink_sid=sink.sid,
            description="",
            types=(Subscribed(type=ERRORS, schema_version=2),),
            created_at=at,
            updated_at=at,
        )
        # The cursor at the beginning: all that the journal holds is news.
        await self._journal.keep(
            [
                put(SINKS, sink.sid, sink),
                put(SUBSCRIPTIONS, subscription.sid, subscription),
                put(CURSORS, subscription.sid, Cursor(place=Place())),
            ]
        )
        self._streams = Streams(
            StreamsParts(
                journal=self._journal,
                clock=self._clock,
                ids=self._ids,
                chance=random.random,
                kinds=BY_NAME,
                sinks=SinkParts(self._transport, self._clock, self._ids, self._secret, lambda _: None),
                reading=reader("AC" + "0" * 32),
                number=numbered,
                counted=self._count,
            )
        )
        self.sid = sink.sid
        await self._streams.start()
        self._running = asyncio.create_task(self._streams.run())
        return self

    async def __aexit__(self, *_):
        await self._streams.stop(5.0)
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        await self._transport.close()
        await self._journal.close()

    def _count(self, _sink, outcome, count):
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count

    @property
    def delivered(self):
        return self.outcomes.get("delivered", 0)

    async def until(self, count, within=300.0):
        """Wait until so many have been delivered."""
        async with asyncio.timeout(within):
            while self.delivered < count:  # noqa: ASYNC110 - what is waited for happens in another task
                await asyncio.sleep(0.005)


def judge(written, received):
    """(missing, duplicates, whether the first arrivals are in order) of what arrived."""
    wanted = set(written)
    ours = [each for each in received if each in wanted]
    firsts = list(dict.fromkeys(ours))
    there = set(firsts)
    return (
        [each for each in written if each not in there],
        len(ours) - len(firsts),
        firsts == [each for each in written if each in there],
    )
