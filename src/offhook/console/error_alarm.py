"""The form with which an error becomes an alarm: what it begins with, what was typed in it, and what is wrong with that. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from offhook.alarms.model import Alarm, Watch
from offhook.alarms.rules import Scope, key_of
from offhook.api.alarm_words import watches
from offhook.api.alarms import keys_of_error
from offhook.records import DebugEvent
from offhook.settings.alarm_kinds import WINDOWS
from offhook.settings.alarms import LONGEST_NAME

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
    """The form with what is wrong, each thing where it belongs. What should be a reference and is none may be a secret: it is not shown again."""
    faults: dict[str, list[str]] = {}
    trouble = []
    place = f"alarm {form.values['name'].strip()[:LONGEST_NAME]}"
    for line in said.split("\n"):
        # Such as "alarm app down at_least: '0' is not usable", without a key where it is about the name; or "endpoint: there is no …".
        key, colon, what = line.removeprefix(place).partition(": ")
        if colon and (not key or key.strip() in form.values):
            faults.setdefault(key.strip() or "name", []).append(what)
        else:
            trouble.append(line)
    if trouble and not form.values["name"].strip():
        faults["name"], trouble = trouble, []
    values = {**form.values, "notify": ""} if "notify" in faults else form.values
    return Form(values, faults, trouble)


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
