"""What Twilio's Monitor API v2 takes as an alarm: its members, read and checked (spec: twilio-debugger §4.3). Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from msgspec import structs

from offhook.alarms.model import Alarm, Watch
from offhook.api.alarm_v2_shapes import WINDOWS, alarm_v2, query_of
from offhook.api.problems import Problem, suggest
from offhook.records import Level
from offhook.settings.alarm_keys import EVERY_LEVEL, KEY_BY_NAME, LEVELS

QUERY_TYPES: Final = ("ERROR_CODE", "LOG_LEVEL", "ALL")
_MOST: Final = 1_000_000_000


class Member(NamedTuple):
    """One member of the JSON object. Its reader raises ValueError with what would be accepted; `needed`: it has no default."""

    name: str
    meaning: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Any]
    needed: bool = False


class AlarmProblem(Problem):
    """Members of the body that are not acceptable, each with a sentence."""

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(20001, " ".join(params.values()))
        self.params = params


def _name(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\W_]([^\W_]| )*", value) or not value.isascii() or len(value) > 64:
        raise ValueError("1 to 64 letters, digits and spaces, a letter or digit first")
    return value.strip()


def _description(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is not empty")
    return str(KEY_BY_NAME["description"].kind.read(value))


def _query_type(value: object) -> str:
    if value not in QUERY_TYPES:
        raise ValueError(f"one of {', '.join(QUERY_TYPES)}")
    return str(value)


def _query(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > 20:
        raise ValueError("a code, such as 11200, one of WARNING, ERROR and INFO, or empty")
    return str(value)


def _trigger(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise ValueError("a whole number, 1 or more")
    return value


def _window(value: object) -> str:
    if not isinstance(value, str) or value not in WINDOWS:
        raise ValueError(f"one of {', '.join(WINDOWS)}")
    return value


def _email(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of mail addresses")  # noqa: TRY004 - what a reader raises
    return tuple(KEY_BY_NAME["email"].kind.read(value))


def _webhook(value: object) -> str:
    return str(KEY_BY_NAME["webhook"].kind.read(value)) if value not in ("", None) else ""


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004 - what a reader raises
    return value


_TEXT: Final = {"type": "string"}
_SWITCH: Final = {"type": "boolean"}
MEMBERS: Final = (
    Member(
        "friendlyName", "Its name: letters, digits and spaces.", {**_TEXT, "minLength": 1, "maxLength": 64}, _name, needed=True
    ),
    Member("description", "What it is for.", {**_TEXT, "minLength": 1}, _description, needed=True),
    Member(
        "queryType",
        "What counts: one code, one level, or errors and warnings.",
        {**_TEXT, "enum": list(QUERY_TYPES)},
        _query_type,
        needed=True,
    ),
    Member("query", "The code, or the level: WARNING, ERROR or INFO.", _TEXT, _query),
    Member("triggerValue", "How many make it fire.", {"type": "integer", "minimum": 1}, _trigger, needed=True),
    Member("timeWindow", "The time that is looked back on.", {**_TEXT, "enum": list(WINDOWS)}, _window, needed=True),
    Member("email", "Mail addresses to tell.", {"type": "array", "items": _TEXT}, _email),
    Member("webhook", "A URL to tell, with Twilio's alarm fields.", {**_TEXT, "format": "uri"}, _webhook),
    Member("consoleIndicator", "Show it in the console's header as well.", _SWITCH, _switch),
    Member("enabled", "Whether it watches; true where it is not given.", _SWITCH, _switch),
)
READ_ONLY: Final = ("alertConfigSid", "sid", "product", "dateCreated", "dateUpdated", "watch", "settings")
"""What a read shows besides: whoever sends back what was read may leave it there. It changes nothing."""
ENABLED: Final = (MEMBERS[-1]._replace(needed=True, meaning="Whether it watches."),)


def schema_of(members: tuple[Member, ...]) -> dict[str, Any]:
    """The schema of an object of these members."""
    return {
        "type": "object",
        "properties": {each.name: {"description": each.meaning, **each.schema} for each in members},
        "required": [each.name for each in members if each.needed],
    }


def read_members(given: Mapping[str, Any], members: tuple[Member, ...] = MEMBERS) -> dict[str, Any]:
    """The members that were given, read. Raises AlarmProblem that names all that is wrong."""
    known = {each.name: each for each in members}
    problems: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name in given:
        if name not in known and name not in READ_ONLY:
            problems[name[:50]] = f"There is no {name[:50]!r} in an alarm.{suggest(name, known)}"
    for each in members:
        if given.get(each.name) is None:
            if each.needed:
                problems[each.name] = f"{each.name} is missing."
            continue
        try:
            values[each.name] = each.read(given[each.name])
        except ValueError as error:
            problems[each.name] = f"{each.name}: {error}."
    if not problems and "queryType" in values:
        try:
            values["counted"] = _counted(values["queryType"], values.get("query", ""))
        except ValueError as error:
            problems["query"] = f"query: {error}."
    if problems:
        raise AlarmProblem(problems)
    return values


def _counted(kind: str, query: str) -> tuple[tuple[Level, ...], tuple[int, ...]]:
    """The levels and codes that count."""
    if kind == "ERROR_CODE":
        codes = KEY_BY_NAME["code"].kind.read(query)
        if len(codes) != 1:
            raise ValueError("one code, such as 11200")
        return EVERY_LEVEL, tuple(codes)
    if kind == "LOG_LEVEL":
        if query not in {"WARNING", "ERROR", "INFO"}:
            raise ValueError("one of WARNING, ERROR and INFO")
        return (Level(query),), ()
    if query:
        raise ValueError("empty, as all errors and warnings are meant")
    return LEVELS["both"], ()


def made(values: Mapping[str, Any], sid: str) -> Alarm:
    """A new alarm of these members, as `read_members` has them."""
    return structs.replace(_told(Alarm(sid=sid, name=values["friendlyName"]), values), **_counting(values))


def changed(alarm: Alarm, given: Mapping[str, Any]) -> Alarm:
    """An alarm with what differs from what a read shows of it: so what Twilio's fields cannot say stays as it is.

    What is not given has its default, as a PUT replaces the whole. Raises AlarmProblem.
    """
    shown: Mapping[str, Any] = {**alarm_v2(alarm)}
    same = {name for name, value in shown.items() if name in given and given[name] == value}
    # A name of ours that Twilio would not take, or a description that it would have, is no fault of whoever sends it back.
    kept = {"friendlyName", "description"} & same
    members = tuple(each for each in MEMBERS if each.name not in kept)
    values = read_members({name: value for name, value in given.items() if name not in kept}, members)
    alarm = _told(alarm, values)
    if (values["queryType"], values.get("query", "")) != query_of(alarm):
        return structs.replace(alarm, **_counting(values))
    if alarm.watch is not Watch.EVENTS:
        _refuse_other_threshold(alarm, {"triggerValue", "timeWindow"} - same)
        return alarm
    threshold = {} if "triggerValue" in same else {"threshold": float(values["triggerValue"]), "recover_below": None}
    window = {} if "timeWindow" in same else {"window": WINDOWS[values["timeWindow"]]}
    return structs.replace(alarm, **threshold, **window)


def _refuse_other_threshold(alarm: Alarm, names: set[str]) -> None:
    """What is not counted has a threshold that these members cannot say."""
    if names:
        why = f"is not what an alarm of {alarm.watch} fires at: change that at /api/alarms/{alarm.sid}, and send here what was read."
        raise AlarmProblem({name: f"{name} {why}" for name in sorted(names)})


def _counting(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is counted, and how much is too much."""
    levels, codes = values["counted"]
    return {
        "watch": Watch.EVENTS,
        "levels": levels,
        "codes": codes,
        "threshold": float(values["triggerValue"]),
        "window": WINDOWS[values["timeWindow"]],
        "recover_below": None,
    }


def _told(alarm: Alarm, values: Mapping[str, Any]) -> Alarm:
    """What it is called, whether it watches, and who is told."""
    channels = structs.replace(alarm.channels, email=values.get("email", ()), webhook=values.get("webhook", ""))
    if not channels.webhook:
        channels = structs.replace(channels, webhook_format="twilio", webhook_secret="")
    return structs.replace(
        alarm,
        name=values.get("friendlyName", alarm.name),
        description=values.get("description", alarm.description),
        console=values.get("consoleIndicator", False),
        enabled=values.get("enabled", True),
        channels=channels,
    )
