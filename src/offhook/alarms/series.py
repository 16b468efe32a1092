"""What the metrics have gone up by since they were last read, and percentiles of that. Counts nothing itself: webhooks pay nothing for it."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from offhook.metrics import Labels, Metrics, bounds_of

RECEIVED: Final = "offhook_webhooks_received_total"
ATTEMPTS: Final = "offhook_attempts_total"
ANSWERS: Final = "offhook_answer_seconds"
JOURNEYS: Final = "offhook_journey_seconds"
_DELIVERED: Final = "delivered"

ANSWER_BOUNDS: Final = bounds_of(ANSWERS)
JOURNEY_BOUNDS: Final = bounds_of(JOURNEYS)

Rows = Mapping[str, Sequence[int]]
"""Counts by endpoint."""


class Readings(NamedTuple):
    """What has happened since the last ones, by endpoint: webhooks received; failed attempts and all; how many answers, and deliveries, in each
    bucket of their durations, the endless one last.
    """  # noqa: D205 - one sentence

    received: Rows
    attempts: Rows
    answers: Rows
    deliveries: Rows


class Series:
    """Reads the metrics of one Offhook once a second. What was counted before the first reading counts as new: it is of this process."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._before: dict[str, dict[Labels, Sequence[float]]] = {RECEIVED: {}, ATTEMPTS: {}, ANSWERS: {}, JOURNEYS: {}}

    def read(self) -> Readings:
        """The differences since the last call."""
        received: dict[str, list[int]] = {}
        attempts: dict[str, list[int]] = {}
        answers: dict[str, list[int]] = {}
        deliveries: dict[str, list[int]] = {}
        for labels, (count,) in self._new(RECEIVED, self._counted(RECEIVED)):
            _add(received, labels[0], [count])
        for labels, (count,) in self._new(ATTEMPTS, self._counted(ATTEMPTS)):
            _add(attempts, labels[0], [0 if labels[1] == _DELIVERED else count, count])
        for labels, row in self._new(ANSWERS, self._durations(ANSWERS)):
            _add(answers, labels[0], row)
        for labels, row in self._new(JOURNEYS, self._durations(JOURNEYS)):
            if labels[1] == _DELIVERED:
                _add(deliveries, labels[0], row)
        return Readings(received, attempts, answers, deliveries)

    def _counted(self, name: str) -> dict[Labels, Sequence[float]]:
        return {labels: (count,) for labels, count in self._metrics.counted(name).items()}

    def _durations(self, name: str) -> dict[Labels, Sequence[float]]:
        return {labels: row[:-1] for labels, row in self._metrics.durations(name).items()}

    def _new(self, name: str, rows: dict[Labels, Sequence[float]]) -> list[tuple[Labels, list[int]]]:
        before, self._before[name] = self._before[name], rows
        found = []
        for labels, row in rows.items():
            old = before.get(labels)
            if old is None:
                found.append((labels, [int(count) for count in row]))
            elif old != row:
                found.append((labels, [int(count - last) for count, last in zip(row, old, strict=True)]))
        return found


def _add(rows: dict[str, list[int]], endpoint: str, row: Sequence[int]) -> None:
    known = rows.setdefault(endpoint, [0] * len(row))
    for place, count in enumerate(row):
        known[place] += count


def percentile(bounds: Sequence[float], counts: Sequence[int], percent: int) -> float | None:
    """The duration that so many per cent do not exceed, seconds: within its bucket as if they lay evenly. None where there are none.

    `counts` has one more than `bounds`: what exceeds the last bound. How far is not known, so that bound is all that can be said of it.
    """
    rank = sum(counts) * percent / 100
    if not rank:
        return None
    below, lower = 0, 0.0
    for bound, count in zip(bounds, counts, strict=False):
        if below + count >= rank:
            return lower + (bound - lower) * (rank - below) / count
        below, lower = below + count, bound
    return lower
