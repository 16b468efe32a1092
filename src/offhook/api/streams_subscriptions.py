"""Subscriptions and their event types by Twilio's Events API."""

from starlette.responses import Response

from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.streams_pages import answer_of, page_of, root_of
from offhook.api.streams_shapes import subscribed_shape, subscription_shape
from offhook.streams.model import Subscribed


async def list_stream_subscriptions(house: House, call: Call) -> Response:
    """A page of subscriptions, newest first."""
    sink_sid, root = call.values.get("SinkSid"), root_of(call.url)
    chosen = [each for each in await house.streams.subscriptions.all() if sink_sid in {None, each.sink_sid}]
    page = page_of(call, "subscriptions", chosen, lambda subscription: subscription.sid, descending=True)
    return json_answer(answer_of(page, lambda subscription: subscription_shape(subscription, root)))


async def create_stream_subscription(house: House, call: Call) -> Response:
    """Have events go to a sink."""
    values, desk = call.values, house.streams
    sink = await desk.sinks.get(values.get("SinkSid", ""))
    types = values.get("Types", ())
    subscription = await desk.subscriptions.create(values.get("Description", ""), sink, types, values.get("Filter", ""))
    return json_answer(subscription_shape(subscription, root_of(call.url)), 201)


async def fetch_stream_subscription(house: House, call: Call) -> Response:
    """One subscription."""
    return json_answer(subscription_shape(await house.streams.subscriptions.get(call.identifier), root_of(call.url)))


async def update_stream_subscription(house: House, call: Call) -> Response:
    """Change a subscription's description."""
    changed = await house.streams.subscriptions.describe(call.identifier, call.values.get("Description", ""))
    return json_answer(subscription_shape(changed, root_of(call.url)))


async def delete_stream_subscription(house: House, call: Call) -> Response:
    """End a subscription; its sink stays."""
    await house.streams.subscriptions.delete(call.identifier)
    return Response(status_code=204)


async def list_subscribed_events(house: House, call: Call) -> Response:
    """A page of a subscription's event types, by name."""
    subscription, root = await house.streams.subscriptions.get(call.identifier), root_of(call.url)
    page = page_of(call, "types", sorted(subscription.types, key=_name), _name)
    return json_answer(answer_of(page, lambda subscribed: subscribed_shape(subscription, subscribed, root)))


async def create_subscribed_event(house: House, call: Call) -> Response:
    """Add an event type to a subscription."""
    if not call.values.get("Type"):
        raise Problem(91201, "Give the Type that is to be added.")
    added = await house.streams.subscriptions.add(call.identifier, call.values["Type"], call.values.get("SchemaVersion"))
    return await _answer(house, call, added, 201)


async def fetch_subscribed_event(house: House, call: Call) -> Response:
    """One event type of a subscription."""
    return await _answer(house, call, await house.streams.subscriptions.subscribed(call.identifier, call.path["type"]))


async def update_subscribed_event(house: House, call: Call) -> Response:
    """Choose another version of an event type's schema."""
    version = call.values.get("SchemaVersion")
    return await _answer(house, call, await house.streams.subscriptions.set_version(call.identifier, call.path["type"], version))


async def delete_subscribed_event(house: House, call: Call) -> Response:
    """Take an event type out of a subscription."""
    await house.streams.subscriptions.remove(call.identifier, call.path["type"])
    return Response(status_code=204)


async def _answer(house: House, call: Call, subscribed: Subscribed, status: int = 200) -> Response:
    subscription = await house.streams.subscriptions.get(call.identifier)
    return json_answer(subscribed_shape(subscription, subscribed, root_of(call.url)), status)


def _name(subscribed: Subscribed) -> str:
    return subscribed.type
