"""What the pages of alarms show, made of alarms and firings. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from offhook.alarms.checks import YES_OR_NO, recovery_of
from offhook.alarms.configured import value_words
from offhook.alarms.model import Alarm, Channels, Firing, FiringState, Maintenance, News, Notification, Watch
from offhook.alarms.phrases import amount, value_line
from offhook.alarms.telling import addresses
from offhook.alarms.untold import ByFiring
from offhook.api.alarm_words import watches
from offhook.api.shapes import iso_or_none

STATES: Final = ("fires", "quiet", "snoozed", "muted", "maintenance", "off")
_CHANNELS: Final[Mapping[str, tuple[str, str]]] = {
    "email": ("a mail address", "mail addresses"),
    "webhook": ("a webhook", "webhooks"),
    "apprise": ("a chat", "chats"),
    "sms": ("a phone", "phones"),
}
_NAMES: Final[Mapping[str, str]] = {"email": "Mail", "webhook": "Webhook", "apprise": "Chat or service", "sms": "Text message"}

_NEWS: Final[Mapping[News, str]] = {News.FIRED: "that it fires", News.RECOVERED: "that it is over", News.TEST: "of a test"}
_NOBODY: Final[ByFiring] = MappingProxyType({})


class AlarmRow(NamedTuple):
    """An alarm in the list. `last_fired` is None where none of the firings that were looked at is its; `never` says that these were all."""

    alarm: Alarm
    states: Sequence[str]
    watches: str
    tells: str
    last_fired: float | None
    never: bool


class UntoldLine(NamedTuple):
    """Somebody who could not be told: of what in a few words, since when, and why not."""

    channel: str
    address: str
    news: str
    at: float
    note: str


class FiringRow(NamedTuple):
    """A firing, with what fired it in words, for how long it went on, and who could not be told of it."""

    firing: Firing
    value: str
    active: bool
    lasted: float
    untold: Sequence[UntoldLine] = ()


class Summary(NamedTuple):
    """How many alarms there are, how many watch, how many fire, and how many tell nobody for now."""

    total: int
    enabled: int
    active: int
    silent: int


class TestLine(NamedTuple):
    """What came of a test at one address: `state` is `told`, `waiting` or `failed`."""

    channel: str
    address: str
    state: str
    note: str


class WindowRow(NamedTuple):
    """A maintenance window and what it is about in words."""

    window: Maintenance
    about: str
    running: bool


def states_of(alarm: Alarm, *, fires: bool, maintained: bool, now: float) -> tuple[str, ...]:
    """How an alarm is, the main thing first."""
    if not alarm.enabled:
        return ("off",)
    besides = (("snoozed", alarm.snoozed_until > now), ("muted", alarm.muted), ("maintenance", maintained))
    return ("fires" if fires else "quiet", *(word for word, holds in besides if holds))


def tells(channels: Channels, *, console: bool = False) -> str:
    """Whom an alarm tells, in a few words."""
    counts: dict[str, int] = {}
    for channel, _ in dict.fromkeys(addresses(channels)):
        counts[channel] = counts.get(channel, 0) + 1
    said = [_CHANNELS[name][0] if count == 1 else f"{count} {_CHANNELS[name][1]}" for name, count in counts.items()]
    said += ["this console"] if console else []
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]])) if said else "nobody"


def alarm_rows(
    alarms: Iterable[Alarm],
    active: Sequence[Firing],
    recent: Sequence[Firing],
    windows: Sequence[Maintenance],
    looked: tuple[float, bool],
) -> list[AlarmRow]:
    """The list, those that fire first. `recent` are the newest firings; `looked` is now, and whether these are all there ever were."""
    now, all_of_them = looked
    firing = {each.alarm_sid for each in active}
    last: dict[str, float] = {}
    for each in recent:
        last[each.alarm_sid] = max(each.fired_at, last.get(each.alarm_sid, 0.0))
    rows = [
        AlarmRow(
            alarm=alarm,
            states=states_of(alarm, fires=alarm.sid in firing, maintained=is_maintained(alarm, windows, now), now=now),
            watches=watches(alarm),
            tells=tells(alarm.channels, console=alarm.console),
            last_fired=last.get(alarm.sid),
            never=all_of_them and alarm.sid not in last,
        )
        for alarm in alarms
    ]
    return sorted(rows, key=lambda row: "fires" not in row.states)


def is_maintained(alarm: Alarm, windows: Iterable[Maintenance], now: float) -> bool:
    """Whether maintenance keeps all that this alarm may say to itself."""
    return any(
        each.starts_at <= now < each.ends_at
        and (not each.alarms or alarm.sid in each.alarms)
        and (not each.endpoints or (bool(alarm.endpoints) and set(alarm.endpoints) <= set(each.endpoints)))
        for each in windows
    )


def summary(rows: Sequence[AlarmRow], active: Sequence[Firing]) -> Summary:
    """The figures on top."""
    silent = sum(bool({"snoozed", "muted", "maintenance"} & set(row.states)) for row in rows)
    return Summary(len(rows), sum(row.alarm.enabled for row in rows), len(active), silent)


def firing_rows(
    firings: Iterable[Firing], alarms: Mapping[str, Alarm], now: float, missed: ByFiring = _NOBODY
) -> list[FiringRow]:
    """Firings with their words; of an alarm that is gone, the bare value. `missed` is what could not be told."""
    return [
        FiringRow(
            firing=each,
            value=value_line(alarms[each.alarm_sid], each)
            if each.alarm_sid in alarms
            else f"{each.value:g}, threshold {each.threshold:g}",
            active=each.state is FiringState.ACTIVE,
            lasted=max(0.0, (now if each.recovered_at is None else each.recovered_at) - each.fired_at),
            untold=untold_lines(missed.get(each.id, ())),
        )
        for each in firings
    ]


def untold_lines(notifications: Iterable[Notification]) -> list[UntoldLine]:
    """What could not be told, line by line."""
    return [
        UntoldLine(_NAMES.get(each.channel, each.channel), each.address, _NEWS[each.news], each.created_at, each.note)
        for each in notifications
    ]


def facts(alarm: Alarm) -> list[tuple[str, str]]:
    """What can be said of an alarm's settings, name and value."""
    found = [("Fires when", watches(alarm))]
    if alarm.watch not in YES_OR_NO:
        found.append(("Recovers at", _recovery(alarm)))
    if alarm.watch in {Watch.FAILURE_SHARE, Watch.ANSWER_LATENCY, Watch.DELIVERY_LATENCY}:
        found.append(("Only when there are", f"at least {alarm.minimum}"))
    if alarm.description:
        found.append(("Description", alarm.description))
    return found


