"""What a Twilio request is about, and when two of them are the same webhook. Source: `spec: twilio-delivery §4`, design law 3."""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from offhook.providers.base import Incoming
from offhook.providers.forms import Form
from offhook.records import Kind, Record

_TOKEN = b"i-twilio-idempotency-token"
_RECEIVED = frozenset({b"received", b"receiving"})
_SID_LENGTH = 34
_KEPT = (b"MessageSid", b"SmsSid", b"SmsMessageSid", b"CallSid", b"Sid", b"AccountSid", b"From", b"To")
_USUAL = (b"MessageSid", b"MessageStatus", b"SmsStatus", b"AccountSid", b"From", b"To")
_HIDDEN = re.compile(rb"MessageSid[A-Z]{2}[0-9a-f]{32}")

# Looking a member up in its class takes three times as long as a name, and this is the path of the answer.
_KIND_OTHER, _KIND_MESSAGE = Kind.OTHER, Kind.MESSAGE


class Subject(Record):
    """The message or call that a request is about, for a status callback the status that it tells, and who it says is concerned.

    `plain`: a message as Twilio sends them, in which there is nothing odd (see `contortion`).
    """

    kind: Kind
    sid: bytes = b""
    status: bytes = b""
    account: bytes = b""
    sender: bytes = b""
    recipient: bytes = b""
    plain: bool = False


def subject(form: Form) -> Subject:
    """Read from the parameters, wherever they stood."""
    sid, told, status, account, sender, recipient = form.pick(_USUAL)
    if not sid:
        sid = form.get(b"SmsSid") or form.get(b"SmsMessageSid")
    kind, plain = _KIND_OTHER, False
    if sid:
        status = told or status
        if status in _RECEIVED or (not status and b"Body" in form.names):
            kind, status = _KIND_MESSAGE, b""
            plain = len(sid) <= _SID_LENGTH and recipient != b""
        elif status:
            kind = Kind.STATUS
        else:
            sid = b""
    else:
        status = b""
        sid = form.get(b"CallSid")
        if sid:
            is_callback = b"CallbackSource" in form.names or b"StatusCallbackEvent" in form.names
            kind = Kind.STATUS if is_callback else Kind.VOICE
    return Subject(kind=kind, sid=sid, status=status, account=account, sender=sender, recipient=recipient, plain=plain)


def contortion(about: Subject, form: Form, url: bytes) -> str:
    """Why a rightly signed request cannot be as Twilio sent it, or "".

    The signature has no delimiters, so a captured request stays valid when its parameters are cut at other places. Such a cut would
    get by the dedupe key: a SID that swallowed what follows it is too long, one that lost its end takes `To` (which sorts after it)
    with it, and a status that swallowed what follows it is no longer a lower-case word. A message whose SIDs are all hidden in other
    parameters, or in the URL, would be a webhook of no kind: its SID still stands in what is signed.
    """
    if about.plain:
        return ""
    if about.kind is _KIND_OTHER:
        signed = url + form.signed
        told = b"MessageSid" in form.names and b"SmsStatus" not in signed
        return "a message hidden in another parameter" if not told and _HIDDEN.search(signed) else ""
    if len(about.sid) > _SID_LENGTH:
        return f"a SID of more than {_SID_LENGTH} characters"
    if about.kind is _KIND_MESSAGE:
        return "a message without To"
    if about.status and not about.status.islower():
        return "a status that is not a lower-case word"
    return ""


def dedupe_key(about: Subject, request: Incoming) -> bytes:
    """16 bytes, the same for the same webhook at the same endpoint.

    A call's SID is the same at each of its steps, so a voice request goes by its idempotency token, as everything does that is not
    about a message; without one, by everything that was sent.
    """
    if about.kind is _KIND_MESSAGE:
        state = _begun(request.target, b"message").copy()
        state.update(about.sid)
        return state.digest()
    path = _path(request.target)
    if about.status:
        return digest(path, b"status", about.sid, about.status)
    token = request.headers.get(_TOKEN)
    if token:
        return digest(path, b"token", token)
    return digest(path, b"request", request.method.encode(), request.target, request.body)


def _path(target: bytes) -> bytes:
    return target.partition(b"?")[0].strip(b"/")


@lru_cache(maxsize=256)
def _begun(target: bytes, word: bytes) -> blake2b:
    """The state of a digest of this target's path, this word and one more part that is still to come."""
    return blake2b(b"\0".join((_path(target), word, b"")), digest_size=16)


def digest(*parts: bytes) -> bytes:
    """16 bytes that stand for these parts."""
    return blake2b(b"\0".join(parts), digest_size=16).digest()


class Named(NamedTuple):
    """What a kept webhook goes by: `provider_id` is the SID of what it is about (a message, a call, or a debug event of Twilio's own).

    `conversation` is what deliveries must not overlap in: the two numbers of a message, the message of a status; "" for none. Each endpoint
    has its own: what waits at one, perhaps for ever since it is no longer configured, is not in another one's way.
    """

    provider_id: str
    account_sid: str
    sender: str
    recipient: str
    conversation: str


def named(endpoint: str, kind: Kind, form: Form) -> Named:
    """Read from the parameters of a webhook of that endpoint."""
    kept = [value.decode("utf-8", "replace") for value in form.pick(_KEPT)]
    message, sms, sms_message, call, other, account, sender, recipient = kept
    conversation = ""
    if kind is _KIND_MESSAGE:
        conversation = f"{endpoint}|{sender}|{recipient}"
    elif kind is Kind.STATUS and (message or sms):
        conversation = f"{endpoint}|status|{message or sms}"
    return Named(message or sms or sms_message or call or other, account, sender, recipient, conversation)
