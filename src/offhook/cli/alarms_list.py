"""`offhook alarms list`."""

import asyncio

import click

from offhook.cli.alarms_found import common
from offhook.cli.alarms_pages import alarms_listing
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import say, write_json


@click.command("list", cls=SettingsCommand)
@common
@click.pass_obj
def alarms_list(assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool) -> None:
    """List alarms: what each watches, whom it tells, and whether it fires.

    Asks the running server; when none runs, reads the database file itself.
    """

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return dict(await archive.ask("GET", "/api/alarms"))

    found = asyncio.run(fetch())
    if as_json:
        write_json(found)
    elif not found["alarms"]:
        say("No alarms. Make one: offhook alarms create app-down --code 11200 --email you@example.com")
    else:
        alarms_listing(found["alarms"]).show()
