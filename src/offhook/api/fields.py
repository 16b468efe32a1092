"""The parameters of the API as data: name, meaning, schema, and how the text of one is read.

One table serves the query string, JSON bodies and the OpenAPI document. A reader raises ValueError with what would be accepted.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from offhook.api.problems import Problem, suggest
from offhook.records import EventFilter, IssueFilter, IssueState, Level, State, WebhookFilter

MAX_LIMIT = 1000
DEFAULT_LIMIT = 50
MAX_QUERY = 200
MOST_BUCKETS = 500
DEFAULT_BUCKETS = 48
PLACE = r"\d{14}IS[0-9a-f]{32}"
LATEST = 253_402_300_799.0
"""The last second of the year 9999: what Python's calendar, and an id, can hold."""


class Field(NamedTuple):
    """One parameter. With `many` it may be repeated, or its values separated by commas, and its value is a tuple.

    With `whole` commas separate nothing. `code` is the code of the problem that a value is which cannot be read.
    """

    name: str
    meaning: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]
    many: bool = False
    whole: bool = False
    code: int = 20001


def read_time(text: str) -> float:
    """Seconds since the epoch, from such or from ISO 8601; a time without a zone is UTC."""
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        seconds = float(text)
    else:
        # A plus sign that was not encoded in a query string arrives as a blank.
        plain = re.sub(r"(?<=\d) (?=\d\d:?\d\d$)", "+", text) if "T" in text else text
        try:
            moment = datetime.fromisoformat(plain)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise ValueError("a time such as 2026-11-23T15:00:00Z, a day, or seconds since 1970") from None
    if not (math.isfinite(seconds) and 0 <= seconds <= LATEST):
        raise ValueError("a time between 1970 and 9999")
    return seconds


def read_limit(text: str) -> int:
    """How many rows a page has."""
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= MAX_LIMIT:
        raise ValueError(f"a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def read_code(text: str) -> int:
    """A code of the catalogue, such as 11200."""
    if not re.fullmatch(r"[1-9]\d{3,5}", text, re.ASCII):
        raise ValueError("a code of four to six digits, such as 11200")
    return int(text)


def read_buckets(text: str) -> int:
    """In how many parts a time is counted."""
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or not 1 <= int(text) <= MOST_BUCKETS:
        raise ValueError(f"a whole number from 1 to {MOST_BUCKETS}")
    return int(text)


def read_switch(text: str) -> bool:
    """Yes or no."""
    if text not in {"true", "false"}:
        raise ValueError("true or false")
    return text == "true"


def read_place(text: str) -> str:
    """Where a page of issues ended."""
    if not re.fullmatch(PLACE, text, re.ASCII):
        raise ValueError("the next_cursor of the page before")
    return text


def read_query(text: str) -> str:
    """Words to look for."""
    if len(text) > MAX_QUERY or "\0" in text:
        raise ValueError(f"up to {MAX_QUERY} characters")
    return text


def read_number(text: str) -> str:
    """A phone number, a short code or another address of a messaging channel."""
    if len(text) > MAX_QUERY or not re.search(r"\d{3}", text) or not text.isprintable():
        raise ValueError("a number as Twilio writes it, such as +15551234567 or whatsapp:+15551234567")
    return text


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
    """A reader of one of these words, in any case."""
    known = {choice.casefold(): choice for choice in choices}

    def read(text: str) -> str:
        if text.casefold() not in known:
            raise ValueError(f"one of {', '.join(known.values())}")
        return known[text.casefold()]

    return read


def an_id(prefix: str) -> Callable[[str], str]:
    """A reader of an id: these two letters and 32 hex digits."""
    pattern = re.compile(rf"{prefix}[0-9a-f]{{32}}")

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"an id, {prefix} and 32 hex digits")
        return text

    return read


TEXT: Mapping[str, Any] = {"type": "string"}
TIME: Mapping[str, Any] = {"type": ["string", "number"], "description": "ISO 8601, or seconds since 1970"}


def id_schema(prefix: str) -> dict[str, Any]:
    """The schema of an id."""
    return {"type": "string", "pattern": f"^{prefix}[0-9a-f]{{32}}$"}


_STATES: Mapping[str, Any] = {"type": "array", "items": {"type": "string", "enum": [state.value for state in State]}}
_ISSUE_STATES: Mapping[str, Any] = {"type": "array", "items": {"type": "string", "enum": [state.value for state in IssueState]}}
SETTABLE = tuple(state for state in IssueState if state is not IssueState.REGRESSED)
_LEVELS: Mapping[str, Any] = {"type": "string", "enum": [level.value for level in Level]}

ENDPOINT = Field("endpoint", "Only those of this endpoint.", {"type": "string", "maxLength": MAX_QUERY}, read_query)
SINCE = Field("since", "Only those from this time on.", TIME, read_time)
UNTIL = Field("until", "Only those before this time.", TIME, read_time)
CODE = Field(
    "code",
    "Only those with this code: the exact one, such as 11217, or the one that Twilio would log, such as 11200.",
    {"type": "integer", "minimum": 1000, "maximum": 999999},
    read_code,
)
CAUSE = Field("cause", "Only those with this likeliest cause.", {"type": "string", "maxLength": MAX_QUERY}, read_query)
LIMIT = Field(
    "limit",
    "How many at most.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    read_limit,
)

