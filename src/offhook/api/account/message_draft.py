"""A message that the account asks for: checked as Twilio checks it, and made (spec: twilio-delivery §7.1, §7.2)."""

import json
import re
from typing import Final

import msgspec

from offhook.api.account.asked import Asked, with_plus
from offhook.api.account.problems import Refused
from offhook.api.fields import read_time
from offhook.net.urls import is_url
from offhook.providers.drafts import segments
from offhook.simulator.carrier import sid
from offhook.simulator.records import Direction, Media, Message, Service, Status

LONGEST: Final = 1600
MOST_MEDIA: Final = 10
LONGEST_VALIDITY: Final = 36_000
SOONEST, LATEST = 5 * 60, 35 * 24 * 60 * 60
"""How far ahead a message can be scheduled, seconds."""
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_SHORT_CODE: Final = re.compile(r"\d{3,8}", re.ASCII)
_ALPHANUMERIC: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_WHATSAPP: Final = "whatsapp:"


def drafted(asked: Asked) -> Message:
    """The message. Raises Refused with Twilio's code for the first thing that is wrong."""
    to, sender = (with_plus(asked.text(name)).strip() for name in ("To", "From"))
    service_sid = asked.text("MessagingServiceSid")
    if sender.startswith("MG"):
        sender, service_sid = "", sender
    if not to:
        raise Refused(21604)
    if not (sender or service_sid):
        raise Refused(21603)
    body, media = _content(asked)
    to = number_in(to, 21211)
    service = _service(asked, service_sid) if service_sid else None
    sender = _sender(asked, sender, to) if sender else ""
    _check_route(asked, sender, to, service)
    now = asked.desk.clock.now()
    made = Message(
        sid=sid("MM" if media else "SM"),
        account_sid=asked.desk.book.account.sid,
        direction=Direction.API,
        sender=sender,
        to=to,
        body=body,
        status=Status.QUEUED if sender else Status.ACCEPTED,
        created_at=now,
        updated_at=now,
        media=tuple(Media(sid=sid("ME"), content_type="", url=url, created_at=now) for url in media),
        segments=1 if media else segments(body),
        messaging_service_sid=service_sid,
        status_callback=_callback(asked) or (service.status_callback if service is not None else ""),
    )
    return _scheduled(asked, made)


def number_in(text: str, code: int) -> str:
    """A number with its channel, blanks and the like taken out. Raises Refused with the code where it is none."""
    channel = _WHATSAPP if text.startswith(_WHATSAPP) else ""
    number = re.sub(r"[\s().-]", "", with_plus(text.removeprefix(channel)))
    if re.fullmatch(r"[2-9]\d{9}", number, re.ASCII) and not channel:
        number = f"+1{number}"
    if not _NUMBER.fullmatch(number):
        raise Refused(code, f"{text[:50]!r} is no number. Write it as +12025550123.")
    return channel + number


def _content(asked: Asked) -> tuple[str, list[str]]:
    """The body and the media. A template of Twilio's Content API is not here to be filled in: it is shown as what was asked for."""
    body, media, content = asked.text("Body"), [url for url in asked.texts("MediaUrl") if url], asked.text("ContentSid")
    if not (body or media or content):
        raise Refused(21602 if asked.has("Body") else 21619)
    if len(body) > LONGEST:
        raise Refused(21617, f"The 'Body' has {len(body)} characters; a message has up to {LONGEST}.")
    if len(media) > MOST_MEDIA:
        raise Refused(21623, f"The message has {len(media)} media; it may have up to {MOST_MEDIA}.")
    if not all(is_url(url) for url in media):
        raise Refused(21620)
    variables = _variables(asked.text("ContentVariables"))
    if variables and not content:
        raise Refused(21654)
    if content and not re.fullmatch(r"HX[0-9a-fA-F]{32}", content):
        raise Refused(21655)
    if content and not body:
        body = f"[{content} {variables}]" if variables else f"[{content}]"
    return body, media


def _variables(text: str) -> str:
    try:
        is_object = not text or isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise Refused(21656)
    return text


def _service(asked: Asked, service_sid: str) -> Service:
    service = asked.desk.book.services.get(service_sid)
    if service is None:
        raise Refused(21701, f"There is no Messaging Service {service_sid[:50]!r}.")
    if not service.numbers:
        raise Refused(21703)
    return service


def _sender(asked: Asked, text: str, to: str) -> str:
    """Who sends: one of the account's numbers, or a name where the recipient's country has such."""
    bare = text.removeprefix(_WHATSAPP)
    if _SHORT_CODE.fullmatch(bare):
        raise Refused(21606, f"The account has no short code {bare}.")
    if _ALPHANUMERIC.fullmatch(text):
        if to.startswith(("+1", _WHATSAPP)):
            raise Refused(21612, f"{text!r} is a name, and messages to {to} need a number as their sender.")
        return text
    sender = number_in(text, 21212)
    if asked.desk.book.number(sender) is None:
        raise Refused(21606, f"{sender} is not one of the account's numbers. Those are in IncomingPhoneNumbers.")
    return sender


def _check_route(asked: Asked, sender: str, to: str, service: Service | None) -> None:
    if sender == to:
        raise Refused(21211, "The 'To' and the 'From' are the same number.")
    if sender and sender.startswith(_WHATSAPP) != to.startswith(_WHATSAPP):
        raise Refused(21910)
    if sender and service is not None and sender.removeprefix(_WHATSAPP) not in service.numbers:
        raise Refused(21711)
    channel = _WHATSAPP if to.startswith(_WHATSAPP) else ""
    senders = {sender, *(channel + each for each in (service.numbers if service is not None else ()))}
    if any(asked.desk.carrier.optouts.is_out(to, each) for each in senders):
        raise Refused(21610)


def _callback(asked: Asked) -> str:
    url = asked.text("StatusCallback").strip()
    if url and not is_url(url):
        raise Refused(21609)
    return url


def _scheduled(asked: Asked, message: Message) -> Message:
    validity = asked.text("ValidityPeriod")
    if validity and not (re.fullmatch(r"\d{1,5}", validity, re.ASCII) and 1 <= int(validity) <= LONGEST_VALIDITY):
        raise Refused(21624)
    if not asked.text("ScheduleType"):
        return message
    if not message.messaging_service_sid:
        raise Refused(35118)
    if not asked.text("SendAt"):
        raise Refused(35111)
    try:
        send_at = read_time(asked.text("SendAt"))
    except ValueError:
        raise Refused(35114) from None
    if not SOONEST <= send_at - message.created_at <= LATEST:
        raise Refused(35114)
    return msgspec.structs.replace(message, status=Status.SCHEDULED, send_at=send_at)
