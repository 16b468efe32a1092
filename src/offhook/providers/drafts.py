"""Requests as Twilio makes them: the parameters of an inbound message or a status callback, in the order of real captures.

Source of names, values and order: twilio-delivery §4.1 and §4.2; of the headers: §3.2. Pure: SIDs and tokens are passed in.
"""

import json
import mimetypes
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode, urlsplit

from offhook.records import Headers, Parameters, Record

FORM: Final = "application/x-www-form-urlencoded"
STATUSES: Final = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "canceled")
# Numbers that are nobody's: 555-0100 to 555-0199 are kept for fiction.
A_PERSON: Final = "+12025550123"
A_NUMBER: Final = "+12025550199"
A_WHATSAPP_NUMBER: Final = "+14155238886"
_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE: Final = frozenset("^{}\\[~]|€")


class Draft(Record):
    """What a message is to be. An empty `sender` or `recipient` is one of fiction's; `status` makes it a status callback.

    `error_code` is a failed message's, 30008 where none is given.
    """

    sid: str
    account_sid: str
    sender: str = ""
    recipient: str = ""
    body: str = ""
    media: tuple[str, ...] = ()
    whatsapp: bool = False
    status: str = ""
    error_code: int = 0
    messaging_service_sid: str = ""
    extra: Parameters = ()


def parameters(draft: Draft) -> Parameters:
    """The parameters, in Twilio's order. Those of `extra` take the place of others of their name, or come last."""
    made = _status_callback(draft) if draft.status else _whatsapp(draft) if draft.whatsapp else _text(draft)
    replaced = dict(draft.extra)
    kept = tuple((name, replaced.get(name, value)) for name, value in made)
    names = {name for name, _ in made}
    return (*kept, *((name, value) for name, value in draft.extra if name not in names))


def voice_parameters(call_sid: str, account_sid: str) -> Parameters:
    """The parameters of a call that has just come in, in the order of a capture."""
    return (
        ("AccountSid", account_sid),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", call_sid),
        ("CallStatus", "ringing"),
        ("Called", A_NUMBER),
        ("Caller", A_PERSON),
        ("Direction", "inbound"),
        ("From", A_PERSON),
        ("FromCity", ""),
        ("FromCountry", "US"),
        ("FromState", ""),
        ("FromZip", ""),
        ("To", A_NUMBER),
        ("ToCity", ""),
        ("ToCountry", "US"),
        ("ToState", ""),
        ("ToZip", ""),
    )


def headers(content_type: str, token: str) -> Headers:
    """The headers, but for Host, Content-Length and the signature. `token` tells one delivery from another."""
    typed = (("Content-Type", content_type),) if content_type else ()
    return (
        ("User-Agent", "TwilioProxy/1.1"),
        ("Accept", "*/*"),
        *typed,
        ("I-Twilio-Idempotency-Token", token),
        ("X-Home-Region", "us1"),
    )


def encode(fields: Parameters) -> str:
    """As a form or a query: blanks as `+`."""
    return urlencode(fields)


