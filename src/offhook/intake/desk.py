"""The desk behind the public door: each webhook is verified, kept, answered and handed on, in this order (design, laws 1-3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from offhook import logs
from offhook.errors import JournalError
from offhook.intake import front
from offhook.intake.limits import Throttle
from offhook.intake.refusals import Refusals
from offhook.intake.slot import Slot
from offhook.metrics import Metrics
from offhook.ports import Clock, Ids, Journal
from offhook.providers.base import Accepted, Incoming, Provider, Refused
from offhook.records import Answer, Arrival, Endpoint, Kind, Receipt, Record

log = logs.get("intake")

Relay = Callable[[Answer], bool]


class Deliveries(Protocol):
    """Who takes a webhook on once it is kept."""

    def accept(self, arrival: Arrival, answered: Answer | None, relay: Relay | None) -> None:
        """A fresh webhook: answered already, or to be answered by `relay` within the endpoint's hold."""

    def repeat(self, webhook_id: str, relay: Relay) -> None:
        """A duplicate of that webhook: give it the answer that the first one got, or will get."""


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


class _Stay(Record):
    """A verified webhook while it is being stored."""

    arrival: Arrival
    accepted: Accepted
    route: _Route
    slot: Slot


class _Received(logs.Line, kw_only=True):
    """The log line of a webhook: milliseconds from its last byte until it was answered, or handed on to be."""

    webhook: str
    endpoint: str
    kind: Kind
    provider_id: str
    sender: str
    ms: float
    duplicate_of: str | None


class Desk:
    """Handles the requests of a listener (`connection.Handler`)."""

    def __init__(self, endpoints: Mapping[str, Endpoint], parts: DeskParts) -> None:
        self._routes: dict[bytes, _Route] = {}
        for name, endpoint in endpoints.items():
            provider = parts.providers[endpoint.provider]
            route = _Route(endpoint, provider, {kind: provider.acknowledge(endpoint, kind) for kind in Kind})
            self._routes[b"/" + name.encode()] = self._routes[b"/" + name.encode() + b"/"] = route
        self._journal = parts.journal
        self._deliveries = parts.deliveries
        self._clock = parts.clock
        self._ids = parts.ids
        self._metrics = parts.metrics
        self._refusals = Refusals(parts.journal, parts.clock, parts.ids)
        self._troubles = Throttle(10, 10.0)

    def handle(self, request: Incoming, slot: Slot) -> None:
        """Answer by the slot: at once when it is refused, else once it is stored or the app has answered."""
        route = self._routes.get(request.target.partition(b"?")[0])
        if route is None:
            self._elsewhere(request, slot)
            return
        if request.method not in {"POST", "GET"}:
            self._turn_away(slot, front.WRONG_METHOD, "wrong_method")
            return
        accepted = route.provider.verify(request)
        if isinstance(accepted, Refused):
            self._turn_away(slot, front.refused(accepted.status), "signature" if accepted.signature else "not_acceptable")
            self._refusals.tell(route.endpoint.name, route.provider, request, accepted)
            return
        arrival = Arrival(
            id=self._ids.new("WH"),
            endpoint=route.endpoint.name,
            received_at=self._clock.now(),
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
        """Finish what is being written about refused requests."""
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
        arrival, route, slot = stay.arrival, stay.route, stay.slot
        answer = route.acknowledge[arrival.kind]
        if answer is not None:
            slot.send(answer)
        now = self._clock.now()
        if receipt.duplicate_of is not None:
            self._metrics.duplicate(arrival.endpoint)
            if answer is None:
                self._deliveries.repeat(receipt.duplicate_of, partial(self._relay, stay))
        elif answer is None:
            self._metrics.received(arrival.endpoint, arrival.kind)
            self._deliveries.accept(arrival, None, partial(self._relay, stay))
        else:
            self._metrics.received(arrival.endpoint, arrival.kind)
            self._deliveries.accept(arrival, self._given(answer, arrival, now), None)
        self._log(stay, receipt, now - arrival.received_at)

    def _given(self, answer: Answer, arrival: Arrival, now: float) -> Answer:
        """The acknowledgement with the time at which it was given."""
        self._metrics.answered(arrival.endpoint, answer.source, now - arrival.received_at)
        return Answer(status=answer.status, headers=answer.headers, body=answer.body, source=answer.source, at=now)

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

    def _log(self, stay: _Stay, receipt: Receipt, seconds: float) -> None:
        begin = log.begin("webhook.received")
        if begin is None:
            return
        arrival, accepted = stay.arrival, stay.accepted
        line = _Received(
            *begin,
            webhook=arrival.id,
            endpoint=arrival.endpoint,
            kind=arrival.kind,
            provider_id=accepted.provider_id,
            sender=logs.mask(accepted.sender),
            ms=round(seconds * 1000, 2),
            duplicate_of=receipt.duplicate_of,
        )
        log.wide(line)
