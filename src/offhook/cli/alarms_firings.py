"""`offhook alarms firings`."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import click

from offhook.alarms.model import FiringState
from offhook.cli.alarms_found import ask_alarm, common, find_alarm
from offhook.cli.alarms_pages import firings_listing, firings_text
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import paging, query_of
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import out, say, write_json


@click.command("firings", cls=SettingsCommand)
@click.argument("alarm", required=False)
@click.option("--state", type=click.Choice([state.value for state in FiringState]), help="Only those in this state.")
@paging
@common
@click.pass_obj
def alarms_firings(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """List what alarms have fired, newest first: since when, how bad it was, and why; and who could not be told of it.

    ALARM (its name, its id, or the beginning of that) means only those of one alarm.
    """
    words = given.pop("alarm")
    query = urlencode(query_of(given))

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            if words:
                meant = await find_alarm(archive, words)
                return dict(await ask_alarm(archive, "GET", meant, f"/firings?{query}"))
            return dict(await archive.ask("GET", f"/api/alarm-firings?{query}"))

    page = asyncio.run(fetch())
    if as_json:
        write_json(page)
        return
    if not page["firings"]:
        say("Nothing has fired.")
        return
    firings_listing(page["firings"]).show()
    missed = firings_text(page["firings"])
    if missed:
        out().print(missed, soft_wrap=True)
    if page["next_cursor"]:
        say(f"There are more: --cursor {page['next_cursor']}")
