"""The list of errors: debug events, newest first, with a chart of how many there were."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import structs
from starlette.responses import Response

from offhook.api.fields import DEFAULT_LIMIT, ERROR_FILTERS, ERROR_PAGE, Field, event_filter, one_of
from offhook.api.shapes import error_shape
from offhook.api.webhooks import shaped
from offhook.console.asked import FORMAT, MOST_EXPORTED, Asked, asked, clipped, minute
from offhook.console.doorway import PageRoute
from offhook.console.exports import export
from offhook.console.trouble import of_filters
from offhook.console.visit import Visit
from offhook.console.volume import CHOICES, Volume, period, volume
from offhook.ports import Journal
from offhook.records import DebugEvent, EventFilter, Level
from offhook.stores.grouping import issue_of
from offhook.stores.rules import event_mentions

SPAN: Final = Field("span", "Only those of so long.", {"type": "string"}, one_of(each.name for each in CHOICES))
FIELDS: Final = (*ERROR_FILTERS, *ERROR_PAGE, SPAN, FORMAT)
COLUMNS: Final = (
    *("sid", "at", "level", "code", "twilio_code", "message", "cause", "cause_title", "confidence", "endpoint", "number"),
    *("webhook_id", "attempt_id", "reply_id", "issue_id", "account_sid", "resource_sid", "service_sid"),
    *("request_method", "request_url", "product", "origin", "more_info", "causes"),
)
AT_ONCE: Final = 1000
SEARCHED_AT_ONCE: Final = 250
MOST_SEARCHED: Final = 5_000
"""Errors that are looked through for words at a time: each has to be read."""
LONGEST: Final = 240
"""Characters of a message that a row shows."""


class ErrorRow(NamedTuple):
    """An error as the list shows it: its message, and the likeliest cause, "" where none is known."""

    event: DebugEvent
    message: str
    cause: str


class Listed(NamedTuple):
    """What there is to list: one page of errors, how many there were over the time (None: nobody has counted), and the address of the next page,
    "" on the last. `searched` is the time of the oldest that was looked through for words, where there are older ones.
    """  # noqa: D205 - one sentence

    events: Sequence[DebugEvent] = ()
    chart: Volume | None = None
    older: str = ""
    searched: float | None = None


class Found(NamedTuple):
    """One page of errors, and the id after which the next begins, "" on the last. `searched` as in `Listed`."""

    events: Sequence[DebugEvent]
    last: str
    searched: float | None = None


class Narrowing(NamedTuple):
    """A filter that has no field in the form: in words, and the list's address without it."""

    words: str
    without: str


async def show(visit: Visit) -> Response:
    """The list, or what it lists as a file."""
    wanted = asked(FIELDS, visit.request.query_params.multi_items())
    if not wanted.trouble:
        try:
            return await _listed(visit, wanted)
        except ValueError as refusal:
            wanted = wanted._replace(trouble=str(refusal))
    return _page(visit, wanted, Listed())


async def _listed(visit: Visit, wanted: Asked) -> Response:
    """Raises ValueError where the filters mean no time at all."""
    values, journal, now = wanted.values, visit.house.journal, visit.house.clock.now()
    over = period(values, values.get("span", ""), now)
    where = event_filter(values)
    if "span" in values and where.since is None and where.until is None:
        where = structs.replace(where, since=over.since)
    if "format" in values:
        return await _export(journal, where, values["format"])
    limit, before = values.get("limit", DEFAULT_LIMIT), values.get("cursor", "")
    if where.query:
        found, chart = await search(journal, where, limit, before), None
    else:
        found, counts = await asyncio.gather(
            _plain(journal, where, limit, before), journal.event_counts(where, over.since, over.until, over.buckets)
        )
        chart = volume(counts, over, now)
    older = visit.with_query(cursor=found.last) if found.last else ""
    return _page(visit, wanted, Listed(found.events, chart, older, found.searched))


async def _plain(journal: Journal, where: EventFilter, limit: int, before: str) -> Found:
    found = await journal.events(where, limit + 1, before)
    return Found(found[:limit], found[limit - 1].id if len(found) > limit else "")


async def search(journal: Journal, where: EventFilter, limit: int, before: str) -> Found:
    """A page of errors with these words, out of the next MOST_SEARCHED that the other filters mean."""
    anything, found, looked = structs.replace(where, query=""), list[DebugEvent](), 0
    while looked < MOST_SEARCHED:
        events = await journal.events(anything, SEARCHED_AT_ONCE, before)
        found += [each for each in events if event_mentions(each, where.query)]
        if len(found) > limit:
            return Found(found[:limit], found[limit - 1].id)
        if len(events) < SEARCHED_AT_ONCE:
            return Found(found, "")
        looked, before = looked + len(events), events[-1].id
        await asyncio.sleep(0)  # answers to the provider go first
    return Found(found, before, events[-1].at)


def _page(visit: Visit, wanted: Asked, listed: Listed) -> Response:
    typed = wanted.typed
    filtered = any(
        name in typed for name in ("q", "code", "level", "endpoint", "since", "until", "cause", "issue", "webhook", "span")
    )
    return visit.page(
        "errors.html",
        "Errors",
        live="cursor" not in typed,
        trouble=of_filters(wanted.trouble, "/errors"),
        typed=typed,
        since=minute(wanted.values.get("since")),
        until=minute(wanted.values.get("until")),
        narrowed=narrowed(visit, typed),
        filtered=filtered,
        levels=[level.value for level in Level],
        endpoints=endpoint_names(visit, typed),
        choices=CHOICES,
        chart=listed.chart,
        rows=rows(listed.events),
        newest=visit.with_query(cursor=None) if "cursor" in typed else "",
        older=listed.older,
        searched=listed.searched,
        exports=visit.with_query(cursor=None, limit=None),
    )


def rows(events: Sequence[DebugEvent]) -> list[ErrorRow]:
    """Errors as the list shows them."""
    return [
        ErrorRow(each, clipped(each.message, LONGEST), clipped(each.causes[0].title, LONGEST) if each.causes else "")
        for each in events
    ]


def narrowed(visit: Visit, typed: Mapping[str, str]) -> list[Narrowing]:
    """The filters that came by a link from another page."""
    words = {"issue": "of one issue", "webhook": "of one webhook"}
    return [Narrowing(said, visit.with_query(**{name: None, "cursor": None})) for name, said in words.items() if name in typed]


def endpoint_names(visit: Visit, typed: Mapping[str, str]) -> list[str]:
    """What can be chosen: the configured endpoints, and whatever was asked for."""
    names = [each.name for each in visit.house.endpoints]
    chosen = typed.get("endpoint", "")
    return names if not chosen or chosen in names else [*names, chosen]


async def _export(journal: Journal, where: EventFilter, wanted: str) -> Response:
    found: list[dict[str, Any]] = []
    before = ""
    while len(found) < MOST_EXPORTED:
        events = await journal.events(where, AT_ONCE, before)
        found += await shaped(exported, events)
        if len(events) < AT_ONCE:
            break
        before = events[-1].id
    return await asyncio.to_thread(export, wanted, "errors", COLUMNS, found)


def exported(event: DebugEvent) -> dict[str, Any]:
    """An error as a file has it: the API's members, and some that a spreadsheet cannot take out of lists."""
    leading = event.causes[0] if event.causes else None
    return {
        **error_shape(event),
        "number": event.number,
        "issue_id": issue_of(event),
        "cause": leading.name if leading else "",
        "cause_title": leading.title if leading else "",
        "confidence": leading.confidence if leading else "",
    }


ROUTES = (PageRoute("GET", "/errors", show),)
