"""`offhook alarms maintenance end`."""

import asyncio

import click

from offhook.cli.alarms_found import common
from offhook.cli.archive import Archive, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import say, write_json
from offhook.errors import OffhookError


@click.command("end", cls=SettingsCommand)
@click.argument("identifier", metavar="ID")
@common
@click.pass_obj
def maintenance_end(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, identifier: str
) -> None:
    """End maintenance, or call it off before it begins. What still fires is told.

    ID is its id, or the beginning of that.
    """

    async def end() -> str:
        async with opened(assembly, configuration.settings, console_url) as archive:
            meant = await _find(archive, identifier)
            if await archive.ask("DELETE", f"/api/maintenance/{meant}") is None:
                raise OffhookError(f"The maintenance {meant} is over already.")
            return meant

    ended = asyncio.run(end())
    if as_json:
        write_json({"ended": 1}, indent=0)
    else:
        say(f"The maintenance {ended} is over.")


async def _find(archive: Archive, words: str) -> str:
    """The id of the one that is meant. Raises OffhookError."""
    known = [str(each["id"]) for each in (await archive.ask("GET", "/api/maintenance"))["maintenance"]]
    found = [each for each in known if each.startswith(words)] if words else []
    if not found:
        raise OffhookError(f"There is no maintenance {words}. There is {', '.join(known) or 'none'}.")
    if len(found) > 1:
        raise OffhookError(f"{words} may mean several: {', '.join(found)}. Write the whole id of one.")
    return found[0]
