"""The streams at work: a pump for each subscription, a carrier for each sink, and the look at the journal's ends that wakes them."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from offhook import logs
from offhook.errors import JournalError
from offhook.ports import Clock, Ids, Journal
from offhook.records import Kept, Marks
from offhook.streams.carrier import Carrier, CarrierParts, SinkState
from offhook.streams.failing import Teller, Unmade
from offhook.streams.model import (
    CURSORS,
    SINKS,
    SUBSCRIPTIONS,
    Delivery,
    Event,
    Sink,
    SinkClient,
    SinkKind,
    SinkParts,
    SinkStatus,
    Subscription,
)
from offhook.streams.places import Number, Place
from offhook.streams.pump import AGAIN_AFTER, Pump, PumpParts, Reading
from offhook.streams.rerun import Rerun, unfinished
from offhook.streams.shelves import REPLAYS, Cursor, Parked, Replay, away, every, one, parked_shelf, put

LOOK_EVERY = 0.1
TIDY_EVERY = 3600.0
ENDS_WITHIN = 5.0
"""Seconds that a sink which hangs may hold up a change of it. What was under way is handed over again."""

log = logs.get("streams")


class StreamsParts(NamedTuple):
    """What streams are put together from. `reading` says what a subscription means (ValueError where it makes no sense any more).

    `retry_for` and `retention` are in seconds; `counted` is told (sink, outcome, how many).
    """

    journal: Journal
    clock: Clock
    ids: Ids
    chance: Callable[[], float]
    kinds: Mapping[str, SinkKind]
    sinks: SinkParts
    reading: Callable[[Subscription], Reading]
    number: Number
    counted: Callable[[str, str, int], None]
    retry_for: float = 86_400.0
    retention: float = 30 * 86_400.0


class Streams:
    """`start()`, then `run()`; `reload()` after any change of sinks and subscriptions on their shelves."""

    def __init__(self, parts: StreamsParts) -> None:
        self._parts = parts
        self._carriers: dict[str, Carrier] = {}
        self._pumps: dict[str, Pump] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ends = Marks()
        self._loading = asyncio.Lock()
        self._tidied_at = 0.0
        self._teller = Teller(parts.journal, parts.clock, parts.ids)
        self._pump_parts = PumpParts(parts.journal, parts.clock, parts.ids, parts.number, parts.retry_for)

    # -- from start to stop

    async def start(self) -> None:
        """Take up every subscription where it was. Raises JournalError."""
        self._ends = await self._parts.journal.marks()
        await self.reload()

    async def run(self) -> None:
        """Look whether anything has happened, ten times a second, and wake the pumps."""
        while True:
            await self._parts.clock.sleep(LOOK_EVERY)
            if not self._pumps:
                continue
            try:
                ends = await self._parts.journal.marks()
                if ends != self._ends:
                    self._ends = ends
                    for pump in self._pumps.values():
                        pump.wake()
                await self._tidy()
            except JournalError as error:
                log.warning("streams.journal_in_the_way", reason=str(error))

    async def stop(self, within: float) -> None:
        """Let what is being handed over finish as far as the time allows; write down how far each has come."""
        for pump in self._pumps.values():
            pump.stop()
        for carrier in self._carriers.values():
            carrier.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.gather(*(carrier.close() for carrier in self._carriers.values()))

    # -- what there is

    async def reload(self) -> None:
        """Take up what is new, let go of what is gone, begin anew with what has changed. Raises JournalError."""
        async with self._loading:
            journal = self._parts.journal
            sinks = {sink.sid: sink for sink in await every(journal, SINKS, Sink)}
            subscriptions = {each.sid: each for each in await every(journal, SUBSCRIPTIONS, Subscription)}
            for sid, pump in list(self._pumps.items()):
                sink = sinks.get(pump.carrier.sink.sid)
                if subscriptions.get(sid) != pump.subscription or sink is None or not _same(sink, pump.carrier.sink):
                    await self._end(sid)
                if sink is None:
                    shelf = parked_shelf(pump.carrier.sink.sid)
                    await journal.keep([away(shelf, entry.id) for entry in await every(journal, shelf, Parked)])
            for sid, subscription in subscriptions.items():
                sink = sinks.get(subscription.sink_sid)
                if sid not in self._pumps and sink is not None and sink.status is SinkStatus.ACTIVE:
                    await self._take_up(subscription, sink)
            await self._forget(sinks, subscriptions)

    async def _take_up(self, subscription: Subscription, sink: Sink) -> None:
        journal = self._parts.journal
        cursor = await one(journal, CURSORS, subscription.sid, Cursor)
        if cursor is None:
            cursor = Cursor(place=Place(marks=await journal.marks()))
            await journal.keep([put(CURSORS, subscription.sid, cursor)])
        try:
            reading = self._parts.reading(subscription)
        except ValueError as error:
            log.warning("streams.subscription_unusable", subscription=subscription.sid, reason=str(error))
            return
        carrier = self._carriers[sink.sid] = Carrier(sink, self._client(sink), self._carrier_parts(), cursor.trouble)
        pump = self._pumps[subscription.sid] = Pump(subscription, reading, carrier, cursor, self._pump_parts)
        pump.batch = self._batch(sink)
        pump.parked = await self._parked(sink.sid)
        self._spawn(subscription.sid, pump.run())
        for replay in unfinished(await every(journal, REPLAYS, Replay)):
            if replay.subscription == subscription.sid:
                self._begin(replay)

    async def _end(self, subscription: str) -> None:
        pump = self._pumps.pop(subscription)
        pump.stop()
        pump.carrier.stop()
        mine = [
            self._tasks.pop(name) for name in list(self._tasks) if name == subscription or name.startswith(f"{subscription} ")
        ]
        if mine:
            _, late = await asyncio.wait(mine, timeout=ENDS_WITHIN)
            for task in late:
                task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)
        del self._carriers[pump.carrier.sink.sid]
        await pump.carrier.close()

    async def _forget(self, sinks: Collection[str], subscriptions: Collection[str]) -> None:
        """Cursors of subscriptions that are gone: one that is made anew begins with what happens from then on. Their replays have no end."""
        journal = self._parts.journal
        cursors = [each.id for each in await journal.kept(CURSORS)]
        changes = [away(CURSORS, sid) for sid in cursors if sid not in subscriptions]
        replays = await every(journal, REPLAYS, Replay)
        changes += [away(REPLAYS, replay.id) for replay in replays if replay.sink not in sinks]
        for replay in unfinished(replays):
            if replay.sink in sinks and replay.subscription not in subscriptions:
                ended = replace(replay, state="failed", note="Its subscription has been deleted.")
                changes.append(put(REPLAYS, replay.id, ended))
        if changes:
            await journal.keep(changes)

    def _client(self, sink: Sink) -> SinkClient:
        kind = self._parts.kinds.get(sink.type)
        if kind is None:
            return Unmade(f"This Offhook knows no sinks of the type {sink.type}.")
        try:
            return kind.make(sink.configuration, self._parts.sinks)
        except ValueError as error:
            return Unmade(str(error))

    def _batch(self, sink: Sink) -> int:
        kind = self._parts.kinds.get(sink.type)
        return kind.batch if kind is not None else 1

    def _carrier_parts(self) -> CarrierParts:
        return CarrierParts(self._parts.clock, self._parts.chance, self._teller.tell, self._parts.counted)

    async def _tidy(self) -> None:
        """What was put aside goes when the journal no longer holds what it was made of."""
        now = self._parts.clock.now()
        if now - self._tidied_at < TIDY_EVERY:
            return
        self._tidied_at = now
        before = now - self._parts.retention
        changes: list[Kept] = []
        for sink in self._carriers:
            shelf = parked_shelf(sink)
            changes += [away(shelf, entry.id) for entry in await every(self._parts.journal, shelf, Parked) if entry.at < before]
        old = [each for each in await every(self._parts.journal, REPLAYS, Replay) if each.created_at < before]
        changes += [away(REPLAYS, replay.id) for replay in old]
        if changes:
            await self._parts.journal.keep(changes)

    # -- for the API

    async def test(self, sink: Sink, event: Event) -> Delivery:
        """Hand a test event to a sink, once, and say what came of it."""
        carrier = self._carriers.get(sink.sid)
        if carrier is not None and _same(carrier.sink, sink):
            return await carrier.test(event)
        passing = Carrier(sink, self._client(sink), self._carrier_parts())
        try:
            return await passing.test(event)
        finally:
            await passing.close()

    async def replay(self, sink_sid: str, since: float | None, until: float | None, *, parked: bool = False) -> Replay:
        """Hand events to a sink once more: those of a time, or with `parked` those put aside (in that time).

        Raises LookupError for a sink that has no subscription at work, JournalError.
        """
        pump = next((each for each in self._pumps.values() if each.carrier.sink.sid == sink_sid), None)
        if pump is None:
            raise LookupError(sink_sid)
        journal = self._parts.journal
        ends = await journal.marks()
        start = await journal.marks(since) if since is not None else Marks()
        end = ends if until is None else await journal.marks(until)
        entries: Sequence[Parked] = ()
        if parked:
            entries = [
                entry
                for entry in await every(journal, parked_shelf(sink_sid), Parked)
                if (since is None or entry.at >= since) and (until is None or entry.at < until)
            ]
        replay = Replay(
            id=self._parts.ids.new("RR"),
            sink=sink_sid,
            subscription=pump.subscription.sid,
            created_at=self._parts.clock.now(),
            place=Place(marks=start),
            until=end,
            parked=tuple(entry.id for entry in entries),
            state="completed" if parked and not entries else "waiting",
        )
        await journal.keep([put(REPLAYS, replay.id, replay)])
        if replay.state == "waiting":
            self._begin(replay)
        return replay

    def status(self, sink_sid: str) -> SinkState:
        """How a sink is doing."""
        pump = next((each for each in self._pumps.values() if each.carrier.sink.sid == sink_sid), None)
        if pump is None:
            return SinkState()
        carrier = pump.carrier
        return SinkState(
            lag=pump.lag(self._ends),
            delivered=carrier.delivered,
            last_success_at=carrier.last_success_at,
            last_fault=carrier.last_fault,
            last_fault_at=carrier.last_fault_at,
            retry_at=carrier.retry_at,
            failing_since=carrier.trouble.since or None,
            parked=pump.parked,
        )

    def lags(self) -> dict[str, int]:
        """The rows that each sink at work has still to be told of, at most."""
        return {pump.carrier.sink.sid: pump.lag(self._ends) for pump in self._pumps.values()}

    # -- inside

    def _begin(self, replay: Replay) -> None:
        pump, name = self._pumps.get(replay.subscription), f"{replay.subscription} {replay.id}"
        if pump is not None and name not in self._tasks:
            self._spawn(name, self._rerun(Rerun(replay, pump, self._pump_parts), pump))

    async def _rerun(self, rerun: Rerun, pump: Pump) -> None:
        while not pump.stopping:
            try:
                await rerun.run()
                pump.parked = await self._parked(pump.carrier.sink.sid)
            except JournalError as error:
                log.warning("streams.journal_in_the_way", replay=rerun.replay.id, reason=str(error))
                await self._parts.clock.sleep(AGAIN_AFTER)
            else:
                return

    async def _parked(self, sink: str) -> int:
        return sum([entry.rows for entry in await every(self._parts.journal, parked_shelf(sink), Parked)])

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"streams {name}")
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._done(name, done))

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("streams.died", task=name, reason=repr(error), exc_info=error)


def _same(one: Sink, other: Sink) -> bool:
    """Whether a sink is spoken to in the same way; its description may differ."""
    return (one.type, one.configuration, one.status) == (other.type, other.configuration, other.status)
