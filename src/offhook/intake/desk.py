"""The desk behind the public door: each webhook is verified, kept, answered and handed on, in this order (design, laws 1-3)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from offhook import logs
from offhook.intake import front
from offhook.intake.aftermath import Acknowledged, Aftermath, Deliveries, Each
from offhook.intake.hub import Call
from offhook.intake.limits import Throttle
from offhook.intake.refusals import Refusals
from offhook.intake.slot import Slot
from offhook.metrics import Metrics
from offhook.ports import Clock, Ids, Journal, Outcome
from offhook.providers.base import Accepted, Incoming, Provider, Refused
from offhook.records import Answer, Arrival, Endpoint, Kind

log = logs.get("intake")

_METHODS = frozenset({"POST", "GET"})


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What a desk is put together from. `providers` by name."""

    providers: Mapping[str, Provider]
    journal: Journal
    deliveries: Deliveries
    clock: Clock
    ids: Ids
    metrics: Metrics


@dataclass(frozen=True, eq=False, slots=True)
class _Route:
    """`acknowledge`: by kind, what is answered as soon as the webhook is stored; None where the app is asked first."""

    endpoint: Endpoint
    provider: Provider
    acknowledge: Mapping[Kind, Answer | None]


_Stay = tuple[Accepted, Slot]
"""What is known of a verified webhook, and where its answer goes, while it is being stored."""


