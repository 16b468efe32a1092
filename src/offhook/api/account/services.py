"""Messaging Services: a pool of numbers that send in turn, and the URLs that come before those of the numbers."""

from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgspec
from starlette.responses import Response

from offhook.api.account.asked import Asked, method_of, url_of
from offhook.api.account.paging import Listing, cut
from offhook.api.account.problems import Refused
from offhook.api.account.times import iso8601
from offhook.api.operation import json_answer
from offhook.simulator.carrier import sid
from offhook.simulator.records import Number, Service

_AS_EVER: Final = {
    "sticky_sender": True,
    "mms_converter": True,
    "smart_encoding": True,
    "scan_message_content": "inherit",
    "fallback_to_long_code": True,
    "area_code_geomatch": True,
    "synchronous_validation": False,
    "validity_period": 36_000,
    "usecase": "undeclared",
    "us_app_to_person_registered": False,
}
"""What the simulator knows nothing of, as Twilio has it when nobody says otherwise."""


def service_shape(service: Service, account: str, url: str) -> dict[str, Any]:
    """A service as Twilio shows it; `url` is its own."""
    return {
        "sid": service.sid,
        "account_sid": account,
        "friendly_name": service.friendly_name,
        "inbound_request_url": service.inbound_request_url or None,
        "inbound_method": service.inbound_method,
        "fallback_url": service.fallback_url or None,
        "fallback_method": service.fallback_method,
        "status_callback": service.status_callback or None,
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
        **_AS_EVER,
        "date_created": iso8601(service.created_at),
        "date_updated": iso8601(service.updated_at),
        "url": url,
        "links": {"phone_numbers": f"{url}/PhoneNumbers"},
    }


def list_services(asked: Asked) -> Response:
    """A page of services."""
    listing, collection = Listing[Service](asked, "services"), _bare(asked.url)
    account = asked.desk.book.account.sid
    found = cut(list(asked.desk.book.services.values()), listing.page)
    return listing.by_urls(found, lambda service: service_shape(service, account, f"{collection}/{service.sid}"))


def fetch_service(asked: Asked) -> Response:
    """One service."""
    service = service_of(asked)
    return json_answer(service_shape(service, asked.desk.book.account.sid, _bare(asked.url)))


def create_service(asked: Asked) -> Response:
    """A new service, its pool empty."""
    if not asked.text("FriendlyName").strip():
        raise Refused(20001, "A service needs a FriendlyName.")
    service = _changed(asked, Service(sid=sid("MG"), created_at=asked.desk.clock.now()))
    asked.desk.book.services[service.sid] = service
    return json_answer(service_shape(service, asked.desk.book.account.sid, f"{_bare(asked.url)}/{service.sid}"), 201)


def update_service(asked: Asked) -> Response:
    """Change a service; what is not given stays."""
    service = _changed(asked, service_of(asked))
    asked.desk.book.services[service.sid] = service
    return json_answer(service_shape(service, asked.desk.book.account.sid, _bare(asked.url)))


def delete_service(asked: Asked) -> Response:
    """Do away with a service; its numbers stay the account's."""
    del asked.desk.book.services[service_of(asked).sid]
    return Response(status_code=204)


def service_of(asked: Asked) -> Service:
    """The service in the path. Raises Refused 20404."""
    service = asked.desk.book.services.get(asked.ids["service"])
    if service is None:
        raise Refused(20404, f"There is no Messaging Service {asked.ids['service'][:50]}.")
    return service


def _changed(asked: Asked, service: Service) -> Service:
    return msgspec.structs.replace(
        service,
        friendly_name=asked.text("FriendlyName") or service.friendly_name,
        inbound_request_url=url_of(asked, "InboundRequestUrl", service.inbound_request_url),
        inbound_method=method_of(asked, "InboundMethod", service.inbound_method),
        fallback_url=url_of(asked, "FallbackUrl", service.fallback_url),
        fallback_method=method_of(asked, "FallbackMethod", service.fallback_method),
        status_callback=url_of(asked, "StatusCallback", service.status_callback, 21502),
        use_inbound_webhook_on_number=asked.switch("UseInboundWebhookOnNumber", default=service.use_inbound_webhook_on_number),
        updated_at=asked.desk.clock.now(),
    )


# -- the pool


def pool_shape(number: Number, service: Service, account: str, url: str) -> dict[str, Any]:
    """A number of a pool as Twilio shows it; `url` is its own."""
    return {
        "sid": number.sid,
        "account_sid": account,
        "service_sid": service.sid,
        "phone_number": number.number,
        "country_code": "US",
        "capabilities": ["SMS", "MMS", "Voice"],
        "date_created": iso8601(number.created_at),
        "date_updated": iso8601(number.updated_at),
        "url": url,
    }


def list_pool(asked: Asked) -> Response:
    """A page of a service's numbers."""
    service, listing = service_of(asked), Listing[Number](asked, "phone_numbers")
    account, collection = asked.desk.book.account.sid, _bare(asked.url)
    found = [number for each in service.numbers if (number := asked.desk.book.number(each)) is not None]
    return listing.by_urls(
        cut(found, listing.page), lambda number: pool_shape(number, service, account, f"{collection}/{number.sid}")
    )


def add_to_pool(asked: Asked) -> Response:
    """Put one of the account's numbers into the pool; it can be in one only."""
    service, book = service_of(asked), asked.desk.book
    number_sid = asked.text("PhoneNumberSid").strip()
    number = book.numbers.get(number_sid)
    if number is None:
        raise Refused(
            20404 if number_sid else 20001, f"The account has no number {number_sid[:50]!r}. Give its SID as PhoneNumberSid."
        )
    other = book.service_of(number.number)
    if other is not None:
        raise Refused(21710 if other.sid == service.sid else 21712)
    book.services[service.sid] = msgspec.structs.replace(service, numbers=(*service.numbers, number.number))
    return json_answer(pool_shape(number, service, book.account.sid, f"{_bare(asked.url)}/{number.sid}"), 201)


def fetch_from_pool(asked: Asked) -> Response:
    """One of a service's numbers."""
    service, number = service_of(asked), _pooled(asked)
    return json_answer(pool_shape(number, service, asked.desk.book.account.sid, _bare(asked.url)))


def remove_from_pool(asked: Asked) -> Response:
    """Take a number out of the pool."""
    service, number = service_of(asked), _pooled(asked)
    left = tuple(each for each in service.numbers if each != number.number)
    asked.desk.book.services[service.sid] = msgspec.structs.replace(service, numbers=left)
    return Response(status_code=204)


def _pooled(asked: Asked) -> Number:
    number = asked.desk.book.numbers.get(asked.ids["number"])
    if number is None or number.number not in service_of(asked).numbers:
        raise Refused(20404, f"The service has no number {asked.ids['number'][:50]}.")
    return number


def _bare(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
