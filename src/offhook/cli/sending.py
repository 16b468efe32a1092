"""Sends one request as Twilio would: signed, with credentials from the URL only once it is asked for them."""

import base64
import os
import secrets
from typing import Final
from urllib.parse import urlsplit

from offhook.delivery import destination
from offhook.delivery.challenge import Credentials, authorization
from offhook.errors import OffhookError
from offhook.ports import Transport
from offhook.providers.base import Provider
from offhook.providers.drafts import FORM, Draft, encode, headers, parameters, with_query
from offhook.records import Exchange, Headers, HttpRequest, Limits, Record

SIGNATURE: Final = "X-Twilio-Signature"


class Plan(Record):
    """How a message is sent. `signed_url` is the URL that the signature covers; empty: the one it goes to. `signature`: right, wrong, none."""

    url: str
    method: str = "POST"
    signed_url: str = ""
    signature: str = "right"


def compose(provider: Provider, plan: Plan, draft: Draft, token: str) -> HttpRequest:
    """The request, signed over its URL without fragment and credentials."""
    fields = encode(parameters(draft))
    url, signed_url = destination.parse(plan.url).url, destination.parse(plan.signed_url or plan.url).url
    body, content_type = fields.encode(), FORM
    if plan.method == "GET":
        url, signed_url, body, content_type = with_query(url, fields), with_query(signed_url, fields), b"", ""
    signature = _signature(provider, plan.signature, signed_url, (body, content_type, draft.account_sid))
    return HttpRequest(method=plan.method, url=url, headers=(*headers(content_type, token), *signature), body=body)


async def send_one(transport: Transport, request: HttpRequest, plan: Plan, limits: Limits) -> Exchange:
    """The exchange that answers; after a 401 that names a scheme we know, the second one."""
    exchange = await transport.exchange(request, limits, trusted=True)
    target = destination.parse(plan.url)
    if exchange.status != 401 or not target.username:
        return exchange
    known = Credentials(target.username, target.password)
    value = authorization(exchange.headers, known, request.method, request.url, secrets.token_hex(8))
    if not value:
        return exchange
    again = HttpRequest(
        method=request.method, url=request.url, headers=(*request.headers, ("Authorization", value)), body=request.body
    )
    return await transport.exchange(again, limits, trusted=True)


def is_usable(url: str) -> bool:
    """Whether it is an absolute http(s) URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _signature(provider: Provider, which: str, url: str, signed: tuple[bytes, str, str]) -> Headers:
    if which == "none":
        return ()
    if which == "wrong":
        return ((SIGNATURE, base64.b64encode(os.urandom(20)).decode()),)
    made = provider.sign(url, *signed)[1]
    if not made:
        raise OffhookError(
            f"There is no auth token of account {signed[2]} to sign with: set TWILIO_AUTH_TOKEN, or say --unsigned."
        )
    return made
