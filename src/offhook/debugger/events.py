"""Debug events of failed attempts, with Twilio's `more_info` fields (spec: twilio-debugger §2.3), ours, and the likely causes."""

from datetime import UTC, datetime

import msgspec

from offhook.debugger import catalogue
from offhook.debugger.case import case_of, case_of_answer
from offhook.debugger.causes import diagnose
from offhook.debugger.history import Histories
from offhook.ports import Ids
from offhook.records import Attempt, DebugEvent, Exchange, Kind, Level, Webhook

# What Twilio writes as the component that fetched a message webhook, and a voice webhook.
COMPONENTS = {Kind.VOICE: "12000"}
MESSAGING_COMPONENT = "14100"


class EventMaker:
    """Writes the debug events of attempts, and adds the causes. It hears of every attempt (`note`), so that it knows what is usual."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._histories = Histories()
        self.note = self._histories.note

    def attempt(self, webhook: Webhook, attempt: Attempt, next_due: float | None) -> DebugEvent:
        """The event of an attempt that has a code; `next_due` is when the webhook is tried again (None: not by itself)."""
        outcome, last = attempt.outcome, attempt.exchanges[-1]
        level = level_of(outcome.code, webhook.kind)
        details = {
            "Msg": outcome.message,
            "ErrorCode": str(outcome.twilio_code),
            "LogLevel": level.value,
            "sourceComponent": COMPONENTS.get(webhook.kind, MESSAGING_COMPONENT),
            "url": last.url,
            "role": attempt.role.value,
            "attempt": str(attempt.number),
            "tries": str(len(attempt.exchanges)),
        }
        if last.status:
            details["httpResponse"] = str(last.status)
        if next_due is not None:
            details["nextAttempt"] = datetime.fromtimestamp(next_due, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return DebugEvent(
            id=self._ids.new("NO"),
            at=attempt.started_at + attempt.duration_ms / 1000,
            level=level,
            code=outcome.code,
            twilio_code=outcome.twilio_code,
            message=outcome.message,
            endpoint=webhook.endpoint,
            account_sid=webhook.account_sid,
            webhook_id=webhook.id,
            attempt_id=attempt.id,
            resource_sid=webhook.provider_id,
            request_method=last.method,
            request_url=last.url,
            product="Programmable Voice" if webhook.kind is Kind.VOICE else "Programmable Messaging",
            details=details,
            number=webhook.number,
            causes=diagnose(case_of(attempt, webhook.kind, self._histories.of(webhook.endpoint, attempt.started_at))),
        )

    def explained(self, event: DebugEvent, webhook: Webhook, exchange: Exchange) -> DebugEvent:
        """An event about an answer, with what is likely to have made the app answer so."""
        if event.request_url != exchange.url:
            return event  # it is about another document, to which this one led
        said = {name: str(value) for name, value in event.details.items()}
        details = {**said, "column": said.get("cols", "")}
        case = case_of_answer(exchange, webhook.kind, code=event.code, said=event.message, details=details)
        return msgspec.structs.replace(event, causes=diagnose(case))


def level_of(code: int, kind: Kind) -> Level:
    """The catalogue's level; what goes wrong with a status callback is a warning."""
    known = catalogue.lookup(code)
    level = Level(known.level) if known else Level.ERROR
    return Level.WARNING if kind is Kind.STATUS and level is Level.ERROR else level
