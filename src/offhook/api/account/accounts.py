"""The account itself."""

from typing import Any

from starlette.responses import Response

from offhook.api.account.asked import Asked
from offhook.api.account.paging import Listing, cut
from offhook.api.account.times import rfc2822
from offhook.api.operation import json_answer
from offhook.simulator.records import Account


def account_shape(account: Account) -> dict[str, Any]:
    """The account as Twilio shows it, but for the token: who reads this has called with it."""
    uri = f"/2010-04-01/Accounts/{account.sid}"
    made = rfc2822(account.created_at or None)
    return {
        "sid": account.sid,
        "owner_account_sid": account.sid,
        "friendly_name": account.friendly_name,
        "status": "active",
        "type": "Full",
        "auth_token": None,
        "date_created": made,
        "date_updated": made,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "messages": f"{uri}/Messages.json",
            "incoming_phone_numbers": f"{uri}/IncomingPhoneNumbers.json",
        },
    }


def fetch_account(asked: Asked) -> Response:
    """The account."""
    return json_answer(account_shape(asked.desk.book.account))


def list_accounts(asked: Asked) -> Response:
    """The account as the only one that there is."""
    listing = Listing[Account](asked, "accounts")
    return listing.by_uris(cut([asked.desk.book.account], listing.page), account_shape)
