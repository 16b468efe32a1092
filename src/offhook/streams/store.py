"""Sinks and subscriptions in the journal, and, to be read, what a sink has refused and the replays to it."""

from collections.abc import Sequence

from offhook.ports import Journal
from offhook.streams.model import CURSORS, SINKS, SUBSCRIPTIONS, Sink, Subscription
from offhook.streams.shelves import REPLAYS, Parked, Replay, away, every, one, parked_shelf, put, some


class Store:
    """The shelves of streams. Every method raises JournalError when the journal cannot do its work."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def sinks(self) -> Sequence[Sink]:
        """All of them, the oldest first."""
        return await every(self._journal, SINKS, Sink)

    async def sink(self, sid: str) -> Sink | None:
        """One sink."""
        return await one(self._journal, SINKS, sid, Sink)

    async def subscriptions(self) -> Sequence[Subscription]:
        """All of them, the oldest first."""
        return await every(self._journal, SUBSCRIPTIONS, Subscription)

    async def subscription(self, sid: str) -> Subscription | None:
        """One subscription."""
        return await one(self._journal, SUBSCRIPTIONS, sid, Subscription)

    async def put(self, record: Sink | Subscription) -> None:
        """Write one, new or changed."""
        await self._journal.keep([put(SINKS if isinstance(record, Sink) else SUBSCRIPTIONS, record.sid, record)])

    async def drop_subscription(self, sid: str) -> None:
        """Delete one with its place in the journal's logs."""
        await self._journal.keep([away(SUBSCRIPTIONS, sid), away(CURSORS, sid)])

    async def drop_sink(self, sid: str) -> None:
        """Delete one. What it has refused goes first: a crash then leaves a sink, never entries that nobody can find."""
        shelf = parked_shelf(sid)
        while parked := await some(self._journal, shelf, Parked):
            await self._journal.keep([away(shelf, entry.id) for entry in parked])
        await self._journal.keep([away(SINKS, sid)])

    async def parked(self, sid: str, limit: int, after: str = "") -> Sequence[Parked]:
        """What a sink has refused for good, the oldest first."""
        return await some(self._journal, parked_shelf(sid), Parked, limit, after)

    async def replays(self, sid: str) -> Sequence[Replay]:
        """The replays to a sink, the newest first."""
        return [each for each in reversed(await every(self._journal, REPLAYS, Replay)) if each.sink == sid]
