"""`offhook alarms test`."""

import asyncio

import click

from offhook.cli.alarms_found import alarm_argument, ask_alarm, common, find_alarm
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import one_line, say, write_json


@click.command("test", cls=SettingsCommand)
@alarm_argument
@common
@click.pass_obj
def alarms_test(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, alarm: str
) -> None:
    """Tell everybody whom an alarm tells that this is a test, also when it is muted or off.

    Exit code 1 when it tells nobody. When no server runs, they are told as soon as `offhook serve` runs. ALARM is its name, its id, or the
    beginning of that.
    """

    async def send() -> tuple[Shape, bool]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            meant = await find_alarm(archive, alarm)
            return await ask_alarm(archive, "POST", meant, "/test"), archive.running

    answer, running = asyncio.run(send())
    if as_json:
        write_json(answer)
    if not answer["told"]:
        say("It tells nobody: an alarm needs an address, a webhook, or a reference for notify.", "red")
        raise click.exceptions.Exit(1)
    if not as_json:
        to = ", ".join(one_line(each["address"]) for each in answer["told"])
        say(f"The test is on its way to {to}." if running else f"The test goes to {to} when `offhook serve` runs.")
