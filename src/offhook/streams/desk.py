"""The desk of event streams: where sinks and subscriptions are made, changed, tested and deleted, by Twilio's rules and with its codes."""

import asyncio
from collections.abc import Sequence

from offhook.records import Kept
from offhook.streams.parts import DeskParts
from offhook.streams.pumping import Replay, SinkState
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

    async def replay(self, sid: str, since: float | None, until: float | None, *, parked: bool) -> Replay:
        """Have events delivered to a sink again."""
        await self.sinks.get(sid)
        return await self._parts.pump.replay(sid, since, until, parked=parked)

    def status(self, sid: str) -> SinkState:
        """How a sink is doing."""
        return self._parts.pump.status(sid)

    async def parked(self, sid: str, limit: int, after: str = "") -> Sequence[Kept]:
        """What a sink has refused for good, the oldest first."""
        await self.sinks.get(sid)
        return await self._store.parked(sid, limit, after)
