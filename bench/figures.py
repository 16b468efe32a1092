"""Percentiles and spreads: how many readings become one honest line of a table."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest reading that at least `share` (0 to 1) of the readings don't exceed (nearest rank). `ordered` is ascending.

    Raises ValueError when there is nothing to rank, or `share` is not a share.
    """
    if not ordered:
        raise ValueError("no readings")
    if not 0 <= share <= 1:
        raise ValueError(f"not a share between 0 and 1: {share}")
    rank = -int(-share * len(ordered) // 1)  # rounds up
    return ordered[max(rank, 1) - 1]


class Spread(msgspec.Struct, frozen=True):
    """The median of some runs, and how far they lay apart."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, readings: Sequence[float]) -> "Spread":
        """Raises ValueError when there are no readings."""
        if not readings:
            raise ValueError("no readings")
        return cls(median(readings), min(readings), max(readings))

    def __str__(self) -> str:
        """`31,000 (29,500-31,900)`; the median alone when the runs agree."""
        if self.low == self.high:
            return number(self.middle)
        return f"{number(self.middle)} ({number(self.low)}-{number(self.high)})"


def number(value: float) -> str:
    """Three figures are all that a shared machine can vouch for; whole above a hundred."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{round(value, 2 - len(str(int(abs(value)))) + 1):,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


class Row(msgspec.Struct):
    """One line of a table: what was measured (labels), each figure with one reading a run, and what a reader must know of it."""

    labels: dict[str, str]
    figures: dict[str, list[float]] = {}
    note: str = ""

    def add(self, readings: dict[str, float | None]) -> None:
        """One more run. None means that this machine cannot measure it."""
        for name, value in readings.items():
            if value is not None:
                self.figures.setdefault(name, []).append(value)

    def middle(self, name: str) -> float | None:
        """The median of one figure, or None where it was not measured."""
        readings = self.figures.get(name)
        return median(readings) if readings else None


class Verdict(msgspec.Struct):
    """One goal, and whether this run met it; None when it could not be measured."""

    goal: str
    measured: str
    met: bool | None


class Result(msgspec.Struct):
    """Everything that one bench found out, as it is printed and as it goes to JSON."""

    name: str
    title: str
    rows: list[Row] = []
    verdicts: list[Verdict] = []
    notes: list[str] = []
    machine: dict[str, Any] = {}
    at: str = ""
    quick: bool = False


def at_most(goal: str, measured: float | None, limit: float) -> Verdict:
    """A goal that is met by staying at or below a limit."""
    return _verdict(goal, measured, None if measured is None else measured <= limit)


def at_least(goal: str, measured: float | None, limit: float) -> Verdict:
    """A goal that is met by reaching a limit."""
    return _verdict(goal, measured, None if measured is None else measured >= limit)


def _verdict(goal: str, measured: float | None, met: bool | None) -> Verdict:
    return Verdict(goal, "not measured" if measured is None else number(measured), met)


def ratio(part: float | None, whole: float | None) -> float | None:
    """How one figure compares with another; None where one of them is missing."""
    return part / whole if part is not None and whole else None
