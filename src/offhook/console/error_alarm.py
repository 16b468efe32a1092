"""The form with which an error becomes an alarm: what it begins with, what was typed in it, and what is wrong with that. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from offhook.alarms.model import Alarm, Watch
from offhook.alarms.rules import Scope, key_of
from offhook.api.alarm_words import watches
from offhook.api.alarms import keys_of_error
from offhook.records import DebugEvent
from offhook.settings.alarm_keys import KEY_BY_NAME
from offhook.settings.alarm_kinds import WINDOWS

TEXTS: Final = ("name", "code", "endpoint", "cause", "at_least", "within", "email", "sms", "webhook", "notify")


class Form(NamedTuple):
    """The form: its values by name, what is wrong by name, and what is wrong with it as a whole."""

    values: Mapping[str, str]
    faults: Mapping[str, Sequence[str]] = {}
    trouble: Sequence[str] = ()
    windows: Sequence[str] = tuple(WINDOWS)


class Watching(NamedTuple):
    """An alarm that counts such errors: what it watches in a sentence, and how it is."""

    alarm: Alarm
    words: str
    state: str


def blank(event: DebugEvent) -> Form:
    """The form as it begins."""
    said = {name: _text(value) for name, value in keys_of_error(event).items()}
    return Form({**dict.fromkeys(TEXTS, ""), **said, "at_least": "1", "within": "5m", "console": "yes"})


def typed(fields: Iterable[tuple[str, str]]) -> Form:
    """The form as somebody has filled it in."""
    given = dict(fields)
    return Form({name: given.get(name, "") for name in (*TEXTS, "console")})


def keys(form: Form) -> dict[str, Any]:
    """What the form says, as the keys of an alarm."""
    said: dict[str, Any] = {name: form.values[name].strip() for name in TEXTS if form.values[name].strip()}
    return {**said, "console": True} if form.values["console"] else said


def refused(form: Form, said: str) -> Form:
    """The form with what is wrong, each thing where it belongs."""
    faults: dict[str, list[str]] = {}
    trouble = []
    for line in said.split("\n"):
        # Such as: alarm app down at_least: '0' is not usable …
        where, _, what = line.partition(": ")
        key = where.rpartition(" ")[2]
        if what and key in KEY_BY_NAME and key in form.values:
            faults.setdefault(key, []).append(what)
        elif what and where.startswith("alarm "):
            faults.setdefault("name", []).append(what)
        else:
            trouble.append(line)
    return form._replace(faults=faults, trouble=trouble)


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


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
