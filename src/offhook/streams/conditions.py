"""The conditions that a filter is made of: functions of an event that never raise. Pure.

Values are of a kind: text, number, bool, null. Those of unlike kinds are never equal, and neither is before the other.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from offhook.streams.model import Event

Matches = Callable[[Event], bool]
"""Whether an event is wanted."""

Value = Callable[[Event], Any]
"""What a name or a constant stands for in an event: null where there is nothing of that name."""

ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def everything(_event: Event) -> bool:
    """No filter: every event is wanted."""
    return True


def any_of(parts: list[Matches]) -> Matches:
    """OR."""
    return lambda event: any(part(event) for part in parts)


def all_of(parts: list[Matches]) -> Matches:
    """AND."""
    return lambda event: all(part(event) for part in parts)


def negated(part: Matches) -> Matches:
    """NOT."""
    return lambda event: not part(event)


def is_true(value: Value) -> Matches:
    """A value by itself: it must be true, not merely something."""
    return lambda event: value(event) is True


def constant(value: Any) -> Value:
    """A text, a number, true, false or null."""
    return lambda _event: value


def named(name: str) -> Value:
    """What is at a name with dots in the event's data; `type` and `subject` are the event's own, `data.type` is the data's."""
    if name in {"type", "subject"}:
        return operator.attrgetter(name)
    path = name.split(".")
    if path[0] == "data" and len(path) > 1:
        del path[0]
    if len(path) == 1:
        return lambda event: event.data.get(path[0])

    def read(event: Event) -> Any:
        found: Any = event.data
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    return read


def kind_of(value: Any) -> str:
    """Values of one kind can be compared. true is no number; objects and lists are nothing to compare with."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "null" if value is None else ""


def comparison(mark: str, one: Value, other: Value) -> Matches:
    """One of == != < <= > >=."""
    if mark == "==":
        return lambda event: _equal(one(event), other(event))
    if mark == "!=":
        return lambda event: not _equal(one(event), other(event))
    order = ORDERS[mark]

    def compare(event: Event) -> bool:
        first, second = one(event), other(event)
        kind = kind_of(first)
        return kind in {"number", "text"} and kind == kind_of(second) and order(first, second)

    return compare


def _equal(one: Any, other: Any) -> bool:
    kind = kind_of(one)
    return kind != "" and kind == kind_of(other) and bool(one == other)


def among(value: Value, known: frozenset[tuple[str, Any]]) -> Matches:
    """IN: the values known are with their kinds, so that true is not 1."""

    def matches(event: Event) -> bool:
        found = value(event)
        kind = kind_of(found)
        return kind != "" and (kind, found) in known

    return matches
