"""The forms of event streams: a sink's configuration by its kind, and which events go there. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from offhook.console.questions import Answers, Question, Wrong, answered, first, only_references, sentence
from offhook.streams import filters
from offhook.streams.catalogue import Catalogue, ListedType
from offhook.streams.configuration import USERINFO
from offhook.streams.model import SinkField, SinkKind, Subscription
from offhook.streams.refused import RefusedError
from offhook.streams.registry import BY_NAME
from offhook.streams.shapes.envelope import TWILIO
from offhook.streams.sinks import config

TYPE: Final = "type"
FIELD: Final = "field:"
"""What the name of a question about a field of a sink begins with, so that none is taken for one of the form's own."""
_DESCRIPTION: Final = Question(
    "description", "What to call it", "Such as Archive of errors. Up to 1000 characters.", required=True
)
_FILTER: Final = Question(
    "filter",
    "Only events of which this is true",
    "An expression over the data of an event, such as error_code == '11200' AND NOT endpoint == 'test'. Empty: all of them.",
    kind="lines",
)


class TypeChoice(NamedTuple):
    """A type of events to tick, with its versions; `version` is the one that is chosen."""

    listed: ListedType
    ticked: bool
    version: int


class TypeGroup(NamedTuple):
    """The types of one family."""

    title: str
    choices: Sequence[TypeChoice]


class Draft(NamedTuple):
    """A sink as a form wants it, or what is wrong by question."""

    description: str
    configuration: Mapping[str, Any]
    wrong: Wrong


# -- the sink itself


def sink_questions(kind: SinkKind, answers: Answers, wrong: Wrong) -> list[Question]:
    """What a sink of this kind is asked for, the needed things first. Secrets are never shown again."""
    fields = sorted(kind.fields, key=lambda field: not _is_needed(field))
    asked = [_DESCRIPTION, *map(_question, fields)]
    return answered(asked, _showable(kind, answers), wrong)


def defaults(kind: SinkKind) -> dict[str, tuple[str, ...]]:
    """What a new form begins with: the switches as they are by themselves."""
    return {FIELD + field.name: ("true",) for field in kind.fields if field.default is True}


def read_sink(kind: SinkKind, answers: Answers) -> Draft:
    """What was filled in, each field read as the sink will read it."""
    wrong: dict[str, tuple[str, ...]] = {}
    description = first(answers, "description")
    if not description:
        wrong["description"] = ("Say what it is to be called.",)
    configuration: dict[str, Any] = {}
    for field in kind.fields:
        name = FIELD + field.name
        try:
            value = _value(field, answers)
            if value is None and _is_needed(field):
                wrong[name] = (f"This is needed: {field.meaning.rstrip('.')}.",)
            elif value is not None:
                field.read(value)
                configuration[field.name] = value
        except ValueError as refusal:
            wrong[name] = (sentence(refusal),)
    return Draft(description, configuration, wrong)


def refused_sink(kind: SinkKind, refusal: RefusedError) -> Wrong:
    """What the desk has against a sink, at the field that it names first."""
    said = str(refusal).removeprefix("The sink cannot be made: ")
    name = next((field.name for field in kind.fields if said.startswith((f"{field.name}:", f"{field.name} "))), "")
    return {FIELD + name if name else "": (sentence(said.removeprefix(f"{name}: ")),)}


def _question(field: SinkField) -> Question:
    needed = _is_needed(field)
    if _is_switch(field):
        return Question(FIELD + field.name, f"{_label(field)}: {field.meaning}", kind="switch")
    hint = sentence(field.meaning)
    if field.read is config.headers:
        return Question(FIELD + field.name, _label(field), f"{hint} One a line, such as X-Api-Key: env:API_KEY.", kind="lines")
    if field.default not in {None, ""} and not needed:
        hint += f" Empty: {field.default}."
    if field.secret:
        hint += " Better than the secret itself is where it stands: env:NAME or file:PATH."
    return Question(FIELD + field.name, _label(field), hint, kind="secret" if field.secret else "line", required=needed)


