"""Alarms as an operator writes them: reads and checks one, and those of the file's `[alarms.NAME]` tables."""

import difflib
from collections.abc import Mapping
from typing import Any, Final

from offhook.settings import kinds
from offhook.settings.alarm_keys import EVERY_LEVEL, KEY_BY_NAME, LEVELS, WATCH_KEYS, AlarmKey, AlarmSettings
from offhook.settings.alarm_kinds import share
from offhook.settings.sources import Problems
from offhook.settings.table import Settings

LONGEST_NAME: Final = 64
WAYS: Final = (
    ("email", "smtp_host", "no mail is sent until smtp_host and smtp_from say by which server, and as whom"),
    ("sms", "sms_from", "no text message is sent until sms_from says from which number"),
)
"""Keys that say who is told, the setting without which that leads nowhere, and what then is to be known."""
# What people write for a key that has another name.
_ALIASES: Final = {
    "codes": "code",
    "level": "any",
    "levels": "any",
    "threshold": "at_least",
    "window": "within",
    "endpoints": "endpoint",
    "numbers": "number",
    "causes": "cause",
    "emails": "email",
    "mail": "email",
    "url": "webhook",
    "secret": "webhook_secret",
    "slack": "notify",
    "apprise": "notify",
    "phone": "sms",
    "mute": "muted",
    "p95": "delivery_p95",
    "exclude": "except",
}
# Which watches a key that says how much is too much, or where, goes with; all where it is not here.
_MEASURED: Final = frozenset({"failure-share", "answer-latency", "delivery-latency"})
_GOES_WITH: Final[Mapping[str, frozenset[str]]] = {
    "at_least": frozenset({"events"}),
    "within": frozenset({"events", "issues", *_MEASURED}),
    "minimum": _MEASURED,
    "recover_below": frozenset({"events", "backlog", "backlog-age", *_MEASURED}),
    "code": frozenset({"events", "issues"}),
    "any": frozenset({"events", "issues"}),
    "except": frozenset({"events", "issues"}),
    "number": frozenset({"events", "issues"}),
    "cause": frozenset({"events", "issues"}),
}


def lacking(settings: Settings) -> Mapping[str, str]:
    """The keys by which nobody can be told, as a setting is missing for them, and what then is to be known."""
    return {key: words for key, needed, words in WAYS if not getattr(settings, needed)}


def build(tables: Mapping[str, Mapping[str, Any]], file: str, problems: Problems) -> tuple[AlarmSettings, ...]:
    """The alarms of the file, in its order; what is wrong with them is added to the problems."""
    named: dict[str, str] = {}
    for name in tables:
        other = named.setdefault(name.strip().casefold(), name)
        if other != name:
            # Alarms are looked for whatever the case of the letters.
            problems.add(f"{file}: [alarms.{name}]", f"there is an alarm {other} already: give one of them another name")
    read = (read_alarm(name, table, f"{file}: [alarms.{name}]", problems) for name, table in tables.items())
    return tuple(alarm for alarm in read if alarm is not None)


def read_alarm(name: str, given: Mapping[str, Any], where: str, problems: Problems) -> AlarmSettings | None:
    """One alarm of these keys and values; None where something is wrong, which is added to the problems."""
    before = len(problems)
    if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        problems.add(where, f"a name has 1 to {LONGEST_NAME} characters on one line: call it something like app-down")
    values = _values(given, where, problems)
    chosen = _chosen(values, where, problems)
    watch = chosen.watch if chosen else "events"
    for key, watches in _GOES_WITH.items():
        if key in values and watch not in watches:
            problems.add(f"{where} {key}", f"that says nothing of {_spoken(chosen)}: leave it out")
    fields = _fields(values, chosen, where, problems)
    if len(problems) > before:
        return None
    return AlarmSettings(name=name.strip(), watch=watch, **fields)


