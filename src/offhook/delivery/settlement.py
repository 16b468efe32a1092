"""What a round of delivery makes of a webhook: its new state, its answer, its debug events. Pure."""

from collections.abc import Callable

from msgspec.structs import replace

from offhook.delivery import schedule
from offhook.delivery.conversations import STEPS_ASIDE_AFTER
from offhook.delivery.round import CONNECT_FAILURES, Round
from offhook.headers import has_field
from offhook.records import Answer, Attempt, DebugEvent, Endpoint, Exchange, FailureKind, Kind, Role, State, Webhook

PASSED_BACK = frozenset({"content-type", "content-encoding", "content-language", "set-cookie"})
UNABLE_STATUSES = frozenset({408, 429})
NOBODY = CONNECT_FAILURES | {FailureKind.DNS}
GONE = CONNECT_FAILURES | {FailureKind.DNS, FailureKind.RESET, FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT}

MakeEvent = Callable[[Webhook, Attempt, float | None], DebugEvent]


def blocks(webhook: Webhook) -> bool:
    """Whether later webhooks of the same conversation must wait for this one."""
    state = webhook.state
    return (state is State.WAITING or state is State.DELIVERING) and webhook.refusals < STEPS_ASIDE_AFTER


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


def kept(answer: Answer | None) -> Answer | None:
    """The answer as the journal keeps it: without the app's session cookies, which are secrets of its users."""
    if answer is None or not has_field(answer.headers, "set-cookie"):
        return answer
    return replace(answer, headers=tuple(pair for pair in answer.headers if pair[0].lower() != "set-cookie"))


def able(exchange: Exchange) -> bool | None:
    """What an exchange with the app shows: able to take webhooks (it may have refused this one), not able, or nothing (None)."""
    if exchange.failure is not None:
        return False if exchange.failure.kind in GONE else None
    return exchange.status < 500 and exchange.status not in UNABLE_STATUSES


def unreachable(exchange: Exchange) -> bool:
    """Whether the app itself did not get to see the request: nobody there, or only its gateway."""
    if exchange.failure is not None:
        return exchange.failure.kind in GONE
    return exchange.status in {502, 503, 504}


def parked(webhook: Webhook) -> Webhook:
    """A webhook that is not to be delivered just now: it waits for its due time. A call does not wait: nobody would be on the line."""
    if webhook.kind is Kind.VOICE:
        return replace(webhook, state=State.FAILED, due=0.0, note="The app could not be asked while the call waited.")
    return webhook if webhook.state is State.WAITING else replace(webhook, state=State.WAITING)


def refused(done: Round) -> bool:
    """Whether a failed round's request reached somebody: only then can it be the message that is not wanted."""
    last = (attempt.exchanges[-1].failure for attempt in done.attempts if attempt.exchanges)
    return any(failure is None or failure.kind not in NOBODY for failure in last)


def after(webhook: Webhook, endpoint: Endpoint, done: Round, *, now: float, chance: float) -> Webhook:
    """The webhook after a round: delivered, waiting for the schedule, or failed. `chance` is in [0, 1).

    A voice webhook is not scheduled: by then its call is over.
    """
    last = done.attempts[-1]
    if last.outcome.delivered:
        return replace(webhook, state=State.DELIVERED, due=0.0, attempts=last.number, note="")
    failures, refusals = webhook.failures + 1, webhook.refusals + refused(done)
    pause = schedule.retry_after(done.exchange.status, done.exchange.headers, now)
    due = None
    if webhook.kind is not Kind.VOICE and not schedule.exhausted(endpoint, failures, now - webhook.received_at):
        due = now + max(schedule.delay(failures, endpoint.schedule, chance), pause)
    return replace(
        webhook,
        state=State.FAILED if due is None else State.WAITING,
        due=due or 0.0,
        failures=failures,
        refusals=refusals,
        attempts=last.number,
        note=last.outcome.message,
    )


def events(webhook: Webhook, done: Round, make: MakeEvent) -> tuple[DebugEvent, ...]:
    """A debug event for each attempt that has a code. `webhook` is the one after the round: its due time is the next try's."""
    attempts = done.attempts
    if len(attempts) == 1 and not attempts[0].outcome.code:
        return ()  # nearly always
    due = webhook.due if webhook.state is State.WAITING else None
    return tuple([make(webhook, attempt, due) for attempt in attempts if attempt.outcome.code])
