"""`offhook errors list`."""

import asyncio
from typing import Any

import click

from offhook.cli.archive import Query, Shape, console_option, find_issue, find_webhook, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json, error_filters, paging, query_of
from offhook.cli.listing import Listing
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import LEVELS, clock_time, ids_shortened
from offhook.cli.terminal import say, write_json

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
    _listing(page["errors"]).show()
    if page["next_cursor"]:
        say(f"There are more: --cursor {page['next_cursor']}")


def _listing(rows: list[Shape]) -> Listing:
    """The rows in columns; where there is no room, first without the origin where all are ours."""
    foreign = any(row["origin"] != "offhook" for row in rows)
    names = ("id", "at", "level", "code", "endpoint", "origin", "message")
    listing = Listing(*names, text="message", leaves=(*(() if foreign else ("origin",)), "endpoint", "level", "at"), room=26)
    short = ids_shortened([row["sid"] for row in rows])
    for row in rows:
        values = (row[name] for name in names[2:])
        listing.add(short[row["sid"]], clock_time(row["at"]), *values, style=LEVELS[row["level"]])
    return listing
