"""The list of event types that can be subscribed to, and the schemas of their data, as those who ask see them."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

PUBLISHED: Final = 1_795_651_200.0
"""When the types and their schemas came out (2026-11-26), in seconds since 1970: each has to have a date."""


class ListedType(NamedTuple):
    """One event type: its name, its schema with the versions that there are (the lowest first), and Twilio's word for its state."""

    name: str
    schema_id: str
    versions: tuple[int, ...]
    description: str
    status: str = "available"
    created_at: float = PUBLISHED

    @property
    def latest(self) -> int:
        """The version that is meant where none is named."""
        return self.versions[-1]


class Catalogue:
    """The registry, read only. `schema` gives the JSON of a schema's version, None where there is none."""

    def __init__(self, types: Iterable[ListedType], schema: Callable[[str, int], bytes | None]) -> None:
        self._types = {each.name: each for each in types}
        self._schema = schema

    @property
    def types(self) -> Sequence[ListedType]:
        """All of them, by name."""
        return sorted(self._types.values())

    @property
    def schemas(self) -> dict[str, tuple[int, ...]]:
        """The versions of each schema."""
        return {each.schema_id: each.versions for each in self.types}

    def find(self, name: str) -> ListedType | None:
        """One type."""
        return self._types.get(name)

    def schema(self, schema_id: str, version: int) -> bytes | None:
        """The JSON Schema of one version."""
        return self._schema(schema_id, version) if version in self.schemas.get(schema_id, ()) else None

    def near(self, name: str) -> str:
        """` Did you mean …?` when a type is called something like that, else ""."""
        return suggestion(name, self._types)


def suggestion(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?` when one of the known words is near, else ""."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""
