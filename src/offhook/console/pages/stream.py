"""One sink: how it is, what it is, its test, what it has refused, and what goes out again."""

from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.responses import Response

from offhook.api.fields import DEFAULT_LIMIT, MAX_LIMIT, TEXT, Field, read_fields, read_query
from offhook.api.operation import Call
from offhook.api.problems import CODES, Problem
from offhook.api.streams_fields import PARKED_PAGE, SINK_REPLAY
from offhook.api.streams_shapes import parked_shape
from offhook.api.streams_sinks import replay_sink
from offhook.console.asked import FORMAT, asked
from offhook.console.doorway import PageRoute
from offhook.console.exports import export
from offhook.console.stream_events import parked_event, pretty
from offhook.console.stream_view import (
    FAULT_CODES,
    UNDER_WAY,
    configuration_rows,
    faults_of,
    parked_row,
    replay_words,
    state_of,
    told,
)
from offhook.console.trouble import NOT_CHANGED, Trouble, of_filters, trouble_of
from offhook.console.visit import Visit
from offhook.records import DebugEvent, EventFilter
from offhook.streams.carrier import SinkState
from offhook.streams.model import Sink, SinkStatus, Subscription
from offhook.streams.refused import RefusedError
from offhook.streams.shelves import Parked, Replay, one, parked_shelf

SHOWN: Final = 10
FAULTS: Final = 20
FAULTS_WITHIN: Final = 7 * 86_400.0
_OF_EACH_CODE: Final = 50
_QUERY: Final = (
    Field("tested", "What came of the test.", TEXT, read_query),
    Field("events", "The events that were wanted.", TEXT, str),
)
PARKED_COLUMNS: Final = ("id", "at", "code", "message", "event", "type", "rows")


async def subscription_of(visit: Visit, sink: Sink) -> Subscription | None:
    """What goes to a sink; None where nothing does."""
    return next((each for each in await visit.house.streams.subscriptions.all() if each.sink_sid == sink.sid), None)


async def show(visit: Visit) -> Response:
    """One sink."""
    given = [(name, value) for name, value in visit.request.query_params.multi_items() if name != "said"]
    return await _page(visit, read_fields(_QUERY, given))


async def _page(
    visit: Visit, wanted: dict[str, Any], *, trouble: Trouble | None = None, typed: dict[str, str] | None = None
) -> Response:
    desk, now = visit.house.streams, visit.house.clock.now()
    sink = await desk.sinks.get(visit.identifier)
    subscription, doing = await subscription_of(visit, sink), desk.status(sink.sid)
    parked = list(await desk.parked(sink.sid, SHOWN + 1))
    return visit.page(
        "stream.html",
        sink.description or sink.sid,
        live=True,
        sink=sink,
        state=state_of(sink, subscription, doing),
        told=told(sink, subscription, doing, now),
        doing=doing,
        subscription=subscription,
        configuration=configuration_rows(desk.sinks.shown(sink)),
        needs_test=sink.status is not SinkStatus.ACTIVE,
        tested=wanted.get("tested", ""),
        untaken=_untaken(doing),
        events=dict_of_events(wanted.get("events", "")),
        parked=[(entry, parked_row(entry)) for entry in parked[:SHOWN]],
        more_parked=len(parked) > SHOWN,
        faults=await _faults(visit, sink),
        replays=await _replays(visit, sink),
        running=UNDER_WAY,
        trouble=trouble,
        typed=typed or {},
    )


def _untaken(doing: SinkState) -> Trouble:
    """What is said of a test event that the sink has refused."""
    fault = doing.last_fault
    why = f"{fault.message} (code {fault.code})" if fault else "It has not said why."
    return Trouble("It has not taken the test event", why, 200, [("See how it is set up", "#what")])


def dict_of_events(text: str) -> list[tuple[str, str]]:
    """The choice of events that could not be saved before the sink was proved, to go on with."""
    try:
        return parse_qsl(text, max_num_fields=200)
    except ValueError:
        return []


async def _faults(visit: Visit, sink: Sink) -> list[DebugEvent]:
    """What has been told of a sink's failures lately."""
    since = visit.house.clock.now() - FAULTS_WITHIN
    found: list[DebugEvent] = []
    for code in FAULT_CODES:
        found += await visit.house.journal.events(EventFilter(code=code, since=since), _OF_EACH_CODE)
    return faults_of(sink, found, FAULTS)


async def _replays(visit: Visit, sink: Sink) -> list[tuple[Replay, str]]:
    return [(each, replay_words(each)) for each in list(await visit.house.streams.replays(sink.sid))[:SHOWN]]


# -- the test


async def test(visit: Visit) -> Response:
    """Send it a test event; one that is not active yet is by taking it."""
    desk = visit.house.streams
    sink = await desk.sinks.get(visit.identifier)
    delivery = await desk.sinks.test(sink.sid, activate=sink.status is not SinkStatus.ACTIVE)
    outcome = "late" if delivery is None else "taken" if delivery.fault is None else "failed"
    return visit.back(f"/streams/{sink.sid}?tested={outcome}")


async def validate(visit: Visit) -> Response:
    """Make it active by the id that came with the test event."""
    try:
        await visit.house.streams.sinks.validate(visit.identifier, visit.value("test_id").strip())
    except RefusedError as refusal:
        if CODES[refusal.code].status == 404:
            raise
        return await _page(visit, {}, trouble=trouble_of(refusal, NOT_CHANGED), typed={"test_id": visit.value("test_id")})
    return visit.back(f"/streams/{visit.identifier}", "The sink is active: events can go there.")


