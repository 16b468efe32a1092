"""Between what an operator writes of an alarm (`settings.alarms`) and the alarm itself. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import structs

from offhook.alarms.checks import never_told
from offhook.alarms.model import FILE, Alarm, Channels, Watch
from offhook.errors import SettingsError
from offhook.settings import AlarmSettings, Settings, spell
from offhook.settings.alarm_keys import EVERY_LEVEL, LEVELS
from offhook.settings.secret import resolve

_CHANNELS: Final[Mapping[str, str]] = {
    "email": "email",
    "webhook": "webhook",
    "webhook_format": "webhook_format",
    "webhook_secret": "webhook_secret",
    "notify": "apprise",
    "sms": "sms",
}
_LATENCIES: Final = {Watch.ANSWER_LATENCY: "answer", Watch.DELIVERY_LATENCY: "delivery"}
_DEFAULT: Final = Alarm(sid="", name="")


def alarms_of(settings: Settings) -> tuple[Alarm, ...]:
    """The alarms of the settings' file, for the book to adopt: it gives them their ids."""
    return tuple(alarm_of(each, origin=FILE, account_sid=settings.account_sid or "") for each in settings.alarms)


def oddities(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each alarm of the file that could not tell whom it is to tell as things are now, or that watches what is not there."""
    there = [endpoint.name for endpoint in settings.endpoints]
    for alarm in settings.alarms:
        for name in alarm.endpoints:
            if name not in there:
                yield f"alarm {alarm.name}: there is no endpoint {name}, so nothing counts for it: there are {', '.join(there)}"
        yield from (f"alarm {alarm.name}: {each}" for each in _unknown_causes(alarm.causes))
        for key, needed, has in (
            ("email", "smtp_host", settings.smtp_host),
            ("sms", "sms_from", settings.sms_from),
        ):
            if getattr(alarm, key) and not has:
                yield f"alarm {alarm.name}: {key} needs {needed}, which is not set: nobody is told that way until it is"
        for reference in filter(None, (alarm.webhook_secret, *alarm.notify)):
            try:
                resolve(reference, environ, literal=False)
            except ValueError as error:
                yield f"alarm {alarm.name}: {error}"


def _unknown_causes(given: Iterable[str]) -> Iterator[str]:
    if given:
        from offhook.alarms.admission import unknown_cause  # with every cause behind it
        from offhook.debugger.causes.names import is_cause

        yield from (unknown_cause(each) for each in given if not is_cause(each))


def untellable(alarm: Alarm, lacks: Mapping[str, str]) -> list[str]:
    """A sentence for each way by which an alarm is to tell and, by what is lacking, cannot."""
    return [f"{key}: {words}." for key, words in lacks.items() if getattr(alarm.channels, key)]


def check_tellable(settings: Settings) -> None:
    """Raises SettingsError for the webhook of an alarm of the file that the door to the network would never let pass."""
    problems = [
        f"alarm {alarm.name}: webhook: {why}" for alarm in settings.alarms if alarm.webhook and (why := never_told(alarm.webhook))
    ]
    if problems:
        raise SettingsError("\n".join(problems))


def alarm_of(wanted: AlarmSettings, before: Alarm = _DEFAULT, **fields: Any) -> Alarm:
    """The alarm that is wanted. What nobody writes (its id, its times, its snooze) is as it was before, or as the fields say."""
    values = structs.asdict(wanted)
    values["watch"] = Watch(values["watch"])
    values["channels"] = Channels(**{channel: values.pop(key) for key, channel in _CHANNELS.items()})
    return structs.replace(before, **values, **fields)


def keys_of(alarm: Alarm) -> dict[str, Any]:
    """An alarm as `[alarms.NAME]` would say it: only what is not the default. Read again, it is the same alarm."""
    channels = alarm.channels
    told = {
        key: list(value) if isinstance(value, tuple) else value
        for key, channel in _CHANNELS.items()
        if (value := getattr(channels, channel)) and value != getattr(_DEFAULT.channels, channel)
    }
    lists = {"except": alarm.except_codes, "endpoint": alarm.endpoints, "number": alarm.numbers, "cause": alarm.causes}
    narrowed = {key: list(value) for key, value in lists.items() if value}
    switches = {"console": alarm.console, "enabled": alarm.enabled, "muted": alarm.muted}
    state = {key: value for key, value in switches.items() if value is not getattr(_DEFAULT, key)}
    described = {"description": alarm.description} if alarm.description else {}
    return {**watch_keys(alarm), **narrowed, **told, **described, **state}


def watch_keys(alarm: Alarm) -> dict[str, Any]:
    """The keys that say what an alarm watches, and how much of it is too much."""
    looked_back = {} if alarm.window == _DEFAULT.window else {"within": spell(alarm.window)}
    minimum = {} if alarm.minimum == _DEFAULT.minimum else {"minimum": alarm.minimum}
    recovers = {} if alarm.recover_below is None else {"recover_below": value_words(alarm, alarm.recover_below)}
    match alarm.watch:
        case Watch.EVENTS:
            return {**_events(alarm), **looked_back, **recovers}
        case Watch.FAILURE_SHARE:
            return {"failure_share": value_words(alarm, alarm.threshold), **looked_back, **minimum, **recovers}
        case Watch.ANSWER_LATENCY | Watch.DELIVERY_LATENCY:
            key = f"{_LATENCIES[alarm.watch]}_p{alarm.percentile}"
            return {key: value_words(alarm, alarm.threshold), **looked_back, **minimum, **recovers}
        case Watch.BACKLOG:
            return {"backlog": int(alarm.threshold), **recovers}
        case Watch.BACKLOG_AGE:
            return {"backlog_age": spell(alarm.threshold), **recovers}
        case Watch.SILENCE:
            return {"silence": spell(alarm.window)}
        case Watch.BREAKER:
            return {"breaker": True}
        case Watch.ISSUES:
            return {"issues": True, **_narrowed(alarm), **looked_back}


def _events(alarm: Alarm) -> dict[str, Any]:
    """Which errors count, and how many are too many."""
    said = _narrowed(alarm)
    return {**(said or {"any": "both"}), "at_least": int(alarm.threshold)}


def _narrowed(alarm: Alarm) -> dict[str, Any]:
    """Which errors count, where it is not all errors and warnings."""
    said: dict[str, Any] = {"code": list(alarm.codes)} if alarm.codes else {}
    usual = EVERY_LEVEL if alarm.codes else LEVELS["both"]
    if set(alarm.levels) != set(usual):
        said["any"] = next((word for word, levels in LEVELS.items() if set(levels) == set(alarm.levels)), "both")
    return said


def value_words(alarm: Alarm, value: float) -> Any:
    """A value of what is watched in its own unit: a count, a share, a length of time."""
    match alarm.watch:
        case Watch.FAILURE_SHARE:
            return f"{value * 100:g}%"
        case Watch.ANSWER_LATENCY | Watch.DELIVERY_LATENCY | Watch.BACKLOG_AGE | Watch.SILENCE:
            return spell(value)
        case _:
            return int(value) if value == int(value) else round(value, 3)
