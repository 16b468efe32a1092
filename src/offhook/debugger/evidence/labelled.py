"""A label and its value: which words are a label, and whether a text can be the value of one. Pure."""

import re
from collections.abc import Callable, Mapping

from offhook.debugger.evidence import values
from offhook.debugger.evidence.labels import HEADINGS, LABELS

LONGEST_LABEL = 40
# Values of these are any words; values of all others have a shape.
FREE = frozenset({"message", "description", "product", "title", "unused"})

_PARTED = re.compile(r"([A-Za-z][A-Za-z0-9_/()' -]{0,40}?) ?(?:[:=|]| [-\u2013\u2014] )(?!//) {0,8}(.*)", re.DOTALL)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}|[0-9]{1,2}:[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}|\b[0-9]{1,2} [A-Z][a-z]{2}|[A-Z][a-z]{2,8} [0-9]{1,2}\b"
)
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|milliseconds|msec|s|sec|seconds?)\b\.?")
_LONGEST_TIME = 80
_ADDRESS = re.compile(r"sips?:\S{1,200}")
_NO_RESOURCE = ("NO", "AC", "RQ")
_NO_SERVICE = (*_NO_RESOURCE, "SM", "MM", "CA")
_LAST_BUTTON = re.compile(r" (?:Copy|Copied|Copy to clipboard)$")


def is_label(text: str) -> bool:
    """Whether a text is a label and nothing else."""
    return len(text) <= LONGEST_LABEL and values.fold(text) in LABELS


def split_label(text: str) -> tuple[str, str] | None:
    """The label that a line begins with, as written, and the value behind it ("" if none); None when there is no label."""
    if is_label(text):
        return text.rstrip(" :"), ""
    parted = _PARTED.fullmatch(text)
    if parted and is_label(parted[1]):
        return parted[1], parted[2]
    # Without a mark between them, only a value that begins as values of this label do makes the words before it a label.
    words = text[:200].split(" ")
    for count in (4, 3, 2, 1):
        label = " ".join(words[:count])
        rest = text[len(label) :].strip()
        if rest and is_label(label) and _begins(LABELS[values.fold(label)], rest):
            return label, rest
    # A heading and the first label below it, in one line.
    heading, _, label = text.partition(" ")
    return (label, "") if label and is_label(label) and values.fold(heading) in HEADINGS else None


def fit(field: str, value: str) -> str:
    """The value in the spelling that is kept, "" when it cannot be the value of such a label."""
    value = _LAST_BUTTON.sub("", value.strip())
    return _FITTING[field](value) if field in _FITTING else value


def _resource_sid(value: str) -> str:
    sid = values.sid_of(value)
    return "" if sid.startswith(_NO_RESOURCE) else sid


def _service_sid(value: str) -> str:
    sid = values.sid_of(value)
    return "" if sid.startswith(_NO_SERVICE) else sid


def _address(value: str) -> str:
    found = _ADDRESS.match(value)
    return found[0] if found else values.first_url(value)


def _time(value: str) -> str:
    return value if len(value) <= _LONGEST_TIME and _TIME.search(value) else ""


def _component(value: str) -> str:
    return values.COMPONENTS.get(value, value if value.isdigit() else "")


def _elapsed(value: str) -> str:
    found = _SPAN.fullmatch(value)
    return str(float(found[1]) / (1000 if found[2].startswith("m") else 1)) if found else ""


_FITTING: Mapping[str, Callable[[str], str]] = {
    "sid": lambda value: values.sid_of(value, "NO"),
    "any_sid": values.sid_of,
    "account_sid": lambda value: values.sid_of(value, "AC"),
    "request_sid": lambda value: values.sid_of(value, "RQ"),
    "resource_sid": _resource_sid,
    "service_sid": _service_sid,
    "request_url": _address,
    "url": _address,
    "other_url": _address,
    "status": lambda value: str(values.status_of(value) or ""),
    "code": lambda value: str(values.code_of(value) or ""),
    "at": _time,
    "level": values.level_of,
    "method": values.method_of,
    "component": _component,
    "elapsed": _elapsed,
}


def _begins(field: str, value: str) -> bool:
    if field in FREE or not fit(field, value):
        return False
    first = value.split(" ", 1)[0]
    if field in {"at", "status", "code", "component", "elapsed"}:
        return first[0].isdigit() or first.startswith("HTTP")
    return bool(fit(field, first))
