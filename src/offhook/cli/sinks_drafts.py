"""What is typed about a sink, read: the keys of its configuration, and the event types that are to go there."""

import fnmatch
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from offhook.cli.archive import Shape
from offhook.settings.secret import WAY_OUT
from offhook.streams.catalogue import suggestion
from offhook.streams.vault import REFERENCE

ALL: Final = "all"
_SETTING: Final = re.compile(r"([a-z][a-z0-9_]*)(?:\.([^=\s]+))?=(.*)", re.DOTALL)
_USERINFO: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]*@")


def read_configuration(kind: Shape, words: Sequence[str], ask: Callable[[str], str]) -> dict[str, Any]:
    """The configuration that words mean: `KEY=VALUE`, `KEY.NAME=VALUE` in a table, or the value of the kind's first key by itself.

    `KEY=-` is asked for by `ask`. Raises click.UsageError.
    """
    fields = {field["name"]: field for field in kind["fields"]}
    configuration: dict[str, Any] = {}
    for word in words:
        found = _SETTING.fullmatch(word)
        name, part, value = found.groups() if found else (next(iter(fields), ""), None, word)
        if name not in fields:
            raise click.UsageError(f"{name} is no key of {kind['name']}.{suggestion(name, fields)} It has {', '.join(fields)}.")
        if name in configuration and (part is None or not isinstance(configuration[name], dict)):
            raise click.UsageError(f"{name} is given twice.")
        read = _value(fields[name], value, ask)
        if part is None:
            configuration[name] = read
        else:
            configuration.setdefault(name, {})[part] = read
    return configuration


def _value(field: Shape, text: str, ask: Callable[[str], str]) -> Any:
    name = field["name"]
    if field["secret"]:
        if text == "-":
            return ask(name)
        if not REFERENCE.fullmatch(text):
            raise click.UsageError(f"{name} is a secret: {WAY_OUT}. {name}=- asks for it.")
        return text
    if _USERINFO.match(text):
        raise click.UsageError(
            f"{name} holds a user's name or password: give username=NAME and password=- instead, which asks for it."
        )
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if re.fullmatch(r"\d{1,12}", text, re.ASCII) else text


def read_types(known: Sequence[Shape], words: Sequence[str]) -> list[tuple[str, int]]:
    """The event types, each with its version, that words mean: names, patterns such as `com.twilio.*`, `all`; `@2` behind one is a version.

    Raises click.UsageError.
    """
    latest = {each["type"]: each["versions"] for each in known}
    chosen: dict[str, int] = {}
    for word in (part.strip() for words_ in words for part in words_.split(",") if part.strip()):
        name, _, version = word.partition("@")
        meant = fnmatch.filter(latest, "*" if name == ALL else name)
        if not meant:
            raise click.UsageError(f"There is no event type {name}.{suggestion(name, latest)} `offhook sinks types` lists them.")
        for each in meant:
            chosen[each] = _version(each, version, latest[each])
    return list(chosen.items())


def _version(name: str, version: str, versions: Sequence[int]) -> int:
    if not version:
        return versions[-1]
    if version not in {str(each) for each in versions}:
        raise click.UsageError(f"{name} has no version {version}: it has {', '.join(map(str, versions))}.")
    return int(version)
