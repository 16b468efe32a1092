"""Debug events as the alerts of Twilio's Monitor API: its fields, its encodings (spec: twilio-debugger §3.1). Pure.

What Twilio writes as one string of names and values is URL-encoded. Times have whole seconds: the SDKs read no others.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypedDict
from urllib.parse import urlencode

from offhook import records
from offhook.api.alert_fields import LEVELS
from offhook.api.shapes import pairs, without_credentials
from offhook.debugger.catalogue import page_about
from offhook.providers import raw

API_VERSION = "2010-04-01"
_NAME_OF = {level: name for name, level in LEVELS.items()}


class Alert(TypedDict):
    """One debug event as Twilio lists it. `alert_text` is URL-encoded: Twilio's pairs and ours, such as `OffhookCode`."""

    sid: str
    account_sid: str | None
    service_sid: str | None
    resource_sid: str | None
    alert_text: str
    error_code: str
    log_level: str
    more_info: str
    request_method: str | None
    request_url: str | None
    api_version: str | None
    date_created: str
    date_generated: str
    date_updated: str
    url: str


class DetailedAlert(Alert):
    """One debug event with its HTTP exchange. Variables and headers are URL-encoded; null where there was none."""

    request_variables: str | None
    request_headers: str | None
    response_headers: str | None
    response_body: str | None


class Paging(TypedDict):
    """Where a page stands among its kind. `key` names the member that holds the rows; the URLs are absolute."""

    key: str
    page: int
    page_size: int
    first_page_url: str
    previous_page_url: str | None
    next_page_url: str | None
    url: str


class AlertPage(TypedDict):
    """Alerts, newest first."""

    alerts: list[Alert]
    meta: Paging


def alert_shape(event: records.DebugEvent, collection: str) -> Alert:
    """One alert in a listing. `collection` is the URL of all alerts."""
    at = datetime.fromtimestamp(int(event.at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "sid": event.id,
        "account_sid": event.account_sid or None,
        "service_sid": event.service_sid or None,
        "resource_sid": event.resource_sid or None,
        "alert_text": alert_text(event),
        "error_code": str(event.twilio_code),
        "log_level": _NAME_OF[event.level],
        "more_info": page_about(event.twilio_code),
        "request_method": event.request_method or None,
        "request_url": without_credentials(event.request_url) or None,
        "api_version": API_VERSION if event.webhook_id else None,
        "date_created": at,
        "date_generated": at,
        "date_updated": at,
        "url": f"{collection}/{event.id}",
    }


def alert_text(event: records.DebugEvent) -> str:
    """The event's details, the pairs that Twilio always has, and our own code."""
    always = {"ErrorCode": str(event.twilio_code), "LogLevel": event.level.value, "Msg": event.message}
    details = {**event.details, **{name: value for name, value in always.items() if name not in event.details}}
    told = [(name, without_credentials(str(value))) for name, value in details.items()]
    return urlencode([*told, ("OffhookCode", str(event.code))])


def alert_detail(event: records.DebugEvent, story: records.WebhookStory | None, collection: str) -> DetailedAlert:
    """One alert with what was asked of the app and what it answered, out of the story of its webhook."""
    exchange = _exchange_of(event, story) if story is not None else None
    came = exchange is not None and exchange.status > 0
    return {
        **alert_shape(event, collection),
        "request_variables": _variables(story.webhook) if story is not None else None,
        "request_headers": _encoded(exchange.request_headers) if exchange is not None else None,
        "response_headers": _encoded(exchange.headers) if exchange is not None and came else None,
        "response_body": raw.text(exchange.body) if exchange is not None and came else None,
    }


def _exchange_of(event: records.DebugEvent, story: records.WebhookStory) -> records.Exchange | None:
    """The last exchange of the event's attempt; for an event about an answer, which names no attempt, the last that asked its URL."""
    if event.attempt_id:
        exchanges = [exchange for attempt in story.attempts if attempt.id == event.attempt_id for exchange in attempt.exchanges]
    else:
        made = (exchange for attempt in story.attempts for exchange in attempt.exchanges)
        exchanges = [each for each in made if each.url == event.request_url and each.started_at <= event.at]
    return exchanges[-1] if exchanges else None


def _variables(webhook: records.Webhook) -> str:
    """The parameters as the provider encoded them."""
    return raw.text(raw.encoded_parameters(webhook.head, webhook.body))


def _encoded(headers: Iterable[tuple[str, str]]) -> str:
    return urlencode([(pair["name"], pair["value"]) for pair in pairs(headers)])
