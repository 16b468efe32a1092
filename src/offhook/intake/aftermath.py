"""What follows once a webhook is stored, and answered where it is answered at once: it is counted, handed on and logged."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from offhook import logs
from offhook.metrics import Metrics
from offhook.ports import Clock
from offhook.providers.base import Accepted
from offhook.records import Answer, Arrival, Kind
from offhook.turns import Turn

log = logs.get("intake")

ACKNOWLEDGED = "ack"
"""The source of answers that are given as soon as a webhook is stored (`records.Answer`)."""

Relay = Callable[[Answer], bool]


class Deliveries(Protocol):
    """Who takes a webhook on once it is kept."""

    def accept(self, arrival: Arrival, answered: Answer | None, relay: Relay | None) -> None:
        """A fresh webhook: answered already, or to be answered by `relay` within the endpoint's hold."""

    def repeat(self, webhook_id: str, relay: Relay) -> None:
        """A duplicate of that webhook: give it the answer that the first one got, or will get."""


Each = tuple[Arrival, Accepted, Answer, str | None]
"""A webhook with its answer, and the id of the one that it repeats."""


class Acknowledged(NamedTuple):
    """Webhooks of one endpoint that came together and have been answered as soon as they were stored."""

    endpoint: str
    received_at: float
    each: Sequence[Each]


class _Received(logs.Line, kw_only=True):
    """The log line of a webhook: milliseconds from its last byte until it was answered, or handed on to be."""

    webhook: str
    endpoint: str
    kind: Kind
    provider_id: str
    sender: str
    ms: float
    duplicate_of: str | None


class Aftermath:
    """The work for those that have their answers is done in a turn of its own, when the answers of all are on their way."""

    def __init__(self, deliveries: Deliveries, clock: Clock, metrics: Metrics) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._metrics = metrics
        self.acknowledged: Turn[Acknowledged] = Turn(self._follow)

    def _follow(self, batches: list[Acknowledged]) -> None:
        now = self._clock.now()
        begin = log.begin("webhook.received")
        for batch in batches:
            self._follow_batch(batch, now, begin)

    def _follow_batch(self, batch: Acknowledged, now: float, begin: logs.Beginning | None) -> None:
        seconds = now - batch.received_at
        ms = _milliseconds(seconds)
        answer, given = None, None
        counted: dict[Kind, int] = {}
        lines: list[_Received] = []
        for arrival, accepted, its_answer, duplicate_of in batch.each:
            if its_answer is not answer:
                answer, given = its_answer, _at(its_answer, now)
            try:
                if duplicate_of is None:
                    counted[arrival.kind] = counted.get(arrival.kind, 0) + 1
                    self._deliveries.accept(arrival, given, None)
                else:
                    self._metrics.duplicate(arrival.endpoint)
            except Exception as error:  # noqa: BLE001 - the others are to be handed on all the same
                _complain(error)
            if begin is not None:
                lines.append(_line(begin, arrival, accepted, duplicate_of, ms))
        for kind, count in counted.items():
            self._metrics.acknowledged(batch.endpoint, kind, ACKNOWLEDGED, seconds, count)
        log.wide(lines)

    def ask(self, arrival: Arrival, accepted: Accepted, duplicate_of: str | None, relay: Relay) -> None:
        """The provider waits for what the app says, or has said when this came before."""
        seconds = self._clock.now() - arrival.received_at
        if duplicate_of is None:
            self._metrics.received(arrival.endpoint, arrival.kind)
            self._deliveries.accept(arrival, None, relay)
        else:
            self._metrics.duplicate(arrival.endpoint)
            self._deliveries.repeat(duplicate_of, relay)
        begin = log.begin("webhook.received")
        if begin is not None:
            log.wide([_line(begin, arrival, accepted, duplicate_of, _milliseconds(seconds))])


def _at(answer: Answer, now: float) -> Answer:
    """The acknowledgement with the time at which it was given."""
    return Answer(status=answer.status, headers=answer.headers, body=answer.body, source=answer.source, at=now)


def _milliseconds(seconds: float) -> float:
    return int(seconds * 100_000) / 100


def _complain(error: Exception) -> None:
    message = "an acknowledged webhook could not be handed on; it is in the journal"
    asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})


def _line(begin: logs.Beginning, arrival: Arrival, accepted: Accepted, duplicate_of: str | None, ms: float) -> _Received:
    return _Received(
        *begin,
        webhook=arrival.id,
        endpoint=arrival.endpoint,
        kind=arrival.kind,
        provider_id=accepted.provider_id,
        sender=logs.mask(accepted.sender),
        ms=ms,
        duplicate_of=duplicate_of,
    )
