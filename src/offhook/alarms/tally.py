"""Debug events as they are heard, counted by the second and by what alarms can tell apart: all that is done for each of them."""

from collections.abc import Iterable

from offhook.alarms.rules import Key, Matcher
from offhook.records import DebugEvent

Counted = tuple[Key, int, DebugEvent]
"""How many events of a key there were in a second, and the first of them."""


class Tally:
    """What has been heard and not been looked at yet."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._seconds: dict[int, dict[tuple[object, ...], list[int]]] = {}
        self._firsts: dict[int, dict[tuple[object, ...], DebugEvent]] = {}

    def add(self, events: Iterable[DebugEvent], now: float, *, whole: bool = False) -> None:
        """Count them at the times at which they happened; what says that it is yet to happen happens now.

        `whole`: there may be alarms that the matcher does not know of yet, so nothing is left out.
        """
        if not (self.matcher.is_needed or whole):
            return
        latest = int(now)
        asks_for = self._everything if whole else self.matcher.asks_for if self.matcher.numbers else None
        for event in events:
            second = int(event.at)
            if second > latest:  # noqa: PLR1730 - a call of `min` for each event
                second = latest
            causes, number = event.causes, event.number
            if number and (asks_for is None or not asks_for(number)):
                number = ""
            # A Key, but for the time that making one takes.
            key = (event.level, event.code, event.twilio_code, event.endpoint, number, causes[0].name if causes else "")
            counts = self._seconds.get(second)
            if counts is None:
                counts = self._seconds[second] = {}
                self._firsts[second] = {}
            count = counts.get(key)
            if count is None:
                counts[key] = [1]
                self._firsts[second][key] = event
            else:
                count[0] += 1

    @staticmethod
    def _everything(_number: str) -> bool:
        return True

    def take(self) -> dict[int, list[Counted]]:
        """All of it, by the second; the tally is empty then."""
        seconds, self._seconds = self._seconds, {}
        firsts, self._firsts = self._firsts, {}
        return {
            second: [(Key(*key), count[0], firsts[second][key]) for key, count in counts.items()]  # type: ignore[arg-type]
            for second, counts in seconds.items()
        }
