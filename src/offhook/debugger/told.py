"""What Twilio tells of an error or an alarm, as a debug event of ours (spec: twilio-debugger §2, §4.2). Pure, and never raises."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from offhook.debugger import catalogue
from offhook.debugger.evidence import Evidence, values
from offhook.debugger.evidence.loose import unpacked
from offhook.debugger.evidence.payload import read_payload
from offhook.debugger.evidence.record import finished
from offhook.debugger.explain import explain
from offhook.debugger.secrets import masked_line, without_credentials
from offhook.records import DebugEvent, Level, Webhook

ORIGIN = "twilio"

MOST_DETAILS = 60
LONGEST_DETAIL = 2048
LONGEST_MESSAGE = 1000
# A clock that is ahead of ours by more than this, in seconds, is not to be believed.
_AHEAD = 3600.0

# What the egress proxy writes where it gives no code, as far as it has been seen, and the codes that our own attempts have for the same.
_WORDS = {
    "total timeout": 11203,
    "total time out": 11203,
    "connect timeout": 11201,
    "read timeout": 11205,
    "blacklisted ip": 11205,
}
_PERIODS = {
    "FIVE_MINS": "5 minutes",
    "FIFTEEN_MINS": "15 minutes",
    "ONE_HOUR": "an hour",
    "TWELVE_HOURS": "12 hours",
    "ONE_DAY": "a day",
}
_PRODUCTS = {
    "SM": "Programmable Messaging",
    "MM": "Programmable Messaging",
    "CA": "Programmable Voice",
    "CF": "Programmable Voice",
}


def evidence_of(told: Mapping[str, Any]) -> Evidence:
    """All that can be read of what was told, `providers.twilio_debugger.read_told`."""
    return finished(read_payload(dict(told)) or Evidence())


def event_of(webhook: Webhook, told: Mapping[str, Any], evidence: Evidence) -> DebugEvent:
    """The debug event. Its id has the digits of the webhook that told of it: told once more, it is the same event.

    Which other webhook of ours it is about is not known here: `webhook_id` is the one that told of it, and the event is kept as long.
    """
    is_alarm = evidence.form == "alarm"
    code = _narrow(evidence)
    known = catalogue.lookup(code) or catalogue.lookup(evidence.code)
    return DebugEvent(
        id=f"NO{webhook.id[2:]}",
        at=told_time(evidence.at, webhook.received_at),
        level=Level(evidence.level) if evidence.level else known.level if known else Level.ERROR,
        code=code,
        twilio_code=evidence.code,
        message=(_alarm(told) if is_alarm else _message(evidence))[:LONGEST_MESSAGE],
        endpoint=webhook.endpoint,
        account_sid=evidence.account_sid or webhook.account_sid,
        webhook_id=webhook.id,
        resource_sid=evidence.resource_sid,
        service_sid=evidence.service_sid,
        request_method=evidence.method,
        request_url=without_credentials(evidence.url)[:LONGEST_DETAIL],
        product=evidence.product or _PRODUCTS.get(evidence.resource_sid[:2], "") or (known.product if known else ""),
        details=_details(webhook, told, evidence),
        causes=explain(evidence).causes,
        origin=ORIGIN,
    )


def unread(webhook: Webhook) -> DebugEvent:
    """The event of a webhook that told of something, and nobody knows what."""
    return DebugEvent(
        id=f"NO{webhook.id[2:]}",
        at=webhook.received_at,
        level=Level.ERROR,
        code=0,
        twilio_code=0,
        message="Twilio told of an error in words that Offhook cannot read: they are in the webhook.",
        endpoint=webhook.endpoint,
        account_sid=webhook.account_sid,
        webhook_id=webhook.id,
        product="",
        details={"ToldBy": webhook.id},
        origin=ORIGIN,
    )


def is_sid(text: str) -> bool:
    """Whether it is a whole SID, not a masked one."""
    return values.SID.fullmatch(text) is not None


def told_time(written: str, received_at: float) -> float:
    """The time that was told, ISO 8601 or as in mails; when it was received, where there is none or it is yet to come."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        try:
            moment = parsedate_to_datetime(written)
        except (ValueError, TypeError, IndexError, OverflowError):
            return received_at
    try:
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return received_at
    return at if 0 < at < received_at + _AHEAD else received_at