@dataclass(frozen=True, eq=False, slots=True)
class _Keeping:
    """Webhooks of one endpoint on their way into the journal. `later` is to be done once it has been heard what became of them."""

    route: _Route
    arrivals: Sequence[Arrival]
    stays: Sequence[_Stay]
    later: list[tuple[Slot, Callable[[], None]]] = field(default_factory=list)

    def has(self, webhook_id: str) -> bool:
        """Whether this webhook is among them. Ids grow, so those that came at other times need not be looked through."""
        arrivals = self.arrivals
        return arrivals[0].id <= webhook_id <= arrivals[-1].id and any(arrival.id == webhook_id for arrival in arrivals)


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
        self._under_way: set[_Keeping] = set()

    def handle(self, requests: Sequence[Call]) -> None:
        """Answer each by its slot: at once when it is refused, else once it is stored or the app has answered."""
        received_at = self._clock.now()
        visits: dict[_Route, list[Call]] = {}
        for call in requests:
            try:
                route = self._route(*call)
            except Exception as error:  # noqa: BLE001 - what is wrong with one request is not to touch the others
                _give_up(call[1], error)
                continue
            if route is None:
                continue
            if (theirs := visits.get(route)) is None:
                visits[route] = [call]
            else:
                theirs.append(call)
        for route, theirs in visits.items():
            self._verify(route, theirs, received_at)

    def _route(self, request: Incoming, slot: Slot) -> _Route | None:
        """Where it goes; None when it has been turned away."""
        target = request.target
        route = self._routes.get(target) or self._routes.get(target.partition(b"?")[0])
        if route is None:
            self._elsewhere(request, slot)
        elif request.method not in _METHODS:
            self._turn_away(slot, front.WRONG_METHOD, "wrong_method")
            return None
        return route

    def _verify(self, route: _Route, calls: Sequence[Call], received_at: float) -> None:
        try:
            verdicts = route.provider.verify_all([request for request, _ in calls])
        except Exception as error:  # noqa: BLE001 - see above
            if len(calls) == 1:
                _give_up(calls[0][1], error)
                return
            for call in calls:
                self._verify(route, [call], received_at)
            return
        self._keep(route, calls, verdicts, received_at)

    def _refuse(self, route: _Route, request: Incoming, slot: Slot, refused: Refused) -> None:
        self._turn_away(slot, front.refused(refused.status), "signature" if refused.signature else "not_acceptable")
        self._refusals.tell(route.endpoint.name, route.provider, request, refused)

    def _keep(self, route: _Route, calls: Sequence[Call], verdicts: Sequence[Accepted | Refused], received_at: float) -> None:
        """Give the accepted ones to the journal, and turn the others away."""
        new_id, endpoint = self._ids.new, route.endpoint.name
        arrivals: list[Arrival] = []
        stays: list[_Stay] = []
        for (request, slot), verdict in zip(calls, verdicts, strict=True):
            try:
                if not isinstance(verdict, Accepted):
                    self._refuse(route, request, slot, verdict)
                    continue
                arrivals.append(
                    Arrival(
                        id=new_id("WH"),
                        endpoint=endpoint,
                        received_at=received_at,
                        peer=request.peer,
                        url=verdict.url,
                        kind=verdict.kind,
                        dedupe_key=verdict.dedupe_key,
                        head=request.head,
                        body=request.body,
                    )
                )
                stays.append((verdict, slot))
            except Exception as error:  # noqa: BLE001 - see above
                _give_up(slot, error)
        if not arrivals:
            return
        keeping = _Keeping(route, arrivals, stays)
        self._under_way.add(keeping)
        try:
            self._journal.append_all(arrivals, partial(self._stored, keeping))
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            self._stored(keeping, [error] * len(arrivals))

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

    def _stored(self, keeping: _Keeping, outcomes: Sequence[Outcome]) -> None:
        """The journal has them, or has not."""
        self._under_way.discard(keeping)
        route, arrivals = keeping.route, keeping.arrivals
        acknowledged: list[Each] = []
        for arrival, (accepted, slot), outcome in zip(arrivals, keeping.stays, outcomes, strict=True):
            try:
                if isinstance(outcome, Exception):
                    self._not_stored(arrival, slot, outcome)
                    continue
                answer = route.acknowledge[arrival.kind]
                if answer is None:
                    self._ask(arrival, accepted, slot, outcome.duplicate_of)
                    continue
                # First this: what is stored is handed on, whatever becomes of its answer.
                acknowledged.append((arrival, accepted, answer, outcome.duplicate_of))
                slot.send(answer)
            except Exception as error:  # noqa: BLE001 - see above
                _give_up(slot, error)
        if acknowledged:
            self._aftermath.acknowledged.add(Acknowledged(route.endpoint.name, arrivals[0].received_at, acknowledged))
        for slot, do in keeping.later:
            try:
                do()
            except Exception as error:  # noqa: BLE001 - see above
                _give_up(slot, error)

    def _ask(self, arrival: Arrival, accepted: Accepted, slot: Slot, duplicate_of: str | None) -> None:
        """Have the app asked, or what it said to the first one; a duplicate may be heard of before the first one is: then it waits for that."""
        ask = partial(self._aftermath.ask, arrival, accepted, duplicate_of, partial(self._relay, arrival, slot))
        first = next((each for each in self._under_way if each.has(duplicate_of)), None) if duplicate_of else None
        if first is None:
            ask()
        else:
            first.later.append((slot, ask))

    def _relay(self, arrival: Arrival, slot: Slot, answer: Answer) -> bool:
        """Pass the app's answer to the provider. False when nobody waits for it: its replies must go another way then."""
        if not slot.alive:
            slot.abandon()
            return False
        self._metrics.answered(arrival.endpoint, answer.source, self._clock.now() - arrival.received_at)
        try:
            return slot.send(answer)
        except Exception as error:  # noqa: BLE001 - the delivery has nothing to do with it
            _give_up(slot, error)
            return False

    def _not_stored(self, arrival: Arrival, slot: Slot, error: Exception) -> None:
        """Law 1: no 2xx for what is not stored."""
        self._turn_away(slot, front.NOT_STORED, "not_stored")
        held = self._troubles.take(self._clock.monotonic())
        if held is not None:
            log.error("webhook.not_stored", endpoint=arrival.endpoint, error=str(error), not_logged=held)


def _give_up(slot: Slot, error: Exception) -> None:
    """Close the connection rather than leave its client waiting."""
    slot.abandon()
    asyncio.get_running_loop().call_exception_handler({"message": "a request could not be handled", "exception": error})
