"""Twilio's Debugger and its alarms: webhooks that tell of errors, signed as all of Twilio's are. Source: `spec: twilio-debugger §2, §4.2`.

They come as a form, as a query, or as JSON; what they tell is one map of names to values, however it came.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from offhook.providers import naming, raw
from offhook.providers.base import Accepted, Incoming, Refused
from offhook.providers.forms import read_form
from offhook.providers.twilio import Twilio
from offhook.records import Answer, Arrival, Endpoint, Kind, Webhook

_EVENT_SID = re.compile(r"NO[0-9a-f]{32}")
# Each of these is read as one value; a second one would be a second opinion on what is told.
_SINGLE = ("sid", "payload", "errorcode", "level", "timestamp", "appmonitortriggersid", "idempotencytoken", "datefired")
_EMPTY = frozenset({"", "null", "none", "undefined"})
_LONGEST_ID = 64
_PARTS = frozenset({"errorcode", "moreinfo", "webhook", "resourcesid"})
_NOTHING_TOLD = "it tells of no error: no Payload that can be read, no error code and no alarm is in it"


class TwilioDebugger:
    """The provider `twilio-debugger`: Twilio's signature, and an error or an alarm to tell of."""

    name = "twilio-debugger"

    def __init__(self, twilio: Twilio) -> None:
        self._twilio = twilio
        self.near_miss = twilio.near_miss
        self.sign = twilio.sign

    def verify(self, request: Incoming) -> Accepted | Refused:
        """Signed as all of Twilio's webhooks are, and of use: it names an error or an alarm."""
        accepted = self._twilio.verify(request)
        if isinstance(accepted, Refused):
            return accepted
        told = read_told(request.head, request.body)
        wrong = _repeated(request) or ("" if _is_told(told) else _NOTHING_TOLD)
        if wrong:
            return Refused(status=400, reason=wrong, url=accepted.url, account_sid=_text(told, "accountsid"))
        return Accepted(
            kind=Kind.OTHER, dedupe_key=_dedupe_key(told, request), url=accepted.url, provider_id=_text(told, "sid")[:_LONGEST_ID]
        )

    def verify_all(self, requests: Sequence[Incoming]) -> list[Accepted | Refused]:
        """`verify` for each: there are few of these."""
        return [self.verify(request) for request in requests]

    def derive(self, arrival: Arrival) -> Webhook:
        """The webhook that a kept arrival is; its `provider_id` is the event's SID, or the alarm's."""
        told = read_told(arrival.head, arrival.body)
        return msgspec.structs.replace(
            self._twilio.derive(arrival),
            provider_id=(_text(told, "sid") or _text(told, "appmonitortriggersid"))[:_LONGEST_ID],
            account_sid=_text(told, "accountsid")[:_LONGEST_ID],
            sender="",
            recipient="",
            conversation="",
        )

    def acknowledge(self, endpoint: Endpoint, _kind: Kind) -> Answer | None:
        """At once, as a status callback is: nobody else is to be asked."""
        return self._twilio.acknowledge(endpoint, Kind.STATUS)


def read_told(head: bytes, body: bytes) -> Mapping[str, Any]:
    """What a request tells, by names as they are written: its parameters, and over them the object that a JSON body is. Never raises."""
    parameters = raw.parameters(head, body)
    told: dict[str, Any] = {name: value for name, value in reversed(parameters) if name != "bodySHA256"}
    if body and raw.encoded_parameters(head, body) is not body:
        told |= _object(body)
    return told


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return {}
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, dict) else {}


def _is_told(told: Mapping[str, Any]) -> bool:
    """Whether it names an error or an alarm, or has a Payload with a part of one, be it null or of another type than Twilio's."""
    payload = _value(told, "payload")
    if isinstance(payload, str) and payload.strip().lower() not in _EMPTY:
        try:
            payload = msgspec.json.decode(payload.encode("utf-8", "replace"))
        except (msgspec.DecodeError, RecursionError, ValueError):
            return "errorcode" in _fold(payload)  # broken off, say: what is left of it may be read
    if isinstance(payload, list) and payload:
        payload = payload[0]
    if isinstance(payload, dict) and not _PARTS.isdisjoint(map(_fold, payload)):
        return True
    return any(map(str.isdigit, _text(told, "errorcode"))) or _text(told, "appmonitortriggersid").lower() not in _EMPTY


def _repeated(request: Incoming) -> str:
    names = Counter(_fold(name) for name, _ in raw.parameters(request.head, request.body))
    twice = [name for name in _SINGLE if names[name] > 1]
    return f"repeated parameters: {', '.join(twice)}" if twice else ""


def _dedupe_key(told: Mapping[str, Any], request: Incoming) -> bytes:
    """The same for the same event, or the same firing of an alarm.

    Twilio's example of an alarm's token names the account and the alarm alone, so the time of firing is part of the key: the next firing
    must not be taken for this one. What has neither is known by all that is signed, which is the same wherever its parameters are cut.
    """
    path = request.target.partition(b"?")[0].strip(b"/")
    sid, token = _text(told, "sid"), _text(told, "idempotencytoken")
    if _EVENT_SID.fullmatch(sid):
        return naming.digest(path, b"debug event", sid.encode())
    if token and "appmonitortriggersid" in map(_fold, told):
        return naming.digest(path, b"alarm", _bytes(token), _bytes(_text(told, "datefired")))
    encoded = raw.encoded_parameters(request.head, request.body)
    return naming.digest(path, b"told", read_form(encoded).signed, b"" if encoded is request.body else request.body)


def _value(told: Mapping[str, Any], name: str) -> Any:
    return next((value for written, value in told.items() if _fold(written) == name), None)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = _value(told, name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _fold(name: str) -> str:
    return "".join(each for each in name.lower() if each.isalnum())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
