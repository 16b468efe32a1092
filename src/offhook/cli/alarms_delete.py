"""`offhook alarms delete`."""

import asyncio
from typing import Any

import click

from offhook.cli.alarms_found import alarm_argument, ask_alarm, common, find_alarm
from offhook.cli.archive import opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import ask, one_line, say, write_json


@click.command("delete", cls=SettingsCommand)
@alarm_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
@click.pass_obj
def alarms_delete(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """Remove an alarm. What it has fired ends without a word, and stays in the list of firings.

    An alarm of the settings' file is taken out there. ALARM is its name, its id, or the beginning of that.
    """

    async def work() -> str:
        async with opened(assembly, configuration.settings, console_url) as archive:
            meant = await find_alarm(archive, given["alarm"])
            if not given["yes"]:
                ask(f"Remove the alarm {one_line(meant['name'])} ({meant['sid']})?")
            await ask_alarm(archive, "DELETE", meant)
            return str(meant["name"])

    name = asyncio.run(work())
    if as_json:
        write_json({"deleted": 1}, indent=0)
    else:
        say(f"{one_line(name)} is removed.")
