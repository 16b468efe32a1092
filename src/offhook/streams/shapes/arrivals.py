"""A webhook that came in: our own event, and Twilio's where it is about a message."""

from collections.abc import Mapping

from offhook.providers import raw
from offhook.providers.forms import NO_FORM, Form, read_form
from offhook.records import Kind, News, Webhook
from offhook.streams.model import Event
from offhook.streams.shapes import messaging
from offhook.streams.shapes.envelope import Context, Facts, conversation, dataschema, part, rfc3339, sealed
from offhook.streams.shapes.urls import requested

RECEIVED = "com.offhook.webhook.received"
SCHEMA = "Offhook.WebhookReceived"


def events_of(news: News, wanted: Mapping[str, int], _context: Context) -> list[Event]:
    """The events of an arrival that are wanted."""
    webhook = news.item
    assert isinstance(webhook, Webhook)
    told = []
    form = _form(webhook, wanted)
    if version := wanted.get(RECEIVED, 0):
        told.append(_received(webhook, form, version))
    if form is not NO_FORM and (event := messaging.event_of(webhook, form, wanted)):
        told.append(event)
    return told


def _form(webhook: Webhook, wanted: Mapping[str, int]) -> Form:
    """The webhook's parameters, where an event needs more of them than the webhook has by itself."""
    if webhook.kind is Kind.STATUS or (webhook.kind is Kind.MESSAGE and messaging.INBOUND in wanted):
        return read_form(raw.encoded_parameters(webhook.head, webhook.body))
    return NO_FORM


def partition_of(webhook: Webhook) -> str:
    """The conversation that a webhook belongs to, whichever way its message goes; else its endpoint."""
    if webhook.kind is Kind.STATUS:
        return conversation(webhook.recipient, webhook.sender, webhook.endpoint)
    return conversation(webhook.sender, webhook.recipient, webhook.endpoint)


def about(webhook: Webhook) -> dict[str, str | None]:
    """What every event about a webhook says of it."""
    return {
        "webhook_id": webhook.id,
        "endpoint": webhook.endpoint,
        "kind": webhook.kind.value,
        "provider_id": webhook.provider_id or None,
        "account_sid": webhook.account_sid or None,
        "from": webhook.sender or None,
        "to": webhook.recipient or None,
    }


def _received(webhook: Webhook, form: Form, version: int) -> Event:
    is_status = webhook.kind is Kind.STATUS
    code = form.get(b"ErrorCode") if is_status else b""
    data = {
        **about(webhook),
        "received_at": rfc3339(webhook.received_at),
        "status": (messaging.status_of(form) or raw.text(form.get(b"CallStatus")) or None) if is_status else None,
        "error_code": int(code) if code.isdigit() and len(code) < 10 else None,
        "request": requested(raw.method(webhook.head), webhook.url),
    }
    facts = Facts(
        id=f"EV{webhook.id[2:]}",
        source=f"/webhooks/{part(webhook.id)}",
        time=webhook.received_at,
        subject=webhook.id,
        partition=partition_of(webhook),
    )
    return sealed(RECEIVED, dataschema(SCHEMA, version), facts, data)
