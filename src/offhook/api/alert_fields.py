"""The parameters of Twilio's Monitor API for alerts, and which debug events they mean (spec: twilio-debugger §3.1)."""

import re
from collections.abc import Mapping
from typing import Any

from offhook.api.fields import DEFAULT_LIMIT, MAX_LIMIT, TEXT, Field, one_of, read_time
from offhook.records import EventFilter, Level

LEVELS: Mapping[str, Level | None] = {"error": Level.ERROR, "warning": Level.WARNING, "notice": Level.INFO, "debug": None}
"""Twilio's name of each level; nothing is ever logged for debugging."""
AFTER, BEFORE = "PA", "PB"
"""What a page's token begins with: the page goes on after the alert that it names, or ends before it."""

_DAY = 24 * 60 * 60


def read_start(text: str) -> float:
    """The first second that is meant: of a day, its midnight in GMT."""
    if not re.match(r"\d{4}-\d\d-\d\d(T|$)", text, re.ASCII):
        raise ValueError("a day such as 2026-11-23 or a time such as 2026-11-23T15:00:00Z")
    return read_time(text)


def read_end(text: str) -> float:
    """Where what is meant has ended: the day, or the second, is itself included."""
    return read_start(text) + (1 if "T" in text else _DAY)


def read_page_size(text: str) -> int:
    """How many alerts a page has. The SDKs ask for as many as they have been asked for; more than the most is the most."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) < 1:
        raise ValueError(f"a whole number from 1 to {MAX_LIMIT}")
    return min(int(text), MAX_LIMIT)


def read_page(text: str) -> int:
    """Which page it is, from 0."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("a whole number from 0")
    return int(text)


def read_token(text: str) -> str:
    """Where a page begins or ends."""
    if not re.fullmatch(rf"({AFTER}|{BEFORE})NO[0-9a-f]{{32}}", text):
        raise ValueError("one that stands in `next_page_url` or `previous_page_url`")
    return text


ALERT_FILTERS = (
    Field("LogLevel", "Only those of this level.", {"type": "string", "enum": list(LEVELS)}, one_of(LEVELS)),
    Field("StartDate", "Only those from this day, or from this second, on (GMT).", TEXT, read_start),
    Field("EndDate", "Only those up to this day, or up to this second, itself included (GMT).", TEXT, read_end),
)
ALERT_PAGE = (
    Field(
        "PageSize",
        f"How many at most; more than {MAX_LIMIT} means {MAX_LIMIT}.",
        {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT},
        read_page_size,
    ),
    Field("Page", "Which page it is, from 0.", {"type": "integer", "minimum": 0, "default": 0}, read_page),
    Field(
        "PageToken",
        "Where the page begins: part of `next_page_url` and `previous_page_url`.",
        {"type": "string", "pattern": f"^({AFTER}|{BEFORE})NO[0-9a-f]{{32}}$"},
        read_token,
    ),
)


def alert_filter(values: Mapping[str, Any]) -> EventFilter | None:
    """Which debug events the parameters mean; None when there can be none."""
    level = LEVELS[values["LogLevel"]] if "LogLevel" in values else None
    if level is None and "LogLevel" in values:
        return None
    return EventFilter(level=level, since=values.get("StartDate"), until=values.get("EndDate"))
