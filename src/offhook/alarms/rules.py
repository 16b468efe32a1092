"""Which debug events an alarm counts: pure.

Events are not looked at one by one: what alarms can tell apart makes a key, a second's events are counted by their keys, and which alarms a
key belongs to is found out once for each key.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from offhook.alarms.model import Alarm, Watch
from offhook.records import DebugEvent, Level

MOST_REMEMBERED: Final = 20_000


class Key(NamedTuple):
    """All of a debug event that alarms can tell apart. `number` is "" where no alarm asks for it, so that keys stay few."""

    level: Level
    code: int
    twilio_code: int
    endpoint: str
    number: str
    cause: str


def key_of(event: DebugEvent) -> Key:
    """The key of an event, its number in it."""
    cause = event.causes[0].name if event.causes else ""
    return Key(event.level, event.code, event.twilio_code, event.endpoint, event.number, cause)


def without_channel(number: str) -> str:
    """The number of an address: `whatsapp:+15551234567` is `+15551234567`, of which an alarm may ask as well."""
    return number.rpartition(":")[2]


class Scope:
    """Which events an alarm counts. A code is an event's own, or the one that Twilio would have logged."""

    def __init__(self, alarm: Alarm) -> None:
        self._levels = frozenset(alarm.levels)
        self._codes = frozenset(alarm.codes)
        self._except_codes = frozenset(alarm.except_codes)
        self._endpoints = frozenset(alarm.endpoints)
        self._numbers = frozenset(alarm.numbers)
        self._causes = frozenset(alarm.causes)

    def counts(self, key: Key) -> bool:
        """Whether events of this key are in it. What tells most of them apart is asked first: each new key is held against all alarms."""
        level, code, twilio_code, endpoint, number, cause = key
        if level not in self._levels:
            return False
        if self._codes and code not in self._codes and twilio_code not in self._codes:
            return False
        if self._endpoints and endpoint not in self._endpoints:
            return False
        if self._causes and cause not in self._causes:
            return False
        if code in self._except_codes or twilio_code in self._except_codes:
            return False
        return not self._numbers or _is_one_of(number, self._numbers)


def _is_one_of(number: str, numbers: Collection[str]) -> bool:
    return bool(number) and (number in numbers or without_channel(number) in numbers)


class Matcher:
    """Finds the alarms that count a key, and remembers them."""

    def __init__(self, alarms: Iterable[Alarm] = ()) -> None:
        every = list(alarms)
        counting = [alarm for alarm in every if alarm.watch is Watch.EVENTS]
        self._scopes = [(alarm.sid, Scope(alarm)) for alarm in counting]
        self._known: dict[Key, tuple[str, ...]] = {}
        self.numbers = frozenset(number for alarm in counting for number in alarm.numbers)
        """The numbers that an alarm asks for."""
        self.is_needed = bool(every)
        """Whether there is any alarm: those that measure want to know as well what goes wrong."""

    def of(self, key: Key) -> tuple[str, ...]:
        """The sids of those that count events of this key."""
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = tuple(sid for sid, scope in self._scopes if scope.counts(key))
        return found

    def asks_for(self, number: str) -> bool:
        """Whether an alarm is about this number."""
        return number in self.numbers or without_channel(number) in self.numbers


def key_of_notice(data: Mapping[str, object], endpoint: str) -> Key:
    """What a notice of an issue tells of its event, where that itself cannot be read."""
    code, level = data.get("code"), str(data.get("level"))
    known = code if isinstance(code, int) else 0
    return Key(Level(level) if level in set(Level) else Level.ERROR, known, known, endpoint, "", str(data.get("cause") or ""))
