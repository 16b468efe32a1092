"""What is told of each attempt: metrics, a log line, and the debugger's history."""

from collections.abc import Sequence

from offhook import logs
from offhook.delivery.parts import Parts
from offhook.delivery.round import Round
from offhook.errors import JournalError
from offhook.records import Attempt, Exchange, Notice, NoticeType, Role, State, Webhook

log = logs.get("courier")

# Looking a member up in its class, or its value, takes three times as long as a name.
_DELIVERED, _FAILED = State.DELIVERED, State.FAILED


class _Attempted(logs.Line, kw_only=True):
    """The log line of an attempt: which, what came of it, and how long it took."""

    webhook: str
    attempt: int
    endpoint: str
    role: Role
    status: int
    code: int
    state: State
    ms: float
    why: str


Ended = tuple[Webhook, Round, Webhook]
"""A webhook before a round, the round, and the webhook after it."""


def note_all(parts: Parts, ended: Sequence[Ended]) -> None:
    """Count the attempts of rounds, log a line for each, and let the debugger know of them."""
    metrics, debugger, now = parts.metrics, parts.debugger, parts.clock.now()
    begin = log.begin("webhook.attempt")
    lines: list[_Attempted] = []
    journeys: dict[tuple[str, str], list[float]] = {}
    tries: dict[tuple[str, str], list[float]] = {}
    for before, done, after in ended:
        endpoint, state = before.endpoint, after.state
        if state is _DELIVERED or state is _FAILED:
            key = endpoint, "delivered" if state is _DELIVERED else "failed"
            journeys.setdefault(key, []).append(now - after.received_at)
        for attempt in done.attempts:
            debugger.note(endpoint, attempt)
            outcome = attempt.outcome
            key = endpoint, "delivered" if outcome.delivered else str(outcome.code)
            tries.setdefault(key, []).append(attempt.duration_ms / 1000)
            if begin is not None:
                lines.append(_line(begin, attempt, endpoint, state))
    for key, seconds in journeys.items():
        metrics.ended(*key, *seconds)
    for key, seconds in tries.items():
        metrics.attempt(*key, *seconds)
    if lines:
        log.wide(lines)


def _line(begin: logs.Beginning, attempt: Attempt, endpoint: str, state: State) -> _Attempted:
    return _Attempted(
        *begin,
        webhook=attempt.webhook_id,
        attempt=attempt.number,
        endpoint=endpoint,
        role=attempt.role,
        status=attempt.exchanges[-1].status if attempt.exchanges else 0,
        code=attempt.outcome.code,
        state=state,
        ms=int(attempt.duration_ms * 10 + 0.5) / 10,
        why=attempt.outcome.message,
    )


async def tell_breaker(parts: Parts, endpoint: str, shown: Exchange | None, *, is_open: bool) -> None:
    """Note that an endpoint's breaker has opened or closed, with what its app showed last."""
    data = {"status": shown.status, "failure": shown.failure.kind.value if shown.failure else ""} if shown else {}
    told = NoticeType.BREAKER_OPENED if is_open else NoticeType.BREAKER_CLOSED
    log.info("courier.breaker_opened" if is_open else "courier.breaker_closed", endpoint=endpoint, **data)
    try:
        await parts.journal.keep((), [Notice(type=told, at=parts.clock.now(), subject=endpoint, endpoint=endpoint, data=data)])
    except JournalError as error:
        log.warning("courier.breaker_not_noted", endpoint=endpoint, reason=str(error))
