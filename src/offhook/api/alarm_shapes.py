"""Alarms, firings and maintenance windows as our own API shows them. Pure, and also what `--json` of the command line prints."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypedDict

from offhook.alarms import model
from offhook.alarms.configured import keys_of, untellable
from offhook.alarms.model import FiringState, News, Watch
from offhook.alarms.past import History, Preview
from offhook.alarms.untold import ByFiring
from offhook.api.alarm_words import watches
from offhook.api.shapes import iso, iso_or_none

_NOTHING: Final[ByFiring] = MappingProxyType({})


class Untold(TypedDict):
    """One address that could not be told: of what (`news`: fired, recovered, test) and of which firing, after how many tries, and why not.

    `at` is when it was to be told. The newest 500 are kept.
    """

    id: str
    alarm_sid: str
    firing: str
    news: News
    channel: str
    address: str
    at: str
    tries: int
    why: str


class UntoldList(TypedDict):
    """The newest first."""

    untold: list[Untold]


class Firing(TypedDict):
    """One crossing of an alarm's threshold. `subject`: an issue's id or an endpoint's name, where the alarm fires for each of them.

    `code`, `cause`, `steps` and `error` (an id) are of the error that tells the most. `told`: somebody is being told, or nobody was to be;
    `untold`: those who could not be.
    """

    id: str
    alarm_sid: str
    alarm_name: str
    state: FiringState
    subject: str
    fired_at: str
    recovered_at: str | None
    value: float
    peak: float
    threshold: float
    code: int
    cause: str
    cause_title: str
    steps: list[str]
    endpoint: str
    error: str
    told: bool
    untold: list[Untold]


class Alarm(TypedDict):
    """One alarm. `settings` are its keys as `[alarms.NAME]` of the settings' file would say them, `watches` is the same in a sentence.

    `origin`: api, or file where that describes it. `firings`: those that are active. `warnings`: ways by which it is to tell, and cannot as
    the settings are.
    """

    sid: str
    name: str
    watch: Watch
    watches: str
    settings: dict[str, Any]
    enabled: bool
    muted: bool
    snoozed_until: str | None
    origin: str
    created_at: str | None
    updated_at: str | None
    firings: list[Firing]
    warnings: list[str]


class Alarms(TypedDict):
    """All alarms, by their names."""

    alarms: list[Alarm]


class FiringPage(TypedDict):
    """Firings, newest first. `next_cursor` is null on the last page."""

    firings: list[Firing]
    next_cursor: str | None


class PreviewSpan(TypedDict):
    """One firing that would have been; `recovered_at` is null where it would still be active."""

    fired_at: str
    recovered_at: str | None
    peak: float


class AlarmPreview(TypedDict):
    """What an alarm would have done since then: how often it would have fired, and how much it would have counted.

    Not `complete`: there is more than is read, and the oldest is left out.
    """

    since: str
    until: str
    fired: int
    counted: int
    firings: list[PreviewSpan]
    complete: bool


class AlarmHistory(TypedDict):
    """How many an alarm counts in each of the equal parts of a time, `seconds` long each; empty where it does not count. Firings of that time."""

    since: str
    until: str
    seconds: float
    counts: list[int]
    threshold: float
    complete: bool
    firings: list[Firing]


class Told(TypedDict):
    """One address that will be told."""

    channel: str
    address: str


class AlarmTested(TypedDict):
    """Whom the test goes to; empty where the alarm has no address."""

    told: list[Told]


class MaintenanceWindow(TypedDict):
    """A time in which nobody is told. `alarms` (ids) and `endpoints` are what it is about; empty means all."""

    id: str
    since: str
    until: str
    alarms: list[str]
    endpoints: list[str]
    note: str


class MaintenanceWindows(TypedDict):
    """Those that are not over, the first to start first."""

    maintenance: list[MaintenanceWindow]


class MaintenanceEnded(TypedDict):
    """How many have ended."""

    ended: int


def alarm_shape(
    alarm: model.Alarm, lacks: Mapping[str, str], firings: Sequence[model.Firing] = (), missed: ByFiring = _NOTHING
) -> Alarm:
    """One alarm. Of the firings, those of others are left out. `missed`: what nobody could be told of; `lacks`: by which ways nobody can be."""
    return {
        "sid": alarm.sid,
        "name": alarm.name,
        "watch": alarm.watch,
        "watches": watches(alarm),
        "settings": keys_of(alarm),
        "enabled": alarm.enabled,
        "muted": alarm.muted,
        "snoozed_until": iso_or_none(alarm.snoozed_until),
        "origin": alarm.origin,
        "created_at": iso_or_none(alarm.created_at),
        "updated_at": iso_or_none(alarm.updated_at),
        "firings": [firing_shape(each, missed) for each in firings if each.alarm_sid == alarm.sid],
        "warnings": untellable(alarm, lacks),
    }


def firing_shape(firing: model.Firing, missed: ByFiring) -> Firing:
    """One firing."""
    return {
        "id": firing.id,
        "alarm_sid": firing.alarm_sid,
        "alarm_name": firing.alarm_name,
        "state": firing.state,
        "subject": firing.subject,
        "fired_at": iso(firing.fired_at),
        "recovered_at": iso_or_none(firing.recovered_at),
        "value": firing.value,
        "peak": firing.peak,
        "threshold": firing.threshold,
        "code": firing.code,
        "cause": firing.cause,
        "cause_title": firing.cause_title,
        "steps": list(firing.steps),
        "endpoint": firing.endpoint,
        "error": firing.event,
        "told": firing.told,
        "untold": [untold_shape(each) for each in missed.get(firing.id, ())],
    }


def untold_shape(notification: model.Notification) -> Untold:
    """One address that could not be told."""
    return {
        "id": notification.id,
        "alarm_sid": notification.alarm.sid,
        "firing": notification.firing.id,
        "news": notification.news,
        "channel": notification.channel,
        "address": notification.address,
        "at": iso(notification.created_at),
        "tries": notification.attempts,
        "why": notification.note,
    }


def firing_page(found: Sequence[model.Firing], limit: int, missed: ByFiring) -> FiringPage:
    """A page of firings, of which one more than fits was looked for."""
    page = found[:limit]
    return {"firings": [firing_shape(each, missed) for each in page], "next_cursor": page[-1].id if len(found) > limit else None}


def preview_shape(preview: Preview) -> AlarmPreview:
    """What an alarm would have done."""
    return {
        "since": iso(preview.since),
        "until": iso(preview.until),
        "fired": len(preview.spans),
        "counted": preview.counted,
        "firings": [
            {"fired_at": iso(span.fired_at), "recovered_at": iso_or_none(span.recovered_at), "peak": span.peak}
            for span in preview.spans
        ],
        "complete": preview.complete,
    }


def history_shape(alarm: model.Alarm, found: History, buckets: int, firings: Sequence[Firing]) -> AlarmHistory:
    """What an alarm counted over time. `firings` are those of that time, as they are shown."""
    return {
        "since": iso(found.since),
        "until": iso(found.until),
        "seconds": (found.until - found.since) / buckets,
        "counts": list(found.counts),
        "threshold": alarm.threshold,
        "complete": found.complete,
        "firings": list(firings),
    }


def maintenance_shape(window: model.Maintenance) -> MaintenanceWindow:
    """One maintenance window."""
    return {
        "id": window.id,
        "since": iso(window.starts_at),
        "until": iso(window.ends_at),
        "alarms": list(window.alarms),
        "endpoints": list(window.endpoints),
        "note": window.note,
    }
