"""The paths of event streams: Twilio's Events API below two bases, and our own for sinks."""

import re
from collections.abc import Iterator
from typing import Final

from offhook.api import streams_fields as fields
from offhook.api import streams_registry as registry
from offhook.api import streams_resources as resources
from offhook.api import streams_sinks as sinks
from offhook.api import streams_subscriptions as subscriptions
from offhook.api.operation import Operation

_CHANGE = (20003, 20408, 20413, 20415, 20503)
_SINK = (91001, 91006, 20503)
_TYPES = (91101, 91103, 91104, 91201)


_SUBSCRIPTION: Final = "/Subscriptions/{id}"
_EVENTS, _EVENT = f"{_SUBSCRIPTION}/SubscribedEvents", f"{_SUBSCRIPTION}/SubscribedEvents/{{type}}"
_VERSIONS, _VERSION = "/Schemas/{id}/Versions", "/Schemas/{id}/Versions/{version}"

_SINKS: Final = (
    Operation(
        "GET",
        "/Sinks",
        "List sinks, newest first.",
        sinks.list_stream_sinks,
        resources.StreamSinkPage,
        query=(*fields.SINK_FILTERS, *fields.STREAM_PAGE),
        problems=(91002, 91201, 20503),
    ),
    Operation(
        "POST",
        "/Sinks",
        "Make a sink. Secrets among its configuration are moved out of sight, and answers show their last four characters at most.",
        sinks.create_stream_sink,
        resources.StreamSink,
        201,
        form=fields.SINK_DRAFT,
        problems=(91000, 91003, *_CHANGE),
        audit="sink made",
    ),
    Operation("GET", "/Sinks/{id}", "Show a sink.", sinks.fetch_stream_sink, resources.StreamSink, problems=_SINK),
    Operation(
        "POST",
        "/Sinks/{id}",
        "Change a sink's description.",
        sinks.update_stream_sink,
        resources.StreamSink,
        form=fields.SINK_CHANGE,
        problems=(91201, *_SINK, *_CHANGE),
        audit="sink named",
    ),
    Operation(
        "DELETE",
        "/Sinks/{id}",
        "Delete a sink that no subscription uses.",
        sinks.delete_stream_sink,
        None,
        204,
        problems=(91007, *_SINK, 20003),
        audit="sink deleted",
    ),
    Operation(
        "POST",
        "/Sinks/{id}/Test",
        "Send a sink a test event.",
        sinks.test_stream_sink,
        resources.StreamResult,
        201,
        problems=(*_SINK, 20003),
        audit="sink tested",
    ),
    Operation(
        "POST",
        "/Sinks/{id}/Validate",
        "Make a sink active by the `test_id` of its test event.",
        sinks.validate_stream_sink,
        resources.StreamResult,
        201,
        form=fields.SINK_PROOF,
        problems=(91004, 91005, 91201, *_SINK, *_CHANGE),
        audit="sink validated",
    ),
)

_SUBSCRIPTIONS: Final = (
    Operation(
        "GET",
        "/Subscriptions",
        "List subscriptions, newest first.",
        subscriptions.list_stream_subscriptions,
        resources.StreamSubscriptionPage,
        query=(*fields.SUBSCRIPTION_FILTERS, *fields.STREAM_PAGE),
        problems=(91002, 91006, 20503),
    ),
    Operation(
        "POST",
        "/Subscriptions",
        "Have events of some types go to a sink.",
        subscriptions.create_stream_subscription,
        resources.StreamSubscription,
        201,
        form=fields.SUBSCRIPTION_DRAFT,
        problems=(91100, *_TYPES, *_SINK, *_CHANGE),
        audit="subscription made",
    ),
    Operation(
        "GET",
        _SUBSCRIPTION,
        "Show a subscription.",
        subscriptions.fetch_stream_subscription,
        resources.StreamSubscription,
        problems=(91102, 20503),
    ),
    Operation(
        "POST",
        _SUBSCRIPTION,
        "Change a subscription's description.",
        subscriptions.update_stream_subscription,
        resources.StreamSubscription,
        form=fields.SUBSCRIPTION_CHANGE,
        problems=(91102, 91201, *_CHANGE),
        audit="subscription changed",
    ),
    Operation(
        "DELETE",
        _SUBSCRIPTION,
        "End a subscription; its sink stays.",
        subscriptions.delete_stream_subscription,
        None,
        204,
        problems=(91102, 20003, 20503),
        audit="subscription ended",
    ),
)

