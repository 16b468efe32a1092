"""From records to what the API shows: dicts of plain values. Pure, and also what `--json` of the command line prints.

Two things never leave here: credentials in a URL, and the value of an `Authorization` header.
"""

import base64
import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from offhook import records
from offhook.api import resources
from offhook.providers import raw

PREVIEW = 160
"""How many characters of a message's body a listing shows."""
_UNDELIVERED = (records.State.WAITING, records.State.DELIVERING)
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization"})


def iso(seconds: float) -> str:
    """A time as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def iso_or_none(seconds: float | None) -> str | None:
    """A time as ISO 8601, or None where there is none (0 too)."""
    return iso(seconds) if seconds else None


def without_credentials(url: str) -> str:
    """The URL without `user:password@`."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*@", lambda found: f"{found[1] or ''}//", url)


def text_of(body: bytes, *, cut: bool = False) -> tuple[str, str]:
    """Bytes as text and the name of the encoding: `utf-8`, or `base64` when they are not. `cut`: the last character may be half."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body, final=not cut), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


def pairs(headers: Iterable[tuple[str, str]]) -> list[resources.Pair]:
    """Headers as the API shows them; the values of those that carry credentials are blanked."""
    return [{"name": name, "value": "[hidden]" if name.casefold() in _SECRET_HEADERS else value} for name, value in headers]


def parameters_of(webhook: records.Webhook) -> records.Parameters:
    """The request's parameters in the order of the wire."""
    return raw.parameters(webhook.head, webhook.body)


def body_preview(webhook: records.Webhook) -> str:
    """The start of the message's text, on one line."""
    text = next((value for name, value in parameters_of(webhook) if name == "Body"), "")
    line = " ".join(text[: PREVIEW * 2].split())
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1] + "…"


def _core(webhook: records.Webhook) -> resources.WebhookCore:
    answer = webhook.answer
    return {
        "id": webhook.id,
        "endpoint": webhook.endpoint,
        "kind": webhook.kind,
        "state": webhook.state,
        "received_at": iso(webhook.received_at),
        "from": webhook.sender,
        "to": webhook.recipient,
        "provider_id": webhook.provider_id,
        "account_sid": webhook.account_sid,
        "failures": webhook.failures,
        "due": iso_or_none(webhook.due) if webhook.state in _UNDELIVERED else None,
        "note": webhook.note,
        "body_preview": body_preview(webhook),
        "answer_status": answer.status if answer else None,
        "answer_source": answer.source if answer else None,
    }


def webhook_row(webhook: records.Webhook) -> resources.WebhookRow:
    """One webhook in a listing."""
    return {**_core(webhook), "attempts": webhook.attempts}


def webhook_detail(story: records.WebhookStory) -> resources.Webhook:
    """One webhook with all that happened to it."""
    webhook = story.webhook
    return {
        **_core(webhook),
        "request": _request(webhook),
        "answer": _answer(webhook.answer) if webhook.answer else None,
        "attempts": [attempt_shape(attempt) for attempt in story.attempts],
        "replies": [reply_shape(reply) for reply in story.replies],
        "errors": [error_shape(event) for event in story.events],
    }


def _request(webhook: records.Webhook) -> resources.ReceivedRequest:
    body, encoding = text_of(webhook.body)
    return {
        "method": raw.method(webhook.head),
        "url": without_credentials(webhook.url),
        "peer": webhook.peer,
        "headers": pairs(raw.headers(webhook.head)),
        "parameters": [{"name": name, "value": value} for name, value in parameters_of(webhook)],
        "body": body,
        "body_encoding": encoding,
    }


def _answer(answer: records.Answer) -> resources.Answer:
    body, encoding = text_of(answer.body)
    return {
        "status": answer.status,
        "headers": pairs(answer.headers),
        "body": body,
        "body_encoding": encoding,
        "source": answer.source,
        "at": iso(answer.at),
    }


def attempt_shape(attempt: records.Attempt) -> resources.Attempt:
    """One attempt on a URL, with the exchanges it took. Durations are in seconds."""
    outcome = attempt.outcome
    return {
        "id": attempt.id,
        "number": attempt.number,
        "role": attempt.role,
        "url": without_credentials(attempt.url),
        "started_at": iso(attempt.started_at),
        "duration_ms": round(attempt.duration_ms, 3),
        "outcome": {
            "delivered": outcome.delivered,
            "code": outcome.code,
            "twilio_code": outcome.twilio_code,
            "message": outcome.message,
        },
        "exchanges": [_exchange(exchange) for exchange in attempt.exchanges],
    }


def _exchange(exchange: records.Exchange) -> resources.Exchange:
    body, body_encoding = text_of(exchange.body, cut=exchange.body_cut)
    first_bytes, raw_encoding = text_of(exchange.raw, cut=True)
    failure = exchange.failure
    return {
        "method": exchange.method,
        "url": without_credentials(exchange.url),
        "started_at": iso(exchange.started_at),
        "request_headers": pairs(exchange.request_headers),
        "status": exchange.status,
        "headers": pairs(exchange.headers),
        "body": body,
        "body_encoding": body_encoding,
        "body_size": exchange.body_size,
        "body_cut": exchange.body_cut,
        "raw": first_bytes,
        "raw_encoding": raw_encoding,
        "peer": exchange.peer,
        "reused": exchange.reused,
        "certificate": _certificate(exchange.certificate) if exchange.certificate else None,
        "timings": _timings(exchange.timings),
        "failure": {"kind": failure.kind, "detail": failure.detail, "partial": failure.partial} if failure else None,
    }


def _certificate(certificate: records.Certificate) -> resources.Certificate:
    return {
        "version": certificate.version,
        "cipher": certificate.cipher,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names),
        "not_before": iso_or_none(certificate.not_before),
        "not_after": iso_or_none(certificate.not_after),
    }


