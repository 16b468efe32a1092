"""Messages and media as the API shows them (spec: twilio-delivery §7.1). Pure."""

import mimetypes
import re
from typing import Any

from offhook.api.account.times import rfc2822
from offhook.simulator.records import Media, Message, Status

API_VERSION = "2010-04-01"


def uri_of(message: Message) -> str:
    """The path of a message, without its ending."""
    return f"/{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}"


def message_shape(message: Message) -> dict[str, Any]:
    """One message; counts are texts, and a service's message has no segments before it has a sender."""
    uri = uri_of(message)
    return {
        "account_sid": message.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc2822(message.created_at),
        "date_sent": rfc2822(message.sent_at),
        "date_updated": rfc2822(message.updated_at),
        "direction": message.direction.value,
        "error_code": message.error_code or None,
        "error_message": message.error_message or None,
        "from": message.sender or None,
        "messaging_service_sid": message.messaging_service_sid or None,
        "num_media": str(len(message.media)),
        "num_segments": str(message.segments if message.sender else 0),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status.value,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def media_shape(message: Message, media: Media) -> dict[str, Any]:
    """One picture or the like of a message."""
    made = rfc2822(media.created_at or message.created_at)
    return {
        "sid": media.sid,
        "account_sid": message.account_sid,
        "parent_sid": message.sid,
        "content_type": content_type(media),
        "date_created": made,
        "date_updated": made,
        "uri": f"{uri_of(message)}/Media/{media.sid}.json",
    }


def content_type(media: Media) -> str:
    """What a medium is: as it came, else what its address ends with says."""
    return media.content_type or _guessed(media.url) or "application/octet-stream"


def _guessed(url: str) -> str | None:
    """By the last part of its path; an app may have written what is no URL at all."""
    return mimetypes.guess_type(re.split(r"[?#]", url)[0].rpartition("/")[2])[0]


CANCELABLE = frozenset({Status.ACCEPTED, Status.SCHEDULED, Status.QUEUED})
