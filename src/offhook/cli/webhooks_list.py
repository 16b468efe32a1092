"""`offhook webhooks list`."""

import asyncio
from typing import Any, Final

import click

from offhook.cli.archive import Query, Shape, console_option, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json, paging, query_of, webhook_filters
from offhook.cli.listing import Listing
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import STATES, clock_time, ids_shortened
from offhook.cli.terminal import say, write_json

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
    _listing(rows).show()
    if page["next_cursor"]:
        say(f"There are more: --cursor {page['next_cursor']}")


def _listing(rows: list[Shape]) -> Listing:
    """The rows in columns."""
    listing = Listing(*_COLUMNS, "text", text="text", leaves=("endpoint", "to", "tries", "from", "received"), cut=True)
    short = ids_shortened([row["id"] for row in rows])
    for row in rows:
        values = (row[name] for name in _COLUMNS.values() if name)
        listing.add(short[row["id"]], clock_time(row["received_at"]), *values, _text(row), style=STATES[row["state"]])
    return listing


def _text(row: Shape) -> str:
    """What was written; of a failed one why it failed."""
    if row["state"] == "failed" and row["note"]:
        return str(row["note"])
    return str(row["body_preview"] or ("" if row["kind"] == "message" else f"({row['kind']} {row['provider_id']})"))
