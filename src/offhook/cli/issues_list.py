"""`offhook issues list`."""

import asyncio
from typing import Any

import click

from offhook.cli.archive import Shape, console_option, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json, issue_filters, paging, query_of
from offhook.cli.listing import Listing
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import ISSUE_STATES, bars, clock_time, ids_shortened
from offhook.cli.terminal import say, write_json

_EXAMPLES = """\b
Examples:
  offhook issues list --state open --state regressed
  offhook issues list --endpoint sms --json
"""


@click.command("list", cls=SettingsCommand, epilog=_EXAMPLES)
@issue_filters
@paging
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def issues_list(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """List issues, the last seen first: errors and warnings of one endpoint, code and likeliest cause.

    Asks the running server; when none runs, reads the database file itself.
    """

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await archive.issues(query_of(given))

    page = asyncio.run(fetch())
    if as_json:
        write_json(page)
        return
    if not page["issues"]:
        say("No issues." if not any(given[name] for name in given if name != "limit") else "No issues like that.")
        return
    _listing(page["issues"]).show()
    if page["next_cursor"]:
        say(f"There are more: --cursor {page['next_cursor']}")


def _listing(rows: list[Shape]) -> Listing:
    """The rows in columns."""
    names = ("id", "state", "last seen", "errors", "code", "last 24 h", "endpoint", "what")
    listing = Listing(*names, text="what", leaves=("last 24 h", "endpoint", "errors", "last seen"), room=18, cut=True)
    short = ids_shortened([row["id"] for row in rows])
    for row in rows:
        cells = [short[row["id"]], row["state"], clock_time(row["last_seen"]), row["count"], row["code"]]
        listing.add(*cells, bars(row["hours"]), row["endpoint"], row["title"], style=ISSUE_STATES[row["state"]])
    return listing
