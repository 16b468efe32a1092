"""What the API shows of event streams, as types: the OpenAPI document is made from them, and `streams_shapes` makes values of them."""

from typing import Any, TypedDict

from offhook.api.alert_shapes import Paging
from offhook.streams.model import SinkStatus


class StreamSink(TypedDict):
    """One sink as Twilio has it. Of its secrets the last four characters are shown at most."""

    sid: str
    description: str
    sink_type: str
    sink_configuration: dict[str, Any]
    status: SinkStatus
    date_created: str
    date_updated: str
    url: str
    links: dict[str, str]


class StreamSinkPage(TypedDict):
    """Sinks, newest first."""

    sinks: list[StreamSink]
    meta: Paging


class StreamResult(TypedDict):
    """What came of a test (`submitted`) or of a validation (`valid`)."""

    result: str


class StreamSubscription(TypedDict):
    """One subscription as Twilio has it, and its filter, null where it has none."""

    sid: str
    account_sid: str | None
    description: str
    sink_sid: str
    filter: str | None
    date_created: str
    date_updated: str
    url: str
    links: dict[str, str]


class StreamSubscriptionPage(TypedDict):
    """Subscriptions, newest first."""

    subscriptions: list[StreamSubscription]
    meta: Paging


class StreamSubscribedEvent(TypedDict):
    """One event type of a subscription."""

    account_sid: str | None
    subscription_sid: str
    type: str
    schema_version: int
    url: str


class StreamSubscribedEventPage(TypedDict):
    """The event types of a subscription, by name."""

    types: list[StreamSubscribedEvent]
    meta: Paging


class StreamType(TypedDict):
    """One event type that can be subscribed to."""

    type: str
    schema_id: str
    description: str
    status: str
    documentation_url: str | None
    date_created: str
    date_updated: str
    url: str
    links: dict[str, str]


class StreamTypePage(TypedDict):
    """Event types, by name."""

    types: list[StreamType]
    meta: Paging


class StreamSchema(TypedDict):
    """The schema of event types."""

    id: str
    latest_version: int
    latest_version_date_created: str
    url: str
    links: dict[str, str]


class StreamSchemaVersion(TypedDict):
    """One version of a schema; `raw` is where the JSON Schema itself is."""

    id: str
    schema_version: int
    date_created: str
    url: str
    raw: str


class StreamSchemaVersionPage(TypedDict):
    """The versions of a schema, the first one first."""

    schema_versions: list[StreamSchemaVersion]
    meta: Paging


class SubscribedType(TypedDict):
    """One event type of a subscription, in a version of its schema."""

    type: str
    schema_version: int


class SinkSubscription(TypedDict):
    """What goes to a sink; `filter` is "" where it is everything of these types."""

    sid: str
    description: str
    filter: str
    types: list[SubscribedType]


class SinkFault(TypedDict):
    """Why a sink has not taken events: a code of 91302 to 91308."""

    code: int
    message: str
    retry: bool


class SinkDetail(TypedDict):
    """One sink with what goes to it and how it is doing.

    `lag`: rows of the journal that it has still to be told of, at most; `delivered`: events that it has taken since the start; `parked`:
    events that it has refused for good, and the rows of the stretches that were put aside while it was away.
    """

    sid: str
    type: str
    description: str
    status: SinkStatus
    configuration: dict[str, Any]
    created_at: str
    updated_at: str
    subscription: SinkSubscription | None
    lag: int
    delivered: int
    parked: int
    last_success_at: str | None
    last_fault: SinkFault | None
    failing_since: str | None
    retry_at: str | None


class SinkList(TypedDict):
    """Sinks, newest first."""

    sinks: list[SinkDetail]


class SinkTested(TypedDict):
    """What came of a test event: `taken`, `failed` with its fault, or `submitted` while that is not known."""

    result: str
    fault: SinkFault | None


class SinkReplay(TypedDict):
    """Events that go to a sink once more: `waiting`, `running`, `completed` or `failed`; `done` is how many have gone."""

    id: str
    created_at: str
    state: str
    done: int
    note: str


class SinkReplayList(TypedDict):
    """Replays, newest first."""

    replays: list[SinkReplay]


class SinkReplayBegun(TypedDict):
    """A replay that has begun."""

    id: str
    state: str


class ParkedEvents(TypedDict):
    """Events that a sink has refused for good: one (`event` is its id), or all of `rows` rows of the journal."""

    id: str
    at: str
    code: int
    message: str
    event: str
    type: str
    rows: int


class ParkedPage(TypedDict):
    """Parked events, the oldest first."""

    parked: list[ParkedEvents]
    next_cursor: str | None


class SinkKindField(TypedDict):
    """One key of a sink's configuration."""

    name: str
    meaning: str
    required: bool
    secret: bool
    default: Any


class SinkKindDetail(TypedDict):
    """A type of sinks."""

    name: str
    meaning: str
    extra: str
    fields: list[SinkKindField]


class SinkKindList(TypedDict):
    """The types of sinks that there are."""

    kinds: list[SinkKindDetail]
