"""Secrets: values that may be used and never shown, and the two places in which one is kept: a variable or a file."""

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

_SHOWN: Final = "[secret]"
WAY_OUT: Final = "write env:NAME or file:PATH instead, so that it stays out of files, shell histories and process lists"


@final
class Secret:
    """A value that shows itself as `[secret]` wherever it is printed, logged or encoded by `str`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one who signs or logs in with it."""
        return self._value

    def __repr__(self) -> str:
        return _SHOWN

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not for storing")


def resolve(text: str, environ: Mapping[str, str], *, literal: bool) -> tuple[Secret, ...]:
    """The secrets that a reference means: one of `env:NAME`, one a line of `file:PATH`, and where `literal` is allowed the text itself.

    Raises ValueError with what is wrong and what to write instead; the text itself is never part of that.
    """
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "env":
        return (_from_variable(rest, environ),)
    if colon and scheme == "file":
        return _from_file(rest)
    if not literal:
        raise ValueError(f"a secret does not belong here: {WAY_OUT}")
    return (Secret(text),)


def _from_variable(name: str, environ: Mapping[str, str]) -> Secret:
    value = environ.get(name, "").strip()
    if not value:
        raise ValueError(
            f"env:{name} means the environment variable {name or '(no name)'}, which is not set: set it, or name another"
        )
    return Secret(value)


def _from_file(name: str) -> tuple[Secret, ...]:
    try:
        lines = Path(name).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(
            f"file:{name} cannot be read ({reason}): give the path of a file that holds the secret and nothing else"
        ) from error
    if not lines:
        raise ValueError(f"file:{name} is empty: put the secret into it")
    return tuple(Secret(line) for line in lines)
