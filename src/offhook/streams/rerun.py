"""Hands events to a sink once more: those of a time, or those that were put aside."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from offhook.records import Marks
from offhook.streams.carrier import Follower
from offhook.streams.model import Event, Fault
from offhook.streams.places import Item, Place, items_of, reaches, within
from offhook.streams.pump import PAGE, Pump, PumpParts
from offhook.streams.retries import Trouble
from offhook.streams.shelves import REPLAYS, Parked, Replay, away, one, parked_shelf, put


class Stretch(NamedTuple):
    """What lies between two places; with `event`, that one event of it."""

    start: Marks
    end: Marks
    event: str = ""


class Rerun:
    """One replay. `run()` to its end; stopped before that, the next start goes on with it."""

    def __init__(self, replay: Replay, pump: Pump, parts: PumpParts) -> None:
        self.replay = replay
        self._pump = pump
        self._carrier = pump.carrier
        self._parts = parts
        self._refused = 0

    async def run(self) -> None:
        """Hand over what is left of it. Raises JournalError."""
        await self._note(state="running")
        shelf = parked_shelf(self._carrier.sink.sid)
        for identifier in self.replay.parked:
            entry = await one(self._parts.journal, shelf, identifier, Parked)
            if entry is None:
                continue
            refused = self._refused
            if not await self._stretch(Stretch(entry.start, entry.end, entry.event)):
                return
            if self._refused == refused:
                await self._parts.journal.keep([away(shelf, identifier)])
        if not self.replay.parked and not await self._stretch(Stretch(self.replay.place.marks, self.replay.until)):
            return
        note = f"The sink has refused {self._refused} of them again." if self._refused else ""
        await self._note(state="completed", note=note)

    async def _stretch(self, stretch: Stretch) -> bool:
        follower = Follower(self._taken, self._again_refused, self._tired)
        async for items in self._pages(stretch):
            for start in range(0, len(items), self._pump.batch):
                if not await self._carrier.carry(items[start : start + self._pump.batch], follower):
                    return False
            if not self.replay.parked and items:
                await self._note(place=Place(marks=items[-1].after.marks))
        return True

    async def _pages(self, stretch: Stretch) -> AsyncIterator[list[Item]]:
        place, sources = Place(marks=stretch.start), self._pump.sources
        while not reaches(place.marks, stretch.end, sources):
            page = await self._parts.journal.news(place.marks, PAGE, sources)
            if not page.news:
                return
            found = items_of(within(page, stretch.end), place, sources, self._pump.events, _unnumbered)
            yield [item for item in found.items if not stretch.event or item.event.id == stretch.event]
            place = Place(marks=page.marks)

    async def _taken(self, _item: Item, count: int) -> None:
        self.replay = replace(self.replay, done=self.replay.done + count)

    async def _again_refused(self, _item: Item, _fault: Fault) -> None:
        self._refused += 1

    async def _tired(self, _trouble: Trouble) -> bool:
        return False

    async def _note(self, **fields: object) -> None:
        self.replay = replace(self.replay, **fields)
        await self._parts.journal.keep([put(REPLAYS, self.replay.id, self.replay)])


def _unnumbered(event: Event, _sequence: int) -> Event:
    """What is sent again has no new place in the order: its id tells which event it is."""
    return event


def unfinished(replays: Sequence[Replay]) -> list[Replay]:
    """Those that a former process has left."""
    return [replay for replay in replays if replay.state in {"waiting", "running"}]
