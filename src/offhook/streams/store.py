"""Sinks and subscriptions in the journal, one small record each; and, to be read, what a sink has refused and the replays to it."""

from collections.abc import Sequence

import msgspec

from offhook.ports import Journal
from offhook.records import Kept, Record
from offhook.streams.model import CURSORS, PARKED, SINKS, SUBSCRIPTIONS, Sink, Subscription

REPLAYS = "replays"
_PAGE = 500


class ParkedEntry(Record):
    """Events that a sink has refused for good, or that were too old when it came back: one (`event` is its id) or a stretch of `rows`."""

    id: str
    at: float
    code: int
    message: str
    event: str = ""
    type: str = ""
    rows: int = 1


class ReplayEntry(Record):
    """Events that are handed to a sink once more, and how far that has come: `waiting`, `running`, `completed` or `failed`."""

    id: str
    sink: str
    created_at: float
    state: str = "waiting"
    done: int = 0
    note: str = ""


class Store:
    """The shelves of streams. Every method raises JournalError when the journal cannot do its work."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def sinks(self) -> Sequence[Sink]:
        """All of them, the oldest first."""
        return [msgspec.msgpack.decode(each.data, type=Sink) for each in await self._journal.kept(SINKS) if each.data]

    async def sink(self, sid: str) -> Sink | None:
        """One sink."""
        data = await self._journal.kept_one(SINKS, sid)
        return None if data is None else msgspec.msgpack.decode(data, type=Sink)

    async def subscriptions(self) -> Sequence[Subscription]:
        """All of them, the oldest first."""
        kept = await self._journal.kept(SUBSCRIPTIONS)
        return [msgspec.msgpack.decode(each.data, type=Subscription) for each in kept if each.data]

    async def subscription(self, sid: str) -> Subscription | None:
        """One subscription."""
        data = await self._journal.kept_one(SUBSCRIPTIONS, sid)
        return None if data is None else msgspec.msgpack.decode(data, type=Subscription)

    async def put(self, record: Sink | Subscription) -> None:
        """Write one, new or changed."""
        shelf = SINKS if isinstance(record, Sink) else SUBSCRIPTIONS
        await self._journal.keep([Kept(shelf=shelf, id=record.sid, data=msgspec.msgpack.encode(record))])

    async def drop_subscription(self, sid: str) -> None:
        """Delete one with its place in the journal's logs."""
        await self._journal.keep([Kept(shelf=SUBSCRIPTIONS, id=sid), Kept(shelf=CURSORS, id=sid)])

    async def drop_sink(self, sid: str) -> None:
        """Delete one. What it has refused goes first: a crash then leaves a sink, never entries that nobody can find."""
        shelf = f"{PARKED}/{sid}"
        while parked := await self._journal.kept(shelf, _PAGE):
            await self._journal.keep([Kept(shelf=shelf, id=each.id) for each in parked])
        await self._journal.keep([Kept(shelf=SINKS, id=sid)])

    async def parked(self, sid: str, limit: int, after: str = "") -> Sequence[ParkedEntry]:
        """What a sink has refused for good, the oldest first."""
        found = await self._journal.kept(f"{PARKED}/{sid}", limit, after)
        return [msgspec.msgpack.decode(each.data, type=ParkedEntry) for each in found if each.data]

    async def replays(self, sid: str) -> Sequence[ReplayEntry]:
        """The replays to a sink, the newest first."""
        found = await self._journal.kept(REPLAYS)
        every = [msgspec.msgpack.decode(each.data, type=ReplayEntry) for each in found if each.data]
        return [each for each in reversed(every) if each.sink == sid]