WEBHOOK_FILTERS = (
    Field("state", "Only those in one of these states.", _STATES, one_of(State), many=True),
    ENDPOINT,
    CODE,
    SINCE,
    UNTIL,
    Field(
        "q",
        "Only those with these words, or words that begin so: of the text, an id, a number (also its last 4, 7 or 10 digits).",
        {"type": "string", "maxLength": MAX_QUERY},
        read_query,
    ),
)
NUMBER = (
    Field(
        "number", "A sender's or recipient's number, whole, as Twilio writes it.", {"type": "string", "minLength": 3}, read_number
    ),
)
WEBHOOK_PAGE = (LIMIT, Field("cursor", "The `next_cursor` of the page before.", id_schema("WH"), an_id("WH")))
WEBHOOK_IDS = (
    Field(
        "ids",
        "These webhooks, instead of filters.",
        {"type": "array", "items": id_schema("WH"), "maxItems": MAX_LIMIT},
        an_id("WH"),
        many=True,
    ),
)
ERROR_FILTERS = (
    CODE,
    Field("level", "Only those of this level.", _LEVELS, one_of(Level)),
    ENDPOINT,
    SINCE,
    UNTIL,
    Field("webhook", "Only those of this webhook.", id_schema("WH"), an_id("WH")),
    CAUSE,
    Field("issue", "Only those of this issue.", id_schema("IS"), an_id("IS")),
    Field("q", "Only those in which these words occur.", {"type": "string", "maxLength": MAX_QUERY}, read_query),
)
ERROR_PAGE = (LIMIT, Field("cursor", "The `next_cursor` of the page before.", id_schema("NO"), an_id("NO")))

ERROR_COUNTS = (
    Field(
        "buckets",
        "In how many equal parts the time is counted.",
        {"type": "integer", "minimum": 1, "maximum": MOST_BUCKETS, "default": DEFAULT_BUCKETS},
        read_buckets,
    ),
)
ISSUE_FILTERS = (
    Field("state", "Only those in one of these states.", _ISSUE_STATES, one_of(IssueState), many=True),
    ENDPOINT,
    CODE,
    CAUSE,
)
ISSUE_PAGE = (
    LIMIT,
    Field("cursor", "The `next_cursor` of the page before.", {"type": "string", "pattern": f"^{PLACE}$"}, read_place),
)
ISSUE_STATE = (
    Field(
        "state",
        "What it is to be from now on.",
        {"type": "string", "enum": [state.value for state in SETTABLE]},
        one_of(SETTABLE),
    ),
)
ISSUE_REPLAY = (Field("dry_run", "Only say how many it would be.", {"type": "boolean", "default": False}, read_switch),)


def read_fields(fields: Sequence[Field], given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The values of the parameters that were given and are not empty. Raises Problem 20001, or with the code of a field."""
    known = {field.name: field for field in fields}
    values: dict[str, Any] = {}
    for name, text in given:
        field = known.get(name)
        if field is None:
            accepted = f"Known are {', '.join(known)}." if known else "None is known here."
            raise Problem(20001, f"Unknown parameter {name[:50]!r}.{suggest(name, known)} {accepted}")
        if not text:
            continue
        if name in values and not field.many:
            raise Problem(20001, f"Parameter {name!r} is given twice.")
        try:
            parts = [text] if field.whole else text.split(",")
            read = tuple(field.read(part) for part in parts if part) if field.many else field.read(text)
        except ValueError as refusal:
            raise Problem(field.code, f"Parameter {name!r} must be {refusal}.") from None
        values[name] = values.get(name, ()) + read if field.many else read
    return values


def webhook_filter(values: Mapping[str, Any]) -> WebhookFilter:
    """Which webhooks the parameters mean."""
    return WebhookFilter(
        states=tuple(State(state) for state in values.get("state", ())),
        endpoint=values.get("endpoint", ""),
        since=values.get("since"),
        until=values.get("until"),
        code=values.get("code", 0),
        query=values.get("q", ""),
    )


def event_filter(values: Mapping[str, Any]) -> EventFilter:
    """Which debug events the parameters mean."""
    return EventFilter(
        code=values.get("code", 0),
        level=Level(values["level"]) if "level" in values else None,
        endpoint=values.get("endpoint", ""),
        since=values.get("since"),
        until=values.get("until"),
        webhook_id=values.get("webhook", ""),
        cause=values.get("cause", ""),
        issue=values.get("issue", ""),
        query=values.get("q", ""),
    )


def issue_filter(values: Mapping[str, Any]) -> IssueFilter:
    """Which issues the parameters mean."""
    return IssueFilter(
        states=tuple(IssueState(state) for state in values.get("state", ())),
        endpoint=values.get("endpoint", ""),
        code=values.get("code", 0),
        cause=values.get("cause", ""),
    )
