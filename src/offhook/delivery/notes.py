"""What is told of each attempt: metrics, a log line, and the debugger's history."""

from offhook import logs
from offhook.delivery.parts import Parts
from offhook.delivery.round import Round
from offhook.errors import JournalError
from offhook.records import Attempt, Exchange, Notice, NoticeType, Role, State, Webhook

log = logs.get("courier")


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


def note(parts: Parts, before: Webhook, done: Round, after: Webhook) -> None:
    """Count the attempts of a round, log a line for each, and let the debugger know of them."""
    if after.state in {State.DELIVERED, State.FAILED}:
        parts.metrics.ended(after.endpoint, after.state.value, parts.clock.now() - after.received_at)
    for attempt in done.attempts:
        parts.debugger.note(before.endpoint, attempt)
        parts.metrics.attempt(before.endpoint, _result(attempt), attempt.duration_ms / 1000)
        begin = log.begin("webhook.attempt")
        if begin is None:
            continue
        line = _Attempted(
            *begin,
            webhook=before.id,
            attempt=attempt.number,
            endpoint=before.endpoint,
            role=attempt.role,
            status=attempt.exchanges[-1].status if attempt.exchanges else 0,
            code=attempt.outcome.code,
            state=after.state,
            ms=round(attempt.duration_ms, 1),
            why=attempt.outcome.message,
        )
        log.wide([line])


async def tell_breaker(parts: Parts, endpoint: str, shown: Exchange | None, *, is_open: bool) -> None:
    """Note that an endpoint's breaker has opened or closed, with what its app showed last."""
    data = {"status": shown.status, "failure": shown.failure.kind.value if shown.failure else ""} if shown else {}
    told = NoticeType.BREAKER_OPENED if is_open else NoticeType.BREAKER_CLOSED
    log.info("courier.breaker_opened" if is_open else "courier.breaker_closed", endpoint=endpoint, **data)
    try:
        await parts.journal.keep((), [Notice(type=told, at=parts.clock.now(), subject=endpoint, endpoint=endpoint, data=data)])
    except JournalError as error:
        log.warning("courier.breaker_not_noted", endpoint=endpoint, reason=str(error))


def _result(attempt: Attempt) -> str:
    return "delivered" if attempt.outcome.delivered else str(attempt.outcome.code)
