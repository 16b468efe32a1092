"""A debug event: Twilio's own type with all its data as strings, and ours with the cause and what to do (spec: twilio-debugger §2.3, §5.5).

Not confirmed, and so left out: Twilio's `master_account_sid`, `request_sid` and `correlation_sid`. Its `source` has not been seen: ours is the path
of the alert in its API.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from offhook.records import DebugEvent, News
from offhook.streams.model import Event
from offhook.streams.shapes.envelope import TWILIO, Context, Facts, dataschema, part, plain, rfc3339, sealed
from offhook.streams.shapes.urls import requested, said, sentence, shown

TWILIO_LOGGED = "com.twilio.error-logs.error.logged"
TWILIO_SCHEMA = "ErrorLogs.Error"
LOGGED = "com.offhook.error.logged"
SCHEMA = "Offhook.Error"


def events_of(news: News, wanted: Mapping[str, int], context: Context) -> list[Event]:
    """The events of a debug event that are wanted."""
    event = news.item
    assert isinstance(event, DebugEvent)
    told = []
    if version := wanted.get(TWILIO_LOGGED, 0):
        facts = Facts(id=event.id, source=f"/v1/Alerts/{part(event.id)}", time=event.at, partition=event.endpoint)
        told.append(sealed(TWILIO_LOGGED, dataschema(TWILIO_SCHEMA, version, TWILIO), facts, _as_twilio(event, context)))
    if version := wanted.get(LOGGED, 0):
        facts = Facts(
            id=_own_id(event.id),
            source=f"/errors/{part(event.id)}",
            time=event.at,
            subject=event.id,
            partition=event.endpoint,
        )
        told.append(sealed(LOGGED, dataschema(SCHEMA, version), facts, _data(event)))
    return told


def _own_id(identifier: str) -> str:
    """An id that is no other event's. What Twilio told has the digits of the webhook that told of it, so its version digit is changed."""
    return f"EV{identifier[2:14]}8{identifier[15:]}"


def _as_twilio(event: DebugEvent, context: Context) -> dict[str, Any]:
    code = str(event.twilio_code or event.code)
    data = {
        "sid": event.id,
        "account_sid": event.account_sid or context.account_sid,
        "date_created": rfc3339(event.at),
        "level": event.level.value,
        "service_sid": event.service_sid,
        "product_name": event.product,
        "error_code": code,
        "payload": _payload(event, code),
    }
    return {name: value for name, value in data.items() if value or name == "account_sid"}


def _payload(event: DebugEvent, code: str) -> str:
    """What Twilio's Debugger posts of an error, and under `offhook` what we know besides: JSON in a string."""
    payload = {
        "resource_sid": event.resource_sid or None,
        "service_sid": event.service_sid or None,
        "error_code": code,
        "message": sentence(event.message),
        "more_info": said(event.details, event.request_method),
        **_webhook(event),
        "offhook": _own(event),
    }
    try:
        return msgspec.json.encode(payload).decode()
    except UnicodeEncodeError:  # half a surrogate pair
        return msgspec.json.encode(plain(payload)).decode()


def _webhook(event: DebugEvent) -> dict[str, Any]:
    """The request that the error is about. Its headers and bodies stay at home, as in Twilio's captures."""
    if not event.request_url:
        return {}
    status = str(event.details.get("httpResponse", ""))
    url = shown(event.request_url, event.request_method)
    return {
        "webhook": {
            "type": "application/json",
            "request": {"url": url, "method": event.request_method or None, "headers": {}, "parameters": {}},
            "response": {
                "status_code": int(status) if status.isdigit() and len(status) == 3 else None,
                "headers": {},
                "body": None,
            },
        }
    }


def _own(event: DebugEvent) -> dict[str, Any]:
    """What an error's codes alone do not tell: what it hangs together with, the likeliest cause, and what to do."""
    cause = event.causes[0] if event.causes else None
    return {
        "code": event.code,
        "endpoint": event.endpoint or None,
        "webhook_id": event.webhook_id or None,
        "attempt_id": event.attempt_id or None,
        "reply_id": event.reply_id or None,
        "origin": event.origin,
        "cause": cause.name if cause else None,
        "cause_title": cause.title if cause else None,
        "confidence": cause.confidence.value if cause else None,
        "steps": list(cause.steps) if cause else [],
    }


def _data(event: DebugEvent) -> dict[str, Any]:
    details = said(event.details, event.request_method)
    return {
        "event_id": event.id,
        "at": rfc3339(event.at),
        "level": event.level.value,
        "twilio_code": event.twilio_code,
        "message": sentence(event.message),
        "account_sid": event.account_sid or None,
        "resource_sid": event.resource_sid or None,
        "service_sid": event.service_sid or None,
        "product": event.product or None,
        "request": requested(event.request_method, event.request_url) if event.request_url else None,
        **_own(event),
        "next_attempt_at": details.get("nextAttempt"),
        "details": details,
    }
