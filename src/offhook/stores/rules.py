"""What every journal has to say alike, whatever it is kept in: pure functions over the records."""

import re
from collections.abc import Callable, Iterable

from offhook.records import Arrival, DebugEvent, EventFilter, ReplyState, State, Webhook, WebhookFilter
from offhook.stores.grouping import issue_of, leading_cause
from offhook.stores.words import mentions

Derive = Callable[[Arrival], Webhook]

UNDELIVERED = frozenset({State.WAITING, State.DELIVERING})
LOST = frozenset({State.FAILED, State.DISMISSED})
REPLAYABLE = LOST | {State.DELIVERED}
OPEN_REPLIES = frozenset({ReplyState.WAITING, ReplyState.SENDING, ReplyState.KEPT})
CLAIMABLE_REPLIES = frozenset({ReplyState.WAITING, ReplyState.SENDING})
STEPS_ASIDE_AFTER = 3


def underived(arrival: Arrival) -> Webhook:
    """The webhook that an arrival is when no provider is there to read it: waiting, due when received, nothing parsed."""
    return Webhook(
        id=arrival.id,
        endpoint=arrival.endpoint,
        received_at=arrival.received_at,
        peer=arrival.peer,
        url=arrival.url,
        kind=arrival.kind,
        dedupe_key=arrival.dedupe_key,
        head=arrival.head,
        body=arrival.body,
        due=arrival.received_at,
    )


def arrival_of(webhook: Webhook) -> Arrival:
    """The arrival that a webhook came from."""
    return Arrival(
        id=webhook.id,
        endpoint=webhook.endpoint,
        received_at=webhook.received_at,
        peer=webhook.peer,
        url=webhook.url,
        kind=webhook.kind,
        dedupe_key=webhook.dedupe_key,
        head=webhook.head,
        body=webhook.body,
    )


def blocks(webhook: Webhook) -> bool:
    """Whether later webhooks of its conversation must wait for it."""
    return bool(webhook.conversation) and webhook.state in UNDELIVERED and webhook.refusals < STEPS_ASIDE_AFTER


def held_up(webhook: Webhook, blocking: Iterable[Webhook]) -> bool:
    """Whether one of `blocking` is an earlier webhook of the same conversation."""
    return bool(webhook.conversation) and any(
        other.id < webhook.id and other.conversation == webhook.conversation for other in blocking
    )


def matches(webhook: Webhook, where: WebhookFilter) -> bool:
    """Whether a listing means this webhook, as far as the webhook itself tells: the codes of its events are not in it."""
    return (
        (not where.states or webhook.state in where.states)
        and (not where.endpoint or webhook.endpoint == where.endpoint)
        and (where.since is None or webhook.received_at >= where.since)
        and (where.until is None or webhook.received_at < where.until)
        and (not where.query or mentions(webhook, where.query))
    )


def matches_event(event: DebugEvent, where: EventFilter) -> bool:
    """Whether a listing means this debug event."""
    return (
        (not where.code or where.code in codes_of(event))
        and (where.level is None or event.level == where.level)
        and (not where.endpoint or event.endpoint == where.endpoint)
        and (not where.webhook_id or event.webhook_id == where.webhook_id)
        and (not where.cause or leading_cause(event) == where.cause)
        and (not where.issue or issue_of(event) == where.issue)
        and (where.since is None or event.at >= where.since)
        and (where.until is None or event.at < where.until)
        and (not where.query or event_mentions(event, where.query))
    )


def codes_of(event: DebugEvent) -> tuple[int, int]:
    """The codes by which an event is found: its own, and the one that Twilio would have logged."""
    return event.code, event.twilio_code


def event_mentions(event: DebugEvent, query: str) -> bool:
    """Whether each of the words occurs in the message, in one of the ids, or in the request's URL without its credentials."""
    sids = (
        event.id,
        event.webhook_id,
        event.attempt_id,
        event.reply_id,
        event.account_sid,
        event.resource_sid,
        event.service_sid,
    )
    url = re.sub(r"//[^/?#]*@", "//", event.request_url, count=1)
    texts = [text.casefold() for text in (event.message, url, *sids)]
    return all(any(word in text for text in texts) for word in query.casefold().split())
