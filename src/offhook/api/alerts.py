"""Debug events by Twilio's Monitor API, so that programs written for `client.monitor.v1.alerts` read ours (spec: twilio-debugger §3.1)."""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.responses import Response

from offhook.api.alert_fields import AFTER, ALERT_FILTERS, BEFORE, alert_filter
from offhook.api.alert_shapes import Paging, alert_detail, alert_shape
from offhook.api.fields import DEFAULT_LIMIT, MAX_LIMIT
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.webhooks import shaped
from offhook.ports import Journal
from offhook.records import DebugEvent, EventFilter

MOST_ALERTS = 10_000
"""How many alerts all pages of one query have together, as at Twilio."""


class Wanted(NamedTuple):
    """Which page is wanted: its number from 0, how many alerts it may have, and the token with the alert after or before which it stands."""

    number: int
    size: int
    token: str

    @property
    def after(self) -> str:
        """The id of the alert after which it begins, or ""."""
        return self.token.removeprefix(AFTER) if self.token.startswith(AFTER) else ""

    @property
    def before(self) -> str:
        """The id of the alert before which it ends, or ""."""
        return self.token.removeprefix(BEFORE) if self.token.startswith(BEFORE) else ""

    @property
    def start(self) -> int:
        """How many alerts are on the pages before it."""
        return self.number * self.size

    @property
    def room(self) -> int:
        """How many alerts it can have without the query having too many."""
        return min(self.size, max(0, MOST_ALERTS - self.start))


async def list_alerts(house: House, call: Call) -> Response:
    """A page of alerts, newest first."""
    values = call.values
    where = alert_filter(values)
    wanted = Wanted(values.get("Page", 0), values.get("PageSize", DEFAULT_LIMIT), values.get("PageToken", ""))
    page, goes_on = await _read(house.journal, where, wanted) if where is not None and wanted.room else ([], False)
    alerts = await shaped(partial(alert_shape, collection=_without_query(call.url)), page)
    is_last = not goes_on or wanted.start + len(page) >= MOST_ALERTS
    return json_answer({"alerts": alerts, "meta": _paging(call.url, wanted, page, is_last=is_last)})


async def get_alert(house: House, call: Call) -> Response:
    """One alert with its HTTP exchange."""
    event = await house.journal.event(call.identifier)
    if event is None:
        raise Problem(20404, f"There is no alert {call.identifier[:50]}.")
    story = await house.journal.story(event.webhook_id) if event.webhook_id else None
    collection = _without_query(call.url).rpartition("/")[0]
    # A story may hold megabytes of evidence.
    return await asyncio.to_thread(lambda: json_answer(alert_detail(event, story, collection)))


async def _read(journal: Journal, where: EventFilter, wanted: Wanted) -> tuple[Sequence[DebugEvent], bool]:
    """The page's events, and whether there are older ones."""
    if wanted.before:
        return await _ending_before(journal, where, wanted), True
    after = wanted.after or await _skip(journal, where, wanted.start)
    if wanted.start and not after:
        return [], False
    found = await journal.events(where, wanted.room + 1, after)
    return found[: wanted.room], len(found) > wanted.room


async def _skip(journal: Journal, where: EventFilter, count: int) -> str:
    """The id of the last of so many newest events, for a page that is asked for by its number; "" when there are not so many."""
    last = ""
    while count > 0:
        chunk = await journal.events(where, min(count, MAX_LIMIT), last)
        if len(chunk) < min(count, MAX_LIMIT):
            return ""
        count, last = count - len(chunk), chunk[-1].id
    return last


async def _ending_before(journal: Journal, where: EventFilter, wanted: Wanted) -> Sequence[DebugEvent]:
    """The events next to one, on its newer side. The journal reads from the newest on, so all that are newer are gone through."""
    nearest: deque[DebugEvent] = deque(maxlen=wanted.room)
    last = ""
    for _ in range(0, 2 * MOST_ALERTS, MAX_LIMIT):
        chunk = await journal.events(where, MAX_LIMIT, last)
        nearest.extend(event for event in chunk if event.id > wanted.before)
        if len(chunk) < MAX_LIMIT or chunk[-1].id <= wanted.before:
            return tuple(nearest)
        last = chunk[-1].id
    raise Problem(
        20001, "Parameter 'PageToken' is of a page with too many newer alerts before it; begin again with the first page."
    )


def _paging(url: str, wanted: Wanted, page: Sequence[DebugEvent], *, is_last: bool) -> Paging:
    link = partial(_link, url, wanted.size)
    is_first = not page or wanted.number == 0
    return {
        "key": "alerts",
        "page": wanted.number,
        "page_size": wanted.size,
        "first_page_url": link(0, ""),
        "previous_page_url": None if is_first else link(wanted.number - 1, BEFORE + page[0].id),
        "next_page_url": None if is_last or not page else link(wanted.number + 1, AFTER + page[-1].id),
        "url": link(wanted.number, wanted.token),
    }


def _link(url: str, size: int, number: int, token: str) -> str:
    """The URL of another page of the same query."""
    filters = {field.name for field in ALERT_FILTERS}
    query: list[tuple[str, Any]] = [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] in filters]
    query += [("PageSize", size), ("Page", number)]
    return f"{_without_query(url)}?{urlencode(query + [('PageToken', token)] * bool(token))}"


def _without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