def _timings(timings: records.Timings) -> resources.Timings:
    def rounded(milliseconds: float | None) -> float | None:
        return None if milliseconds is None else round(milliseconds, 3)

    return {
        "dns": rounded(timings.dns),
        "connect": rounded(timings.connect),
        "tls": rounded(timings.tls),
        "sent": rounded(timings.sent),
        "first_byte": rounded(timings.first_byte),
        "total": round(timings.total, 3),
    }


def reply_shape(reply: records.Reply) -> resources.Reply:
    """One message that the app wants sent."""
    return {
        "id": reply.id,
        "webhook_id": reply.webhook_id,
        "ordinal": reply.ordinal,
        "state": reply.state,
        "created_at": iso(reply.created_at),
        "account_sid": reply.account_sid,
        "to": reply.to,
        "from": reply.sender,
        "messaging_service_sid": reply.messaging_service_sid,
        "body": reply.body,
        "media": [without_credentials(url) for url in reply.media],
        "status_callback": without_credentials(reply.status_callback),
        "due": iso_or_none(reply.due),
        "expires_at": iso_or_none(reply.expires_at),
        "attempts": reply.attempts,
        "message_sid": reply.message_sid,
        "code": reply.code,
        "note": reply.note,
    }


def error_shape(event: records.DebugEvent) -> resources.Error:
    """One debug event."""
    return {
        "sid": event.id,
        "at": iso(event.at),
        "level": event.level,
        "code": event.code,
        "twilio_code": event.twilio_code,
        "message": event.message,
        "endpoint": event.endpoint,
        "account_sid": event.account_sid,
        "webhook_id": event.webhook_id,
        "attempt_id": event.attempt_id,
        "reply_id": event.reply_id,
        "resource_sid": event.resource_sid,
        "service_sid": event.service_sid,
        "request_method": event.request_method,
        "request_url": without_credentials(event.request_url),
        "product": event.product,
        "more_info": dict[str, Any](event.details),
        "causes": [cause_shape(cause) for cause in event.causes],
        "origin": event.origin,
    }


def counts_over_time(since: float, until: float, counts: Sequence[int]) -> resources.ErrorCounts:
    """How many debug events in each part of a time."""
    return {"since": iso(since), "until": iso(until), "seconds": (until - since) / len(counts), "counts": list(counts)}


def issue_shape(issue: records.Issue) -> resources.Issue:
    """One issue."""
    return {
        "id": issue.id,
        "endpoint": issue.endpoint,
        "code": issue.code,
        "cause": issue.cause,
        "title": issue.title,
        "level": issue.level,
        "state": issue.state,
        "first_seen": iso(issue.first_seen),
        "last_seen": iso(issue.last_seen),
        "count": issue.count,
        "hours": list(issue.hours),
        "last_event": issue.last_event,
    }


def issue_page(issues: Sequence[records.Issue], limit: int) -> resources.IssuePage:
    """A page of the issues that were found, of which there is one more than the limit where there is a next page."""
    page = issues[:limit]
    return {"issues": [issue_shape(issue) for issue in page], "next_cursor": page[-1].place if len(issues) > limit else None}


def issue_detail(issue: records.Issue, event: records.DebugEvent | None) -> resources.DetailedIssue:
    """One issue with its newest debug event."""
    return {**issue_shape(issue), "last_error": None if event is None else error_shape(event)}


def cause_shape(cause: records.Cause) -> resources.Cause:
    """One diagnosis."""
    return {
        "name": cause.name,
        "title": cause.title,
        "confidence": cause.confidence,
        "evidence": list(cause.evidence),
        "steps": list(cause.steps),
    }


def error_detail(event: records.DebugEvent, story: records.WebhookStory | None) -> resources.DetailedError:
    """One debug event with its request and its attempt, out of the story of its webhook."""
    attempts = story.attempts if story is not None else ()
    # An event about an answer has no attempt of its own: it is the latest that brought an answer from there.
    about = (each for each in reversed(attempts) if event.attempt_id in {"", each.id} and _asked(each, event))
    found = next(about, None)
    return {
        **error_shape(event),
        "request": None if story is None else _request(story.webhook),
        "attempt": None if found is None else attempt_shape(found),
    }


def _asked(attempt: records.Attempt, event: records.DebugEvent) -> bool:
    return attempt.id == event.attempt_id or any(each.url == event.request_url for each in attempt.exchanges)


def counts_shape(counts: Mapping[records.State, int]) -> resources.Counts:
    """How many webhooks are in each state; none where the journal knows of none."""
    return {
        "waiting": counts.get(records.State.WAITING, 0),
        "delivering": counts.get(records.State.DELIVERING, 0),
        "delivered": counts.get(records.State.DELIVERED, 0),
        "failed": counts.get(records.State.FAILED, 0),
        "dismissed": counts.get(records.State.DISMISSED, 0),
    }


def endpoint_shape(endpoint: records.Endpoint, counts: Mapping[records.State, int]) -> resources.Endpoint:
    """One configured endpoint, its URLs without credentials."""
    return {
        "name": endpoint.name,
        "provider": endpoint.provider,
        "app_url": without_credentials(endpoint.app_url),
        "fallback_url": None if endpoint.fallback_url is None else without_credentials(endpoint.fallback_url),
        "answer": endpoint.answer,
        "hold": endpoint.hold,
        "acknowledge_with": endpoint.acknowledge_with,
        "concurrency": endpoint.concurrency,
        "verify_tls": endpoint.verify_tls,
        "give_up_after": endpoint.give_up_after,
        "reply_within": endpoint.reply_within,
        "counts": counts_shape(counts),
    }
