"""Between an error and alarms: what the form of an alarm of such errors begins with, and which alarms count such errors already. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from offhook.alarms.model import Alarm, Watch
from offhook.alarms.rules import Scope, key_of
from offhook.api.alarm_words import watches
from offhook.api.alarms import keys_of_error
from offhook.records import DebugEvent


class Watching(NamedTuple):
    """An alarm that counts such errors: what it watches in a sentence, and how it is."""

    alarm: Alarm
    words: str
    state: str


def answers_of_error(event: DebugEvent) -> dict[str, tuple[str, ...]]:
    """The form of an alarm, filled in so that the next such error fires it, and it needs nobody else to be told."""
    return {
        **{name: _texts(value) for name, value in keys_of_error(event).items()},
        "watch": (Watch.EVENTS.value,),
        "at_least": ("1",),
        "within": ("5m",),
        "console": ("true",),
    }


def watching(alarms: Iterable[Alarm], event: DebugEvent, now: float) -> list[Watching]:
    """The alarms that count such errors."""
    key = key_of(event)
    return [
        Watching(alarm, watches(alarm), _state(alarm, now))
        for alarm in alarms
        if alarm.watch in (Watch.EVENTS, Watch.ISSUES) and Scope(alarm).counts(key)
    ]


def _state(alarm: Alarm, now: float) -> str:
    if not alarm.enabled:
        return "off"
    return "muted" if alarm.muted else "snoozed" if alarm.snoozed_until > now else "on"


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
