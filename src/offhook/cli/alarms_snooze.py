"""`offhook alarms snooze`."""

import asyncio
from typing import Any

import click

from offhook.cli.alarms_found import alarm_argument, ask_alarm, common, find_alarm
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.pages import clock_time
from offhook.cli.terminal import one_line, say, write_json

_EXAMPLES = """\b
Examples:
  offhook alarms snooze app-down 2h
  offhook alarms snooze app-down off
"""


@click.command("snooze", cls=SettingsCommand, epilog=_EXAMPLES)
@alarm_argument
@click.argument("how_long", metavar="TIME")
@common
@click.pass_obj
def alarms_snooze(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """Have an alarm tell nobody for some time, such as 2h; off ends that. What still fires then is told then.

    ALARM is its name, its id, or the beginning of that.
    """
    body = {"until": "0"} if given["how_long"] == "off" else {"for": given["how_long"]}

    async def change() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return dict(await ask_alarm(archive, "POST", await find_alarm(archive, given["alarm"]), "/snooze", body))

    changed = asyncio.run(change())
    if as_json:
        write_json(changed)
    elif changed["snoozed_until"]:
        say(f"{one_line(changed['name'])} tells nobody until {clock_time(changed['snoozed_until'])}.")
    else:
        say(f"{one_line(changed['name'])} tells again.")
