"""What an alarm watches, in a sentence for people. Pure."""

from collections.abc import Mapping
from typing import Final

from offhook.alarms.configured import value_words
from offhook.alarms.model import Alarm, Watch
from offhook.records import Level
from offhook.settings import spell

_LEVELS: Final[Mapping[frozenset[Level], str]] = {
    frozenset({Level.ERROR}): "errors",
    frozenset({Level.WARNING}): "warnings",
    frozenset({Level.INFO}): "infos",
    frozenset({Level.ERROR, Level.WARNING}): "errors or warnings",
}


def watches(alarm: Alarm) -> str:
    """Such as: 5 or more of 11200, 11205 within 15m, at the endpoint sms."""
    return _watched(alarm) + _where(alarm)


def _watched(alarm: Alarm) -> str:
    too_much, window = value_words(alarm, alarm.threshold), spell(alarm.window)
    match alarm.watch:
        case Watch.EVENTS:
            return f"{too_much} or more {_counted(alarm)} within {window}"
        case Watch.FAILURE_SHARE:
            return f"{too_much} or more of the attempts at delivery fail, within {window}"
        case Watch.ANSWER_LATENCY:
            return f"Twilio's answers take {too_much} or more (p{alarm.percentile} within {window})"
        case Watch.DELIVERY_LATENCY:
            return f"deliveries to the app take {too_much} or more (p{alarm.percentile} within {window})"
        case Watch.BACKLOG:
            return f"{too_much} or more webhooks wait"
        case Watch.BACKLOG_AGE:
            return f"a webhook has waited for {too_much} or longer"
        case Watch.SILENCE:
            return f"nothing has come for {window}, though something usually does"
        case Watch.BREAKER:
            return "an app fails so often that it is given a rest"
        case Watch.ISSUES:
            only = "" if not alarm.codes and set(alarm.levels) >= {Level.ERROR, Level.WARNING} else f" of {_counted(alarm)}"
            return f"an issue{only} is new, or has come back"


def _counted(alarm: Alarm) -> str:
    """Which errors count."""
    levels = _LEVELS.get(frozenset(alarm.levels), "events")
    counted = f"of {', '.join(map(str, alarm.codes))}" if alarm.codes else levels
    return counted + (f" (not {', '.join(map(str, alarm.except_codes))})" if alarm.except_codes else "")


def _where(alarm: Alarm) -> str:
    narrowed = (("endpoint", alarm.endpoints), ("number", alarm.numbers), ("cause", alarm.causes))
    return "".join(f", {name} {' or '.join(values)}" for name, values in narrowed if values)
