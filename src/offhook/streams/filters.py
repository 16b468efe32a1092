"""Which of its types' events a subscription wants: an expression over an event's data, read once into a function. Pure.

    messageStatus == 'FAILED' AND (errorCode == 30004 OR errorCode IN (30005, 30006)) AND NOT request.url == null

Names are those of the event's data, dots lead into objects; `type` and `subject` are the event's own (`data.type` is always the data's). What is
not there is null. Values of unlike kinds are never equal, and neither is before the other: comparing them is false (`!=` is the opposite
of `==`). A name by itself is a condition where its value is true. Text is compared letter by letter, as it is written.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from offhook.streams.conditions import (
    ORDERS,
    Matches,
    Value,
    all_of,
    among,
    any_of,
    comparison,
    constant,
    everything,
    is_true,
    kind_of,
    named,
    negated,
)

LONGEST = 2000
DEEPEST = 50

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>'(?:[^'\\]|''|\\.)*')
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))
    |(?P<name>[A-Za-z_]\w*(?:\.\w+)*)
    |(?P<mark>==|!=|<=|>=|<(?!>)|>|\(|\)|,)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_WORDS = frozenset({"AND", "OR", "NOT", "IN"})
_CONSTANTS: Mapping[str, bool | None] = {"TRUE": True, "FALSE": False, "NULL": None}
_COMPARISONS = frozenset({"==", "!=", *ORDERS})
# What people write who know it from elsewhere.
_ELSEWHERE = {
    "=": "write == to compare",
    "<>": "write != for 'is not'",
    "&&": "write AND",
    "&": "write AND",
    "||": "write OR",
    "|": "write OR",
    "!": "write NOT before a condition, or != between two values",
    '"': "texts stand in single quotes: 'FAILED'",
    "'": "a text is not closed: put a ' at its end, and two ('') for one within it",
    "[": "a list stands in parentheses: IN ('a', 'b')",
    "%": "there are no patterns: compare with == or IN",
    "*": "there are no patterns: compare with == or IN",
}
_MISTAKES = {"LIKE": "there are no patterns: compare with == or IN", "IS": "write == null or != null"}


def parse(expression: str) -> Matches:
    """The function that an expression means; an empty one wants everything. Raises ValueError: where it goes wrong, and what to write instead."""
    if len(expression) > LONGEST:
        raise ValueError(f"The filter has {len(expression)} characters: {LONGEST} are the most.")
    if not expression.strip():
        return everything
    parser = _Parser(_tokens(expression))
    matches = parser.either(0)
    if parser.token.kind != "end":
        raise parser.wrong("write AND or OR between two conditions")
    return matches


class _Token(NamedTuple):
    """A word of an expression. `kind` is text, number, name, mark, word (upper case), constant or end; `at` counts characters from 1."""

    kind: str
    written: str
    at: int


def _tokens(expression: str) -> list[_Token]:
    found = []
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise _unreadable(expression, at)
        kind = match.lastgroup or ""
        written = match[0]
        if kind == "name" and written.upper() in _WORDS:
            kind, written = "word", written.upper()
        elif kind == "name" and written.upper() in _CONSTANTS:
            kind, written = "constant", written.upper()
        if kind != "space":
            found.append(_Token(kind, written, at + 1))
        at = match.end()
    return [*found, _Token("end", "", len(expression) + 1)]


def _unreadable(expression: str, at: int) -> ValueError:
    rest = expression[at:]
    known = next((marks for marks in (rest[:2], rest[:1]) if marks in _ELSEWHERE), "")
    if known:
        return _error(_Token("", known, at + 1), _ELSEWHERE[known])
    if rest[0].isdigit() or rest[0] in "-+.":
        return _error(
            _Token("", rest.split()[0][:20], at + 1), "write numbers as 30004, -1 or 0.5; other values are texts in single quotes"
        )
    return _error(
        _Token("", rest[0], at + 1), "write names, numbers, texts in single quotes, and == != < <= > >= AND OR NOT IN ( )"
    )


def _error(token: _Token, advice: str) -> ValueError:
    where = "At its end" if token.kind == "end" else f"At character {token.at} ({token.written[:40]})"
    return ValueError(f"{where} the filter cannot be read: {advice}.")


class _Parser:
    """Reads an expression from its tokens, from the loosest binding to the tightest: OR, AND, NOT, a comparison."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> _Token:
        """The next one to be read."""
        return self._tokens[self._at]

    def wrong(self, advice: str) -> ValueError:
        """What to raise where something else should stand."""
        token = self.token
        known = _MISTAKES.get(token.written.upper()) if token.kind == "name" else None
        return _error(token, known or advice)

    def _take(self, kind: str, *written: str) -> _Token | None:
        token = self.token
        if token.kind != kind or (written and token.written not in written):
            return None
        self._at += 1
        return token

    def either(self, depth: int) -> Matches:
        """Conditions with OR between them."""
        if depth > DEEPEST:
            raise self.wrong(f"parentheses may be {DEEPEST} deep")
        parts = [self._both(depth)]
        while self._take("word", "OR"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else any_of(parts)

    def _both(self, depth: int) -> Matches:
        parts = [self._negated(depth)]
        while self._take("word", "AND"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else all_of(parts)

    def _negated(self, depth: int) -> Matches:
        times = 0
        while self._take("word", "NOT"):
            times += 1
        condition = self._condition(depth)
        return negated(condition) if times % 2 else condition

    def _condition(self, depth: int) -> Matches:
        if self._take("mark", "("):
            inner = self.either(depth + 1)
            if not self._take("mark", ")"):
                raise self.wrong("close the parenthesis with )")
            return inner
        first = self.token
        value = self._value("write a condition, such as messageStatus == 'FAILED'")
        if self.token.kind == "mark" and self.token.written in _COMPARISONS:
            mark = self.token.written
            self._at += 1
            return comparison(
                mark, value, self._value("write a value to compare with: a name, a number, or a text in single quotes")
            )
        is_out = self._take("word", "NOT") is not None
        if self._take("word", "IN"):
            wanted = among(value, self._list())
            return negated(wanted) if is_out else wanted
        if is_out:
            raise self.wrong("write IN after NOT, or AND NOT before another condition")
        if first.kind in {"text", "number"} or first.written == "NULL":
            raise self.wrong("compare it with something: == != < <= > >= or IN")
        if self.token.kind not in {"end", "word"} and self.token.written != ")":
            raise self.wrong("write == != < <= > >= or IN, or AND or OR before the next condition")
        return is_true(value)

    def _list(self) -> frozenset[tuple[str, Any]]:
        advice = "a list stands in parentheses: IN ('a', 'b')"
        if not self._take("mark", "("):
            raise self.wrong(advice)
        found = set()
        while True:
            literal = self._literal()
            if literal is None:
                raise self.wrong("a list has texts, numbers, true, false or null in it")
            found.add((kind_of(literal[0]), literal[0]))
            if self._take("mark", ")"):
                return frozenset(found)
            if not self._take("mark", ","):
                raise self.wrong("write a , between two values, and a ) behind the last one")

    def _value(self, advice: str) -> Value:
        if literal := self._literal():
            return constant(literal[0])
        name = self._take("name")
        if name is None or name.written.upper() in _MISTAKES:
            self._at -= name is not None
            raise self.wrong(advice)
        return named(name.written)

    def _literal(self) -> tuple[Any] | None:
        """A constant, in a tuple since it may be null."""
        if token := self._take("text"):
            return (re.sub(r"''|\\(.)", lambda found: found[1] or "'", token.written[1:-1], flags=re.DOTALL),)
        if token := self._take("number"):
            return (int(token.written) if token.written.lstrip("-").isdigit() else float(token.written),)
        if token := self._take("constant"):
            return (_CONSTANTS[token.written],)
        return None
