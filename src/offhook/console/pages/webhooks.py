"""The list of webhooks: searched, filtered, walked by keys, taken along as a file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from offhook.api.fields import WEBHOOK_FILTERS, WEBHOOK_PAGE, Field, one_of, read_fields, webhook_filter
from offhook.api.problems import Problem
from offhook.console.doorway import PageRoute
from offhook.console.exports import FORMATS, csv_of
from offhook.console.listing import COLUMNS, as_input, exported, filter_words, kept_query, rows, tabs
from offhook.console.trouble import Trouble, of_filters
from offhook.console.visit import Visit
from offhook.ports import Journal
from offhook.records import State, Webhook, WebhookFilter

SHOWN: Final = 50
MOST_SHOWN: Final = 200
MOST_EXPORTED: Final = 10_000
BATCH: Final = 500
FORMAT: Final = Field("format", "The list as a file.", {"type": "string", "enum": list(FORMATS)}, one_of(FORMATS))
FIELDS: Final = (*WEBHOOK_FILTERS, *WEBHOOK_PAGE, FORMAT)


async def show(visit: Visit) -> Response:
    """A page of the list, or all of it as a file."""
    given = tuple((name, value) for name, value in visit.request.query_params.multi_items() if name != "said")
    try:
        values = read_fields(FIELDS, given)
    except Problem as problem:
        return await _page(visit, {}, (), of_filters(str(problem), "/webhooks"))
    if "format" in values:
        return _file(visit, values["format"], webhook_filter(values))
    return await _page(visit, values, given)


async def _page(
    visit: Visit, values: dict[str, Any], given: tuple[tuple[str, str], ...], trouble: Trouble | None = None
) -> Response:
    house, where = visit.house, webhook_filter(values)
    limit, cursor = min(values.get("limit", SHOWN), MOST_SHOWN), values.get("cursor", "")
    found, counts = await asyncio.gather(house.journal.webhooks(where, limit + 1, cursor), house.journal.counts())
    page = found[:limit]
    keep = kept_query(given)
    return visit.page(
        "webhooks.html",
        "Webhooks",
        live=not cursor,
        trouble=trouble,
        rows=await asyncio.to_thread(rows, page, keep),
        tabs=tabs("/webhooks", given, where, counts),
        where=where,
        words=filter_words(where),
        # What was typed stays in the form, also where it could not be read.
        typed=visit.query,
        since=as_input(where.since),
        until=as_input(where.until),
        endpoints=sorted({each.name for each in house.endpoints} | set(counts)),
        export=f"/webhooks?{keep}",
        keep=keep,
        replayable=_replayable(where),
        first=visit.with_query(cursor=None) if cursor else "",
        next=visit.with_query(cursor=page[-1].id) if len(found) > limit else "",
        is_empty=not any(sum(states.values()) for states in counts.values()),
        addresses=house.addresses(),
    )


def _replayable(where: WebhookFilter) -> bool:
    """Whether "replay all" means something here: an open list means its failed ones."""
    return not where.states or any(state not in {State.WAITING, State.DELIVERING} for state in where.states)


# -- as a file


def _file(visit: Visit, wanted: str, where: WebhookFilter) -> Response:
    content = _csv(visit.house.journal, where) if wanted == "csv" else _json(visit.house.journal, where)
    kind = "text/csv; charset=utf-8" if wanted == "csv" else "application/json"
    return StreamingResponse(
        content, headers={"content-type": kind, "content-disposition": f'attachment; filename="webhooks.{wanted}"'}
    )


async def _csv(journal: Journal, where: WebhookFilter) -> AsyncIterator[bytes]:
    head = csv_of(COLUMNS, ())
    yield head
    async for batch in _batches(journal, where):
        yield csv_of(COLUMNS, batch)[len(head) :]


async def _json(journal: Journal, where: WebhookFilter) -> AsyncIterator[bytes]:
    before = b"[\n"
    async for batch in _batches(journal, where):
        yield before + b",\n".join(msgspec.json.encode(each) for each in batch)
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


async def _batches(journal: Journal, where: WebhookFilter) -> AsyncIterator[list[dict[str, Any]]]:
    """The newest that the filter means, a batch at a time: answers to the provider go first."""
    before, left = "", MOST_EXPORTED
    while left > 0 and (found := await journal.webhooks(where, min(BATCH, left), before)):
        yield await asyncio.to_thread(_rows, found)
        before, left = found[-1].id, left - len(found)


def _rows(webhooks: Sequence[Webhook]) -> list[dict[str, Any]]:
    return [exported(each) for each in webhooks]


ROUTES = (PageRoute("GET", "/webhooks", show),)
