"""What the page of an error shows. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from offhook.api import resources
from offhook.api.shapes import error_detail
from offhook.console.asked import clipped
from offhook.console.inspector import Hop, hops
from offhook.console.wording import compact
from offhook.debugger.catalogue import Code, lookup, page_about
from offhook.records import DebugEvent, WebhookStory

LONGEST_VALUE: Final = 4_000
LONGEST_BODY: Final = 20_000
LONGEST_RAW: Final = 60_000
MOST_PARAMETERS: Final = 200
MOST_HEADERS: Final = 100
MOST_DETAILS: Final = 60
NUMBERS: Final = frozenset({"From", "To", "Caller", "Called"})
_SIDS: Final = (
    ("Error", "sid"),
    ("Message or call", "resource_sid"),
    ("Account", "account_sid"),
    ("Service", "service_sid"),
    ("Webhook", "webhook_id"),
    ("Attempt", "attempt_id"),
    ("Reply", "reply_id"),
)


class Field(NamedTuple):
    """A name and its value as the page shows it; `is_number` says that it is a phone number."""

    name: str
    value: str
    is_number: bool = False


class Text(NamedTuple):
    """A body, as far as it is shown; `rest` says how much is left out, "" when nothing is."""

    shown: str
    rest: str


class Request(NamedTuple):
    """The provider's request."""

    method: str
    url: str
    peer: str
    parameters: Sequence[Field]
    headers: Sequence[Field]
    body: Text


class Response(NamedTuple):
    """The attempt that the error is about: its number, and its exchanges; the last is what it came to."""

    attempt: str
    number: int
    before: Sequence[Hop]
    last: Hop


class Twilio(NamedTuple):
    """What Twilio says: the code that it has for this, what that is called, and its page. `differs`: ours is more precise."""

    code: int
    name: str
    page: str
    differs: bool
    details: Sequence[Field]


class View(NamedTuple):
    """The page of an error, but for its steps, its issue and its form. `known` is the catalogue's row of the code."""

    title: str
    known: Code | None
    url: str
    sids: Sequence[Field]
    twilio: Twilio
    request: Request | None
    response: Response | None
    raw: Text


def view(event: DebugEvent, story: WebhookStory | None) -> View:
    """All of it."""
    shape = error_detail(event, story)
    return View(
        title=clipped(event.message or f"Error {event.code}", 300),
        known=lookup(event.code),
        url=_value(shape["request_url"]),
        sids=[Field(name, str(shape[key])) for name, key in _SIDS if shape[key]],  # type: ignore[literal-required]
        twilio=_twilio(event, shape["more_info"]),
        request=None if shape["request"] is None else _request(shape["request"]),
        response=None if shape["attempt"] is None or story is None else _response(shape["attempt"]["id"], story),
        raw=text(msgspec.json.format(msgspec.json.encode(shape), indent=2).decode(), LONGEST_RAW),
    )


def text(whole: str, most: int = LONGEST_BODY) -> Text:
    """A text as far as it is shown."""
    rest = len(whole) - most
    return Text(whole[:most], f"{compact(rest)} more characters are not shown here." if rest > 0 else "")


def _fields(pairs: Sequence[resources.Pair], most: int) -> list[Field]:
    found = [Field(pair["name"][:200], _value(pair["value"]), pair["name"] in NUMBERS) for pair in pairs[:most]]
    rest = len(pairs) - most
    return [*found, Field("…", f"{compact(rest)} more are not shown here.")] if rest > 0 else found


def _value(whole: str) -> str:
    shown, rest = text(whole, LONGEST_VALUE)
    return f"{shown}… {rest}" if rest else shown


def _request(request: resources.ReceivedRequest) -> Request:
    return Request(
        method=request["method"],
        url=_value(request["url"]),
        peer=request["peer"],
        parameters=_fields(request["parameters"], MOST_PARAMETERS),
        headers=_fields(request["headers"], MOST_HEADERS),
        body=text(request["body"]),
    )


def _response(attempt_id: str, story: WebhookStory) -> Response | None:
    attempt = next((each for each in story.attempts if each.id == attempt_id), None)
    if attempt is None or not attempt.exchanges:
        return None
    *before, last = hops(attempt, story.webhook)
    return Response(attempt.id, attempt.number, before, last)


def _twilio(event: DebugEvent, details: Mapping[str, Any]) -> Twilio:
    code = event.twilio_code or event.code
    known = lookup(code)
    return Twilio(
        code=code,
        name=known.name if known else "",
        page=page_about(code),
        differs=code != event.code,
        details=[Field(str(name)[:200], _value(str(value))) for name, value in list(details.items())[:MOST_DETAILS]],
    )
