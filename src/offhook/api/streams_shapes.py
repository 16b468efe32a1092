"""Sinks, subscriptions, types and schemas as Twilio's Events API shows them, and sinks as ours does. Pure.

Twilio's times have whole seconds: the SDKs read no others.
"""

from datetime import UTC, datetime
from typing import Any

from offhook.api.shapes import iso, iso_or_none
from offhook.api.streams_resources import (
    ParkedEvents,
    SinkDetail,
    SinkFault,
    SinkKindDetail,
    SinkKindField,
    SinkReplay,
    SinkSubscription,
    SinkTested,
    StreamSchema,
    StreamSchemaVersion,
    StreamSink,
    StreamSubscribedEvent,
    StreamSubscription,
    StreamType,
)
from offhook.streams.carrier import SinkState
from offhook.streams.catalogue import PUBLISHED, ListedType
from offhook.streams.model import Delivery, Fault, Sink, SinkKind, Subscribed, Subscription
from offhook.streams.shelves import Parked, Replay


def _at(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sink_shape(sink: Sink, configuration: dict[str, Any], root: str) -> StreamSink:
    """One sink as Twilio shows it. `configuration` is without secrets, `root` the URL that the API begins with."""
    url = f"{root}/Sinks/{sink.sid}"
    return {
        "sid": sink.sid,
        "description": sink.description,
        "sink_type": sink.type,
        "sink_configuration": configuration,
        "status": sink.status,
        "date_created": _at(sink.created_at),
        "date_updated": _at(sink.updated_at),
        "url": url,
        "links": {"sink_test": f"{url}/Test", "sink_validate": f"{url}/Validate"},
    }


def subscription_shape(subscription: Subscription, root: str) -> StreamSubscription:
    """One subscription as Twilio shows it."""
    url = f"{root}/Subscriptions/{subscription.sid}"
    return {
        "sid": subscription.sid,
        "account_sid": subscription.account_sid or None,
        "description": subscription.description,
        "sink_sid": subscription.sink_sid,
        "filter": subscription.filter or None,
        "date_created": _at(subscription.created_at),
        "date_updated": _at(subscription.updated_at),
        "url": url,
        "links": {"subscribed_events": f"{url}/SubscribedEvents"},
    }


def subscribed_shape(subscription: Subscription, subscribed: Subscribed, root: str) -> StreamSubscribedEvent:
    """One event type of a subscription."""
    return {
        "account_sid": subscription.account_sid or None,
        "subscription_sid": subscription.sid,
        "type": subscribed.type,
        "schema_version": subscribed.schema_version,
        "url": f"{root}/Subscriptions/{subscription.sid}/SubscribedEvents/{subscribed.type}",
    }


def type_shape(listed: ListedType, root: str) -> StreamType:
    """One event type."""
    return {
        "type": listed.name,
        "schema_id": listed.schema_id,
        "description": listed.description,
        "status": listed.status,
        "documentation_url": None,
        "date_created": _at(listed.created_at),
        "date_updated": _at(listed.created_at),
        "url": f"{root}/Types/{listed.name}",
        "links": {"schema": f"{root}/Schemas/{listed.schema_id}/Versions"},
    }


def schema_shape(schema_id: str, latest: int, root: str) -> StreamSchema:
    """One schema."""
    url = f"{root}/Schemas/{schema_id}"
    return {
        "id": schema_id,
        "latest_version": latest,
        "latest_version_date_created": _at(PUBLISHED),
        "url": url,
        "links": {"versions": f"{url}/Versions"},
    }


def version_shape(schema_id: str, version: int, root: str) -> StreamSchemaVersion:
    """One version of a schema."""
    url = f"{root}/Schemas/{schema_id}/Versions/{version}"
    return {"id": schema_id, "schema_version": version, "date_created": _at(PUBLISHED), "url": url, "raw": f"{url}/raw"}


def sink_detail(sink: Sink, configuration: dict[str, Any], subscription: Subscription | None, state: SinkState) -> SinkDetail:
    """One sink as our API shows it."""
    fault = state.last_fault
    return {
        "sid": sink.sid,
        "type": sink.type,
        "description": sink.description,
        "status": sink.status,
        "configuration": configuration,
        "created_at": iso(sink.created_at),
        "updated_at": iso(sink.updated_at),
        "subscription": None if subscription is None else _subscription(subscription),
        "lag": state.lag,
        "delivered": state.delivered,
        "parked": state.parked,
        "last_success_at": iso_or_none(state.last_success_at),
        "last_fault": None if fault is None else fault_shape(fault),
        "failing_since": iso_or_none(state.failing_since),
        "retry_at": iso_or_none(state.retry_at),
    }


def _subscription(subscription: Subscription) -> SinkSubscription:
    return {
        "sid": subscription.sid,
        "description": subscription.description,
        "filter": subscription.filter,
        "types": [{"type": each.type, "schema_version": each.schema_version} for each in subscription.types],
    }


def parked_shape(entry: Parked) -> ParkedEvents:
    """Some parked events."""
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "code": entry.code,
        "message": entry.message,
        "event": entry.event,
        "type": entry.type,
        "rows": entry.rows,
    }


def replay_shape(replay: Replay) -> SinkReplay:
    """One replay."""
    return {
        "id": replay.id,
        "created_at": iso(replay.created_at),
        "state": replay.state,
        "done": replay.done,
        "note": replay.note,
    }


def tested_shape(delivery: Delivery | None) -> SinkTested:
    """What came of a test."""
    if delivery is None:
        return {"result": "submitted", "fault": None}
    fault = delivery.fault
    return {"result": "taken" if fault is None else "failed", "fault": None if fault is None else fault_shape(fault)}


def fault_shape(fault: Fault) -> SinkFault:
    """Why a sink has not taken events."""
    return {"code": fault.code, "message": fault.message, "retry": fault.retry}


def kind_shape(kind: SinkKind) -> SinkKindDetail:
    """One type of sinks."""
    fields: list[SinkKindField] = [
        {
            "name": field.name,
            "meaning": field.meaning,
            "required": field.required and field.default is None,
            "secret": field.secret,
            "default": field.default,
        }
        for field in kind.fields
    ]
    return {"name": kind.name, "meaning": kind.meaning, "extra": kind.extra, "fields": fields}
