"""Debug events come together: into issues, and into counts over time. Pure, and the same for every journal."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from msgspec.structs import replace

from offhook.records import DebugEvent, EventFilter, Issue, IssueFilter, IssueState, Level

HOUR = 3600
HOURS = 24
MOST_BUCKETS = 500
PREFIX = "IS"

Hours = Counter[tuple[str, int]]
"""Events by issue and by hour since the epoch."""


class Sightings(NamedTuple):
    """What some events add: to each issue, an issue of these events alone; and to its hours."""

    issues: dict[str, Issue]
    hours: Hours


@lru_cache(maxsize=4096)
def issue_id(endpoint: str, code: int, cause: str) -> str:
    """The id of the issue of this endpoint, code and leading cause."""
    # No name of an endpoint or a cause has a line break, so that no two issues come to the same text.
    return PREFIX + blake2b(f"{endpoint}\n{code}\n{cause}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def leading_cause(event: DebugEvent) -> str:
    """The name of the likeliest cause, "" where none is known."""
    return event.causes[0].name if event.causes else ""


def issue_of(event: DebugEvent) -> str:
    """The id of the issue that an event belongs to, "" where to none."""
    if event.level is Level.INFO or not event.endpoint:
        return ""
    return issue_id(event.endpoint, event.code, leading_cause(event))


def gather(events: Iterable[DebugEvent]) -> Sightings:
    """Group events, so that any number of them is one change to each of their issues."""
    found = Sightings({}, Counter())
    for event in events:
        identifier = issue_of(event)
        if not identifier:
            continue
        new = _of_one(identifier, event)
        old = found.issues.get(identifier)
        found.issues[identifier] = new if old is None else merge(old, new)
        found.hours[identifier, int(event.at // HOUR)] += 1
    return found


def _of_one(identifier: str, event: DebugEvent) -> Issue:
    return Issue(
        id=identifier,
        endpoint=event.endpoint,
        code=event.code,
        cause=leading_cause(event),
        title=event.causes[0].title if event.causes else event.message,
        level=event.level,
        first_seen=event.at,
        last_seen=event.at,
        count=1,
        last_event=event.id,
    )


def merge(old: Issue, new: Issue) -> Issue:
    """An issue after `new` has been seen of it. Events need not come in the order of their times."""
    newest = new if new.place >= old.place else old
    return replace(
        newest,
        state=IssueState.REGRESSED if old.state is IssueState.RESOLVED else old.state,
        first_seen=min(old.first_seen, new.first_seen),
        last_seen=max(old.last_seen, new.last_seen),
        count=old.count + new.count,
    )


def first_hour(now: float) -> int:
    """The first of the hours that an issue shows at that time."""
    return int(now // HOUR) - HOURS + 1


def with_hours(issue: Issue, counts: Mapping[int, int], now: float) -> Issue:
    """An issue with the last 24 of its hours. `counts` are by hour since the epoch."""
    first = first_hour(now)
    return replace(issue, hours=tuple([counts.get(hour, 0) for hour in range(first, first + HOURS)]))


def matches_issue(issue: Issue, where: IssueFilter, codes: Collection[int] = ()) -> bool:
    """Whether a listing means this issue; `codes` are those that its newest event is found by."""
    return (
        (not where.states or issue.state in where.states)
        and (not where.endpoint or issue.endpoint == where.endpoint)
        and (not where.code or where.code in {issue.code, *codes})
        and (not where.cause or issue.cause == where.cause)
    )


def check_buckets(since: float, until: float, buckets: int) -> None:
    """Raise ValueError for what cannot be counted."""
    if not (since < until and 1 <= buckets <= MOST_BUCKETS):
        raise ValueError(f"a time that begins before it ends, in 1 to {MOST_BUCKETS} parts")


def within(where: EventFilter, since: float, until: float) -> EventFilter:
    """The filter, for what also lies within that time."""
    later = since if where.since is None else max(since, where.since)
    earlier = until if where.until is None else min(until, where.until)
    return replace(where, since=later, until=earlier)


def in_buckets(times: Iterable[float], since: float, until: float, buckets: int) -> list[int]:
    """How many of the times lie in each part; all lie from `since` to before `until`."""
    counts = [0] * buckets
    for at in times:
        counts[min(buckets - 1, int((at - since) * buckets / (until - since)))] += 1
    return counts
