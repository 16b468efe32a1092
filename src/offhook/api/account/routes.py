"""The paths of the account's API, and the routes by which a listener answers them."""

from collections.abc import Iterator

from starlette.routing import Route

from offhook.api.account import accounts, media, messages, numbers, services
from offhook.api.account.asked import Desk
from offhook.api.account.door import Door, Resource

ACCOUNTS = "/2010-04-01/Accounts"
ACCOUNT = f"{ACCOUNTS}/{{account}}"
MESSAGE = f"{ACCOUNT}/Messages/{{message}}"
SERVICES = ("/v1/Services", "/messaging/v1/Services")
"""Where Messaging Services are, by the base URL that an SDK was given."""


def _services_below(base: str) -> Iterator[Resource]:
    one = f"{base}/{{service}}"
    yield Resource(base, {"GET": services.list_services, "POST": services.create_service})
    yield Resource(one, {"GET": services.fetch_service, "POST": services.update_service, "DELETE": services.delete_service})
    yield Resource(f"{one}/PhoneNumbers", {"GET": services.list_pool, "POST": services.add_to_pool})
    yield Resource(f"{one}/PhoneNumbers/{{number}}", {"GET": services.fetch_from_pool, "DELETE": services.remove_from_pool})


RESOURCES = (
    Resource(f"{ACCOUNTS}.json", {"GET": accounts.list_accounts}),
    Resource(f"{ACCOUNT}.json", {"GET": accounts.fetch_account}),
    Resource(f"{ACCOUNT}/Messages.json", {"GET": messages.list_messages, "POST": messages.create_message}),
    Resource(
        f"{MESSAGE}.json",
        {"GET": messages.fetch_message, "POST": messages.update_message, "DELETE": messages.delete_message},
    ),
    Resource(f"{MESSAGE}/Media.json", {"GET": media.list_media}),
    Resource(f"{MESSAGE}/Media/{{media}}.json", {"GET": media.fetch_media, "DELETE": media.delete_media}),
    # Open, as at Twilio where the account does not ask for more: an app, or a page, is given no more than the URL.
    Resource(f"{MESSAGE}/Media/{{media}}", {"GET": media.fetch_bytes}, is_open=True),
    Resource(f"{ACCOUNT}/IncomingPhoneNumbers.json", {"GET": numbers.list_numbers, "POST": numbers.create_number}),
    Resource(
        f"{ACCOUNT}/IncomingPhoneNumbers/{{number}}.json",
        {"GET": numbers.fetch_number, "POST": numbers.update_number, "DELETE": numbers.delete_number},
    ),
    *(resource for base in SERVICES for resource in _services_below(base)),
)


def account_routes(desk: Desk) -> list[Route]:
    """Everything below the paths that are Twilio's; what is not there is refused in Twilio's words."""
    door = Door(desk, RESOURCES)
    bases = ("/2010-04-01", *SERVICES)
    return [Route(path, door) for base in bases for path in (base, f"{base}/{{rest:path}}")]
