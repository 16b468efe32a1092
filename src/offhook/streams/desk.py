"""The desk of event streams: where sinks and subscriptions are made, changed, tested and deleted, by Twilio's rules and with its codes."""

import asyncio
from collections.abc import Sequence

from offhook.streams.carrier import SinkState
from offhook.streams.parts import DeskParts
from offhook.streams.refused import RefusedError
from offhook.streams.shelves import Parked, Replay
from offhook.streams.sink_desk import SinkDesk
from offhook.streams.store import Store
from offhook.streams.subscription_desk import SubscriptionDesk


class Desk:
    """Sinks, subscriptions and types. Raises RefusedError for what may not be, JournalError for what cannot be stored."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._store = Store(parts.journal)
        turn = asyncio.Lock()
        self.catalogue = parts.catalogue
        self.kinds = parts.kinds
        self.sinks = SinkDesk(parts, self._store, turn)
        self.subscriptions = SubscriptionDesk(parts, self._store, turn)

    async def tidy(self) -> None:
        """At the start, with the journal open: forget the secrets of sinks that a crash has kept from being made, or from being forgotten."""
        await self._parts.vault.sweep({sink.sid for sink in await self._store.sinks()})

    async def close(self) -> None:
        """End what is under way."""
        await self.sinks.close()

    async def replay(self, sid: str, since: float | None, until: float | None, *, parked: bool) -> Replay:
        """Have events delivered to a sink again. Raises RefusedError 20409 where nothing goes to it."""
        await self.sinks.get(sid)
        try:
            return await self._parts.carrying.replay(sid, since, until, parked=parked)
        except LookupError:
            raise RefusedError(20409, f"Nothing goes to the sink {sid}: it needs a subscription first.") from None

    async def replays(self, sid: str) -> Sequence[Replay]:
        """The replays to a sink, the newest first."""
        await self.sinks.get(sid)
        return await self._store.replays(sid)

    def status(self, sid: str) -> SinkState:
        """How a sink is doing."""
        return self._parts.carrying.status(sid)

    async def parked(self, sid: str, limit: int, after: str = "") -> Sequence[Parked]:
        """What a sink has refused for good, the oldest first."""
        await self.sinks.get(sid)
        return await self._store.parked(sid, limit, after)
