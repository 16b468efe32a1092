"""Questions about the journal's news: its four logs read together, places in them by a time, and the small records beside them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import apsw
from msgspec.structs import replace

from offhook.records import Kept, Marks, NewsPage, Source, Tried, Webhook
from offhook.stores.newsreel import Row, ended_at, page, row_of, webhook_of
from offhook.stores.rules import Derive
from offhook.stores.sqlite.bounds import PAGE
from offhook.stores.sqlite.claims import arrivals_at
from offhook.stores.sqlite.codec import decode_arrival, decode_attempt, decode_event, decode_notice, read_webhook
from offhook.stores.sqlite.statements import execute

MOST_LOOKED_THROUGH = 2_000


class Asked(NamedTuple):
    """What is asked for. `derive` reads an arrival that has not been settled, `unsettled` gives its number by its webhook's id."""

    after: Marks
    limit: int
    sources: Collection[Source]
    derive: Derive
    unsettled: Callable[[str], int | None]


def news(db: apsw.Connection, asked: Asked) -> NewsPage:
    """The next page of these logs, all as of one moment."""
    after, limit = asked.after, asked.limit
    rows: dict[Source, list[Row]] = {}
    with db:
        end = Marks(*execute(db, "read_ends")[0])
        for source in set(asked.sources):
            more = getattr(after, source) < getattr(end, source)
            rows[source] = _READ[source](db, asked.derive, getattr(after, source), limit + 1) if more else []
        if Source.ARRIVALS in rows:
            _rest_on_arrivals(db, rows, asked.unsettled)
    cut = {source for source, found in rows.items() if len(found) > limit}
    return page(after, end, {source: found[:limit] for source, found in rows.items()}, cut, limit)


def _arrivals(db: apsw.Connection, derive: Derive, after: int, most: int) -> list[Row]:
    found = []
    for seq, *columns in execute(db, "next_arrivals", after=after, most=most):
        webhook = derive(decode_arrival(columns[-1])) if columns[0] is None else read_webhook(tuple(columns))
        found.append(row_of(Source.ARRIVALS, seq, webhook))
    return found


def _attempts(db: apsw.Connection, _derive: Derive, after: int, most: int) -> list[Row]:
    found = []
    for seq, webhook, data, *columns in execute(db, "next_attempts", after=after, most=most):
        tried = Tried(attempt=decode_attempt(data), webhook=read_webhook(tuple(columns)))
        found.append(row_of(Source.ATTEMPTS, seq, tried, Marks(arrivals=webhook)))
    return found


def _events(db: apsw.Connection, _derive: Derive, after: int, most: int) -> list[Row]:
    rows = execute(db, "next_events", after=after, most=most)
    return [row_of(Source.EVENTS, seq, decode_event(data)) for seq, data in rows]


def _notices(db: apsw.Connection, _derive: Derive, after: int, most: int) -> list[Row]:
    found = []
    for seq, attempt, event, data in execute(db, "next_notices", after=after, most=most):
        notice = replace(decode_notice(data), seq=seq)
        found.append(row_of(Source.NOTICES, seq, notice, Marks(attempts=attempt, events=event)))
    return found


_READ: Mapping[Source, Callable[[apsw.Connection, Derive, int, int], list[Row]]] = {
    Source.ARRIVALS: _arrivals,
    Source.ATTEMPTS: _attempts,
    Source.EVENTS: _events,
    Source.NOTICES: _notices,
}


def _rest_on_arrivals(db: apsw.Connection, rows: dict[Source, list[Row]], unsettled: Callable[[str], int | None]) -> None:
    """Debug events and notices have but the ids of their webhooks: find the numbers."""
    arrived = {row.news.item.id: row.news.seq for row in rows[Source.ARRIVALS] if isinstance(row.news.item, Webhook)}
    for source in (Source.EVENTS, Source.NOTICES):
        ids = [_webhook_of(row) for row in rows.get(source, ())]
        asked = {identifier for identifier in ids if identifier and identifier not in arrived}
        if asked:
            arrived |= dict(execute(db, "numbers_of_webhooks", ids=apsw.carray(tuple(asked))))
        for place, identifier in enumerate(ids):
            number = identifier and (arrived.get(identifier) or unsettled(identifier))
            if number:
                row = rows[source][place]
                rows[source][place] = row._replace(rests=replace(row.rests, arrivals=number))


