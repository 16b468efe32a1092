"""How the keys of a sink's configuration are read: each gives the same for what it has given before, and raises ValueError in a sentence."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from offhook.delivery import destination
from offhook.net import addresses
from offhook.net.urls import parse_target
from offhook.records import Failure
from offhook.settings import kinds
from offhook.streams.model import SinkField

REFERENCES: Final = ("env:", "file:", "kept:")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type"})

switch: Final = kinds.switch().read
timeout: Final = kinds.span("100ms", "10s", "a sink that takes longer holds up those events that wait behind").read


def read_all(fields: Iterable[SinkField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every key of a configuration, read, the defaults filled in; None where there is none. Raises ValueError that names the key."""
    known = {field.name: field for field in fields}
    if strange := sorted(set(given) - set(known)):
        raise ValueError(f"{strange[0]} is no key of this sink: write one of {', '.join(known)}")
    values = {}
    for name, field in known.items():
        value = given.get(name)
        if value is None or value == "":
            if field.required and field.default is None:
                raise ValueError(f"{name} is missing: {field.meaning}")
            values[name] = field.default
            continue
        try:
            values[name] = field.read(value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return values


def is_reference(value: object) -> bool:
    """Whether it says where a secret is, and is none itself."""
    return isinstance(value, str) and value.startswith(REFERENCES)


def text(value: object) -> str:
    """Words, in one line."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("it is not a line of text: write it in quotation marks")
    return value.strip()


def secret(value: object) -> str:
    """A reference to a secret; what is not text is not quoted, it may be one."""
    given = value.strip() if isinstance(value, str) else ""
    if not given:
        raise ValueError("it is not text: write env:NAME or file:PATH")
    return given


def address(value: object) -> str:
    """An http(s) URL that the door to the network would call. User and password may stand in it, a fragment means nothing and goes.

    What a name leads to is seen when it is called; what is refused by its name or number alone is better said now.
    """
    given: str = kinds.url().read(value)
    given = given.partition("#")[0]
    target = parse_target(destination.shown(given))
    problem = target.detail if isinstance(target, Failure) else addresses.refusal_of_host(target.host, trusted=True)
    if problem:
        raise ValueError(f"it cannot be called: {problem}")
    return given


def headers(value: object) -> dict[str, str]:
    """Further header fields: a table of names and values, of which each may be a reference."""
    table = value if isinstance(value, Mapping) else None
    if table is None:
        raise ValueError(
            'it is not a table of names and values: write {"X-Name": "value"}, on the command line headers.X-Name=env:NAME'
        )
    for name, content in table.items():
        if not isinstance(name, str) or not _HEADER.fullmatch(name):
            raise ValueError(f"{str(name)[:40]!r} cannot be the name of a header field: write letters, digits and hyphens")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by Offhook itself: leave it out")
        if not isinstance(content, str) or not content.isprintable() or not content.isascii():
            raise ValueError(f"the value of {name} is not a line of ASCII text: write it in quotation marks, or where it is kept")
    return {name: content.strip() for name, content in table.items()}


def revealed(table: Mapping[str, str], look_up: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    """Header fields with the values behind their references. Raises ValueError for one that cannot be had, or cannot be sent."""
    found = []
    for name, content in table.items():
        value = look_up(content) if is_reference(content) else content
        if not value.isprintable() or not value.isascii():
            raise ValueError(f"headers: the value of {name} cannot stand in a header field: it must be one line of ASCII text")
        found.append((name, value))
    return tuple(found)
