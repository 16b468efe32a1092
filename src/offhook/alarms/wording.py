"""What people are told of alarms: subject, plain text, simple HTML, and a text message (pure).

Whatever comes from outside is text and nothing else: `phrases.clean` takes it through, and HTML is escaped here.
"""

import html
from collections.abc import Sequence
from typing import Final

from offhook.alarms.grouping import Story
from offhook.alarms.model import Watch
from offhook.alarms.phrases import ago, amount, clean, iso, moment, span, value_line, watched
from offhook.records import Record

SPELT_OUT: Final = 10
"""Firings that one message tells in full; of more it tells how many there are."""
MOST_STEPS: Final = 8
LONGEST_SMS: Final = 320
LONGEST_SUBJECT: Final = 180
_NAMED: Final = 3

# Text messages are charged by parts, of which one holds 153 letters of the GSM alphabet, or 67 as soon as one letter is not of it.
_PLAIN: Final = str.maketrans(
    {"•": "*", "…": "...", "\u2013": "-", "\u2014": "-", "\u2019": "'", "\u201c": '"', "\u201d": '"', "≥": ">=", "\u00a0": " "}
)


class Words(Record):
    """One message to people. `short` is for phones."""

    subject: str
    text: str
    html: str
    short: str


class _Part(Record):
    """One firing as it is told: a heading, labelled lines, what to do, and where to look."""

    heading: str
    lines: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    link: str


def words(stories: Sequence[Story], now: float, console_url: str) -> Words:
    """The message for these, of which there is at least one."""
    shown = [_part(story, now, console_url) for story in stories[:SPELT_OUT]]
    more = f"… and {len(stories) - SPELT_OUT} more: {console_url}/" if len(stories) > SPELT_OUT else ""
    title = subject(stories)
    return Words(subject=title, text=_text(title, shown, more), html=_html(title, shown, more), short=short(stories, console_url))


def subject(stories: Sequence[Story]) -> str:
    """One line: of one firing what it is about, of several how many and whose."""
    if len(stories) == 1:
        return clean(f"{_heading(stories[0])} ({value_line(stories[0].alarm, stories[0].firing)})", LONGEST_SUBJECT)
    return clean(f"{_counted(stories)}{_names(stories)}", LONGEST_SUBJECT)


def summary(story: Story) -> str:
    """One firing in one sentence, for programs to show."""
    return clean(f"{_heading(story)}: {value_line(story.alarm, story.firing)}{_lasted(story)}", 500)


def short(stories: Sequence[Story], console_url: str) -> str:
    """A text message of at most 320 characters, with the link if there is room for it. Without words for "ago": repeated, it must be the same."""
    first = stories[0]
    if len(stories) == 1:
        said_already = first.recovered or first.alarm.watch is Watch.ISSUES
        cause = f" {first.firing.cause_title}." if first.firing.cause_title and not said_already else ""
        since = f" since {moment(first.firing.fired_at)}"
        said = f"{_heading(first)}{since}: {value_line(first.alarm, first.firing)}{_lasted(first)}.{cause}"
    else:
        said = f"{_counted(stories)}{_names(stories, SPELT_OUT)}. First {moment(min(each.firing.fired_at for each in stories))}."
    plain = clean(said, 1000).translate(_PLAIN)
    with_link = f"{plain} {console_url}/"
    if len(with_link) <= LONGEST_SMS:
        return with_link
    return plain if len(plain) <= LONGEST_SMS else plain[: LONGEST_SMS - 3].rstrip() + "..."


def link(story: Story, console_url: str) -> str:
    """Where the console shows more."""
    return f"{console_url}/#errors" if story.firing.event else f"{console_url}/"


def _part(story: Story, now: float, console_url: str) -> _Part:
    alarm, firing = story.alarm, story.firing
    leading = " ".join([f"code {firing.code}" if firing.code else "", firing.cause_title or firing.cause]).strip()
    since = f"{moment(firing.fired_at)} ({ago(firing.fired_at, now)})"
    lines = [
        ("Alarm", f"{alarm.name} ({watched(alarm)})"),
        ("Note", alarm.description),
        ("Value", value_line(alarm, firing)),
        ("Since" if not story.recovered else "Fired", since),
        ("Recovered", _recovery(story, now)),
        ("Peak", amount(alarm.watch, firing.peak) if firing.peak > firing.value else ""),
        ("About", firing.subject),
        ("Endpoint", firing.endpoint if firing.endpoint != firing.subject else ""),
        ("Leading cause", leading),
        ("Sample event", firing.event),
    ]
    return _Part(
        heading=clean(_heading(story)),
        lines=tuple((label, clean(value, 500)) for label, value in lines if value),
        steps=() if story.recovered else tuple(clean(step, 500) for step in firing.steps[:MOST_STEPS]),
        link=link(story, console_url),
    )


