"""A sink's configuration against its kind: names, values, and secrets taken out. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from offhook.streams.catalogue import suggestion
from offhook.streams.model import SinkField, SinkKind
from offhook.streams.vault import KEPT, REFERENCE

USERINFO: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?#\s]*)@")
_LEAST: Final = 12
"""How long a secret must be for its last four characters to be shown: of a shorter one they would be too much."""


class Checked(NamedTuple):
    """A configuration fit to be kept, and the secrets that stood in it, by the names under which they are to be kept."""

    configuration: dict[str, Any]
    secrets: dict[str, str]


def check(kind: SinkKind, given: object, sid: str) -> Checked:
    """What a sink of that kind and id is configured with. Raises ValueError with what is wrong and what to write instead."""
    if not isinstance(given, Mapping):
        raise ValueError(f"a configuration is a JSON object with {_names(kind)}")  # noqa: TRY004 - it came as JSON: a value like any other
    fields = {field.name: field for field in kind.fields}
    configuration = _without_userinfo(given, fields)
    for name in configuration:
        if name not in fields:
            raise ValueError(
                f"{str(name)[:50]} is nothing that a sink of type {kind.name} has.{suggestion(str(name), fields)} It has {_names(kind)}"
            )
    taken: dict[str, str] = {}
    for name, value in configuration.items():
        if fields[name].secret:
            configuration[name] = _conceal(value, f"{sid}/{name}", taken)
        elif USERINFO.search(str(value)):
            raise ValueError(
                f"{name} holds a user's name or password: take it out of the URL, and give it where {kind.name} sinks take one ({_names(kind)})"
            )
        elif isinstance(value, str) and value.startswith(KEPT):
            raise ValueError(f"{name} cannot be one of the secrets that Offhook keeps")
    for field in kind.fields:
        _read(field, configuration)
    return Checked(configuration, taken)


def shown(configuration: Mapping[str, Any], read: Callable[[str], str]) -> dict[str, Any]:
    """A configuration for people: of secrets that are kept no more than the last four characters. `read` gives one by its name."""
    return {name: _mask(value, read) for name, value in configuration.items()}


def _names(kind: SinkKind) -> str:
    return ", ".join(field.name for field in kind.fields)


def _read(field: SinkField, configuration: Mapping[str, Any]) -> None:
    value = configuration.get(field.name)
    if value is None or value == "":
        if field.required and field.default is None:
            raise ValueError(f"{field.name} is missing: {field.meaning[:1].lower()}{field.meaning[1:].rstrip('.')}")
        return
    try:
        field.read(value)
    except ValueError as refusal:
        raise ValueError(f"{field.name}: {refusal}") from None


def _without_userinfo(given: Mapping[Any, Any], fields: Mapping[str, SinkField]) -> dict[str, Any]:
    """The same with `user:password@` moved out of a URL, to the fields for them where the kind has such."""
    moved = dict(given)
    if not {"username", "password"} <= set(fields):
        return moved
    for name, value in given.items():
        found = USERINFO.match(value) if isinstance(value, str) and name in fields and not fields[name].secret else None
        user, colon, password = found[2].partition(":") if found else ("", "", "")
        if found is None or not colon or moved.get("username") or moved.get("password"):
            continue
        moved |= {name: found[1] + value[found.end() :], "username": unquote(user), "password": unquote(password)}
    return moved


def _conceal(value: Any, name: str, taken: dict[str, str]) -> Any:
    """The value with references in the place of the secrets in it; what is no text is no secret."""
    if isinstance(value, Mapping):
        return {key: _conceal(each, f"{name}/{key}", taken) for key, each in value.items()}
    if isinstance(value, list):
        return [_conceal(each, f"{name}/{place}", taken) for place, each in enumerate(value)]
    if value is None or value == "":
        return value
    if not isinstance(value, str):
        raise ValueError(f"{name.partition('/')[2]} is not text: write env:NAME, file:PATH, or the secret in quotation marks")  # noqa: TRY004 - it came as JSON
    if value.startswith(KEPT):
        raise ValueError(f"{name.partition('/')[2]} names a secret of another sink: give its value, env:NAME or file:PATH")
    if REFERENCE.fullmatch(value):
        return value
    taken[name] = value
    return KEPT + name


def _mask(value: Any, read: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _mask(each, read) for key, each in value.items()}
    if isinstance(value, list):
        return [_mask(each, read) for each in value]
    if not isinstance(value, str) or not value.startswith(KEPT):
        return value
    try:
        secret = read(value.removeprefix(KEPT))
    except ValueError:
        return "[missing]"
    return f"****{secret[-4:]}" if len(secret) >= _LEAST else "****"
