"""A try to hand a webhook to the app: delivered, or failed."""

from collections.abc import Mapping
from typing import Any

from offhook.records import Attempt, Exchange, News, State, Tried, Webhook
from offhook.streams.model import Event
from offhook.streams.shapes.arrivals import about, partition_of
from offhook.streams.shapes.envelope import Context, Facts, dataschema, part, rfc3339, sealed
from offhook.streams.shapes.urls import requested, sentence

DELIVERED = "com.offhook.webhook.delivered"
FAILED = "com.offhook.attempt.failed"
SCHEMA = "Offhook.Attempt"


def events_of(news: News, wanted: Mapping[str, int], _context: Context) -> list[Event]:
    """The event of an attempt, if it is wanted."""
    tried = news.item
    assert isinstance(tried, Tried)
    attempt, webhook = tried.attempt, tried.webhook
    name = DELIVERED if attempt.outcome.delivered else FAILED
    version = wanted.get(name, 0)
    if not version:
        return []
    facts = Facts(
        id=f"EV{attempt.id[2:]}",
        source=f"/webhooks/{part(attempt.webhook_id)}/attempts/{part(attempt.id)}",
        time=news.at,
        subject=attempt.id,
        partition=partition_of(webhook),
    )
    return [sealed(name, dataschema(SCHEMA, version), facts, _data(attempt, webhook))]


def _data(attempt: Attempt, webhook: Webhook) -> dict[str, Any]:
    """All but the bytes. What is said of the webhook's state is as it stood when this was made, which may be later."""
    outcome = attempt.outcome
    last = attempt.exchanges[-1] if attempt.exchanges else None
    ended = attempt.started_at + attempt.duration_ms / 1000
    is_due = webhook.state is State.WAITING and webhook.due > ended
    return {
        "attempt_id": attempt.id,
        "number": attempt.number,
        "role": attempt.role.value,
        **about(webhook),
        "delivered": outcome.delivered,
        "code": outcome.code,
        "twilio_code": outcome.twilio_code,
        "message": sentence(outcome.message),
        "started_at": rfc3339(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "exchanges": len(attempt.exchanges),
        **_last(attempt, last),
        "state": webhook.state.value,
        "next_attempt_at": rfc3339(webhook.due) if is_due else None,
        "note": webhook.note or None,
    }


def _last(attempt: Attempt, exchange: Exchange | None) -> dict[str, Any]:
    """The last exchange: where it went, what came back, and how long each phase took."""
    if exchange is None:
        return {"request": requested("POST", attempt.url), "status": None, "failure": None, "timings": None}
    timings = exchange.timings
    return {
        "request": requested(exchange.method, exchange.url),
        "status": exchange.status or None,
        "failure": exchange.failure.kind.value if exchange.failure else None,
        "timings": {
            "dns_ms": timings.dns,
            "connect_ms": timings.connect,
            "tls_ms": timings.tls,
            "sent_ms": timings.sent,
            "first_byte_ms": timings.first_byte,
            "total_ms": timings.total,
        },
    }
