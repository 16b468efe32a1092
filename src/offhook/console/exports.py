"""Lists as files: CSV for spreadsheets and JSON for programs, with all columns. Pure but for the answer that is made of them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

FORMATS: Final = ("csv", "json")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def export(wanted: str, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """The rows as a file to keep, in one of `FORMATS`. Columns that a row lacks stay empty in CSV."""
    content, kind = (csv_of(columns, rows), "text/csv; charset=utf-8") if wanted == "csv" else (json_of(rows), "application/json")
    return Response(content, headers={"content-type": kind, "content-disposition": f'attachment; filename="{name}.{wanted}"'})


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """CSV as RFC 4180 has it. No cell is a formula to a spreadsheet, whatever came from outside."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return written.getvalue().encode("utf-8", "replace")


def json_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A JSON array of objects."""
    return msgspec.json.format(msgspec.json.encode(list(rows)), indent=2)


def cell(value: object) -> object:
    """One value as a spreadsheet may have it: text that it would take for a formula gets a quote before it; lists and objects are JSON."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = (
        value
        if isinstance(value, str)
        else msgspec.json.encode(value).decode()
        if isinstance(value, list | tuple | dict)
        else str(value)
    )
    return f"'{text}" if text.startswith(_FORMULA) else text
