"""JSON, and what resembles it: cut short, a Python dict or a JavaScript object as it was printed, stray marks between. Pure."""

import json
import re
from typing import Any

DEEPEST = 60

_PIECE = re.compile(
    r""" "(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z) | '(?:[^'\\]|\\(?:.|\Z))*+(?:'|\Z) | [{}\[\](),] | => | : | (?:[^\s{}\[\](),:"'=;]|(?<=[0-9]):(?=[0-9]))+ """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_ESCAPED_JSON = re.compile(r"[{\[]\s{0,40}\\+\"(?:[^\"\\]|\\.)*+", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_NOTHING = frozenset({"null", "None", "nil", "undefined", "NaN"})
_COMMENTED = re.compile(r"(?m)^[ \t]*(?://|#)[ \t]?")


def strict(text: str) -> Any:
    """The value of a JSON text; None when it is not one."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def unpacked(value: Any) -> Any:
    """The value, or what its text holds when it is JSON inside JSON."""
    for _ in range(3):
        if not isinstance(value, str) or not value.lstrip().startswith(("{", "[", '"')):
            return value
        found = strict(value)
        value = loose(value) if found is None else found
    return value


def unescaped(text: str) -> str:
    """The JSON that a text begins with, when it stands escaped within a string; else the text."""
    for _ in range(3):
        found = _ESCAPED_JSON.match(text)
        if found is None:
            return text
        text = _ESCAPED.sub(_unescaped, found[0])
    return text


def beginning(text: str) -> Any:
    """The value of the JSON that a text begins with, whatever follows it; None when it begins with none."""
    try:
        return _DECODER.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def loose(text: str) -> Any:
    """The first object or list of a text, as far as it can be made out; None when there is none. Never raises."""
    text = _COMMENTED.sub("", text)
    start = re.search(r"[{\[]", text)
    if start is None:
        return None
    builder = _Builder()
    for piece in _PIECE.finditer(text, start.start()):
        if not builder.take(piece[0]):
            break
    return builder.root


class _Builder:
    """Puts pieces together. Every rule of the grammar that a piece breaks is forgiven."""

    def __init__(self) -> None:
        self.root: Any = None
        self._open: list[Any] = []
        self._names: list[str | None] = []
        self._last = ""

    def take(self, piece: str) -> bool:
        """Take the next token; False when the value is complete."""
        if piece in "{[(":
            return self._begin({} if piece == "{" else [])
        if piece in "}])":
            self._open.pop()
            self._names.pop()
            return bool(self._open)
        if piece in {":", "=>"}:
            self._names[-1] = self._names[-1] or self._last
        elif piece == ",":
            self._names[-1] = None
        else:
            self._scalar(piece)
        return True

    def _begin(self, container: Any) -> bool:
        if len(self._open) >= DEEPEST:
            return False
        if self._open:
            self._put(container)
        else:
            self.root = container
        self._open.append(container)
        self._names.append(None)
        return True

    def _scalar(self, piece: str) -> None:
        value = _value(piece)
        if isinstance(self._open[-1], dict) and self._names[-1] is None:
            self._last = "" if value is None else value
        else:
            self._put(value)

    def _put(self, value: Any) -> None:
        holder, name = self._open[-1], self._names[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif name is not None:
            holder.setdefault(name, value)
            self._names[-1] = None


def _value(piece: str) -> str | None:
    if piece[0] in "\"'":
        inner = piece[1:-1] if len(piece) > 1 and piece.endswith(piece[0]) else piece[1:]
        return _ESCAPED.sub(_unescaped, inner)
    return None if piece in _NOTHING else piece


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    return chr(int(digits, 16)) if digits else _CONTROLS.get(found[3], found[3])
