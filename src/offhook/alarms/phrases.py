"""Words for times, numbers and what comes from outside, as a message of plain text may hold them. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from offhook import logs
from offhook.alarms.model import Alarm, Firing, Watch
from offhook.records import Level

LONGEST: Final = 300
"""Characters of one piece of text from outside: a name, a title, a step."""

# Control characters, and what is not seen but turns text round, hides in it or breaks its lines (Unicode's Cf, Zl, Zp and tags; lone surrogates).
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS: Final = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
_NUMBER: Final = re.compile(r"\+[0-9]{7,15}(?![0-9])")
_UNITS: Final = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def clean(text: object, most: int = LONGEST) -> str:
    """Text from outside as one line that can only be read: no breaks, nothing unseen, phone numbers masked, at most so many characters."""
    line = _UNSEEN.sub("", _BREAKS.sub(" ", str(text))).strip()
    line = _NUMBER.sub(lambda found: logs.mask(found[0]), line)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def moment(at: float) -> str:
    """A time in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at: float) -> str:
    """A time as programs read it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """A length of time in words of at most two units: `450 ms`, `5 min`, `1 h 30 min`."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 60:
        return f"{_plain(seconds, 1)} s"
    left, words = round(seconds), list[str]()
    for unit, length in _UNITS:
        amount, left = divmod(left, length)
        if amount:
            words.append(f"{amount} {unit}")
        elif words:
            break
    return " ".join(words[:2])


def ago(at: float, now: float) -> str:
    """How long ago a time was, in one unit."""
    passed = max(0.0, now - at)
    for unit, length in _UNITS:
        if passed >= length:
            return f"{int(passed // length)} {unit} ago"
    return "just now"


def amount(watch: Watch, value: float) -> str:
    """A value of a watch with its unit."""
    match watch:
        case Watch.FAILURE_SHARE:
            return f"{_plain(value * 100, 1)} %"
        case Watch.ANSWER_LATENCY | Watch.DELIVERY_LATENCY | Watch.BACKLOG_AGE | Watch.SILENCE:
            return span(value)
        case _:
            return _plain(value, 2)


def watched(alarm: Alarm) -> str:
    """What an alarm looks at, in a few words, with what narrows it: `errors with code 11200 of endpoint sms`."""
    return clean(" ".join([_subject(alarm), *_scope(alarm)]))


def value_line(alarm: Alarm, firing: Firing) -> str:
    """The value that fired it against the threshold, as a sentence without its end."""
    value, threshold = amount(alarm.watch, firing.value), amount(alarm.watch, firing.threshold)
    within = f"within {span(alarm.window)}"
    match alarm.watch:
        case Watch.EVENTS:
            return f"{value} {_kind(alarm, firing.value)} {within}, threshold {threshold}"
        case Watch.FAILURE_SHARE:
            return f"{value} of the deliveries failed {within}, threshold {threshold}"
        case Watch.ANSWER_LATENCY:
            return f"answers to the provider took {value} (p{alarm.percentile}) {within}, threshold {threshold}"
        case Watch.DELIVERY_LATENCY:
            return f"deliveries took {value} (p{alarm.percentile}) {within}, threshold {threshold}"
        case Watch.BACKLOG:
            return f"{value} webhooks wait for delivery, threshold {threshold}"
        case Watch.BACKLOG_AGE:
            return f"the oldest undelivered webhook has waited for {value}, threshold {threshold}"
        case Watch.SILENCE:
            return f"nothing has been received for {span(firing.value or alarm.window)}"
        case Watch.BREAKER:
            return (
                f"the breaker of endpoint {clean(firing.subject or firing.endpoint, 64)} is open: its app is not called for now"
            )
        case _:
            which = clean(f"{firing.code or ''} {firing.cause_title or firing.cause}", 120)
            return "a new issue, or one that is back after it was resolved" + (f": {which}" if which else "")


def _subject(alarm: Alarm) -> str:
    match alarm.watch:
        case Watch.EVENTS:
            codes = f" with code {_listed(map(str, alarm.codes))}" if alarm.codes else ""
            but = f" but for code {_listed(map(str, alarm.except_codes))}" if alarm.except_codes else ""
            return f"{_kind(alarm, 2)}{codes}{but}"
        case Watch.FAILURE_SHARE:
            return "the share of failed deliveries"
        case Watch.ANSWER_LATENCY:
            return f"how long answers take (p{alarm.percentile})"
        case Watch.DELIVERY_LATENCY:
            return f"how long deliveries take (p{alarm.percentile})"
        case Watch.BACKLOG:
            return "the number of undelivered webhooks"
        case Watch.BACKLOG_AGE:
            return "the age of the oldest undelivered webhook"
        case Watch.SILENCE:
            return f"silence of {span(alarm.window)}"
        case Watch.BREAKER:
            return "open breakers"
        case _:
            return "new and regressed issues"


def _scope(alarm: Alarm) -> list[str]:
    """What narrows an alarm, piece by piece."""
    numbers = [logs.mask(number) for number in alarm.numbers]
    pieces = (("of endpoint", alarm.endpoints), ("about", numbers), ("caused by", alarm.causes))
    return [f"{word} {_listed(names)}" for word, names in pieces if names]


def _kind(alarm: Alarm, count: float) -> str:
    """The word for the debug events that an alarm counts."""
    words = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "info event"}
    ending = "" if count == 1 else "s"
    if words.keys() <= set(alarm.levels):
        return f"event{ending}"
    return " or ".join(f"{word}{ending}" for level, word in words.items() if level in alarm.levels) or f"event{ending}"


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _plain(value: float, digits: int) -> str:
    """A number without idle zeros behind its point."""
    written = f"{value:.{digits}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
