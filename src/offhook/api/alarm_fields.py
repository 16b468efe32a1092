"""The parameters of our own API for alarms, and the schema of what an alarm is made of."""

from collections.abc import Mapping
from typing import Any, Final

from offhook.alarms.model import FiringState
from offhook.api.fields import (
    DEFAULT_BUCKETS,
    LIMIT,
    MOST_BUCKETS,
    TEXT,
    TIME,
    Field,
    an_id,
    id_schema,
    one_of,
    read_buckets,
    read_query,
    read_switch,
    read_time,
)
from offhook.settings import seconds
from offhook.settings.alarm_keys import ALARM_KEYS

LONGEST_SNOOZE: Final = 90 * 86_400.0
_SHAPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "switch": {"type": "boolean"},
    "number": {"type": "integer", "minimum": 1},
    "codes": {"type": "array", "items": {"type": "integer"}},
    "share": {"type": ["string", "number"]},
    "duration": {"type": ["string", "number"]},
    "value": {"type": ["string", "number"]},
}
_LIST: Final = {"type": "array", "items": {"type": "string"}}


def read_span(text: str) -> float:
    """How long, in seconds."""
    try:
        given = seconds(text)
    except ValueError:
        given = 0.0
    if not 0 < given <= LONGEST_SNOOZE:
        raise ValueError("a length of time such as 2h, up to 90d")
    return given


SINCE: Final = Field("since", "From this time on; without it, of the last 24 hours.", TIME, read_time)
UNTIL: Final = Field("until", "Before this time; without it, up to now.", TIME, read_time)
PREVIEW: Final = (SINCE,)
HISTORY: Final = (
    SINCE,
    UNTIL,
    Field(
        "buckets",
        "In how many equal parts the time is counted.",
        {"type": "integer", "minimum": 1, "maximum": MOST_BUCKETS, "default": DEFAULT_BUCKETS},
        read_buckets,
    ),
)
FIRING_PAGE: Final = (
    Field(
        "state",
        "Only those in this state.",
        {"type": "string", "enum": [state.value for state in FiringState]},
        one_of(FiringState),
    ),
    LIMIT,
    Field("cursor", "The `next_cursor` of the page before.", id_schema("AF"), an_id("AF")),
)
FIRING_FILTERS: Final = (Field("alarm", "Only those of this alarm.", id_schema("AK"), an_id("AK")),)
_FOR: Final = Field("for", "For how long, such as 2h.", {"type": ["string", "number"]}, read_span)
_UNTIL: Final = Field("until", "Until this time; now, or earlier, ends it.", TIME, read_time)
SNOOZE: Final = (_FOR, _UNTIL)
MUTE: Final = (
    Field("muted", "Whether nobody is told; true where it is not given.", {"type": "boolean", "default": True}, read_switch),
)
MAINTENANCE: Final = (
    Field("since", "From this time on; without it, from now on.", TIME, read_time),
    _FOR,
    Field("until", "Until this time.", TIME, read_time),
    Field("alarms", "Only these alarms, by their ids.", {"type": "array", "items": id_schema("AK")}, an_id("AK"), many=True),
    Field("endpoints", "Only what is about these endpoints.", _LIST, read_query, many=True),
    Field("note", "What is being done.", TEXT, read_query),
)


def _schema(*, named: bool) -> dict[str, Any]:
    """The schema of an alarm as it is asked for."""
    properties: dict[str, Any] = (
        {"name": {"type": "string", "maxLength": 64, "description": "What it is called."}} if named else {}
    )
    for key in ALARM_KEYS:
        shape = _SHAPES.get(key.kind.word, _LIST if key.kind.word.endswith("s") else TEXT)
        choices = {"enum": list(key.kind.choices)} if key.kind.choices else {}
        properties[key.name] = {**shape, **choices, "description": f"{key.meaning}."}
    return {"type": "object", "properties": properties, "additionalProperties": False}


ALARM: Final = _schema(named=True)
"""Of a new alarm, and of what is to change in one: null there means the default."""
WATCH: Final = _schema(named=False)
"""Of an alarm that need not be kept."""
