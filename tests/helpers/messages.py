"""Inbound messages as Twilio posts them, signed with the SDK's own code."""

import itertools
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from tests.helpers.processes import ACCOUNT, TOKEN, fetch

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
