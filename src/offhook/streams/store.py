"""Sinks and subscriptions in the journal: one small JSON record each."""

from collections.abc import Sequence

import msgspec

from offhook.ports import Journal
from offhook.records import Kept
from offhook.streams.model import CURSORS, PARKED, SINKS, SUBSCRIPTIONS, Sink, Subscription

_PAGE = 500


class Store:
    """The shelves of streams. Every method raises JournalError when the journal cannot do its work."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def sinks(self) -> Sequence[Sink]:
        """All of them, the oldest first."""
        return [msgspec.json.decode(each.data, type=Sink) for each in await self._journal.kept(SINKS) if each.data]

    async def sink(self, sid: str) -> Sink | None:
        """One sink."""
        data = await self._journal.kept_one(SINKS, sid)
        return None if data is None else msgspec.json.decode(data, type=Sink)

    async def subscriptions(self) -> Sequence[Subscription]:
        """All of them, the oldest first."""
        kept = await self._journal.kept(SUBSCRIPTIONS)
        return [msgspec.json.decode(each.data, type=Subscription) for each in kept if each.data]

    async def subscription(self, sid: str) -> Subscription | None:
        """One subscription."""
        data = await self._journal.kept_one(SUBSCRIPTIONS, sid)
        return None if data is None else msgspec.json.decode(data, type=Subscription)

    async def put(self, record: Sink | Subscription) -> None:
        """Write one, new or changed."""
        shelf = SINKS if isinstance(record, Sink) else SUBSCRIPTIONS
        await self._journal.keep([Kept(shelf=shelf, id=record.sid, data=msgspec.json.encode(record))])

    async def drop_subscription(self, sid: str) -> None:
        """Delete one with its place in the journal's logs."""
        await self._journal.keep([Kept(shelf=SUBSCRIPTIONS, id=sid), Kept(shelf=CURSORS, id=sid)])

    async def drop_sink(self, sid: str) -> None:
        """Delete one. Its parked events go first: a crash then leaves a sink, never events that nobody can find."""
        shelf = parked_shelf(sid)
        while parked := await self._journal.kept(shelf, _PAGE):
            await self._journal.keep([Kept(shelf=shelf, id=each.id) for each in parked])
        await self._journal.keep([Kept(shelf=SINKS, id=sid)])

    async def parked(self, sid: str, limit: int, after: str = "") -> Sequence[Kept]:
        """What a sink has refused for good, the oldest first."""
        return await self._journal.kept(parked_shelf(sid), limit, after)


def parked_shelf(sid: str) -> str:
    """The shelf of a sink's parked events."""
    return f"{PARKED}/{sid}"
