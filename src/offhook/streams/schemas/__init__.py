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
def raw_schema(identifier: str, version: int) -> bytes | None:
    """A schema as it is served; None where there is none of that id and version."""
    path = _files().get((identifier, version))
    return path.read_bytes() if path else None


def schema(identifier: str, version: int) -> dict[str, Any]:
    """A schema, the caller's own to change. Raises KeyError where there is none of that id and version."""
    written = raw_schema(identifier, version)
    if written is None:
        raise KeyError(identifier, version)
    return msgspec.json.decode(written, type=dict[str, Any])
