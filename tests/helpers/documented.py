"""A consumer of Twilio's Event Streams as somebody would write it from Twilio's documentation alone (spec: twilio-debugger §5.5).

It knows nothing of Offhook: fields that are not documented, values of another type and names in another spelling break it.
"""

import re
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

import msgspec


class Inbound(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """Messaging.InboundMessageV1, as of version 6. An older version lacks what was added later."""

    message_sid: str
    timestamp: datetime
    account_sid: str
    event_name: Literal["com.twilio.messaging.inbound-message.received"]
    from_: str = msgspec.field(name="from")
    to: str
    body: str
    num_media: int | None = None
    num_segments: int | None = None
    recipients: list[str] = []
    to_country: str | None = None
    to_state: str | None = None
    to_city: str | None = None
    to_zip: str | None = None
    from_country: str | None = None
    from_state: str | None = None
    from_city: str | None = None
    from_zip: str | None = None
    mcc: str | None = None
    mnc: str | None = None
    messaging_service_sid: str | None = None
    referral_ctwa_clid: str | None = None
    opt_out_type: str | None = None


class Status(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """Messaging.MessageStatus, as of version 8."""

    message_sid: str
    timestamp: datetime
    account_sid: str
    event_name: str
    api_version: Literal["2010-04-01"]
    from_: str = msgspec.field(name="from")
    to: str
    message_status: Literal["QUEUED", "FAILED", "SENT", "DELIVERED", "UNDELIVERED", "READ"]
    messaging_service_sid: str | None = None
    error_code: int | None = None
    body: str | None = None
    status_call_back_url: str | None = None
    tags: dict[str, str] = {}
    mnc: str | None = None
    mcc: str | None = None
    raw_dlr_done_date: str | None = None
    number_of_segments: int | None = None
    date_updated: datetime | None = None


class ErrorLog(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """ErrorLogs.Error: strings throughout, the payload JSON in one."""

    sid: str
    account_sid: str
    date_created: datetime | None = None
    level: Literal["INFO", "WARNING", "ERROR"] | None = None
    master_account_sid: str | None = None
    request_sid: str | None = None
    service_sid: str | None = None
    correlation_sid: str | None = None
    product_name: str | None = None
    error_code: str | None = None
    payload: str | None = None


class CloudEvent(msgspec.Struct, kw_only=True):
    """The envelope, its data not yet read."""

    specversion: Literal["1.0"]
    type: str
    source: str
    id: str
    time: datetime
    datacontenttype: Literal["application/json"]
    dataschema: str
    data: msgspec.Raw


_MESSAGES = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages/([^/]+)\.json")
_SHAPES = (
    (re.compile(r"https://events-schemas\.twilio\.com/Messaging\.InboundMessageV1/[1-6]"), Inbound),
    (re.compile(r"https://events-schemas\.twilio\.com/Messaging\.MessageStatus/[1-8]"), Status),
    (re.compile(r"https://events-schemas\.twilio\.com/ErrorLogs\.Error/[12]"), ErrorLog),
)


def consume(body: bytes) -> Any:
    """The data of an event, by its schema. Raises what a consumer would fail with."""
    event = msgspec.json.decode(body, type=CloudEvent)
    shape = next(shape for address, shape in _SHAPES if address.fullmatch(event.dataschema))
    data = msgspec.json.decode(event.data, type=shape)
    if isinstance(data, ErrorLog):
        assert event.type == "com.twilio.error-logs.error.logged"
        assert event.id == data.sid
        assert isinstance(msgspec.json.decode(data.payload), dict)
        return data
    assert event.id.startswith("EZ")
    assert data.event_name == event.type
    found = _MESSAGES.fullmatch(event.source)
    assert found is not None
    assert tuple(map(unquote, found.groups())) == (data.account_sid, data.message_sid)
    if isinstance(data, Status):
        assert event.type == f"com.twilio.messaging.message.{data.message_status.lower()}"
    return data
