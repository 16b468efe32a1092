"""`offhook alarms show`."""

import asyncio

import click

from offhook.cli.alarms_found import alarm_argument, ask_alarm, common, find_alarm
from offhook.cli.alarms_pages import alarm_page
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import out, write_json

_BARS = 24
_MOST_UNTOLD = 10


@click.command("show", cls=SettingsCommand)
@alarm_argument
@common
@click.pass_obj
def alarms_show(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, alarm: str
) -> None:
    """Show one alarm: what it watches, whom it tells and could not tell, and what it did in the last 24 hours.

    ALARM is its name, its id, or the beginning of that.
    """

    async def fetch() -> tuple[Shape, Shape, list[Shape]]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            meant = await find_alarm(archive, alarm)
            missed = (await ask_alarm(archive, "GET", meant, "/untold"))["untold"]
            return meant, await ask_alarm(archive, "GET", meant, f"/history?buckets={_BARS}"), missed[:_MOST_UNTOLD]

    found, history, missed = asyncio.run(fetch())
    if as_json:
        write_json(found)
    else:
        out().print(alarm_page(found, history, missed), soft_wrap=True)