def _recovery(alarm: Alarm) -> str:
    """The value at which it recovers; of what is counted, a whole number."""
    value = recovery_of(alarm)
    if alarm.watch in {Watch.EVENTS, Watch.BACKLOG}:
        value = float(math.floor(value))
    return f"{value_words(alarm, value)} or less" if value else "nothing at all"


def told(alarm: Alarm) -> list[tuple[str, str]]:
    """Whom an alarm tells: the channel and the address. A reference says where a secret is, not what."""
    named = [(_NAMES[channel], address) for channel, address in dict.fromkeys(addresses(alarm.channels))]
    return [*named, ("On top of", "this console")] if alarm.console else named


def peak(alarm: Alarm, firing: Firing) -> str:
    """The worst value of a firing, with its unit; "" where there is nothing to measure."""
    return "" if alarm.watch in YES_OR_NO or not firing.peak else amount(alarm.watch, firing.peak)


def window_rows(windows: Iterable[Maintenance], alarms: Mapping[str, Alarm], now: float) -> list[WindowRow]:
    """The maintenance windows with what they are about."""
    return [WindowRow(each, _about(each, alarms), each.starts_at <= now) for each in windows]


def outcomes(alarm: Alarm, since: str, waiting: Iterable[Notification], untold: Iterable[Notification]) -> list[TestLine]:
    """What came of the test whose first notification has the id `since`: what is neither waiting nor given up has been told."""

    def mine(shelf: Iterable[Notification]) -> dict[tuple[str, str], Notification]:
        return {
            (each.channel, each.address): each
            for each in shelf
            if each.alarm.sid == alarm.sid and each.news == "test" and each.id >= since
        }

    still, gone = mine(waiting), mine(untold)
    lines = []
    for way in dict.fromkeys(addresses(alarm.channels)):
        note = gone[way].note if way in gone else still[way].note if way in still else ""
        state = "failed" if way in gone or note else "waiting" if way in still else "told"
        lines.append(TestLine(_NAMES[way[0]], way[1], state, note))
    return lines


def export_row(row: AlarmRow, shape: Mapping[str, Any]) -> dict[str, Any]:
    """An alarm as a row of a file: all that the API says of it, its state and whom it tells."""
    return {**shape, "states": list(row.states), "tells": row.tells, "last_fired_at": iso_or_none(row.last_fired)}


def _about(window: Maintenance, alarms: Mapping[str, Alarm]) -> str:
    named = [alarms[sid].name if sid in alarms else "an alarm that is gone" for sid in window.alarms]
    said = ["all alarms" if not named else f"the {'alarm' if len(named) == 1 else 'alarms'} {', '.join(named)}"]
    if window.endpoints:
        said.append(f"at {', '.join(window.endpoints)}")
    return " ".join(said)
