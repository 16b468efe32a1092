"""The kinds of values that a setting may have: how each is written, and what it becomes.

A kind's `read` takes what a flag or a variable (text) or the file (TOML's types) holds, and raises ValueError with a sentence that
says what is wrong and what to write instead.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit
from xml.parsers import expat

_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SIZES: Final = {
    "": 1,
    "b": 1,
    "k": 1024,
    "kb": 1000,
    "kib": 1024,
    "m": 1024**2,
    "mb": 1000**2,
    "mib": 1024**2,
    "g": 1024**3,
    "gib": 1024**3,
}
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


class Kind(NamedTuple):
    """A kind of value: the word that help and documentation use, how to read it, and the only values where it has such."""

    word: str
    read: Callable[[object], Any]
    choices: tuple[str, ...] = ()


def text(pattern: str = "", instead: str = "") -> Kind:
    """Plain text; with a pattern, text of that shape (`instead` says which)."""

    def read(value: object) -> str:
        given = _words(value)
        if pattern and not re.fullmatch(pattern, given):
            raise ValueError(f"{given!r} is not usable: {instead}")
        return given

    return Kind("text", read)


def choice(*choices: str) -> Kind:
    """One of a few words."""

    def read(value: object) -> str:
        given = str(value).strip().lower()
        if given not in choices:
            raise ValueError(f"{given!r} is not one of them: write {' or '.join(choices)}")
        return given

    return Kind("choice", read, choices)


def number(lowest: int, highest: int) -> Kind:
    """A whole number in a range, the bounds included."""

    def read(value: object) -> int:
        given = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", given) or not lowest <= int(given) <= highest:
            raise ValueError(f"{given!r} is not usable: write a whole number from {lowest} to {highest}")
        return int(given)

    return Kind("number", read)


def span(lowest: str, highest: str, why: str = "") -> Kind:
    """A length of time between two bounds, both included, in seconds; `why` explains the bounds where they would surprise."""
    bounds = seconds(lowest), seconds(highest)

    def read(value: object) -> float:
        given = seconds(value)
        if not bounds[0] <= given <= bounds[1]:
            raise ValueError(f"{value!r} is not usable{why and f' ({why})'}: write something from {lowest} to {highest}")
        return given

    return Kind("duration", read)


def spans() -> Kind:
    """A list of lengths of time, in seconds; as text, with commas."""

    def read(value: object) -> tuple[float, ...]:
        given = tuple(seconds(each) for each in _several(value))
        if not given or min(given) <= 0:
            raise ValueError("a schedule needs at least one wait, and each must be more than nothing: write 5s,30s,2m")
        return given

    return Kind("durations", read)


def size(lowest: int, highest: int) -> Kind:
    """A number of bytes in a range: `1MiB`, `64KiB`, or a plain number."""

    def read(value: object) -> int:
        match = re.fullmatch(r"(\d{1,15})\s*([a-z]*)", str(value).strip().lower())
        if isinstance(value, bool) or match is None or match[2] not in _SIZES:
            raise ValueError(f"{value!r} is not a size: write 1MiB, 64KiB or a number of bytes")
        given = int(match[1]) * _SIZES[match[2]]
        if not lowest <= given <= highest:
            raise ValueError(f"{value!r} is not usable: write a size from {lowest} to {highest} bytes")
        return given

    return Kind("size", read)


def switch() -> Kind:
    """Yes or no."""

    def read(value: object) -> bool:
        given = str(value).strip().lower()
        if given in _YES or given in _NO:
            return given in _YES
        raise ValueError(f"{given!r} is neither yes nor no: write true or false")

    return Kind("switch", read)


def networks() -> Kind:
    """Addresses and networks, in canonical form; as text, with commas."""

    def read(value: object) -> tuple[str, ...]:
        return tuple(_network(each) for each in _several(value))

    return Kind("networks", read)


def url(*, base: bool = False) -> Kind:
    """An absolute http(s) URL; a `base` is one that paths are put behind, so it ends in no slash and has no query, fragment or credentials."""

    def read(value: object) -> str:
        given = _words(value)
        parts = check_url(given)
        if base and (parts.query or parts.fragment or "@" in parts.netloc):
            raise ValueError(
                f"{without_credentials(given)!r} says too much: write scheme, host and at most a path, such as https://sms.example.com"
            )
        return given.rstrip("/") if base else given

    return Kind("url", read)


def database() -> Kind:
    """Where the journal is: a path, or `memory:`."""

    def read(value: object) -> str:
        given = _words(value)
        if re.match("postgres(ql)?:", given):
            raise ValueError("PostgreSQL is not available in this version: write a path, such as offhook.db")
        if "://" in given:
            raise ValueError(
                f"{without_credentials(given)!r} is no database that Offhook knows: write a path, such as offhook.db, or memory:"
            )
        return "memory:" if given in {"memory:", ":memory:"} else given

    return Kind("path", read)


def twiml() -> Kind:
    """A TwiML document, well formed, with Response as its root."""

    def read(value: object) -> str:
        given = _words(value)
        roots: list[str] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, _: roots.append(name)
        try:
            parser.Parse(given, True)
        except expat.ExpatError as error:
            raise ValueError(f"it is not well-formed XML ({error}): write a whole document, such as <Response/>") from error
        if roots[0] != "Response":
            raise ValueError(f"its root is <{roots[0]}>: write <Response>…</Response>")
        return given

    return Kind("TwiML", read)


def seconds(value: object) -> float:
    """A length of time as it is written (`10s`, `500ms`, `1h30m`, or a number of seconds), in seconds. Raises ValueError."""
    given = str(value).strip().lower().replace(" ", "")
    if not isinstance(value, bool):
        if re.fullmatch(r"\d+(\.\d+)?", given):
            return float(given)
        found = _SPAN.findall(given)
        if found and "".join(map("".join, found)) == given:
            return float(sum(float(amount) * _UNITS[unit] for amount, unit in found))
    raise ValueError(f"{value!r} is not a length of time: write 10s, 500ms, 4h, 30d or a number of seconds")


def spell(duration: float) -> str:
    """A length of time in seconds, as one would write it: `10s`, `500ms`, `1h30m`."""
    milliseconds = round(duration * 1000)
    words = []
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        amount, milliseconds = divmod(milliseconds, length)
        if amount:
            words.append(f"{amount}{unit}")
    return "".join(words) or "0s"


def check_url(given: str) -> SplitResult:
    """The parts of an absolute http(s) URL. Raises ValueError where it is none."""
    shown = without_credentials(given)
    if re.search(r"[\s\\\x00-\x1f\x7f]", given):
        raise ValueError(f"{shown!r} has a blank, a backslash or a control character in it: write it percent-encoded")
    try:
        parts = urlsplit(given)
        usable = parts.scheme.lower() in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable:
        raise ValueError(f"{shown!r} is not an absolute http(s) URL: write something like http://localhost:5000/sms")
    return parts


def without_credentials(given: str) -> str:
    """A URL that may be shown: user and password are blanked."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@", r"\1[secret]@", given)


def _words(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(
            f"{value!r} is not text: write it in quotation marks"
            if value != ""
            else "it is empty: give it a value, or leave it out"
        )
    return value.strip()


def _several(value: object) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [each.strip() for each in str(value).split(",") if each.strip()]


def _network(value: object) -> str:
    try:
        return str(ipaddress.ip_network(str(value).strip(), strict=False))
    except ValueError as error:
        raise ValueError(f"{value!r} is neither an address nor a network: write something like 10.0.0.0/8") from error
