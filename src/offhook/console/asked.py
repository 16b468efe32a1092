"""What a list's URL asks for: the API's own filters, read as the API reads them, and what is wrong with them in a sentence. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from offhook.api.fields import Field, one_of, read_fields
from offhook.api.problems import Problem
from offhook.console.exports import FORMATS

MOST_EXPORTED: Final = 10_000
"""Rows that an export has at most."""
FORMAT: Final = Field("format", "As a file.", {"type": "string", "enum": list(FORMATS)}, one_of(FORMATS))
_OURS: Final = frozenset({"said"})


class Asked(NamedTuple):
    """The values that were read; each parameter as it was typed; and what is wrong with them, "" when nothing is (then all values were read)."""

    values: Mapping[str, Any]
    typed: Mapping[str, str]
    trouble: str = ""


def asked(fields: Sequence[Field], given: Iterable[tuple[str, str]]) -> Asked:
    """Read what was given. What pages themselves say in a URL (`said`) is passed over."""
    pairs = [(name, value) for name, value in given if name not in _OURS]
    typed = {name: value for name, value in pairs if value}
    try:
        return Asked(read_fields(fields, pairs), typed)
    except Problem as problem:
        return Asked({}, typed, str(problem))


def minute(at: float | None) -> str:
    """A time as a form's field of date and time holds it, in UTC; "" for none."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S").removesuffix(":00")


def clipped(text: str, most: int) -> str:
    """The start of a long text, on one line, marked where it was cut."""
    line = " ".join(text[: most * 2].split())
    return line if len(line) <= most else line[: most - 1] + "…"