def _narrow(evidence: Evidence) -> int:
    """The code that is hidden in the answer of Twilio's proxy, or follows from what that says; else Twilio's code."""
    said = evidence.hidden.lower()
    return evidence.hidden_code or next((code for words, code in _WORDS.items() if words in said), evidence.code)


def _message(evidence: Evidence) -> str:
    known = catalogue.lookup(evidence.code)
    told = evidence.message or (known.name if known else "Twilio told of an error, and not of which")
    if not evidence.synthetic:
        return told
    answer = f"the {evidence.status}" if evidence.status else "the answer"
    why = f": {evidence.hidden}" if evidence.hidden else ""
    return f"{told} ({answer} came from Twilio's own proxy, not from the app{why})"


def _alarm(told: Mapping[str, Any]) -> str:
    fields = {values.fold(values.said(name)): values.said(value).strip() for name, value in told.items()}
    name = fields.get("description") or fields.get("alarmname") or fields.get("friendlyname") or "an alarm"
    sid = fields.get("appmonitortriggersid", "")
    period = fields.get("timeperiod", "")
    within = f" within {_PERIODS.get(period, period)}" if period else ""
    came_to = f"{_number(fields.get('currentvalue', ''))}{within}, threshold {_number(fields.get('triggervalue', ''))}"
    code = f", code {fields['errorcode']}" if fields.get("errorcode") else ""
    return f"Alarm {sid} fired: {masked_line(name)}{code}: {came_to}"


def _number(written: str) -> str:
    """`1.000000` → `1`; what is no number stays, and what is missing is unknown."""
    whole, _, rest = written.partition(".")
    return whole if whole.isdecimal() and not rest.strip("0") else written or "unknown"


def _details(webhook: Webhook, told: Mapping[str, Any], evidence: Evidence) -> dict[str, str]:
    """Twilio's `more_info` as it came (of an alarm: all its fields), and over it what else is known."""
    info = _scalars(told) if evidence.form == "alarm" else _more_info(told)
    ours = {
        "TwilioSid": evidence.sid,
        "Timestamp": evidence.at,
        "hidden": evidence.hidden,
        "answeredBy": "Twilio's proxy, not the app" if evidence.synthetic else "",
        "httpResponse": str(evidence.status) if evidence.status and "httpResponse" not in info else "",
        "unread": "; ".join(evidence.unread),
        "ToldBy": webhook.id,
    }
    merged = dict(list(info.items())[:MOST_DETAILS]) | {name: value for name, value in ours.items() if value}
    return {name[:100]: masked_line(value)[:LONGEST_DETAIL] for name, value in merged.items()}


def _more_info(told: Mapping[str, Any]) -> dict[str, str]:
    """The pairs of `more_info`, wherever it stands; a text without pairs is kept under its own name."""
    layer: Any = dict(told)
    for _ in range(3):
        info = unpacked(_named(layer, "moreinfo"))
        if isinstance(info, dict):
            return _scalars(info)
        if isinstance(info, str) and info.strip():
            pairs = values.form_pairs(info) if "://" not in info[:8] else ()
            return dict(reversed(pairs)) or {"more_info": values.whole(info)}
        layer = unpacked(next((each for name in ("payload", "data") if (each := _named(layer, name))), None))
        if isinstance(layer, list) and layer:
            layer = unpacked(layer[0])
    return {}


def _named(layer: Any, wanted: str) -> Any:
    if not isinstance(layer, dict):
        return None
    return next((value for name, value in layer.items() if values.fold(values.said(name)) == wanted), None)


def _scalars(found: Mapping[str, Any]) -> dict[str, str]:
    return {values.said(name): _written(value) for name, value in found.items() if value is not None}


def _written(value: Any) -> str:
    if isinstance(value, dict | list):
        try:
            return values.whole(msgspec.json.encode(value).decode())
        except (ValueError, RecursionError, TypeError):
            return "…"
    return values.said(value) or (str(value) if isinstance(value, float) else "")
