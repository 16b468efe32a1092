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


def counts(alarm: Alarm, key: Key) -> bool:
    """Whether the alarm counts events of this key. A code is an event's own, or the one that Twilio would have logged."""
    codes = (key.code, key.twilio_code)
    return (
        key.level in alarm.levels
        and (not alarm.codes or any(code in alarm.codes for code in codes))
        and not any(code in alarm.except_codes for code in codes)
        and (not alarm.endpoints or key.endpoint in alarm.endpoints)
        and (not alarm.numbers or _is_one_of(key.number, alarm.numbers))
        and (not alarm.causes or key.cause in alarm.causes)
    )


def _is_one_of(number: str, numbers: Collection[str]) -> bool:
    return bool(number) and (number in numbers or without_channel(number) in numbers)


class Matcher:
    """Finds the alarms that count a key, and remembers them."""

    def __init__(self, alarms: Iterable[Alarm] = ()) -> None:
        every = list(alarms)
        self._alarms = [alarm for alarm in every if alarm.watch is Watch.EVENTS]
        self._known: dict[Key, tuple[str, ...]] = {}
        self.numbers = frozenset(number for alarm in self._alarms for number in alarm.numbers)
        """The numbers that an alarm asks for."""
        self.is_needed = bool(every)
        """Whether there is any alarm: those that measure want to know as well what goes wrong."""

    def of(self, key: Key) -> tuple[str, ...]:
        """The sids of those that count events of this key."""
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = tuple(alarm.sid for alarm in self._alarms if counts(alarm, key))
        return found

    def asks_for(self, number: str) -> bool:
        """Whether an alarm is about this number."""
        return number in self.numbers or without_channel(number) in self.numbers


def key_of_notice(data: Mapping[str, object], endpoint: str) -> Key:
    """What a notice of an issue tells of its event, where that itself cannot be read."""
    code, level = data.get("code"), str(data.get("level"))
    known = code if isinstance(code, int) else 0
    return Key(Level(level) if level in set(Level) else Level.ERROR, known, known, endpoint, "", str(data.get("cause") or ""))