def _heading(story: Story) -> str:
    name = clean(story.alarm.name, 64)
    if story.test:
        return f"Test of alarm {name}"
    if story.recovered:
        return f"Alarm {name} fired and recovered" if story.fired else f"Alarm {name} recovered"
    return f"Alarm {name} fired"


def _recovery(story: Story, now: float) -> str:
    at = story.firing.recovered_at
    if not story.recovered or at is None:
        return ""
    return f"{moment(at)} ({ago(at, now)}), after {span(at - story.firing.fired_at)}"


def _lasted(story: Story) -> str:
    firing = story.firing
    if not story.recovered or firing.recovered_at is None:
        return ""
    peak = f", peak {amount(story.alarm.watch, firing.peak)}" if firing.peak > firing.value else ""
    return f"; it lasted {span(firing.recovered_at - firing.fired_at)}{peak}"


def _counted(stories: Sequence[Story]) -> str:
    """`4 alarms fired, 2 recovered`; of one alarm that fires for several things, how many: `Alarm Issues: 2 fired`."""
    counts = (
        ("fired", sum(each.fired and not each.recovered for each in stories)),
        ("fired and recovered", sum(each.fired and each.recovered for each in stories)),
        ("recovered", sum(each.recovered and not each.fired for each in stories)),
        ("tested", sum(each.test for each in stories)),
    )
    (first, number), *others = [(word, count) for word, count in counts if count]
    rest = "".join(f", {count} {word}" for word, count in others)
    if len({each.alarm.sid for each in stories}) == 1:
        return f"Alarm {clean(stories[0].alarm.name, 64)}: {number} {first}{rest}"
    return f"{number} alarm{'' if number == 1 else 's'} {first}{rest}"


def _names(stories: Sequence[Story], most: int = _NAMED) -> str:
    """`: A, B and 2 more`, where it has not been said yet whose it is."""
    if len({each.alarm.sid for each in stories}) == 1:
        return ""
    names = list(dict.fromkeys(clean(each.alarm.name, 64) for each in stories))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ": " + ", ".join(names[:most]) + more


def _text(title: str, parts: Sequence[_Part], more: str) -> str:
    blocks = [] if len(parts) == 1 else [title]
    for part in parts:
        lines = [part.heading, "", *(f"{label}: {value}" for label, value in part.lines)]
        if part.steps:
            lines += ["", "What to do:", *(f"  {number}. {step}" for number, step in enumerate(part.steps, 1))]
        blocks.append("\n".join([*lines, "", f"Look at it: {part.link}"]))
    return "\n\n---\n\n".join([*blocks, *filter(None, [more])]) + "\n"


def _html(title: str, parts: Sequence[_Part], more: str) -> str:
    pieces = [] if len(parts) == 1 else [f"<h1>{_shown(title)}</h1>"]
    for part in parts:
        rows = "".join(
            f'<tr><th align="left" valign="top">{_shown(label)}</th><td>{_shown(value)}</td></tr>' for label, value in part.lines
        )
        steps = "".join(f"<li>{_shown(step)}</li>" for step in part.steps)
        what_to_do = f"<p>What to do:</p><ol>{steps}</ol>" if steps else ""
        look = f'<p><a href="{_shown(part.link)}">Look at it in Offhook</a></p>'
        pieces.append(f"<h2>{_shown(part.heading)}</h2><table>{rows}</table>{what_to_do}{look}")
    pieces += [f"<p>{_shown(more)}</p>"] if more else []
    head = f'<head><meta charset="utf-8"><title>{_shown(title)}</title></head>'
    return f'<!doctype html>\n<html lang="en">{head}<body>{"<hr>".join(pieces)}</body></html>\n'


def _shown(text: str) -> str:
    return html.escape(text)


def data(story: Story, console_url: str) -> dict[str, object]:
    """One firing for programs: the `data` of a Standard Webhook. Numbers of phones are masked, times are ISO 8601."""
    alarm, firing = story.alarm, story.firing
    return {
        "summary": summary(story),
        "alarm": {
            "sid": alarm.sid,
            "name": clean(alarm.name),
            "watch": alarm.watch.value,
            "watched": watched(alarm),
            "description": clean(alarm.description),
            "window": alarm.window,
        },
        "firing": {
            "id": firing.id,
            "state": firing.state.value,
            "fired_at": iso(firing.fired_at),
            "recovered_at": None if firing.recovered_at is None else iso(firing.recovered_at),
            "value": firing.value,
            "threshold": firing.threshold,
            "peak": firing.peak,
            "subject": clean(firing.subject),
            "endpoint": clean(firing.endpoint),
            "code": firing.code or None,
            "cause": clean(firing.cause),
            "cause_title": clean(firing.cause_title),
            "steps": [clean(step, 500) for step in firing.steps[:MOST_STEPS]],
            "event": firing.event or None,
        },
        "url": link(story, console_url),
    }