def _webhook_of(row: Row) -> str:
    item = row.news.item
    return "" if isinstance(item, Webhook) else webhook_of(item)


# -- places by a time


def marks_at(db: apsw.Connection, at: float, arrivals_behind: float, attempts_behind: float) -> Marks:
    """Places before the first rows of that time or later. `…_behind`: how far a row's time may be before that of an earlier row, in seconds.

    Where rows of a log lie close together and clocks have stepped, the place of an arrival or an attempt may be some rows early.
    """
    with db:
        last = Marks(*execute(db, "read_ends")[0])
        arrivals = _place(_timed(db, "arrivals_since", _received_at), last.arrivals, at, arrivals_behind)
        attempts = _place(_timed(db, "attempts_since", _tried_at), last.attempts, at, attempts_behind)
        event, notice = (execute(db, name, at=at)[0][0] for name in ("first_event_since", "first_notice_since"))
    return Marks(
        arrivals=arrivals,
        attempts=attempts,
        events=last.events if event is None else event - 1,
        notices=last.notices if notice is None else notice - 1,
    )


Timed = Callable[[int, int], list[tuple[int, float]]]
"""Up to so many rows of a log from a number on: their numbers and times."""


def _place(rows: Timed, end: int, at: float, behind: float) -> int:
    """Where to go on from so as not to miss a row of that time or later.

    From the first such row on, no row is more than `behind` before it. So wherever a row that is further behind has one after it that is not,
    the first is later than the former: halving comes to such a place, and from there the rows are looked through.
    """
    low, high = 0, end + 1
    while high - low > 1:
        middle = (low + high) // 2
        found = rows(middle, 1)
        if not found or found[0][1] >= at - behind:
            high = middle
        else:
            low = min(found[0][0], high - 1)
    for _ in range(MOST_LOOKED_THROUGH // PAGE):
        found = rows(low + 1, PAGE)
        for number, when in found:
            if when >= at:
                return number - 1
            low = number
        if len(found) < PAGE:
            return end
    return low


def _timed(db: apsw.Connection, name: str, time_of: Callable[[bytes], float]) -> Timed:
    return lambda seq, most: [(number, time_of(data)) for number, data in execute(db, name, seq=seq, most=most)]


def _received_at(data: bytes) -> float:
    return decode_arrival(data).received_at


def _tried_at(data: bytes) -> float:
    return ended_at(decode_attempt(data))


def oldest_undelivered(db: apsw.Connection, endpoint: str, settled: Sequence[str], unsettled: Sequence[int]) -> float | None:
    """When the oldest that waits was received, of one endpoint or of all ("").

    `settled` are the endpoints that have rows which wait; of the `unsettled`, whose numbers rise, those are read up to the first that counts.
    """
    found: list[float] = []
    for place in range(0, len(unsettled), PAGE):
        arrivals = arrivals_at(db, unsettled[place : place + PAGE])
        found += [arrival.received_at for arrival in arrivals if endpoint in {"", arrival.endpoint}]
        if found:
            break
    oldest = execute(db, "oldest_undelivered", endpoints=apsw.carray(tuple(settled)))[0][0] if settled else None
    return min(found if oldest is None else [*found, oldest], default=None)


# -- small records


def kept(db: apsw.Connection, shelf: str, limit: int, after: str) -> list[Kept]:
    """Records of a shelf, by their ids."""
    rows: list[tuple[Any, ...]] = execute(db, "kept_on_shelf", shelf=shelf, after=after, most=limit)
    return [Kept(shelf=shelf, id=identifier, data=data) for identifier, data in rows]


def kept_one(db: apsw.Connection, shelf: str, identifier: str) -> bytes | None:
    """One record of a shelf."""
    rows = execute(db, "one_kept", shelf=shelf, id=identifier)
    return rows[0][0] if rows else None
