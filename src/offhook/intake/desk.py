"""The desk behind the public door: each webhook is verified, kept, answered and handed on, in this order (design, laws 1-3)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from offhook import logs
from offhook.errors import JournalError
from offhook.intake import front
from offhook.intake.aftermath import Aftermath, Deliveries
from offhook.intake.hub import Call
from offhook.intake.limits import Throttle
from offhook.intake.refusals import Refusals
from offhook.intake.slot import Slot
from offhook.metrics import Metrics
from offhook.ports import Clock, Ids, Journal
from offhook.providers.base import Accepted, Incoming, Provider, Refused
from offhook.records import Answer, Arrival, Endpoint, Kind, Receipt, Record

log = logs.get("intake")


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What a desk is put together from. `providers` by name."""

    providers: Mapping[str, Provider]
    journal: Journal
    deliveries: Deliveries
    clock: Clock
    ids: Ids
    metrics: Metrics


class _Route(NamedTuple):
    """`acknowledge`: by kind, what is answered as soon as the webhook is stored; None where the app is asked first."""

    endpoint: Endpoint
    provider: Provider
    acknowledge: Mapping[Kind, Answer | None]


_Visit = tuple[Incoming, Slot, _Route]


class _Stay(Record):
    """A verified webhook while it is being stored."""

    arrival: Arrival
    accepted: Accepted
    route: _Route
    slot: Slot


class Desk:
    """Handles the requests of a listener (`connection.Handler`)."""

    def __init__(self, endpoints: Mapping[str, Endpoint], parts: DeskParts) -> None:
        self._routes: dict[bytes, _Route] = {}
        for name, endpoint in endpoints.items():
            provider = parts.providers[endpoint.provider]
            route = _Route(endpoint, provider, {kind: provider.acknowledge(endpoint, kind) for kind in Kind})
            self._routes[b"/" + name.encode()] = self._routes[b"/" + name.encode() + b"/"] = route
        self._journal = parts.journal
        self._clock = parts.clock
        self._ids = parts.ids
        self._metrics = parts.metrics
        self._aftermath = Aftermath(parts.deliveries, parts.clock, parts.metrics)
        self._refusals = Refusals(parts.journal, parts.clock, parts.ids)
        self._troubles = Throttle(10, 10.0)

    def handle(self, requests: Sequence[Call]) -> None:
        """Answer each by its slot: at once when it is refused, else once it is stored or the app has answered."""
        received_at = self._clock.now()
        visits: dict[Provider, list[_Visit]] = {}
        for request, slot in requests:
            try:
                route = self._route(request, slot)
            except Exception as error:  # noqa: BLE001 - what is wrong with one request is not to touch the others
                _give_up(slot, error)
            else:
                if route is not None:
                    visits.setdefault(route.provider, []).append((request, slot, route))
        for provider, theirs in visits.items():
            self._verify(provider, theirs, received_at)

    def _route(self, request: Incoming, slot: Slot) -> _Route | None:
        """Where it goes; None when it has been turned away."""
        target = request.target
        route = self._routes.get(target) or self._routes.get(target.partition(b"?")[0])
        if route is None:
            self._elsewhere(request, slot)
        elif request.method not in {"POST", "GET"}:
            self._turn_away(slot, front.WRONG_METHOD, "wrong_method")
            return None
        return route

    def _verify(self, provider: Provider, visits: list[_Visit], received_at: float) -> None:
        try:
            verdicts = provider.verify_all([request for request, _, _ in visits])
        except Exception as error:  # noqa: BLE001 - see above
            if len(visits) == 1:
                _give_up(visits[0][1], error)
                return
            for visit in visits:
                self._verify(provider, [visit], received_at)
            return
        for visit, verdict in zip(visits, verdicts, strict=True):
            try:
                if isinstance(verdict, Accepted):
                    self._keep(visit, verdict, received_at)
                else:
                    self._refuse(visit, verdict)
            except Exception as error:  # noqa: BLE001 - see above
                _give_up(visit[1], error)

    def _refuse(self, visit: _Visit, refused: Refused) -> None:
        request, slot, route = visit
        self._turn_away(slot, front.refused(refused.status), "signature" if refused.signature else "not_acceptable")
        self._refusals.tell(route.endpoint.name, route.provider, request, refused)

    def _keep(self, visit: _Visit, accepted: Accepted, received_at: float) -> None:
        request, slot, route = visit
        arrival = Arrival(
            id=self._ids.new("WH"),
            endpoint=route.endpoint.name,
            received_at=received_at,
            peer=request.peer,
            url=accepted.url,
            kind=accepted.kind,
            dedupe_key=accepted.dedupe_key,
            head=request.head,
            body=request.body,
        )
        stay = _Stay(arrival=arrival, accepted=accepted, route=route, slot=slot)
        try:
            self._journal.append(arrival, partial(self._stored, stay))
        except JournalError as error:
            self._not_stored(stay, error)

    def refused(self, reason: str) -> None:
        """The listener refused a request or a connection."""
        self._metrics.refused(reason)

    async def close(self) -> None:
        """Finish what is being done about stored webhooks and refused requests."""
        self._aftermath.acknowledged.end()
        await self._refusals.close()

    def _elsewhere(self, request: Incoming, slot: Slot) -> None:
        if request.target.partition(b"?")[0] != b"/":
            self._turn_away(slot, front.NOT_FOUND, "unknown_path")
        elif request.method != "GET":
            self._turn_away(slot, front.READ_ONLY, "wrong_method")
        else:
            slot.send(front.PAGE)

    def _turn_away(self, slot: Slot, answer: Answer, reason: str) -> None:
        slot.send(answer)
        self._metrics.refused(reason)

    def _stored(self, stay: _Stay, receipt: Receipt | Exception) -> None:
        """The journal has it, or has not."""
        if isinstance(receipt, Exception):
            self._not_stored(stay, receipt)
            return
        arrival, accepted, duplicate_of = stay.arrival, stay.accepted, receipt.duplicate_of
        answer = stay.route.acknowledge[arrival.kind]
        if answer is None:
            self._aftermath.ask(arrival, accepted, duplicate_of, partial(self._relay, stay))
            return
        stay.slot.send(answer)
        self._aftermath.acknowledged.add((arrival, accepted, answer, duplicate_of))

    def _relay(self, stay: _Stay, answer: Answer) -> bool:
        """Pass the app's answer to the provider. False when nobody waits for it: its replies must go another way then."""
        if not stay.slot.alive:
            stay.slot.abandon()
            return False
        self._metrics.answered(stay.arrival.endpoint, answer.source, self._clock.now() - stay.arrival.received_at)
        return stay.slot.send(answer)

    def _not_stored(self, stay: _Stay, error: Exception) -> None:
        """Law 1: no 2xx for what is not stored."""
        self._turn_away(stay.slot, front.NOT_STORED, "not_stored")
        held = self._troubles.take(self._clock.monotonic())
        if held is not None:
            log.error("webhook.not_stored", endpoint=stay.arrival.endpoint, error=str(error), not_logged=held)


def _give_up(slot: Slot, error: Exception) -> None:
    """Close the connection rather than leave its client waiting."""
    slot.abandon()
    asyncio.get_running_loop().call_exception_handler({"message": "a request could not be handled", "exception": error})
