"""What an alarm would have made of what is stored: the chart of what it counts, and when it would have fired. Reads the journal only."""

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import product
from typing import Final

from offhook.alarms import rules
from offhook.alarms.checks import COUNTING, UnusableAlarmError
from offhook.alarms.model import Alarm, Watch
from offhook.alarms.state import Standing, judge
from offhook.alarms.window import RollingCount
from offhook.ports import Journal
from offhook.records import DebugEvent, EventFilter, Level, Notice, NoticeType, Record, Source

MOST_READ: Final = 100_000
AT_ONCE: Final = 1_000
_MOST_FILTERS: Final = 24
_ABOUT_ISSUES: Final = frozenset({NoticeType.ISSUE_OPENED, NoticeType.ISSUE_REGRESSED})


class History(Record):
    """How many debug events an alarm counts in each part of a time. Not `complete`: there were more than are read, the oldest are missing."""

    counts: tuple[int, ...]
    since: float
    until: float
    complete: bool = True


class Span(Record):
    """One firing that would have been: from when to when (None: it would still be active), and the highest value."""

    fired_at: float
    recovered_at: float | None
    peak: float


class Preview(Record):
    """What an alarm would have done. `counted` is how many debug events or issues it would have counted since then.

    Not `complete`: there were more events than are read, and the oldest are left out.
    """

    spans: tuple[Span, ...]
    counted: int
    since: float
    until: float
    complete: bool = True


# -- the chart


async def history(journal: Journal, alarm: Alarm, since: float, until: float, buckets: int) -> History:
    """Counted by the journal where its filters can say what the alarm counts, else from the events themselves."""
    if alarm.watch not in COUNTING:
        return History(counts=(), since=since, until=until)
    filters = _filters(alarm)
    if filters is None:
        await journal.event_counts(EventFilter(code=-1), since, until, buckets)  # says what it has against such a time
        times, complete = await _times(journal, alarm, since, until)
        return History(counts=_in_parts(times, since, until, buckets), since=since, until=until, complete=complete)
    counts = [0] * buckets
    for where in filters:
        for place, count in enumerate(await journal.event_counts(where, since, until, buckets)):
            counts[place] += count
    return History(counts=tuple(counts), since=since, until=until)


def is_quick(alarm: Alarm) -> bool:
    """Whether the history of an alarm takes no reading of the events themselves."""
    return alarm.watch not in COUNTING or _filters(alarm) is not None


def _filters(alarm: Alarm) -> Sequence[EventFilter] | None:
    """Filters none of whose events is another's, that together mean what the alarm counts; None where there are none such, or too many."""
    if alarm.numbers or alarm.except_codes or len(alarm.codes) > 1:
        return None
    levels: Sequence[Level | None] = [None] if set(alarm.levels) == set(Level) else sorted(set(alarm.levels))
    endpoints, causes = sorted(set(alarm.endpoints)) or [""], sorted(set(alarm.causes)) or [""]
    if len(levels) * len(endpoints) * len(causes) > _MOST_FILTERS:
        return None
    code = alarm.codes[0] if alarm.codes else 0
    return [
        EventFilter(code=code, level=level, endpoint=endpoint, cause=cause)
        for level, endpoint, cause in product(levels, endpoints, causes)
    ]


def _in_parts(times: Iterable[float], since: float, until: float, buckets: int) -> tuple[int, ...]:
    counts = [0] * buckets
    for at in times:
        counts[min(buckets - 1, int((at - since) * buckets / (until - since)))] += 1
    return tuple(counts)


# -- what would have been


async def preview(journal: Journal, alarm: Alarm, since: float, now: float) -> Preview:
    """The alarm run over what is stored. Raises UnusableAlarmError for one that measures: what it would have measured is not stored."""
    if alarm.watch is Watch.ISSUES:
        return await _of_issues(journal, alarm, since, now)
    if alarm.watch is not Watch.EVENTS:
        raise UnusableAlarmError(f"{alarm.watch.value} is measured as it happens: what it would have done cannot be told.")
    times, complete = await _times(journal, alarm, since - alarm.window, now)
    spans = [span for span in simulate(alarm, times, now) if span.fired_at >= since]
    counted = sum(at >= since for at in times)
    return Preview(spans=tuple(spans), counted=counted, since=since, until=now, complete=complete)


def simulate(alarm: Alarm, times: Iterable[float], now: float) -> list[Span]:
    """The firings of an alarm that counts events at these times (any order), as the watcher would have found them at each second."""
    count = RollingCount(alarm.window)
    spans: list[Span] = []
    standing = Standing()

    def look(at: float) -> None:
        nonlocal standing
        value = count.advance(at)
        standing, fired, recovered = judge(alarm, standing, value, at)
        if fired:
            spans.append(Span(fired_at=at, recovered_at=None, peak=value))
        elif standing.firing and value > spans[-1].peak:
            spans[-1] = Span(fired_at=spans[-1].fired_at, recovered_at=None, peak=value)
        elif recovered:
            spans[-1] = Span(fired_at=spans[-1].fired_at, recovered_at=at, peak=spans[-1].peak)

    second: float | None = None
    for at in sorted(times):
        if second is not None and at // 1 > second:
            look(second + 1)
            while standing.firing and count.next_out() <= at // 1:
                look(count.next_out())
        second = at // 1
        count.add(at)
    if second is not None:
        look(min(second + 1, now))
    while standing.firing and count.next_out() <= now:
        look(count.next_out())
    return spans


async def _of_issues(journal: Journal, alarm: Alarm, since: float, now: float) -> Preview:
    spans: list[Span] = []
    marks = await journal.marks(since)
    while (page := await journal.news(marks, AT_ONCE, {Source.NOTICES})).news:
        marks = page.marks
        for row in page.news:
            told = isinstance(row.item, Notice) and since <= row.at < now and await about(journal, alarm, row.item)
            spans += [Span(fired_at=row.at, recovered_at=row.at, peak=1.0)] if told else []
    return Preview(spans=tuple(spans), counted=len(spans), since=since, until=now)


async def about(journal: Journal, alarm: Alarm, notice: Notice) -> bool:
    """Whether a notice tells of an issue that the alarm is about."""
    if notice.type not in _ABOUT_ISSUES:
        return False
    event = await journal.event(str(notice.data.get("event", "")))
    key = rules.key_of_notice(notice.data, notice.endpoint) if event is None else rules.key_of(event)
    return rules.Scope(alarm).counts(key)


async def _times(journal: Journal, alarm: Alarm, since: float, until: float) -> tuple[list[float], bool]:
    """When the events happened that the alarm counts, and whether these are all."""
    times: list[float] = []
    scope, read = rules.Scope(alarm), 0
    async for event in _events(journal, alarm, since, until):
        if read >= MOST_READ:
            return times, False
        read += 1
        if scope.counts(rules.key_of(event)):
            times.append(event.at)
    return times, True


async def _events(journal: Journal, alarm: Alarm, since: float, until: float) -> AsyncIterator[DebugEvent]:
    """The stored events of that time, the newest first, without some that the alarm does not count."""
    where = EventFilter(
        code=alarm.codes[0] if len(alarm.codes) == 1 else 0,
        level=alarm.levels[0] if len(alarm.levels) == 1 else None,
        endpoint=alarm.endpoints[0] if len(alarm.endpoints) == 1 else "",
        cause=alarm.causes[0] if len(alarm.causes) == 1 else "",
        since=since,
        until=until,
    )
    before = ""
    while found := await journal.events(where, AT_ONCE, before):
        for event in found:
            yield event
        before = found[-1].id
