"""Figures and numbers as the console's pages write them. Pure."""

import re
from typing import Final

_DIGITS: Final = re.compile(r"(?<=\d)(?=(\d{3})+$)")
NUMBER_IN_TEXT: Final = re.compile(r"(?<!\w)\+[1-9]\d{6,14}(?!\d)")
_NUMBER: Final = re.compile(r"\+?\d[\d().\s-]{5,}\d")


def compact(count: float | None) -> str:
    """A count with thousands set apart: `12,345`."""
    return "" if count is None else _DIGITS.sub(",", str(int(count)))


def duration(seconds: float | None) -> str:
    """A length of time, to the precision that matters: `0.4 ms`, `12 ms`, `1.3 s`, `4 min`, `2 h 5 min`, `3 d 4 h`."""
    if seconds is None:
        return ""
    if seconds < 0.001:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    for unit, length, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60)):
        if seconds >= length:
            rest = int(seconds % length // part)
            return f"{int(seconds // length)} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{int(seconds // 60)} min"


def masked(number: str) -> str:
    """A phone number of which the middle is hidden: `+1555•••1234`. What is none stays as it is."""
    prefix, colon, plain = number.rpartition(":")
    if not _NUMBER.fullmatch(plain):
        return number
    digits = re.sub(r"[^\d+]", "", plain)
    return f"{prefix}{colon}{digits[:5]}{'•' * max(3, len(digits) - 9)}{digits[-4:]}"
