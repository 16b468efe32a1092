"""What every journal has to say alike, whatever it is kept in: pure functions over the records."""

from collections.abc import Callable, Iterable

from offhook.records import Arrival, DebugEvent, EventFilter, ReplyState, State, Webhook, WebhookFilter
from offhook.stores.words import mentions

Derive = Callable[[Arrival], Webhook]

UNDELIVERED = frozenset({State.WAITING, State.DELIVERING})
REPLAYABLE = frozenset({State.DELIVERED, State.FAILED, State.DISMISSED})
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
    """Whether a listing means this webhook."""
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
        (not where.code or event.code == where.code)
        and (where.level is None or event.level == where.level)
        and (not where.endpoint or event.endpoint == where.endpoint)
        and (not where.webhook_id or event.webhook_id == where.webhook_id)
        and (where.since is None or event.at >= where.since)
        and (where.until is None or event.at < where.until)
    )