def with_query(url: str, query: str) -> str:
    """The URL with these parameters behind its own, as Twilio's GET has them."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{query}"


def segments(body: str) -> int:
    """How many SMS segments a text takes: 160 characters of GSM 03.38, or 70 of UCS-2, in one; 153 or 67 in each of several."""
    if all(character in _GSM or character in _GSM_DOUBLE for character in body):
        length, single, each = len(body) + sum(character in _GSM_DOUBLE for character in body), 160, 153
    else:
        length, single, each = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // each)


def without_parameters(url: str) -> str:
    """The URL without those parameters of Twilio's that a redirect's follow-up carries in its query: what the app itself has named."""
    bare, question, query = url.partition("?")
    kept = [part for part in query.split("&") if part and not _IS_PARAMETER(part.partition("=")[0])]
    return f"{bare}?{'&'.join(kept)}" if question and kept else bare


def _text(draft: Draft) -> Parameters:
    sender, recipient = draft.sender or A_PERSON, draft.recipient or A_NUMBER
    types, urls = _media(draft.media)
    return (
        ("ToCountry", _country(recipient)),
        *types,
        ("ToState", ""),
        ("SmsMessageSid", draft.sid),
        ("NumMedia", str(len(draft.media))),
        ("ToCity", ""),
        ("FromZip", ""),
        ("SmsSid", draft.sid),
        ("FromState", ""),
        ("SmsStatus", "received"),
        ("FromCity", ""),
        ("Body", draft.body),
        ("FromCountry", _country(sender)),
        ("To", recipient),
        *_service(draft),
        ("ToZip", ""),
        ("NumSegments", str(1 if draft.media else segments(draft.body))),
        ("MessageSid", draft.sid),
        ("AccountSid", draft.account_sid),
        ("From", sender),
        *urls,
        ("ApiVersion", "2010-04-01"),
    )


def _whatsapp(draft: Draft) -> Parameters:
    sender, recipient = _prefixed(draft.sender or A_PERSON), _prefixed(draft.recipient or A_WHATSAPP_NUMBER)
    wa_id = sender.removeprefix("whatsapp:").lstrip("+")
    types, urls = _media(draft.media)
    context = {"type": "whatsapp", "data": {"context": {"ProfileName": "Offhook", "WaId": wa_id}}}
    return (
        *types,
        ("SmsMessageSid", draft.sid),
        ("NumMedia", str(len(draft.media))),
        ("ProfileName", "Offhook"),
        ("MessageType", _message_type(types)),
        ("SmsSid", draft.sid),
        ("WaId", wa_id),
        ("SmsStatus", "received"),
        ("Body", draft.body),
        ("To", recipient),
        *_service(draft),
        ("NumSegments", "1"),
        ("ReferralNumMedia", "0"),
        ("MessageSid", draft.sid),
        ("AccountSid", draft.account_sid),
        ("ChannelMetadata", json.dumps(context, separators=(",", ":"))),
        ("From", sender),
        *urls,
        ("ApiVersion", "2010-04-01"),
    )


def _status_callback(draft: Draft) -> Parameters:
    """A callback is about a message of ours: it goes from the number to the person."""
    ours, theirs = draft.sender or A_NUMBER, draft.recipient or A_PERSON
    if draft.whatsapp:
        ours, theirs = _prefixed(draft.sender or A_WHATSAPP_NUMBER), _prefixed(theirs)
    failed = (("ErrorCode", str(draft.error_code or 30008)),) if draft.status in {"failed", "undelivered"} else ()
    return (
        *failed,
        ("SmsSid", draft.sid),
        ("SmsStatus", draft.status),
        ("MessageStatus", draft.status),
        ("To", theirs),
        *_service(draft),
        ("MessageSid", draft.sid),
        ("AccountSid", draft.account_sid),
        ("From", ours),
        ("ApiVersion", "2010-04-01"),
    )


def _service(draft: Draft) -> Parameters:
    return (("MessagingServiceSid", draft.messaging_service_sid),) if draft.messaging_service_sid else ()


def _media(urls: Sequence[str]) -> tuple[Parameters, Parameters]:
    """The types, then the URLs: a capture has them in two places."""
    types = tuple(
        (f"MediaContentType{number}", mimetypes.guess_type(urlsplit(url).path)[0] or "image/jpeg")
        for number, url in enumerate(urls)
    )
    return types, tuple((f"MediaUrl{number}", url) for number, url in enumerate(urls))


def _message_type(types: Parameters) -> str:
    kind = types[0][1].partition("/")[0] if types else "text"
    return kind if kind in {"text", "image", "audio", "video"} else "document"


def _prefixed(number: str) -> str:
    return number if number.startswith("whatsapp:") else f"whatsapp:{number}"


def _country(number: str) -> str:
    return "US" if number.startswith("+1") else ""


_NAMES: Final = frozenset(
    name
    for each in (
        *(
            parameters(Draft(sid="", account_sid="", status=status, whatsapp=whatsapp))
            for status in ("", "failed")
            for whatsapp in (False, True)
        ),
        voice_parameters("", ""),
    )
    for name, _ in each
)
_IS_PARAMETER: Final = re.compile(rf"(?:{'|'.join(sorted(_NAMES))}|Media(?:ContentType|Url)\d+)").fullmatch
