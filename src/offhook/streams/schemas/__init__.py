"""JSON Schemas (2020-12) of the data of every type, one file for each schema and version: Twilio's as far as they are known, written anew, and ours."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

_FOLDER = Path(__file__).parent


@cache
def _files() -> dict[tuple[str, int], Path]:
    found = {}
    for path in _FOLDER.glob("*.json"):
        name, _, version = path.stem.rpartition(".")
        found[name, int(version)] = path
    return found


@cache
def raw_schema(identifier: str, version: int) -> bytes:
    """A schema as it is served. Raises KeyError where there is none of that id and version."""
    return _files()[identifier, version].read_bytes()


def schema(identifier: str, version: int) -> dict[str, Any]:
    """A schema, the caller's own to change. Raises KeyError where there is none of that id and version."""
    return msgspec.json.decode(raw_schema(identifier, version), type=dict[str, Any])
