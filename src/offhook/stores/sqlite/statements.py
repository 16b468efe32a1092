"""The named statements of `queries.sql`, and how many rows go into one of them."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import apsw

MOST_ROWS = 256


def _read() -> dict[str, str]:
    text = files(__package__).joinpath("queries.sql").read_text(encoding="utf-8")
    text = re.sub(r"^-- ==.*$", "", text, flags=re.MULTILINE)
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


SQL = _read()


def execute(db: apsw.Connection, name: str, **values: Any) -> list[Any]:
    """Run a named statement to its end and give its rows."""
    return db.execute(SQL[name], values).fetchall()


def execute_rows(db: apsw.Connection, name: str, rows: Sequence[Iterable[Any]], width: int) -> None:
    """Run a statement that has `VALUES :rows`, for that many rows of `width` values.

    One call for all rows: each call of SQLite lets go of the interpreter lock, and beside a busy event loop waits up to a switch interval
    to get it back (64 rows one by one: 124 ms; at once: 16 ms; both at the interpreter's interval of 5 ms).
    """
    for start in range(0, len(rows), MOST_ROWS):
        part = rows[start : start + MOST_ROWS]
        values = [value for row in part for value in row]
        room = 1 << (len(part) - 1).bit_length()
        values.extend([None] * ((room - len(part)) * width))
        db.execute(_with_rows(name, room, width), values).fetchall()


@cache
def _with_rows(name: str, count: int, width: int) -> str:
    # The statement differs in its number of places only, and that goes by powers of two: so few differ that all stay prepared.
    row = f"({', '.join('?' * width)})"
    return SQL[name].replace(":rows", ", ".join([row] * count))