def _label(field: SinkField) -> str:
    words = field.name.replace("_", " ")
    return re.sub(
        r"\b(tls|arn|ca|url|sts|id)\b", lambda found: found[0].upper(), words[:1].upper() + words[1:], flags=re.IGNORECASE
    )


def _is_needed(field: SinkField) -> bool:
    return field.required and field.default is None


def _is_switch(field: SinkField) -> bool:
    return isinstance(field.default, bool)


def _value(field: SinkField, answers: Answers) -> Any:
    """A field's value as a configuration has it; None where nothing was written. Raises ValueError."""
    written = first(answers, FIELD + field.name)
    if _is_switch(field):
        ticked = written == "true"
        return ticked if ticked is not field.default else None
    if field.read is config.headers:
        return _table(written)
    return written or None


def _table(text: str) -> dict[str, str] | None:
    """Header fields, one a line. Raises ValueError, of which what was written is no part: it may hold a secret."""
    table = {}
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), start=1):
        name, colon, value = line.partition(":")
        if not colon or not value.strip():
            raise ValueError(f"line {number} is not a name, a colon and a value: write X-Name: value")
        table[name.strip()] = value.strip()
    return table or None


def _showable(kind: SinkKind, answers: Answers) -> dict[str, tuple[str, ...]]:
    """The answers without secrets: of those only references, and of URLs no user and password."""
    secret = {FIELD + field.name for field in kind.fields if field.secret}
    shown = {}
    for name, values in answers.items():
        if name in secret:
            shown[name] = tuple(map(only_references, values))
        else:
            shown[name] = tuple(USERINFO.sub(r"\1", value) for value in values)
    return shown


# -- what goes there


def type_groups(catalogue: Catalogue, answers: Answers) -> list[TypeGroup]:
    """All types to tick, Offhook's own first."""
    ticked = set(answers.get(TYPE, ()))
    groups: dict[bool, list[TypeChoice]] = {False: [], True: []}
    for listed in catalogue.types:
        version = first(answers, f"version:{listed.name}")
        chosen = int(version) if version.isdecimal() and len(version) < 5 and int(version) in listed.versions else listed.latest
        groups[is_twilios(listed)].append(TypeChoice(listed, listed.name in ticked, chosen))
    return [
        TypeGroup(title, groups[twilio])
        for title, twilio in (("Events of Offhook", False), ("Events of Twilio", True))
        if groups[twilio]
    ]


def is_twilios(listed: ListedType) -> bool:
    """Whether a type is one that Twilio's consumers know."""
    known = BY_NAME.get(listed.name)
    return known.family == TWILIO if known is not None else listed.name.startswith("com.twilio.")


def wanted_types(catalogue: Catalogue, answers: Answers) -> list[dict[str, Any]]:
    """The ticked types with their versions, as the desk reads them."""
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys(answers.get(TYPE, ())):
        version = first(answers, f"version:{name}")
        listed = catalogue.find(name)
        found.append({"type": name, **({"schema_version": version} if version and listed is not None else {})})
    return found


def filter_question(answers: Answers, wrong: Wrong) -> Question:
    """Which of the events."""
    return answered([_FILTER], answers, wrong)[0]


def filter_problem(text: str) -> str:
    """What is wrong with a filter; "" where nothing is."""
    try:
        filters.parse(text)
    except ValueError as refusal:
        return sentence(refusal)
    return ""


def answers_from(subscription: Subscription | None) -> dict[str, tuple[str, ...]]:
    """A subscription as its form's answers."""
    if subscription is None:
        return {}
    versions = {f"version:{each.type}": (str(each.schema_version),) for each in subscription.types}
    return {TYPE: tuple(each.type for each in subscription.types), "filter": (subscription.filter,), **versions}
