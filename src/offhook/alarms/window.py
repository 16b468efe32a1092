"""Rolling counts: how many there were within the last so many seconds, in slots of time. Pure.

A slot counts until all of it is older than the window, so that a threshold that was reached is never missed; what has just become too old may
count for one slot longer (one second, or a 3,600th of a longer window).
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Final

MOST_SLOTS: Final = 3_600

Slots = Mapping[int, int]
Rows = Mapping[int, Sequence[int]]
NOTHING: Final[Mapping[int, int]] = {}


class RollingCount:
    """A count over the last `window` seconds. Adding costs the same however much is in it; so does going on by a second."""

    def __init__(self, window: float, slots: Slots = NOTHING, *, most: int = MOST_SLOTS) -> None:
        # Whole seconds: when a slot has left the window is then not a question of rounding.
        self.window = ceil(window)
        self.resolution = max(1, ceil(window / most))
        self.total = sum(slots.values())
        self._slots = dict(slots)
        self._first = min(self._slots, default=0)

    def add(self, at: float, count: int = 1) -> None:
        """So many at that time. What is older than the window already does not count."""
        slot = int(at // self.resolution)
        if slot >= self._first:
            self._slots[slot] = self._slots.get(slot, 0) + count
            self.total += count

    def advance(self, now: float) -> int:
        """Let go of what is too old by now; returns the count."""
        first = int((now - self.window) // self.resolution)
        if first > self._first:
            slots = self._slots
            if first - self._first <= len(slots):
                for slot in range(self._first, first):
                    self.total -= slots.pop(slot, 0)
            elif slots:
                self._only(range(first, max(slots) + 1))
            self._first = first
        return self.total

    def rewind(self, now: float) -> None:
        """The clock was put back to this time: what lies in its future has not happened."""
        first = int((now - self.window) // self.resolution)
        self._only(range(first, int(now // self.resolution) + 1))
        self._first = first

    def next_out(self) -> float:
        """When the oldest that is counted will be too old; never (infinity), where nothing is."""
        slots = self._slots
        if not slots:
            return float("inf")
        oldest = self._first if self._first in slots else min(slots)
        return (oldest + 1) * self.resolution + self.window

    def between(self, since: float, until: float) -> int:
        """The count of the slots that reach into that time."""
        slots = self._slots
        first, last = int(since // self.resolution), int(until // self.resolution)
        if last - first < len(slots):
            return sum([slots.get(slot, 0) for slot in range(first, last + 1)])
        return sum([count for slot, count in slots.items() if first <= slot <= last])

    def slots(self) -> Slots:
        """The slots that are not empty, to make the same count of: not a copy."""
        return self._slots

    def _only(self, kept: range) -> None:
        self._slots = {slot: count for slot, count in self._slots.items() if slot in kept}
        self.total = sum(self._slots.values())


class RollingRow:
    """Several counts over the same `window` seconds: failed and all attempts, or a histogram's buckets."""

    def __init__(self, window: float, width: int, rows: Rows | None = None) -> None:
        self.window = ceil(window)
        self.resolution = max(1, ceil(window / MOST_SLOTS))
        self.totals = [0] * width
        self._rows: dict[int, list[int]] = {}
        self._first = 0
        for slot, row in (rows or {}).items():
            self._add(slot, row)
        self._first = min(self._rows, default=0)

    def add(self, at: float, row: Sequence[int]) -> None:
        """So many of each at that time."""
        slot = int(at // self.resolution)
        if slot >= self._first:
            self._add(slot, row)

    def advance(self, now: float) -> Sequence[int]:
        """Let go of what is too old by now; returns the counts."""
        first = int((now - self.window) // self.resolution)
        if first > self._first:
            self._take([slot for slot in self._rows if slot < first])
            self._first = first
        return self.totals

    def rewind(self, now: float) -> None:
        """The clock was put back to this time: what lies in its future has not happened."""
        self._first = int((now - self.window) // self.resolution)
        last = int(now // self.resolution)
        self._take([slot for slot in self._rows if not self._first <= slot <= last])

    def rows(self) -> Rows:
        """The slots that are not empty, to make the same counts of: not a copy."""
        return self._rows

    def _add(self, slot: int, row: Sequence[int]) -> None:
        mine = self._rows.setdefault(slot, [0] * len(self.totals))
        for place, count in enumerate(row):
            if count:
                mine[place] += count
                self.totals[place] += count

    def _take(self, slots: Iterable[int]) -> None:
        for slot in slots:
            for place, count in enumerate(self._rows.pop(slot)):
                self.totals[place] -= count