def _values(given: Mapping[str, Any], where: str, problems: Problems) -> dict[str, Any]:
    """The values of the known keys, read."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        key = KEY_BY_NAME.get(name)
        if key is None:
            problems.add(where, f"{name} is not a key of an alarm: {_near(name)}")
            continue
        try:
            values[name] = key.kind.read(value)
        except ValueError as error:
            problems.add(f"{where} {name}", error)
    return values


def _near(name: str) -> str:
    near = [_ALIASES[name]] if name in _ALIASES else difflib.get_close_matches(name.replace("-", "_"), KEY_BY_NAME, n=1)
    return f"did you mean {near[0]}?" if near else f"its keys are {', '.join(KEY_BY_NAME)}"


def _chosen(values: Mapping[str, Any], where: str, problems: Problems) -> AlarmKey | None:
    """The key that says what is watched; None where none does, which means errors and warnings."""
    off = [key.name for key in WATCH_KEYS if values.get(key.name) is False]
    if off:
        problems.add(f"{where} {off[0]}", "false means nothing here: leave it out, or write enabled = false")
    said = [key for key in WATCH_KEYS if values.get(key.name)]
    # Which errors count may be said of issues too, as they are made of errors; _GOES_WITH looks after the rest.
    others = [key for key in said if key.watch != "events"]
    if len(others) > 1:
        written = " and ".join(key.name for key in others)
        problems.add(
            where, f"{written} are watched by one alarm each: keep one of them here, and make further alarms for the others"
        )
    return next(iter(others or said), None)


def _spoken(chosen: AlarmKey | None) -> str:
    return f"an alarm with {chosen.name}" if chosen else "an alarm that counts errors"


def _fields(values: Mapping[str, Any], chosen: AlarmKey | None, where: str, problems: Problems) -> dict[str, Any]:
    """The values by the fields that they become."""
    names = {"code": "codes", "except": "except_codes", "endpoint": "endpoints", "number": "numbers", "cause": "causes"}
    same = (
        "description",
        "minimum",
        "email",
        "webhook",
        "webhook_format",
        "webhook_secret",
        "notify",
        "sms",
        "console",
        "enabled",
        "muted",
    )
    fields = {names.get(name, name): value for name, value in values.items() if name in names or name in same}
    if "within" in values:
        fields["window"] = values["within"]
    if values.get("code") or "any" in values:
        fields["levels"] = LEVELS[values["any"]] if "any" in values else EVERY_LEVEL
    fields |= _threshold(values, chosen)
    if "recover_below" in values:
        fields["recover_below"] = _recovery(values["recover_below"], fields, chosen, (where, problems))
    if values.get("webhook_secret") and values.get("webhook_format") != "standard":
        problems.add(
            f"{where} webhook_secret", 'it signs Standard Webhooks alone: write webhook_format = "standard", or leave it out'
        )
    for key in ("webhook_format", "webhook_secret"):
        if key in values and not values.get("webhook"):
            problems.add(f"{where} {key}", "there is no webhook for it: write webhook as well, or leave it out")
    return fields


def _threshold(values: Mapping[str, Any], chosen: AlarmKey | None) -> dict[str, Any]:
    if chosen is None or chosen.watch == "events":
        return {"threshold": float(values.get("at_least", 1))}
    value = values[chosen.name]
    if chosen.watch == "silence":
        return {"threshold": 1.0, "window": value}
    if chosen.watch in {"breaker", "issues"}:
        return {"threshold": 1.0}
    percentile = {"percentile": int(chosen.name.rpartition("_p")[2])} if chosen.watch.endswith("-latency") else {}
    return {"threshold": float(value), **percentile}


def _recovery(value: object, fields: Mapping[str, Any], chosen: AlarmKey | None, report: tuple[str, Problems]) -> float | None:
    """The value at which it recovers, in the unit of what is watched."""
    where, problems = report
    watch = chosen.watch if chosen else "events"
    try:
        if watch == "failure-share":
            read = 0.0 if str(value) in {"0", "0%"} else share().read(value)
        elif watch in {"events", "backlog"}:
            read = float(kinds.number(0, 1_000_000_000).read(value))
        else:
            read = kinds.seconds(value)
    except ValueError as error:
        problems.add(f"{where} recover_below", error)
        return None
    if read >= fields["threshold"]:
        problems.add(f"{where} recover_below", "it would recover while it fires: write less than the threshold")
    return float(read)
