"""When something usually comes: webhooks by the hour, of the last four weeks, and how long none has come. Pure."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from offhook.records import Record

HOUR: Final = 3_600
WEEK: Final = 168
WEEKS: Final = 4
USUALLY: Final = 0.75


class Habit(Record):
    """What one endpoint received: how many in each hour (since the epoch), and when the last one came."""

    endpoint: str
    last: float
    hours: dict[int, int]


class Habits:
    """What all endpoints received. An hour in which Offhook ran is known, whether or not anything came; others say nothing."""

    def __init__(self, habits: Iterable[Habit] = (), known: Iterable[int] = ()) -> None:
        self._last = {habit.endpoint: habit.last for habit in habits}
        self._hours = {habit.endpoint: dict(habit.hours) for habit in habits}
        self._known = set(known)
        self.changed: set[str] = set()
        """Endpoints that have received something since this was last emptied."""
        self.new_hours = False
        """Whether hours have become known since this was last unset."""

    def add(self, endpoint: str, at: float, count: int) -> None:
        """So many webhooks came."""
        hour = int(at // HOUR)
        hours = self._hours.setdefault(endpoint, {})
        hours[hour] = hours.get(hour, 0) + count
        self._last[endpoint] = at
        self.changed.add(endpoint)

    def watch(self, now: float) -> None:
        """Somebody is there to receive at this hour. What is older than four weeks, and the hours that a window takes, is forgotten."""
        hour = int(now // HOUR)
        if hour not in self._known:
            self._known.add(hour)
            self.new_hours = True
            first = hour - WEEKS * WEEK - WEEK
            self._known = {each for each in self._known if each >= first}
            for endpoint, hours in self._hours.items():
                self._hours[endpoint] = {each: count for each, count in hours.items() if each >= first}

    def slept(self, seconds: float) -> None:
        """Nobody was there for so long: that nothing came then is no silence. Less than nothing, where the clock was put back."""
        self._last = {endpoint: last + seconds for endpoint, last in self._last.items()}
        self.changed.update(self._last)

    def quiet(self, endpoints: Collection[str], now: float) -> float | None:
        """For how many seconds nothing has come for these endpoints (none: for any). None where nothing ever has."""
        last = max((at for endpoint, at in self._last.items() if not endpoints or endpoint in endpoints), default=None)
        return None if last is None else max(0.0, now - last)

    def usual(self, endpoints: Collection[str], since: float, until: float) -> bool:
        """Whether something usually comes in this time of a week: it did in three of four of the weeks that are known.

        Where no week is known yet, all that has come at all is usual.
        """
        known = came = 0
        for week in range(1, WEEKS + 1):
            shift = week * WEEK * HOUR
            parts = list(_parts(since - shift, until - shift))
            if all(hour in self._known for hour, _ in parts):
                known += 1
                came += sum(part * self._count(endpoints, hour) for hour, part in parts) >= 1
        return came >= USUALLY * known

    def kept(self, endpoint: str) -> Habit:
        """What is known of an endpoint, to keep."""
        return Habit(endpoint=endpoint, last=self._last[endpoint], hours=self._hours[endpoint])

    def known(self) -> list[int]:
        """The hours that are known."""
        return sorted(self._known)

    def _count(self, endpoints: Collection[str], hour: int) -> int:
        return sum(hours.get(hour, 0) for name, hours in self._hours.items() if not endpoints or name in endpoints)


def _parts(since: float, until: float) -> Iterator[tuple[int, float]]:
    """The hours of a time, each with the part of it that belongs to that time."""
    for hour in range(int(since // HOUR), int(until // HOUR) + 1):
        part = (min(until, (hour + 1) * HOUR) - max(since, hour * HOUR)) / HOUR
        if part > 0:
            yield hour, part
