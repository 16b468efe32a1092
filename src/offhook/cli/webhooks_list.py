"""`offhook webhooks list`."""

import asyncio
from collections.abc import Container
from typing import Any, Final

import click
from rich.table import Table
from rich.text import Text

from offhook.cli.archive import Query, Shape, console_option, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json, paging, query_of, webhook_filters
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import NARROW, STATES, clock_time, ids_shortened
from offhook.cli.terminal import one_line, out, say, write_json

# Each column, and the row's value in it as it stands.
_COLUMNS: Final = {
    "id": "",
    "received": "",
    "endpoint": "endpoint",
    "state": "state",
    "tries": "attempts",
    "from": "from",
    "to": "to",
}
_EXAMPLES = """\b
Examples:
  offhook webhooks list --state failed --since 2h
  offhook webhooks list -q "+15551234567" --json | jq .webhooks
"""


@click.command("list", cls=SettingsCommand, epilog=_EXAMPLES)
@webhook_filters
@paging
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def webhooks_list(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """List what came in, newest first.

    Asks the running server; when none runs, reads the database file itself.
    """

    async def fetch(query: Query) -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await archive.webhooks(query)

    page = asyncio.run(fetch(query_of(given)))
    if as_json:
        write_json(page)
        return
    rows = page["webhooks"]
    if not rows:
        say("No webhooks." if not any(given[name] for name in given if name != "limit") else "No webhooks like that.")
        return
    console = out()
    console.print(_table(rows, left_out=("endpoint", "to") if console.width < NARROW else ()))
    if page["next_cursor"]:
        say(f"There are more: --cursor {page['next_cursor']}")


def _table(rows: list[Shape], *, left_out: Container[str]) -> Table:
    """The rows in columns. Only the text gives way where there is no room: an id that is cut is of no use."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in _COLUMNS:
        if name not in left_out:
            table.add_column(name, no_wrap=True)
    table.add_column("text")
    short = ids_shortened([row["id"] for row in rows])
    for row in rows:
        cells = (short[row["id"]], clock_time(row["received_at"]), *(row[name] for name in _COLUMNS.values() if name))
        kept = [one_line(cell) for name, cell in zip(_COLUMNS, cells, strict=True) if name not in left_out]
        table.add_row(*kept, Text(_text(row), no_wrap=True, overflow="ellipsis"), style=STATES[row["state"]])
    return table


def _text(row: Shape) -> str:
    """What was written; of a failed one why it failed."""
    if row["state"] == "failed" and row["note"]:
        return one_line(row["note"])
    return one_line(row["body_preview"] or ("" if row["kind"] == "message" else f"({row['kind']} {row['provider_id']})"))
