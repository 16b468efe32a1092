"""What an alarm must be so that it can work: pure, and every problem at once."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from offhook.alarms.model import Alarm, Maintenance, Watch
from offhook.delivery import destination
from offhook.errors import OffhookError
from offhook.net.admission import never_called

DAY: Final = 86_400.0
LONGEST_WINDOW: Final = {Watch.SILENCE: 7 * DAY, Watch.ISSUES: 30 * DAY}
LONGEST_NAME, LONGEST_DESCRIPTION, MOST_OF_A_LIST = 100, 500, 200
FORMATS: Final = ("twilio", "standard")

COUNTING: Final = frozenset({Watch.EVENTS, Watch.ISSUES})
"""Watches that look at debug events, so that codes, causes and numbers narrow them. All others measure an endpoint as a whole."""
RECENT: Final = frozenset({Watch.EVENTS, Watch.FAILURE_SHARE, Watch.ANSWER_LATENCY, Watch.DELIVERY_LATENCY})
"""Watches whose value is what happened within the window."""
YES_OR_NO: Final = frozenset({Watch.SILENCE, Watch.BREAKER, Watch.ISSUES})
"""Watches with nothing to measure: their threshold is 1."""
OF_SUBJECTS: Final = frozenset({Watch.BREAKER, Watch.ISSUES})
"""Watches that fire for each endpoint, or each issue, by itself."""
_WHOLE: Final = frozenset({Watch.EVENTS, Watch.BACKLOG})
_DEFAULT_RECOVERY: Final = 0.8


class UnusableAlarmError(OffhookError):
    """An alarm, or a maintenance window, cannot be as it was asked for. `problems` are sentences, each with the name of its field."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def usable(alarm: Alarm) -> Alarm:
    """The alarm as it will be kept. Raises UnusableAlarmError with all that is wrong with it."""
    alarm = settled(alarm)
    problems = tuple(problems_of(alarm))
    if problems:
        raise UnusableAlarmError(*problems)
    return alarm


def settled(alarm: Alarm) -> Alarm:
    """The alarm with what its watch leaves no choice about."""
    return replace(alarm, threshold=1.0, recover_below=None) if alarm.watch in YES_OR_NO else alarm


def usable_maintenance(window: Maintenance) -> Maintenance:
    """The maintenance window. Raises UnusableAlarmError."""
    if not window.starts_at < window.ends_at:
        raise UnusableAlarmError("until: a maintenance window ends after it has started.")
    return window


def recovery_of(alarm: Alarm) -> float:
    """The value at or below which the alarm recovers. Of a threshold of 1 event that is none: four fifths of it are not one."""
    return _DEFAULT_RECOVERY * alarm.threshold if alarm.recover_below is None else alarm.recover_below


def never_told(webhook: str) -> str:
    """Why the door to the network would never let this webhook of an alarm pass; empty when it may be called."""
    return never_called(destination.shown(webhook), trusted=True)


def problems_of(alarm: Alarm) -> Iterator[str]:
    """A sentence for each thing that is wrong with it."""
    if not alarm.name.strip():
        yield "name: an alarm needs a name."
    elif len(alarm.name) > LONGEST_NAME or not alarm.name.isprintable():
        yield f"name: at most {LONGEST_NAME} characters, on one line."
    if len(alarm.description) > LONGEST_DESCRIPTION:
        yield f"description: at most {LONGEST_DESCRIPTION} characters."
    if alarm.channels.webhook_format not in FORMATS:
        yield f"webhook_format: {' or '.join(FORMATS)}, not {alarm.channels.webhook_format!r}."
    if alarm.channels.webhook and (why := never_told(alarm.channels.webhook)):
        yield f"webhook: {why}"
    yield from _of_threshold(alarm)
    yield from _of_window(alarm)
    yield from _of_scope(alarm)


def _of_threshold(alarm: Alarm) -> Iterator[str]:
    watch, threshold = alarm.watch, alarm.threshold
    if watch in YES_OR_NO:
        return
    if not 0 < threshold < float("inf"):
        yield f"threshold: more than 0, not {threshold:g}."
    elif watch in _WHOLE and threshold != int(threshold):
        yield f"threshold: a whole number of {'debug events' if watch is Watch.EVENTS else 'webhooks'}, not {threshold:g}."
    elif watch is Watch.FAILURE_SHARE and threshold > 1:
        yield f"threshold: a share of at most 1 (0.1 for 10 %), not {threshold:g}."
    if alarm.recover_below is not None and not 0 <= alarm.recover_below < threshold:
        yield f"recover_below: at least 0 and below the threshold of {threshold:g}, not {alarm.recover_below:g}."


def _of_window(alarm: Alarm) -> Iterator[str]:
    longest = LONGEST_WINDOW.get(alarm.watch, DAY)
    if not 1 <= alarm.window <= longest:
        yield f"window: 1 to {longest:g} seconds, not {alarm.window:g}."
    if not 1 <= alarm.percentile <= 99:
        yield f"percentile: 1 to 99, not {alarm.percentile}."
    if alarm.minimum < 1:
        yield f"minimum: at least 1, not {alarm.minimum}."


def _of_scope(alarm: Alarm) -> Iterator[str]:
    if alarm.watch in COUNTING:
        if not alarm.levels:
            yield "levels: at least one of ERROR, WARNING and INFO."
    else:
        for field in ("codes", "except_codes", "causes", "numbers"):
            if getattr(alarm, field):
                yield f"{field}: {alarm.watch.value} is measured for an endpoint as a whole; leave {field} out."
    for field in ("codes", "except_codes", "endpoints", "numbers", "causes"):
        if len(getattr(alarm, field)) > MOST_OF_A_LIST:
            yield f"{field}: at most {MOST_OF_A_LIST}."
