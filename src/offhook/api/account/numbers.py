"""The IncomingPhoneNumbers resource: the account's numbers, and where their messages go."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from starlette.responses import Response

from offhook.api.account.asked import Asked, method_of, url_of, with_plus
from offhook.api.account.message_draft import number_in
from offhook.api.account.paging import Listing, cut
from offhook.api.account.problems import Refused
from offhook.api.account.times import rfc2822
from offhook.api.operation import json_answer
from offhook.simulator.carrier import sid
from offhook.simulator.records import Number

FILTERS: Final = ("PhoneNumber", "FriendlyName", "Beta", "Origin")
_AREA_CODES: Final = ("202", "212", "303", "404", "512", "617", "713", "808", "907")
_FICTION: Final = range(100, 200)
_URLS: Final = {
    "sms_url": ("SmsUrl", 21402),
    "sms_fallback_url": ("SmsFallbackUrl", 21402),
    "voice_url": ("VoiceUrl", 21402),
    "voice_fallback_url": ("VoiceFallbackUrl", 21402),
    "status_callback": ("StatusCallback", 21502),
}
"""The field of each URL: the parameter's name, and the code for one that is no URL."""
_METHODS: Final = {
    "sms_method": "SmsMethod",
    "sms_fallback_method": "SmsFallbackMethod",
    "voice_method": "VoiceMethod",
    "voice_fallback_method": "VoiceFallbackMethod",
    "status_callback_method": "StatusCallbackMethod",
}


def number_shape(number: Number, account: str) -> dict[str, Any]:
    """A number as Twilio shows it. What the simulator knows nothing of is null, or as it is for a plain number."""
    uri = f"/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{number.sid}"
    fields = (*_URLS, *_METHODS)
    return {
        "sid": number.sid,
        "account_sid": account,
        "phone_number": number.number,
        "friendly_name": number.friendly_name,
        **{name: getattr(number, name) for name in fields},
        **dict.fromkeys(("sms_application_sid", "voice_application_sid"), ""),
        **dict.fromkeys(("address_sid", "identity_sid", "bundle_sid", "trunk_sid", "emergency_address_sid")),
        "address_requirements": "none",
        "api_version": "2010-04-01",
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "date_created": rfc2822(number.created_at),
        "date_updated": rfc2822(number.updated_at),
        "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
        "subresource_uris": {},
        "uri": f"{uri}.json",
    }


def list_numbers(asked: Asked) -> Response:
    """A page of numbers, the newest last. A PhoneNumber may be a part of one, with `*` for any digit, as at Twilio."""
    name, pattern = asked.text("FriendlyName"), _pattern(asked.text("PhoneNumber"))
    found = [
        number
        for number in asked.desk.book.numbers.values()
        if (not name or number.friendly_name == name) and pattern.search(number.number)
    ]
    listing = Listing[Number](asked, "incoming_phone_numbers", FILTERS)
    return listing.by_uris(cut(found, listing.page), lambda number: number_shape(number, asked.desk.book.account.sid))


def _pattern(text: str) -> re.Pattern[str]:
    """A whole number stands for itself, a part for all that have it."""
    return re.compile("".join(r"\d" if each == "*" else re.escape(each) for each in with_plus(text)))


def fetch_number(asked: Asked) -> Response:
    """One number."""
    return _answer(asked, number_of(asked))


def create_number(asked: Asked) -> Response:
    """A new number: the one that is asked for, or a free one that is nobody's, in an area code where one is given."""
    wish = asked.text("PhoneNumber")
    number = number_in(wish, 21421) if wish else _free(asked, asked.text("AreaCode").strip())
    if not number.startswith("+"):
        raise Refused(21421)
    if asked.desk.book.number(number) is not None:
        raise Refused(21422)
    now = asked.desk.clock.now()
    made = Number(sid=sid("PN"), number=number, friendly_name=number, created_at=now, updated_at=now)
    return _keep(asked, made, 201)


def _free(asked: Asked, area_code: str) -> str:
    """A number of fiction that nobody has: 555-0100 to 555-0199, those last that the phones of the simulated people have."""
    if area_code and not re.fullmatch(r"[2-9]\d\d", area_code, re.ASCII):
        raise Refused(20001, "An AreaCode has three digits.")
    free = (each for each in _fiction((area_code,) if area_code else _AREA_CODES) if asked.desk.book.number(each) is None)
    found = next(free, "")
    if not found:
        raise Refused(21452)
    return found


def _fiction(area_codes: tuple[str, ...]) -> Iterator[str]:
    return (f"+1{area_code}5550{line}" for area_code in area_codes for line in reversed(_FICTION))


def update_number(asked: Asked) -> Response:
    """Change where a number's messages go, and what it is called; what is not given stays."""
    return _keep(asked, number_of(asked), 200)


def delete_number(asked: Asked) -> Response:
    """Give a number back; no service has it in its pool any more."""
    number, book = number_of(asked), asked.desk.book
    del book.numbers[number.sid]
    service = book.service_of(number.number)
    if service is not None:
        left = tuple(each for each in service.numbers if each != number.number)
        book.services[service.sid] = msgspec.structs.replace(service, numbers=left)
    return Response(status_code=204)


def number_of(asked: Asked) -> Number:
    """The number in the path. Raises Refused 20404."""
    number = asked.desk.book.numbers.get(asked.ids["number"])
    if number is None:
        raise Refused(20404, f"The account has no number {asked.ids['number'][:50]}.")
    return number


def _keep(asked: Asked, number: Number, status: int) -> Response:
    changed = msgspec.structs.replace(
        number,
        friendly_name=asked.text("FriendlyName") or number.friendly_name,
        updated_at=asked.desk.clock.now(),
        **{field: url_of(asked, name, getattr(number, field), code) for field, (name, code) in _URLS.items()},
        **{field: method_of(asked, name, getattr(number, field)) for field, name in _METHODS.items()},
    )
    if changed.sms_fallback_url and not changed.sms_url:
        raise Refused(21406)
    if changed.voice_fallback_url and not changed.voice_url:
        raise Refused(21405)
    asked.desk.book.numbers[number.sid] = changed
    return _answer(asked, changed, status)


def _answer(asked: Asked, number: Number, status: int = 200) -> Response:
    return json_answer(number_shape(number, asked.desk.book.account.sid), status)
