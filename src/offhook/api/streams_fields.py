"""The parameters of Twilio's Events API, and of ours for sinks (spec: twilio-debugger §5.1)."""

from typing import Any

import msgspec

from offhook.api.alert_fields import read_page, read_page_size
from offhook.api.fields import LIMIT, SINCE, TEXT, UNTIL, Field, an_id, id_schema, one_of, read_switch
from offhook.streams.model import SinkStatus

AFTER, BEFORE = "PA", "PB"
"""What a page's token begins with: the page goes on after the row that it names, or ends before it."""
_LONGEST = 200
_DEEPEST = 8


def read_text(text: str) -> str:
    """Any text."""
    return text


def read_json(text: str) -> Any:
    """A JSON value: what takes one looks into it to its bottom, so that is not far."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("JSON, such as an object in braces") from None
    level = [found]
    for _ in range(_DEEPEST):
        level = [
            each for one in level if isinstance(one, dict | list) for each in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise ValueError(f"JSON in which nothing stands deeper than {_DEEPEST} levels")
    return found


def read_token(text: str) -> str:
    """Where a page begins or ends."""
    if text[:2] not in {AFTER, BEFORE} or len(text) > _LONGEST:
        raise ValueError("one that stands in `next_page_url` or `previous_page_url`")
    return text


def read_version(text: str) -> int:
    """A version of a schema."""
    if not text.isdecimal() or not text.isascii() or len(text) > 4:
        raise ValueError("a whole number, such as 1")
    return int(text)


_STATUSES = {"type": "string", "enum": [status.value for status in SinkStatus]}
DESCRIPTION = Field("Description", "What people are to know it by.", TEXT, read_text)
SINK_SID = Field("SinkSid", "The sink that the events go to.", id_schema("DG"), read_text)
VERSION = Field(
    "SchemaVersion",
    "The version of the type's schema; the latest where none is given.",
    {"type": "integer"},
    read_version,
    code=91104,
)
STREAM_PAGE = (
    Field(
        "PageSize", "How many at most; more than 1000 means 1000.", {"type": "integer", "default": 50}, read_page_size, code=91002
    ),
    Field("Page", "Which page it is, from 0.", {"type": "integer", "minimum": 0, "default": 0}, read_page, code=91002),
    Field("PageToken", "Where the page begins: part of `next_page_url` and `previous_page_url`.", TEXT, read_token, code=91002),
)
SINK_FILTERS = (
    Field(
        "InUse",
        "Only those that a subscription uses, or only those that none does.",
        {"type": "boolean"},
        read_switch,
        code=91201,
    ),
    Field("Status", "Only those with this status.", _STATUSES, one_of(SinkStatus), code=91201),
)
SUBSCRIPTION_FILTERS = (Field("SinkSid", "Only that of this sink.", id_schema("DG"), an_id("DG"), code=91006),)
TYPE_FILTERS = (Field("SchemaId", "Only those with this schema.", TEXT, read_text),)
SINK_DRAFT = (
    DESCRIPTION,
    Field("SinkConfiguration", "A JSON object; `offhook sinks create --help` names its keys.", TEXT, read_json, code=91000),
    Field("SinkType", "The type, such as webhook.", TEXT, read_text),
)
SINK_CHANGE = (DESCRIPTION,)
SINK_PROOF = (Field("TestId", "The `data.test_id` of the test event.", TEXT, read_text),)
SUBSCRIPTION_DRAFT = (
    DESCRIPTION,
    SINK_SID,
    Field(
        "Types",
        'An event type, as a JSON object: {"type": …, "schema_version": …}; one field for each.',
        {"type": "array", "items": {"type": "string"}},
        read_json,
        many=True,
        whole=True,
        code=91201,
    ),
    Field("Filter", "Only events whose data this is true of, such as `messageStatus == 'FAILED'`.", TEXT, read_text),
)
SUBSCRIPTION_CHANGE = (DESCRIPTION,)
SUBSCRIBED_DRAFT = (Field("Type", "The event type.", TEXT, read_text), VERSION)
SUBSCRIBED_CHANGE = (VERSION,)
SINK_TEST = (
    Field(
        "activate",
        "Whether a sink that takes it is active by that, without being validated.",
        {"type": "boolean", "default": False},
        read_switch,
    ),
)
SINK_REPLAY = (
    SINCE._replace(meaning="Events from this time on."),
    UNTIL._replace(meaning="Events before this time."),
    Field(
        "parked",
        "Only those that the sink has refused for good.",
        {"type": "boolean", "default": False},
        read_switch,
    ),
)
PARKED_PAGE = (LIMIT, Field("cursor", "The `next_cursor` of the page before.", TEXT, read_text))
