"""`offhook errors list`."""

import asyncio
from typing import Any

import click
from rich.table import Table

from offhook.cli.archive import Query, Shape, console_option, find_issue, find_webhook, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json, error_filters, paging, query_of
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import LEVELS, NARROW, clock_time, ids_shortened
from offhook.cli.terminal import one_line, out, say, write_json

_EXAMPLES = """\b
Examples:
  offhook errors list --since 1d --level error
  offhook errors list --code 11200 --json
  offhook errors list -q 'bad gateway'
"""


@click.command("list", cls=SettingsCommand, epilog=_EXAMPLES)
@error_filters
@paging
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def errors_list(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """List errors, warnings and infos, newest first.

    Asks the running server; when none runs, reads the database file itself.
    """

    async def fetch(query: Query) -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            if query.get("webhook"):
                meant = await find_webhook(archive, query["webhook"])
                query = {**query, "webhook": meant["id"]}
            if query.get("issue"):
                query = {**query, "issue": (await find_issue(archive, query["issue"]))["id"]}
            return await archive.errors(query)

    page = asyncio.run(fetch(query_of(given)))
    if as_json:
        write_json(page)
        return
    if not page["errors"]:
        say("No errors." if not any(given[name] for name in given if name != "limit") else "No errors like that.")
        return
    console = out()
    console.print(_table(page["errors"], wide=console.width >= NARROW))
    if page["next_cursor"]:
        say(f"There are more: --cursor {page['next_cursor']}")


def _table(rows: list[Shape], *, wide: bool) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    shown = [*(["endpoint"] if wide else []), *(["origin"] if wide or any(row["origin"] != "offhook" for row in rows) else [])]
    for name in ("id", "at", "level", "code", *shown):
        table.add_column(name, no_wrap=True)
    table.add_column("message")
    short = ids_shortened([row["sid"] for row in rows])
    for row in rows:
        cells = [
            short[row["sid"]],
            clock_time(row["at"]),
            row["level"],
            row["code"],
            *(row[name] for name in shown),
            row["message"],
        ]
        table.add_row(*(one_line(cell) for cell in cells), style=LEVELS[row["level"]])
    return table
