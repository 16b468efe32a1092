"""Inbound messages as Twilio posts them, signed with the SDK's own code."""

import itertools
import os
import time
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from offhook.records import Arrival, Kind
from offhook.system import TimeSortedIds
from tests.helpers.processes import ACCOUNT, TOKEN, fetch

IDS = TimeSortedIds()
_numbers = itertools.count(1)


def sid(prefix="SM"):
    return f"{prefix}{next(_numbers):032x}"


def message(body="hello", **extra):
    """The parameters of an inbound SMS, in the captured order (spec: twilio-delivery §4.1), as pairs."""
    message_sid = extra.pop("MessageSid", None) or sid()
    fields = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": message_sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "48116",
        "SmsSid": message_sid,
        "FromState": "MI",
        "SmsStatus": "received",
        "FromCity": "BRIGHTON",
        "Body": body,
        "FromCountry": "US",
        "To": "+18449320927",
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": message_sid,
        "AccountSid": ACCOUNT,
        "From": "+18103330792",
        "ApiVersion": "2010-04-01",
    }
    return [*{**fields, **extra}.items()]


def an_arrival(**extra):
    """An inbound SMS as the journal keeps it."""
    pairs = message(**extra)
    body = urlencode(pairs).encode()
    head = (
        b"POST /sms HTTP/1.1\r\nHost: hooks.example\r\nUser-Agent: TwilioProxy/1.1\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nX-Home-Region: us1\r\nContent-Length: %d" % len(body)
    )
    return Arrival(
        id=IDS.new("WH"),
        endpoint="sms",
        received_at=time.time(),
        peer="192.0.2.7",
        url="https://hooks.example/sms",
        kind=Kind.MESSAGE,
        dedupe_key=os.urandom(16),
        head=head,
        body=body,
    )


def signature(url, pairs=(), token=TOKEN):
    """As the SDK computes it; repeated names as lists."""
    return RequestValidator(token).compute_signature(url, MultiDict(pairs))


def post(url, pairs, *, signed_url=None, token=TOKEN, timeout=20.0, headers=None):
    """Post a signed form; (status, headers, body)."""
    sent = {
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Home-Region": "us1",
        "X-Twilio-Signature": signature(signed_url or url, pairs, token),
        **(headers or {}),
    }
    return fetch(url, urlencode(pairs).encode(), sent, timeout=timeout)
