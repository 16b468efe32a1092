"""The load: inbound SMS as Twilio sends them, 20 fields in 600 bytes, each with its own ids and its own right signature.

Field order and headers are those of captured requests. Ids and senders are random, as the real ones are: an index that only ever
grows at its end, or one conversation that holds up all others, would measure something else.
"""

import base64
import hmac
import os
from typing import NamedTuple

ACCOUNT = "AC" + "0123456789abcdef" * 2
SERVICE = "MG" + "fedcba9876543210" * 2
TOKEN = "bench-auth-token"
FORM_BYTES = 600
TO = "+18445550100"
WORDS = "Please answer C to confirm the appointment on Tuesday at half past nine in the morning or R to pick another time "

_NAMES_AS_SENT = (
    "ToCountry",
    "ToState",
    "SmsMessageSid",
    "NumMedia",
    "ToCity",
    "FromZip",
    "SmsSid",
    "FromState",
    "SmsStatus",
    "FromCity",
    "Body",
    "FromCountry",
    "To",
    "MessagingServiceSid",
    "ToZip",
    "NumSegments",
    "MessageSid",
    "AccountSid",
    "From",
    "ApiVersion",
)
_FIXED = {
    "ToCountry": "US",
    "ToState": "",
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "48116",
    "FromState": "MI",
    "SmsStatus": "received",
    "FromCity": "BRIGHTON",
    "FromCountry": "US",
    "To": TO,
    "MessagingServiceSid": SERVICE,
    "ToZip": "",
    "NumSegments": "1",
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
}
_SID = "%(sid)s"
_SENDER = "%(sender)s"


class Batch(NamedTuple):
    """Complete HTTP requests, and the MessageSid (34 ASCII bytes) of each."""

    requests: list[bytes]
    sids: list[bytes]


def build(url: str, count: int, *, token: str = TOKEN) -> Batch:
    """`count` different signed requests for one URL such as `http://127.0.0.1:8080/sms`. About 6 µs and 1.1 kB each."""
    host, _, path = url.partition("://")[2].partition("/")
    fields = _fields()
    form = "&".join(f"{name}={_encoded(fields[name])}" for name in _NAMES_AS_SENT).encode()
    signed = (url.replace("%", "%%") + "".join(f"{name}{fields[name]}" for name in sorted(fields))).encode()
    head = _head(host, path)
    key = token.encode()
    batch = Batch([], [])
    chance = os.urandom(24 * count).hex()
    for at in range(0, 48 * count, 48):
        sid = f"SM{chance[at : at + 32]}".encode()
        sender = b"%010d" % (int(chance[at + 32 : at + 48], 16) % 10_000_000_000)
        values = {b"sid": sid, b"sender": sender}
        digest = hmac.digest(key, signed % values, "sha1")
        idempotency = f"b00cd941-9b6e-49c3-84fb-{chance[at : at + 12]}".encode()
        batch.requests.append(head % (idempotency, base64.b64encode(digest)) + form % values)
        batch.sids.append(sid)
    return batch


def _fields() -> dict[str, str]:
    """Every field, the ids and the sender's digits as places to fill in, the text as long as makes the form 600 bytes."""
    fields = {**_FIXED, "From": "+1" + _SENDER, **dict.fromkeys(("SmsMessageSid", "SmsSid", "MessageSid"), _SID)}
    form = "&".join(f"{name}={_encoded(fields.get(name, ''))}" for name in _NAMES_AS_SENT)
    filled = len(form % {"sid": "-" * 34, "sender": "-" * 10})
    return fields | {"Body": (WORDS * 5)[: FORM_BYTES - filled]}


def _encoded(value: str) -> str:
    """Form encoding for the few characters that occur here."""
    return value.replace("+", "%%2B").replace(" ", "+")


def _head(host: str, path: str) -> bytes:
    """The request line and headers as captured, with places for the idempotency token and the signature."""
    lines = (
        f"POST /{path.replace('%', '%%')} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: TwilioProxy/1.1",
        f"Content-Length: {FORM_BYTES}",
        "Accept: */*",
        "Content-Type: application/x-www-form-urlencoded",
        "I-Twilio-Idempotency-Token: %s",
        "X-Home-Region: us1",
        "X-Twilio-Signature: %s",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
