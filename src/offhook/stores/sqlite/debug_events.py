"""Questions about debug events and the issues that they come together in."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import apsw

from offhook.records import DebugEvent, EventFilter, Issue, IssueFilter
from offhook.stores.grouping import HOURS, first_hour, in_buckets, with_hours
from offhook.stores.rules import event_mentions
from offhook.stores.sqlite.bounds import EVER, HIGHEST, PAGE, Lags, id_below, id_from
from offhook.stores.sqlite.codec import decode_event, read_issue
from offhook.stores.sqlite.statements import execute


def event(db: apsw.Connection, event_id: str) -> DebugEvent | None:
    """One debug event."""
    rows = execute(db, "one_event", id=event_id)
    return decode_event(rows[0][0]) if rows else None


def events(db: apsw.Connection, where: EventFilter, limit: int, before: str, lags: Lags) -> Sequence[DebugEvent]:
    """Debug events, newest first."""
    values = _values(where, lags)
    values["below"] = min(before or HIGHEST, values["below"])
    return list(islice(_matching(db, where, values, PAGE if where.query else limit), limit))


def event_counts(db: apsw.Connection, where: EventFilter, buckets: int, span: tuple[float, float], lags: Lags) -> list[int]:
    """How many in each part of the span, in which all lie that `where` means. A search has to read the events; a webhook has few."""
    start, end = span
    values = _values(where, lags)
    if where.query or where.webhook_id:
        return in_buckets((found.at for found in _matching(db, where, values, PAGE)), start, end, buckets)
    counts = [0] * buckets
    name = "count_events_of_issue" if where.issue else "count_events"
    for bucket, count in execute(db, name, buckets=buckets, start=start, end=end, **values):
        counts[bucket] = count
    return counts


def _values(where: EventFilter, lags: Lags) -> dict[str, Any]:
    return {
        "code": where.code,
        "level": where.level or "",
        "endpoint": where.endpoint,
        "cause": where.cause,
        "issue": where.issue,
        "webhook": where.webhook_id,
        "since": -EVER if where.since is None else where.since,
        "until": EVER if where.until is None else where.until,
        "from": id_from("NO", where.since, lags),
        "below": id_below("NO", where.until, lags),
    }


def _matching(db: apsw.Connection, where: EventFilter, values: dict[str, Any], most: int) -> Iterator[DebugEvent]:
    """Newest first, page by page, by the index that fits."""
    if where.webhook_id:
        name = "newest_events_of_webhook"
    elif where.issue:
        name = "newest_events_of_issue"
    else:
        name = "newest_events_with_code" if where.code else "newest_events"
    while rows := execute(db, name, **values, most=most):
        found = [decode_event(row[0]) for row in rows]
        yield from (one for one in found if not where.query or event_mentions(one, where.query))
        if len(found) < most:
            return
        values["below"] = found[-1].id


def issues(db: apsw.Connection, where: IssueFilter, limit: int, before: str, now: float) -> list[Issue]:
    """Issues, the last seen first."""
    values = {
        "before": before,
        "states": f",{','.join(where.states)}," if where.states else "",
        "endpoint": where.endpoint,
        "code": where.code,
        "cause": where.cause,
        "most": limit,
    }
    return _read_issues(db, "issues_by_place", values, now)


def issue(db: apsw.Connection, issue_id: str, now: float) -> Issue | None:
    """One issue."""
    found = _read_issues(db, "one_issue", {"id": issue_id}, now)
    return found[0] if found else None


def _read_issues(db: apsw.Connection, name: str, values: dict[str, Any], now: float) -> list[Issue]:
    """The issues that a statement finds, with their hours, all as of one moment."""
    counts: dict[str, dict[int, int]] = {}
    with db:
        found = [read_issue(row) for row in execute(db, name, **values)]
        if found:
            ids = apsw.carray(tuple([one.id for one in found]))
            for identifier, hour, count in execute(db, "hours_of_issues", ids=ids, first=first_hour(now), hours=HOURS):
                counts.setdefault(identifier, {})[hour] = count
    return [with_hours(one, counts.get(one.id, {}), now) for one in found]


def issue_webhooks(db: apsw.Connection, issue_id: str, limit: int, after: str) -> list[str]:
    """Ids of failed and dismissed webhooks that the issue's events are about, oldest first."""
    return [row[0] for row in execute(db, "webhooks_of_issue", issue=issue_id, after=after, most=limit)]