# -- its name, and its end


async def describe(visit: Visit) -> Response:
    """Call it something else."""
    try:
        await visit.house.streams.sinks.describe(visit.identifier, visit.value("description").strip())
    except RefusedError as refusal:
        if CODES[refusal.code].status == 404:
            raise
        return await _page(visit, {}, trouble=trouble_of(refusal, NOT_CHANGED), typed={"description": visit.value("description")})
    return visit.back(f"/streams/{visit.identifier}", "It has its new name.")


async def ask_delete(visit: Visit) -> Response:
    """Whether it is really to go."""
    sink = await visit.house.streams.sinks.get(visit.identifier)
    subscription, doing = await subscription_of(visit, sink), visit.house.streams.status(sink.sid)
    return visit.page("stream_delete.html", f"Delete {sink.description}", sink=sink, subscription=subscription, doing=doing)


async def delete(visit: Visit) -> Response:
    """Take it away, with what goes there."""
    desk = visit.house.streams
    sink = await desk.sinks.get(visit.identifier)
    subscription = await subscription_of(visit, sink)
    if subscription is not None:
        await desk.subscriptions.delete(subscription.sid)
    await desk.sinks.delete(sink.sid)
    return visit.back("/streams", f"The sink {sink.description} is deleted.")


# -- again


async def replay(visit: Visit) -> Response:
    """Have events go there once more: of a time, or those that were put aside."""
    given = [(name, value) for name, value in visit.form if name != "csrf"]
    try:
        await replay_sink(visit.house, Call(visit.identifier, read_fields(SINK_REPLAY, given)))
    except (Problem, RefusedError) as problem:
        if CODES[problem.code].status == 404:
            raise
        trouble = trouble_of(problem, NOT_CHANGED)
        return await _page(visit, {}, trouble=trouble._replace(what=_plain(trouble.what)), typed=dict(given))
    return visit.back(f"/streams/{visit.identifier}#again")


async def show_replays(visit: Visit) -> Response:
    """The piece of the page that says how far the replays have come: it asks for itself again until they are through."""
    sink = await visit.house.streams.sinks.get(visit.identifier)
    return visit.part("stream_replays.html", sink=sink, replays=await _replays(visit, sink), running=UNDER_WAY)


def _plain(said: str) -> str:
    for name, label in (("'since'", "From"), ("'until'", "Until")):
        said = said.replace(f"Parameter {name}", f"“{label}”")
    return said.replace(
        "Give `since`, from when on events are to go out again, or `parked`.", "Say from when on events are to go out again."
    ).replace("'until'", "“Until”")


# -- what it has refused


async def show_parked(visit: Visit) -> Response:
    """All that it has refused for good."""
    wanted = asked((*PARKED_PAGE, FORMAT), visit.request.query_params.multi_items())
    values = wanted.values
    desk = visit.house.streams
    sink = await desk.sinks.get(visit.identifier)
    limit = MAX_LIMIT if "format" in values else values.get("limit", DEFAULT_LIMIT)
    found = list(await desk.parked(sink.sid, limit + 1, values.get("cursor", "")))
    if "format" in values:
        return export(values["format"], "parked-events", PARKED_COLUMNS, map(dict, map(parked_shape, found[:limit])))
    return visit.page(
        "stream_parked.html",
        f"Put aside: {sink.description}",
        trouble=of_filters(wanted.trouble, f"/streams/{sink.sid}/parked"),
        sink=sink,
        rows=[(entry, parked_row(entry)) for entry in found[:limit]],
        next=visit.with_query(cursor=found[limit - 1].id) if len(found) > limit else "",
        first=visit.with_query(cursor=None) if "cursor" in values else "",
    )


async def show_parked_one(visit: Visit) -> Response:
    """One event that it has refused for good."""
    sink = await visit.house.streams.sinks.get(visit.identifier)
    identifier = str(visit.request.path_params["entry"])
    entry = await one(visit.house.journal, parked_shelf(sink.sid), identifier, Parked)
    if entry is None:
        raise Problem(20404, "It is not put aside any more: it has been delivered again, or cleaned away.")
    subscription = await subscription_of(visit, sink)
    event = await parked_event(visit.house.journal, subscription, entry) if subscription is not None else None
    return visit.page(
        "stream_parked_one.html",
        parked_row(entry),
        sink=sink,
        entry=entry,
        what=parked_row(entry),
        body=pretty(event.body) if event is not None else "",
    )


ROUTES = (
    PageRoute("GET", "/streams/{id}", show),
    PageRoute("POST", "/streams/{id}/test", test, audit="sink tested"),
    PageRoute("POST", "/streams/{id}/validate", validate, audit="sink validated"),
    PageRoute("POST", "/streams/{id}/name", describe, audit="sink named"),
    PageRoute("GET", "/streams/{id}/delete", ask_delete),
    PageRoute("POST", "/streams/{id}/delete", delete, audit="sink deleted"),
    PageRoute("GET", "/streams/{id}/replays", show_replays),
    PageRoute("POST", "/streams/{id}/replay", replay, audit="sink replayed"),
    PageRoute("GET", "/streams/{id}/parked", show_parked),
    PageRoute("GET", "/streams/{id}/parked/{entry}", show_parked_one),
)
