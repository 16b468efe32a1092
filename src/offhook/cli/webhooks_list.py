"""`offhook webhooks list`."""

import asyncio
from typing import Any

import click
from rich.table import Table

from offhook.cli.archive import Query, Shape, console_option, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json, paging, query_of, webhook_filters
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import STATES, clock_time, ids_shortened
from offhook.cli.terminal import one_line, out, say, write_json

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
    out().print(_table(rows))
    if page["next_cursor"]:
        say(f"There are more: --cursor {page['next_cursor']}")


def _table(rows: list[Shape]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("id", "received", "endpoint", "state", "tries", "from", "to"):
        table.add_column(name, no_wrap=True)
    table.add_column("text", ratio=1, no_wrap=True, overflow="ellipsis")
    short = ids_shortened([row["id"] for row in rows])
    for row in rows:
        state = row["state"]
        cells = (
            short[row["id"]],
            clock_time(row["received_at"]),
            row["endpoint"],
            state,
            row["attempts"],
            row["from"],
            row["to"],
        )
        text = row["body_preview"] or ("" if row["kind"] == "message" else f"({row['kind']} {row['provider_id']})")
        table.add_row(
            *(one_line(cell) for cell in cells),
            one_line(row["note"] if state == "failed" and row["note"] else text),
            style=STATES[state],
        )
    return table
