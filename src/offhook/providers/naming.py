"""What a Twilio request is about, and when two of them are the same webhook. Source: `spec: twilio-delivery §4`, design law 3."""

from collections.abc import Mapping
from hashlib import blake2b

from offhook.providers import raw
from offhook.providers.base import Incoming
from offhook.providers.signature import Form
from offhook.records import Kind, Record

_TOKEN = b"i-twilio-idempotency-token"
_RECEIVED = frozenset({b"received", b"receiving"})
_SID_LENGTH = 34


class Subject(Record):
    """The message or call that a request is about, and for a status callback the status that it tells."""

    kind: Kind
    sid: bytes = b""
    status: bytes = b""


_OTHER = Subject(kind=Kind.OTHER)


def subject(form: Form) -> Subject:
    """Read from the parameters, wherever they stood."""
    values = form.values
    sid = form.get(b"MessageSid") or form.get(b"SmsSid") or form.get(b"SmsMessageSid")
    if sid:
        status = values.get(b"MessageStatus") or values.get(b"SmsStatus", b"")
        status = raw.unquote(status) if b"%" in status else status
        if status in _RECEIVED or (not status and b"Body" in values):
            return Subject(kind=Kind.MESSAGE, sid=sid)
        return Subject(kind=Kind.STATUS, sid=sid, status=status) if status else _OTHER
    call = form.get(b"CallSid")
    if not call:
        return _OTHER
    told = b"CallbackSource" in values or b"StatusCallbackEvent" in values
    return Subject(kind=Kind.STATUS if told else Kind.VOICE, sid=call)


def contortion(about: Subject, form: Form) -> str:
    """Why a rightly signed request cannot be as Twilio sent it, or "".

    The signature has no delimiters, so a captured request stays valid when its parameters are cut at other places. Such a cut would
    get by the dedupe key: a SID that swallowed what follows it is too long, one that lost its end takes `To` (which sorts after it)
    with it, and a status that swallowed what follows it is no longer a lower-case word.
    """
    if len(about.sid) > _SID_LENGTH:
        return f"a SID of more than {_SID_LENGTH} characters"
    if about.kind is Kind.MESSAGE and not form.values.get(b"To"):
        return "a message without To"
    if about.status and not about.status.islower():
        return "a status that is not a lower-case word"
    return ""


def dedupe_key(about: Subject, request: Incoming, headers: Mapping[bytes, bytes]) -> bytes:
    """16 bytes, the same for the same webhook at the same endpoint.

    A call's SID is the same at each of its steps, so a voice request goes by its idempotency token, as everything does that is not
    about a message; without one, by everything that was sent.
    """
    path = request.target.partition(b"?")[0].strip(b"/")
    if about.kind is Kind.MESSAGE:
        return _digest(path, b"message", about.sid)
    if about.status:
        return _digest(path, b"status", about.sid, about.status)
    token = headers.get(_TOKEN)
    if token:
        return _digest(path, b"token", token)
    return _digest(path, b"request", request.method.encode(), request.target, request.body)


def _digest(*parts: bytes) -> bytes:
    return blake2b(b"\0".join(parts), digest_size=16).digest()


def identifier(parameters: Mapping[str, str]) -> str:
    """The SID of what a webhook is about: a message, a call, or a debug event of Twilio's own."""
    return next(
        (parameters[name] for name in ("MessageSid", "SmsSid", "SmsMessageSid", "CallSid", "Sid") if parameters.get(name)), ""
    )


def conversation(kind: Kind, parameters: Mapping[str, str]) -> str:
    """What deliveries must not overlap in: the two numbers of a message, the message of a status; "" for none."""
    if kind is Kind.MESSAGE:
        return f"{parameters.get('From', '')}|{parameters.get('To', '')}"
    sid = parameters.get("MessageSid") or parameters.get("SmsSid", "")
    return f"status|{sid}" if kind is Kind.STATUS and sid else ""


def first_values(head: bytes, body: bytes) -> dict[str, str]:
    """The parameters of a kept request, the first value of each name."""
    found: dict[str, str] = {}
    for name, value in raw.parameters(head, body):
        found.setdefault(name, value)
    return found
