"""Sinks by Twilio's Events API, so that programs written for `client.events.v1.sinks` work with ours, and by our own."""

from functools import partial

from starlette.responses import Response

from offhook.api.fields import DEFAULT_LIMIT
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.streams_pages import answer_of, page_of, root_of
from offhook.api.streams_resources import SinkDetail, StreamSink
from offhook.api.streams_shapes import (
    kind_shape,
    parked_shape,
    replay_shape,
    sink_detail,
    sink_shape,
    tested_shape,
)
from offhook.streams.desk import Desk
from offhook.streams.model import Sink, Subscription


async def list_stream_sinks(house: House, call: Call) -> Response:
    """A page of sinks, newest first."""
    sinks, used = await house.streams.sinks.all(), await house.streams.sinks.used()
    in_use, status = call.values.get("InUse"), call.values.get("Status")
    chosen = [each for each in sinks if in_use in {None, each.sid in used} and status in {None, each.status}]
    page = page_of(call, "sinks", chosen, lambda sink: sink.sid, descending=True)
    return json_answer(answer_of(page, partial(_shape, house, root_of(call.url))))


async def create_stream_sink(house: House, call: Call) -> Response:
    """Make a sink."""
    values = call.values
    configuration = values.get("SinkConfiguration", {})
    sink = await house.streams.sinks.create(values.get("Description", ""), values.get("SinkType", ""), configuration)
    return json_answer(_shape(house, root_of(call.url), sink), 201)


async def fetch_stream_sink(house: House, call: Call) -> Response:
    """One sink."""
    return json_answer(_shape(house, root_of(call.url), await house.streams.sinks.get(call.identifier)))


async def update_stream_sink(house: House, call: Call) -> Response:
    """Change a sink's description."""
    sink = await house.streams.sinks.describe(call.identifier, call.values.get("Description", ""))
    return json_answer(_shape(house, root_of(call.url), sink))


async def delete_stream_sink(house: House, call: Call) -> Response:
    """Delete a sink that no subscription uses."""
    await house.streams.sinks.delete(call.identifier)
    return Response(status_code=204)


async def test_stream_sink(house: House, call: Call) -> Response:
    """Send a sink a test event."""
    await house.streams.sinks.test(call.identifier)
    return json_answer({"result": "submitted"}, 201)


async def validate_stream_sink(house: House, call: Call) -> Response:
    """Make a sink active by the id that came with its test event."""
    await house.streams.sinks.validate(call.identifier, call.values.get("TestId", ""))
    return json_answer({"result": "valid"}, 201)


async def list_sinks(house: House, _: Call) -> Response:
    """All sinks with what goes to them and how they are doing."""
    return json_answer({"sinks": await sink_details(house.streams)})


async def get_sink(house: House, call: Call) -> Response:
    """One of them."""
    sink = await house.streams.sinks.get(call.identifier)
    subscriptions = {each.sink_sid: each for each in await house.streams.subscriptions.all()}
    return json_answer(_detail(house.streams, sink, subscriptions.get(sink.sid)))


async def list_sink_kinds(house: House, _: Call) -> Response:
    """The types of sinks, with the keys of their configurations."""
    return json_answer({"kinds": [kind_shape(kind) for kind in house.streams.kinds]})


async def test_sink(house: House, call: Call) -> Response:
    """Send a sink a test event, and say what came of it."""
    activate = bool(call.values.get("activate"))
    return json_answer(tested_shape(await house.streams.sinks.test(call.identifier, activate=activate)))


async def replay_sink(house: House, call: Call) -> Response:
    """Have events go to a sink again."""
    since, until, parked = (call.values.get(name) for name in ("since", "until", "parked"))
    if not parked and since is None:
        raise Problem(20001, "Give `since`, from when on events are to go out again, or `parked`.")
    if since is not None and until is not None and not since < until:
        raise Problem(20001, "Parameter 'since' must be a time before 'until'.")
    replay = await house.streams.replay(call.identifier, since, until, parked=bool(parked))
    return json_answer({"id": replay.id, "state": replay.state}, 202)


async def list_sink_replays(house: House, call: Call) -> Response:
    """The replays to a sink, the newest first."""
    return json_answer({"replays": [replay_shape(each) for each in await house.streams.replays(call.identifier)]})


async def list_parked(house: House, call: Call) -> Response:
    """A page of the events that a sink has refused for good, the oldest first."""
    limit = call.values.get("limit", DEFAULT_LIMIT)
    found = await house.streams.parked(call.identifier, limit + 1, call.values.get("cursor", ""))
    page = found[:limit]
    return json_answer(
        {"parked": [parked_shape(each) for each in page], "next_cursor": page[-1].id if len(found) > limit else None}
    )


async def sink_details(desk: Desk) -> list[SinkDetail]:
    """All sinks as our API shows them, newest first."""
    subscriptions = {each.sink_sid: each for each in await desk.subscriptions.all()}
    return [_detail(desk, sink, subscriptions.get(sink.sid)) for sink in await desk.sinks.all()]


def _detail(desk: Desk, sink: Sink, subscription: Subscription | None) -> SinkDetail:
    return sink_detail(sink, desk.sinks.shown(sink), subscription, desk.status(sink.sid))


def _shape(house: House, root: str, sink: Sink) -> StreamSink:
    return sink_shape(sink, house.streams.sinks.shown(sink), root)
