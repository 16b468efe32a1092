"""`offhook alarms maintenance list`."""

import asyncio

import click

from offhook.cli.alarms_found import common
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.maintenance_pages import maintenance_table
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import out, say, write_json


@click.command("list", cls=SettingsCommand)
@common
@click.pass_obj
def maintenance_list(assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool) -> None:
    """List the maintenance that goes on or is planned, the first to begin first.

    Asks the running server; when none runs, reads the database file itself.
    """

    async def fetch() -> tuple[Shape, list[Shape]]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return dict(await archive.ask("GET", "/api/maintenance")), (await archive.ask("GET", "/api/alarms"))["alarms"]

    found, alarms = asyncio.run(fetch())
    if as_json:
        write_json(found)
    elif not found["maintenance"]:
        say("No maintenance. Begin some: offhook alarms maintenance begin --for 2h --note 'Moving the database'")
    else:
        out().print(maintenance_table(found["maintenance"], alarms))
