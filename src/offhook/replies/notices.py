"""Debug events about answers and replies, with Twilio's `more_info` fields (spec: twilio-debugger §2.3). Pure."""

from typing import Any, Final

from offhook.records import DebugEvent, Exchange, Kind, Level, Record, Reply, Webhook
from offhook.twiml import Fault

MESSAGING_COMPONENT: Final = "14100"


class Stamp(Record):
    """What makes an event one of its own."""

    id: str
    at: float


def about_answer(found: Fault, webhook: Webhook, exchange: Exchange, stamp: Stamp) -> DebugEvent:
    """A fault of an app's answer. One of a status callback's is a warning at most."""
    level = Level.WARNING if webhook.kind is Kind.STATUS else found.level
    details: dict[str, Any] = {
        "Msg": found.message,
        "ErrorCode": str(found.twilio_code),
        "LogLevel": level.value,
        "sourceComponent": MESSAGING_COMPONENT,
        "url": exchange.url,
        "httpResponse": str(exchange.status),
        **found.details,
    }
    if found.line:
        details |= {"parserMessage": found.message, "line": str(found.line), "cols": str(found.column)}
    return DebugEvent(
        id=stamp.id,
        at=stamp.at,
        level=level,
        code=found.code,
        twilio_code=found.twilio_code,
        message=found.message,
        endpoint=webhook.endpoint,
        account_sid=webhook.account_sid,
        webhook_id=webhook.id,
        resource_sid=webhook.provider_id,
        request_method=exchange.method,
        request_url=exchange.url,
        details=details,
        number=webhook.number,
    )


def about_reply(reply: Reply, message: str, stamp: Stamp, *, level: Level, webhook: Webhook | None) -> DebugEvent:
    """What came of a reply, under the reply's own code."""
    return DebugEvent(
        id=stamp.id,
        at=stamp.at,
        level=level,
        code=reply.code,
        twilio_code=reply.code,
        message=message,
        endpoint=webhook.endpoint if webhook else "",
        account_sid=reply.account_sid,
        webhook_id=reply.webhook_id,
        reply_id=reply.id,
        resource_sid=reply.message_sid or (webhook.provider_id if webhook else ""),
        service_sid=reply.messaging_service_sid,
        details={
            "Msg": message,
            "ErrorCode": str(reply.code),
            "LogLevel": level.value,
            "reply": reply.id,
            "ordinal": str(reply.ordinal),
            "tries": str(reply.attempts),
        },
        number=reply.sender or (webhook.number if webhook else ""),
    )
