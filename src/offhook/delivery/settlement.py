"""What a round of delivery makes of a webhook: its new state, its answer, its debug events. Pure."""

from collections.abc import Callable

import msgspec

from offhook.delivery import schedule
from offhook.delivery.conversations import STEPS_ASIDE_AFTER
from offhook.delivery.round import CONNECT_FAILURES, Round
from offhook.records import Answer, Attempt, DebugEvent, Endpoint, Exchange, FailureKind, Kind, Role, State, Webhook

PASSED_BACK = frozenset({"content-type", "content-language", "set-cookie"})
UNABLE_STATUSES = frozenset({408, 429})
GONE = CONNECT_FAILURES | {FailureKind.DNS, FailureKind.RESET, FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT}

MakeEvent = Callable[[Webhook, Attempt, float | None], DebugEvent]


def blocks(webhook: Webhook) -> bool:
    """Whether later webhooks of the same conversation must wait for this one."""
    return webhook.state in {State.WAITING, State.DELIVERING} and webhook.failures < STEPS_ASIDE_AFTER


def stand_in(endpoint: Endpoint, now: float) -> Answer:
    """What the provider gets when the app has no answer in time."""
    body = endpoint.fallback_twiml.encode()
    return Answer(status=200, headers=(("Content-Type", "text/xml"),), body=body, source="stand-in", at=now)


def passed_through(done: Round, now: float) -> Answer | None:
    """The app's own answer, unchanged; None when it did not come whole and so cannot be passed."""
    exchange = done.exchange
    if exchange.failure is not None or exchange.body_cut:
        return None
    headers = tuple((name, value) for name, value in exchange.headers if name.lower() in PASSED_BACK)
    source = "app" if done.role is Role.PRIMARY else "fallback"
    return Answer(status=exchange.status, headers=headers, body=exchange.body, source=source, at=now)


def able(exchange: Exchange) -> bool | None:
    """What an exchange with the app shows: able to take webhooks (True), not able (False), or nothing (None: it refused this one)."""
    if exchange.failure is not None:
        return False if exchange.failure.kind in GONE else None
    if exchange.status < 300:
        return True
    return False if exchange.status >= 500 or exchange.status in UNABLE_STATUSES else None


def unreachable(exchange: Exchange) -> bool:
    """Whether the app itself did not get to see the request: nobody there, or only its gateway."""
    if exchange.failure is not None:
        return exchange.failure.kind in GONE
    return exchange.status in {502, 503, 504}


def after(webhook: Webhook, endpoint: Endpoint, done: Round, *, now: float, chance: float) -> Webhook:
    """The webhook after a round: delivered, waiting for the schedule, or failed.

    A voice webhook is not scheduled: by then its call is over.
    """
    attempts = done.attempts[-1].number
    if done.delivered:
        return msgspec.structs.replace(webhook, state=State.DELIVERED, due=0.0, attempts=attempts, note="")
    failures = webhook.failures + 1
    pause = schedule.retry_after(done.exchange.status, done.exchange.headers, now)
    due = schedule.next_due(endpoint, failures, now, chance=chance, retry_after=pause)
    note = done.attempts[-1].outcome.message
    if due is None or webhook.kind is Kind.VOICE:
        return msgspec.structs.replace(webhook, state=State.FAILED, due=0.0, failures=failures, attempts=attempts, note=note)
    return msgspec.structs.replace(webhook, state=State.WAITING, due=due, failures=failures, attempts=attempts, note=note)


def events(webhook: Webhook, done: Round, make: MakeEvent) -> tuple[DebugEvent, ...]:
    """A debug event for each attempt that has a code. `webhook` is the one after the round: its due time is the next try's."""
    due = webhook.due if webhook.state is State.WAITING else None
    return tuple(make(webhook, attempt, due) for attempt in done.attempts if attempt.outcome.code)
