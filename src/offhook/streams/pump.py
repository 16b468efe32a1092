"""One subscription at work: reads the journal's news behind its cursor, and has their events carried to its sink."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from offhook import logs
from offhook.errors import JournalError
from offhook.ports import Clock, Ids, Journal
from offhook.records import DebugEvent, Marks, News, Source
from offhook.streams.carrier import Carrier, Follower
from offhook.streams.model import CURSORS, Event, Fault, Subscription
from offhook.streams.places import Item, Number, Place, between, items_of, later
from offhook.streams.retries import Trouble
from offhook.streams.shelves import Cursor, Parked, parked_shelf, put

PAGE = 200
SAVED_EVERY = 0.1
AGAIN_AFTER = 1.0

log = logs.get("streams")


class Reading(NamedTuple):
    """What a subscription means: the logs that its types come from, and the events that a row is for it."""

    sources: frozenset[Source]
    make: Callable[[News], Sequence[Event]]


class PumpParts(NamedTuple):
    """What a pump works with. `retry_for` is how long a failing sink is tried with one event, seconds."""

    journal: Journal
    clock: Clock
    ids: Ids
    number: Number
    retry_for: float


class Pump:
    """`run()` until `stop()`; `wake()` when there may be news."""

    def __init__(self, subscription: Subscription, reading: Reading, carrier: Carrier, cursor: Cursor, parts: PumpParts) -> None:
        self.subscription = subscription
        self.carrier = carrier
        self.place = cursor.place
        self.parked = 0
        """How many events are put aside; of a stretch that was, how many rows it has."""
        self.batch = 100
        self.reading = reading
        self._parts = parts
        self._saved: Cursor | None = cursor
        self._saved_at = 0.0
        self._jump: Place | None = None
        self._last_parked: Parked | None = None
        self._last_refused: Place | None = None
        self._wake = asyncio.Event()
        self._stopping = False

    @property
    def sources(self) -> Collection[Source]:
        """The logs that it reads."""
        return self.reading.sources

    @property
    def stopping(self) -> bool:
        """Whether it begins nothing more."""
        return self._stopping

    def lag(self, ends: Marks) -> int:
        """How many rows it has still to read, at most."""
        return between(self.place.marks, ends, self.sources)

    def wake(self) -> None:
        """There may be news."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Carry what there is and what comes, until stopped; then write down how far it has come."""
        while not self._stopping:
            self._wake.clear()
            try:
                went_on = await self._round()
            except JournalError as error:
                log.warning("streams.journal_in_the_way", subscription=self.subscription.sid, reason=str(error))
                await self._parts.clock.sleep(AGAIN_AFTER)
                continue
            if not went_on and not self._stopping:
                await self._save()
                await self._wake.wait()
        await self._save()

    async def _round(self) -> bool:
        """Carry one page; False when there was none."""
        page = await self._parts.journal.news(self.place.marks, PAGE, self.reading.sources)
        found = items_of(page, self.place, self.reading.sources, self.events, self._parts.number)
        follower = Follower(self._taken, self._refused, self._tired)
        for start in range(0, len(found.items), self.batch):
            if not await self.carrier.carry(found.items[start : start + self.batch], follower):
                jumped, self._jump = self._jump, None
                self._stopping = self._stopping or jumped is None
                return jumped is not None
        self.place = found.end
        return bool(page.news)

    def events(self, row: News) -> Sequence[Event]:
        """What a row is for this sink."""
        # What a sink's own failures are told as never goes to that sink: each would make the next.
        if isinstance(row.item, DebugEvent) and row.item.resource_sid == self.carrier.sink.sid:
            return ()
        return self.reading.make(row)

    # -- what becomes of the items

    async def _taken(self, item: Item, _count: int) -> None:
        self.place = item.after
        if self._parts.clock.monotonic() - self._saved_at >= SAVED_EVERY:
            await self._save()

    async def _refused(self, item: Item, fault: Fault) -> None:
        """Put it aside. What is refused without a break is one entry."""
        last = self._last_parked
        if last is not None and last.code == fault.code and self._last_refused == item.before:
            entry = replace(last, end=later(last.end, item.row_end), rows=last.rows + 1, event="", type="")
        else:
            event = item.event
            entry = self._entry(fault, item.before.marks, item.row_end)
            entry = replace(entry, event=event.id, type=event.type)
        await self._park(entry, item.after)
        self.parked += 1
        self._last_parked, self._last_refused = entry, item.after

    async def _tired(self, trouble: Trouble) -> bool:
        """A sink that has been away too long: what is older than that is put aside, and it is tried with the rest."""
        now = self._parts.clock.now()
        await self._save()
        if now - trouble.since < self._parts.retry_for:
            return False
        start = self.place.marks
        end = later(start, await self._parts.journal.marks(now - self._parts.retry_for))
        rows = between(start, end, self.sources)
        if not rows:
            return False
        fault = self.carrier.last_fault
        assert fault is not None
        # A row is two events at most: their numbers stay unused, so that none is given twice.
        jump = Place(marks=end, sequence=self.place.sequence + 2 * rows)
        await self._park(replace(self._entry(fault, start, end), rows=rows), jump)
        self.parked += rows
        self._jump = jump
        return True

    def _entry(self, fault: Fault, start: Marks, end: Marks) -> Parked:
        return Parked(
            id=self._parts.ids.new("PK"),
            subscription=self.subscription.sid,
            at=self._parts.clock.now(),
            code=fault.code,
            message=fault.message,
            start=start,
            end=end,
        )

    async def _park(self, entry: Parked, place: Place) -> None:
        """Write down both, or neither: then the same is handed over again. Raises JournalError."""
        cursor = Cursor(place=place, trouble=self.carrier.trouble)
        parked = put(parked_shelf(self.carrier.sink.sid), entry.id, entry)
        await self._parts.journal.keep([parked, put(CURSORS, self.subscription.sid, cursor)])
        self.place, self._saved, self._saved_at = place, cursor, self._parts.clock.monotonic()

    async def _save(self) -> None:
        """Write the cursor where it has moved. While the journal cannot, what is handed over meanwhile may be handed over again."""
        cursor = Cursor(place=self.place, trouble=self.carrier.trouble)
        if cursor == self._saved:
            return
        try:
            await self._parts.journal.keep([put(CURSORS, self.subscription.sid, cursor)])
        except JournalError as error:
            log.warning("streams.cursor_not_written", subscription=self.subscription.sid, reason=str(error))
        else:
            self._saved, self._saved_at = cursor, self._parts.clock.monotonic()
