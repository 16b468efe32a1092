"""Who takes a kept webhook on: the couriers, unless its endpoint has somebody of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from offhook.intake.aftermath import Deliveries, Relay
from offhook.ports import Journal
from offhook.records import Answer, Arrival


class Room(Deliveries, Protocol):
    """Takes webhooks on, those that a former process left behind as well."""

    async def adopt(self, arrivals: Sequence[Arrival]) -> None:
        """Kept by a former process and never settled: settle each in some state before returning. Raises JournalError."""


class Handover:
    """Hands each webhook to the room of its endpoint (`aftermath.Deliveries`): `own` by endpoint, `usual` for all others."""

    def __init__(self, usual: Room, own: Mapping[str, Room]) -> None:
        self._usual = usual
        self.own = own

    def accept(self, arrival: Arrival, answered: Answer | None, relay: Relay | None) -> None:
        """A fresh webhook."""
        self.own.get(arrival.endpoint, self._usual).accept(arrival, answered, relay)

    def repeat(self, webhook_id: str, relay: Relay) -> None:
        """A duplicate whose sender waits for an answer: only the usual room keeps anybody waiting."""
        self._usual.repeat(webhook_id, relay)

    async def take_over(self, journal: Journal) -> None:
        """Have everything adopted that the journal holds unsettled. Raises JournalError."""
        while arrivals := await journal.unsettled():
            rooms: dict[int, tuple[Room, list[Arrival]]] = {}
            for arrival in arrivals:
                room = self.own.get(arrival.endpoint, self._usual)
                rooms.setdefault(id(room), (room, []))[1].append(arrival)
            await asyncio.gather(*(room.adopt(theirs) for room, theirs in rooms.values()))
