"""Event streams: the sinks and how they are doing, and the types of events that there are."""

from typing import Final

from starlette.responses import Response

from offhook.api.fields import TEXT, Field, one_of, read_query
from offhook.api.problems import Problem
from offhook.api.streams_sinks import sink_details
from offhook.console.asked import FORMAT, asked
from offhook.console.doorway import PageRoute
from offhook.console.exports import export
from offhook.console.stream_events import pretty
from offhook.console.stream_form import type_groups
from offhook.console.stream_view import STATES, SinkRow, export_rows, sink_rows
from offhook.console.trouble import of_filters
from offhook.console.visit import Visit

FILTERS: Final = (
    Field("state", "Only those in this state.", {"type": "string", "enum": list(STATES)}, one_of(STATES)),
    Field("q", "Only those in whose name, kind or id these words occur.", TEXT, read_query),
)
COLUMNS: Final = (
    "sid",
    "description",
    "type",
    "state",
    "status",
    "lag",
    "delivered",
    "parked",
    "last_success_at",
    "last_fault",
    "failing_since",
    "retry_at",
    "configuration",
    "subscription",
    "created_at",
    "updated_at",
)


async def show(visit: Visit) -> Response:
    """All sinks."""
    wanted = asked((*FILTERS, FORMAT), visit.request.query_params.multi_items())
    values = wanted.values
    desk = visit.house.streams
    sinks = await desk.sinks.all()
    subscriptions = {each.sink_sid: each for each in await desk.subscriptions.all()}
    every = sink_rows(sinks, subscriptions, {sink.sid: desk.status(sink.sid) for sink in sinks})
    rows = [row for row in every if matches(row, values.get("state", ""), values.get("q", ""))]
    if "format" in values:
        return export(values["format"], "sinks", COLUMNS, export_rows([dict(each) for each in await sink_details(desk)], rows))
    return visit.page(
        "streams.html",
        "Streams",
        live=True,
        trouble=of_filters(wanted.trouble, "/streams"),
        rows=rows,
        total=len(every),
        failing=sum(row.state in {"failing", "failed"} for row in every),
        parked=sum(row.doing.parked for row in every),
        behind=max((row.doing.lag for row in every), default=0),
        wanted=wanted.typed,
        states=STATES,
        kinds=desk.kinds,
    )


def matches(row: SinkRow, state: str, words: str) -> bool:
    """Whether a sink is one of those that are looked for."""
    text = f"{row.sink.description} {row.sink.type} {row.sink.sid}".casefold()
    return (not state or state == row.state) and all(word in text for word in words.casefold().split())


async def show_types(visit: Visit) -> Response:
    """The types of events."""
    return visit.page("stream_types.html", "Types of events", groups=type_groups(visit.house.streams.catalogue, {}))


async def show_type(visit: Visit) -> Response:
    """One type, with the schema of its data."""
    catalogue, name = visit.house.streams.catalogue, str(visit.request.path_params["type"])
    listed = catalogue.find(name)
    if listed is None:
        raise Problem(91202, f"There is no event type {name[:100]!r}.{catalogue.near(name)}")
    written = visit.query.get("version", str(listed.latest))
    if written not in set(map(str, listed.versions)):
        raise Problem(91202, f"{name} has no version {written[:20]}: it has {', '.join(map(str, listed.versions))}.")
    found = catalogue.schema(listed.schema_id, int(written))
    return visit.page(
        "stream_type.html", name, listed=listed, version=int(written), schema=pretty(found) if found is not None else ""
    )


ROUTES = (
    PageRoute("GET", "/streams", show),
    PageRoute("GET", "/streams/types", show_types),
    PageRoute("GET", "/streams/types/{type}", show_type),
)