_SUBSCRIBED: Final = (
    Operation(
        "GET",
        _EVENTS,
        "List the event types of a subscription, by name.",
        subscriptions.list_subscribed_events,
        resources.StreamSubscribedEventPage,
        query=fields.STREAM_PAGE,
        problems=(91002, 91102, 20503),
    ),
    Operation(
        "POST",
        _EVENTS,
        "Add an event type to a subscription.",
        subscriptions.create_subscribed_event,
        resources.StreamSubscribedEvent,
        201,
        form=fields.SUBSCRIBED_DRAFT,
        problems=(91102, *_TYPES, *_CHANGE),
        audit="subscription changed",
    ),
    Operation(
        "GET",
        _EVENT,
        "Show an event type of a subscription.",
        subscriptions.fetch_subscribed_event,
        resources.StreamSubscribedEvent,
        problems=(91102, 91202, 20503),
    ),
    Operation(
        "POST",
        _EVENT,
        "Choose another version of an event type's schema.",
        subscriptions.update_subscribed_event,
        resources.StreamSubscribedEvent,
        form=fields.SUBSCRIBED_CHANGE,
        problems=(91102, 91104, 91202, *_CHANGE),
        audit="subscription changed",
    ),
    Operation(
        "DELETE",
        _EVENT,
        "Take an event type out of a subscription; the last one stays.",
        subscriptions.delete_subscribed_event,
        None,
        204,
        problems=(91102, 91103, 91202, 20003, 20503),
        audit="subscription changed",
    ),
)

_REGISTRY: Final = (
    Operation(
        "GET",
        "/Types",
        "List the event types that can be subscribed to, by name.",
        registry.list_stream_types,
        resources.StreamTypePage,
        query=(*fields.TYPE_FILTERS, *fields.STREAM_PAGE),
        problems=(91002,),
    ),
    Operation("GET", "/Types/{type}", "Show an event type.", registry.fetch_stream_type, resources.StreamType, problems=(91202,)),
    Operation("GET", "/Schemas/{id}", "Show a schema.", registry.fetch_schema, resources.StreamSchema, problems=(91202,)),
    Operation(
        "GET",
        _VERSIONS,
        "List the versions of a schema.",
        registry.list_schema_versions,
        resources.StreamSchemaVersionPage,
        query=fields.STREAM_PAGE,
        problems=(91002, 91202),
    ),
    Operation(
        "GET",
        _VERSION,
        "Show a version of a schema.",
        registry.fetch_schema_version,
        resources.StreamSchemaVersion,
        problems=(91202,),
    ),
    Operation(
        "GET",
        f"{_VERSION}/raw",
        "Show the JSON Schema of a version.",
        registry.fetch_raw_schema,
        None,
        problems=(91202,),
        media_type=registry.SCHEMA_TYPE,
    ),
)


def is_of_streams(path: str) -> bool:
    """Whether a path is one of Twilio's Events API."""
    return re.match(r"(/events)?/v1/(Sinks|Subscriptions|Types|Schemas)(/|$)", path) is not None


def streams_below(base: str, alias: str = "") -> Iterator[Operation]:
    """Twilio's Events API below a path: what an SDK asks for when its base URL ends with that path."""
    for operation in (*_SINKS, *_SUBSCRIPTIONS, *_SUBSCRIBED, *_REGISTRY):
        yield operation._replace(path=f"{base}/v1{operation.path}", alias=alias)


STREAM_OPERATIONS: Final = (
    *streams_below("/events"),
    *streams_below("", "_at_root"),
    Operation(
        "GET",
        "/api/sinks",
        "List sinks with what goes to them and how they are doing.",
        sinks.list_sinks,
        resources.SinkList,
        problems=(20503,),
    ),
    Operation("GET", "/api/sinks/{id}", "Show one of them.", sinks.get_sink, resources.SinkDetail, problems=_SINK),
    Operation(
        "GET",
        "/api/sink-kinds",
        "List the types of sinks with the keys of their configurations.",
        sinks.list_sink_kinds,
        resources.SinkKindList,
    ),
    Operation(
        "POST",
        "/api/sinks/{id}/replay",
        "Have the events of a time go to a sink again, or with `parked` those that it has refused (in that time, where one is given).",
        sinks.replay_sink,
        resources.SinkReplayBegun,
        202,
        fields.SINK_REPLAY,
        fields.SINK_REPLAY,
        (20409, *_SINK, *_CHANGE),
        audit="sink replayed",
    ),
    Operation(
        "GET",
        "/api/sinks/{id}/replays",
        "List the replays to a sink, newest first.",
        sinks.list_sink_replays,
        resources.SinkReplayList,
        problems=_SINK,
    ),
    Operation(
        "POST",
        "/api/sinks/{id}/test",
        "Send a sink a test event, and say what came of it.",
        sinks.test_sink,
        resources.SinkTested,
        query=fields.SINK_TEST,
        body=fields.SINK_TEST,
        problems=(*_SINK, *_CHANGE),
        audit="sink tested",
    ),
    Operation(
        "GET",
        "/api/sinks/{id}/parked",
        "List the events that a sink has refused for good, the oldest first.",
        sinks.list_parked,
        resources.ParkedPage,
        query=fields.PARKED_PAGE,
        problems=_SINK,
    ),
)
