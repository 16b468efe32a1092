"""Alarms as Twilio's Monitor API v2 shows them: its fields and its names for things (spec: twilio-debugger §4.3). Pure.

Twilio's alarms count errors by one code or one level. Of ours that do more, its fields say as much as they can, and further members the rest.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NotRequired, TypedDict

from offhook.alarms.configured import keys_of
from offhook.alarms.model import Alarm, Watch
from offhook.api.alert_shapes import Paging
from offhook.records import Level
from offhook.settings.alarm_keys import LEVELS

WINDOWS: Final[Mapping[str, float]] = MappingProxyType(
    {"FIVE_MINS": 300.0, "FIFTEEN_MINS": 900.0, "ONE_HOUR": 3600.0, "TWELVE_HOURS": 43_200.0, "ONE_DAY": 86_400.0}
)
PRODUCT: Final = "Offhook"


class TwilioAlarm(TypedDict):
    """One alarm as Twilio shows it, `webhook` where it has one. `watch` and `settings` are there where Twilio's fields cannot say what is watched."""

    alertConfigSid: str
    friendlyName: str
    description: str
    queryType: str
    query: str
    triggerValue: int
    timeWindow: str
    email: list[str]
    consoleIndicator: bool
    enabled: bool
    product: str
    dateCreated: str
    dateUpdated: str
    webhook: NotRequired[str]
    watch: NotRequired[str]
    settings: NotRequired[dict[str, Any]]


class TwilioAlarmPage(TypedDict):
    """Alarms, by the time at which they were made."""

    alarms: list[TwilioAlarm]
    meta: Paging


class TwilioAlarmMade(TypedDict):
    """The id of an alarm that was made or changed: here it is called `sid`, and `alertConfigSid` wherever it is read."""

    sid: str


class TwilioAlarmProblem(TypedDict):
    """An error of these paths. `params` holds a sentence for each member of the body that is not acceptable."""

    message: str
    code: int
    user_error: bool
    http_status_code: int
    params: dict[str, str]
    more_info: str
    status: int


def alarm_v2(alarm: Alarm) -> TwilioAlarm:
    """One alarm."""
    kind, query = query_of(alarm)
    shown: TwilioAlarm = {
        "alertConfigSid": alarm.sid,
        "friendlyName": alarm.name,
        "description": alarm.description or described(alarm),
        "queryType": kind,
        "query": query,
        "triggerValue": trigger_of(alarm),
        "timeWindow": window_of(alarm),
        "email": list(alarm.channels.email),
        "consoleIndicator": alarm.console,
        "enabled": alarm.enabled,
        "product": PRODUCT,
        "dateCreated": _time(alarm.created_at),
        "dateUpdated": _time(alarm.updated_at),
    }
    if alarm.channels.webhook:
        shown["webhook"] = alarm.channels.webhook
    if not is_twilios(alarm):
        shown["watch"] = alarm.watch.value
        shown["settings"] = keys_of(alarm)
    return shown


def query_of(alarm: Alarm) -> tuple[str, str]:
    """What it counts, as Twilio says it: `queryType` and `query`."""
    if alarm.watch is Watch.EVENTS and len(alarm.codes) == 1:
        return "ERROR_CODE", str(alarm.codes[0])
    if alarm.watch is Watch.EVENTS and not alarm.codes and len(alarm.levels) == 1:
        return "LOG_LEVEL", alarm.levels[0].value
    return "ALL", ""


def trigger_of(alarm: Alarm) -> int:
    """The threshold as a whole number, which Twilio's always is; 1 for a share."""
    return max(1, round(alarm.threshold))


def window_of(alarm: Alarm) -> str:
    """The time that it looks back on; of Twilio's windows, the shortest that is as long, else the longest."""
    return next((name for name, seconds in WINDOWS.items() if seconds >= alarm.window), "ONE_DAY")


def is_twilios(alarm: Alarm) -> bool:
    """Whether Twilio's fields say all that there is to say of an alarm."""
    counts = len(alarm.codes) == 1 or (not alarm.codes and (len(alarm.levels) == 1 or set(alarm.levels) == set(LEVELS["both"])))
    narrowed = alarm.except_codes or alarm.endpoints or alarm.numbers or alarm.causes or alarm.recover_below is not None
    channels = alarm.channels
    told = channels.apprise or channels.sms or channels.webhook_secret or channels.webhook_format != "twilio"
    usual = alarm.window in WINDOWS.values() and alarm.threshold == int(alarm.threshold) and not alarm.muted
    return alarm.watch is Watch.EVENTS and counts and usual and not narrowed and not told


def described(alarm: Alarm) -> str:
    """What is watched, in Twilio's words where it has such: an alarm of Twilio's always has a description."""
    if alarm.watch is not Watch.EVENTS:
        return alarm.watch.value.replace("-", " ").capitalize()
    if alarm.codes:
        return f"Error code {', '.join(map(str, alarm.codes))}"
    words: Mapping[tuple[Level, ...], str] = {
        (Level.ERROR,): "Any Error",
        (Level.WARNING,): "Any Warning",
        (Level.INFO,): "Any Info",
    }
    return words.get(alarm.levels, "Any Warning or Error")


def _time(seconds: float) -> str:
    """A time with whole seconds, as Twilio's other v2 resources have them."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
