"""Inbound messages and the statuses of outbound ones in Twilio's own types (spec: twilio-debugger §5.5).

Twilio's consumers read Twilio's fields, and in a version no field that it did not have. What a version has is taken from Twilio's published
schemas and from captured events; what could not be confirmed is left out of the version, which is always right since it is optional:

- `Messaging.InboundMessageV1`: version 1 from a capture, versions 5 and 6 from the schema. 2 to 4 were not seen: they have the fields of 1.
- `Messaging.MessageStatus`: version 3 from a capture, 4 from the schema, 6 to 8 from the documentation (7 and 8 add no field that is known). 1 and 2
  were not seen: they have the fields of 3; 5 was not seen: it has those of 4.
- `mcc` and `mnc` are in no webhook, so in no event. `tags` are not in a status callback: the event has none, `{}`, as Twilio's has mostly.
- `timestamp` and `dateUpdated` are when we received the webhook, which is when Twilio told of it. A status has no `body`: a callback has none.
- `com.twilio.messaging.message.sending` is in no list of types that could be found.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from offhook.providers import raw
from offhook.providers.forms import Form
from offhook.records import Kind, Webhook
from offhook.streams.model import Event
from offhook.streams.shapes.envelope import TWILIO, Facts, conversation, dataschema, part, rfc3339, sealed
from offhook.streams.shapes.urls import shown

INBOUND = "com.twilio.messaging.inbound-message.received"
INBOUND_SCHEMA = "Messaging.InboundMessageV1"
STATUS_SCHEMA = "Messaging.MessageStatus"
_PREFIX = "com.twilio.messaging.message."
STATUSES = {status: f"{_PREFIX}{status}" for status in ("queued", "sent", "delivered", "undelivered", "failed", "read")}
"""The type of each status that has one."""

_API_VERSION = "2010-04-01"
_MOST_DIGITS = 9


class Field(NamedTuple):
    """An optional field: its name, the webhook's parameter that has it, the first version with it, and whether it is a number."""

    name: str
    parameter: bytes
    since: int
    is_number: bool = False


INBOUND_FIELDS = (
    Field("numMedia", b"NumMedia", 1, True),
    Field("numSegments", b"NumSegments", 1, True),
    Field("toCountry", b"ToCountry", 5),
    Field("toState", b"ToState", 5),
    Field("toCity", b"ToCity", 5),
    Field("toZip", b"ToZip", 5),
    Field("fromCountry", b"FromCountry", 5),
    Field("fromState", b"FromState", 5),
    Field("fromCity", b"FromCity", 5),
    Field("fromZip", b"FromZip", 5),
    Field("messagingServiceSid", b"MessagingServiceSid", 5),
    Field("referralCtwaClid", b"ReferralCtwaClid", 5),
    Field("optOutType", b"OptOutType", 5),
)
STATUS_FIELDS = (
    Field("messagingServiceSid", b"MessagingServiceSid", 4),
    Field("errorCode", b"ErrorCode", 4, True),
    Field("rawDlrDoneDate", b"RawDlrDoneDate", 6),
    Field("numberOfSegments", b"NumSegments", 6, True),
)
_Fields = tuple[tuple[bytes, ...], tuple[Field, ...]]


def _by_version(fields: tuple[Field, ...], latest: int) -> dict[int, _Fields]:
    """The parameters of each version's optional fields, and the fields."""
    known = {version: tuple(field for field in fields if field.since <= version) for version in range(1, latest + 1)}
    return {version: (tuple(field.parameter for field in found), found) for version, found in known.items()}


INBOUND_VERSIONS, STATUS_VERSIONS = tuple(range(1, 7)), tuple(range(1, 9))
_INBOUND = _by_version(INBOUND_FIELDS, INBOUND_VERSIONS[-1])
_STATUS = _by_version(STATUS_FIELDS, STATUS_VERSIONS[-1])
_RECIPIENTS_SINCE, _TAGS_SINCE, _UPDATED_SINCE = 5, 4, 6


def event_of(webhook: Webhook, form: Form, wanted: Mapping[str, int]) -> Event | None:
    """Twilio's event of a message that came in, or of the status of one that went out; None where none is wanted.

    A version that only a later Offhook knows is told as the latest that this one knows.
    """
    if not webhook.provider_id:
        return None
    if webhook.kind is Kind.MESSAGE:
        version = min(wanted.get(INBOUND, 0), INBOUND_VERSIONS[-1])
        return _inbound(webhook, form, version) if version else None
    told = status_of(form)
    version = min(wanted.get(STATUSES.get(told, ""), 0), STATUS_VERSIONS[-1])
    return _status(webhook, form, told, version) if version else None


def status_of(form: Form) -> str:
    """The message's status that a callback tells, in lower case; "" where it is about something else."""
    told, older = form.pick((b"MessageStatus", b"SmsStatus"))
    return raw.text(told or older)


def _inbound(webhook: Webhook, form: Form, version: int) -> Event:
    """The one event that holds the message's text."""
    data: dict[str, Any] = {
        "messageSid": webhook.provider_id,
        "timestamp": rfc3339(webhook.received_at),
        "accountSid": webhook.account_sid,
        "eventName": INBOUND,
        "from": webhook.sender,
        "to": webhook.recipient,
        "body": raw.text(form.get(b"Body")),
    }
    _fill(data, form, _INBOUND[version])
    if version >= _RECIPIENTS_SINCE:
        data["recipients"] = []
    facts = _facts(webhook, conversation(webhook.sender, webhook.recipient, webhook.endpoint))
    return sealed(INBOUND, dataschema(INBOUND_SCHEMA, version, TWILIO), facts, data)


def _status(webhook: Webhook, form: Form, told: str, version: int) -> Event:
    name = STATUSES[told]
    at = rfc3339(webhook.received_at)
    data: dict[str, Any] = {
        "messageSid": webhook.provider_id,
        "timestamp": at,
        "accountSid": webhook.account_sid,
        "eventName": name,
        "apiVersion": raw.text(form.get(b"ApiVersion")) or _API_VERSION,
        "from": webhook.sender,
        "to": webhook.recipient,
        "messageStatus": told.upper(),
    }
    _fill(data, form, _STATUS[version])
    if version >= _TAGS_SINCE:
        data["statusCallBackUrl"] = shown(webhook.url, raw.method(webhook.head))
        data["tags"] = {}
    if version >= _UPDATED_SINCE:
        data["dateUpdated"] = at
    facts = _facts(webhook, conversation(webhook.recipient, webhook.sender, webhook.endpoint))
    return sealed(name, dataschema(STATUS_SCHEMA, version, TWILIO), facts, data)


def _facts(webhook: Webhook, partition: str) -> Facts:
    return Facts(
        id=f"EZ{webhook.id[2:]}",
        source=f"/{_API_VERSION}/Accounts/{part(webhook.account_sid)}/Messages/{part(webhook.provider_id)}.json",
        time=webhook.received_at,
        partition=partition,
    )


def _fill(data: dict[str, Any], form: Form, fields: _Fields) -> None:
    """Add what the webhook says. Twilio leaves out what it does not know."""
    parameters, known = fields
    for field, value in zip(known, form.pick(parameters), strict=True):
        if not value:
            continue
        if not field.is_number:
            data[field.name] = raw.text(value)
        elif value.isdigit() and len(value) <= _MOST_DIGITS:
            data[field.name] = int(value)
