"""The endpoints: where webhooks come in and go to, what their settings mean, and how they are doing."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from offhook.api.doctor import read_url
from offhook.api.problems import Problem, suggest
from offhook.console import endpoint_view as view
from offhook.console.doorway import PageRoute
from offhook.console.exports import FORMATS, export
from offhook.console.house import PageHouse
from offhook.console.overview_view import EndpointRow, Known, endpoint_rows
from offhook.console.pages.overview import NOT_SENT, backlogs_of, last_delivered, not_taken
from offhook.console.trouble import Trouble, trouble_of
from offhook.console.visit import Visit
from offhook.errors import OffhookError
from offhook.providers.drafts import Draft
from offhook.providers.twilio import Twilio
from offhook.records import Endpoint, IssueFilter, IssueState, State

COLUMNS: Final = ("name", "state", "app", "address", "waiting", "failed", "oldest_waiting", "last_delivered")
MOST_ISSUES: Final = 5
MOST_TEXT: Final = 1600
_UNRESOLVED: Final = (IssueState.OPEN, IssueState.REGRESSED)
_NUMBER: Final = re.compile(r"(whatsapp:)?\+[1-9][0-9]{3,14}|[0-9]{3,8}")
_SENT: Final = re.compile("(SM|MM)[0-9a-f]{32}")


async def show_all(visit: Visit) -> Response:
    """All of them."""
    house = visit.house
    rows, addresses = await _rows(house), house.addresses()
    if (wanted := visit.query.get("format", "")) in FORMATS:
        return export(wanted, "offhook-endpoints", COLUMNS, (_data(row, addresses) for row in rows))
    known = {each.name for each in house.endpoints}
    return visit.page(
        "endpoints.html",
        "Endpoints",
        live=True,
        rows=[row for row in rows if row.name in known],
        former=[row for row in rows if row.name not in known],
        addresses=addresses,
    )


async def show_one(visit: Visit) -> Response:
    """One of them, with what can be done about it."""
    return await _one(visit, _endpoint(visit), {})


async def send_test(visit: Visit) -> Response:
    """Send a message to it as Twilio would."""
    endpoint = _endpoint(visit)
    given = {name: visit.value(name).strip() for name in ("from", "to", "body", "media")}
    wrong = _wrong(given)
    if wrong:
        return await _one(visit, endpoint, given, Trouble(NOT_SENT, wrong))
    media = (given["media"],) if given["media"] else ()
    draft = Draft(sid="", account_sid="", sender=given["from"], recipient=given["to"], body=given["body"], media=media)
    try:
        exchange = await visit.house.send_test(endpoint.name, draft)
    except OffhookError as error:
        return await _one(visit, endpoint, given, trouble_of(error, NOT_SENT))
    refused = not_taken(exchange)
    if refused is not None:
        return await _one(visit, endpoint, given, refused)
    answer = exchange.body.decode("utf-8", "replace")[:200]
    said = (
        f"A test message has come in, and Twilio would have been answered with {exchange.status}{f': {answer}' if answer else ''}"
    )
    return visit.back(f"/endpoints/{endpoint.name}", said)


async def hasten(visit: Visit) -> Response:
    """Deliver now what waits for a later try."""
    endpoint = _endpoint(visit)
    changed = await visit.house.hasten(endpoint.name)
    said = (
        f"{changed} {'message is' if changed == 1 else 'messages are'} tried now."
        if changed
        else "Nothing waits for a later try."
    )
    return visit.back(f"/endpoints/{endpoint.name}", said)


def _endpoint(visit: Visit) -> Endpoint:
    """The endpoint that the path names. Raises Problem 20404."""
    name = visit.identifier
    found = next((each for each in visit.house.endpoints if each.name == name), None)
    if found is None:
        known = [each.name for each in visit.house.endpoints]
        raise Problem(
            20404, f"There is no endpoint {name[:64]!r}.{suggest(name, known)} There are: {', '.join(known) or 'none'}."
        )
    return found


def _wrong(given: dict[str, str]) -> str:
    """What is wrong with a draft, and what to write instead; "" when nothing is."""
    for name, words in (("from", "The sender"), ("to", "The recipient")):
        if given[name] and not _NUMBER.fullmatch(given[name]):
            return f"{words} is not a phone number: write it as +12025550123, or leave it empty."
    if len(given["body"]) > MOST_TEXT:
        return f"The text is too long: Twilio's messages have up to {MOST_TEXT} characters."
    if given["media"]:
        try:
            read_url(given["media"])
        except ValueError as error:
            return f"The media's address is not usable: write {error}."
    return ""


async def _one(visit: Visit, endpoint: Endpoint, draft: dict[str, str], trouble: Trouble | None = None) -> Response:
    house = visit.house
    now = house.clock.now()
    rows, issues = await asyncio.gather(
        _rows(house), house.journal.issues(IssueFilter(endpoint=endpoint.name, states=_UNRESOLVED), MOST_ISSUES, now=now)
    )
    counts = (await house.journal.counts()).get(endpoint.name, {})
    return visit.page(
        "endpoint.html",
        f"Endpoint {endpoint.name}",
        live=True,
        trouble=trouble,
        draft={"from": "", "to": "", "body": "Hello from Offhook", "media": ""} | draft,
        endpoint=endpoint,
        row=next(row for row in rows if row.name == endpoint.name),
        address=house.addresses().get(endpoint.name),
        counts=[(state.value, counts.get(state, 0)) for state in State],
        facts=view.facts(endpoint),
        tries=view.timeline(endpoint) if endpoint.app_url else [],
        called=view.called(endpoint),
        issues=issues,
        can_test=endpoint.provider == Twilio.name and endpoint.name in house.addresses(),
        keeps_history=house.history is not None,
    )


async def _rows(house: PageHouse) -> Sequence[EndpointRow]:
    counts, now = await house.journal.counts(), house.clock.now()
    return endpoint_rows(house.endpoints, Known(counts, await backlogs_of(house, counts, now), last_delivered(house), now))


def _data(row: EndpointRow, addresses: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": row.state,
        "app": row.app,
        "address": addresses[row.name].url if row.name in addresses else "",
        "waiting": row.waiting,
        "failed": row.failed,
        "oldest_waiting": row.oldest,
        "last_delivered": row.last_delivered,
    }


ROUTES = (
    PageRoute("GET", "/endpoints", show_all),
    PageRoute("GET", "/endpoints/{id}", show_one),
    PageRoute("POST", "/endpoints/{id}/test", send_test, audit="test message"),
    PageRoute("POST", "/endpoints/{id}/hasten", hasten, audit="hasten"),
)
