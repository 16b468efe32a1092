"""`offhook alarms edit`."""

import asyncio
from typing import Any

import click

from offhook.cli.alarms_found import alarm_argument, ask_alarm, besides, common, find_alarm, warn
from offhook.cli.alarms_options import changed_options, changes_given
from offhook.cli.alarms_pages import as_made
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import say, write_json

_EXAMPLES = """\b
Examples:
  offhook alarms edit app-down --at-least 10 --within 1h
  offhook alarms edit app-down --email dev@example.com --email ops@example.com --no-console
  offhook alarms edit app-down --endpoint '' --webhook ''
  offhook alarms edit app-down --name app-slow --delivery-p95 2s
"""


@click.command("edit", cls=SettingsCommand, epilog=_EXAMPLES)
@alarm_argument
@click.option("--name", metavar="NAME", help="Call it something else.")
@changed_options
@common
@click.pass_obj
def alarms_edit(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """Change an alarm: only what is given, which takes the place of what was there; an empty value, such as --webhook '', takes it away.

    Another flag of what is watched takes the place of the one before, with its threshold. What has fired goes on until it recovers by the
    new rule. An alarm of the settings' file is changed there. ALARM is its name, its id, or the beginning of that.
    """
    body = changes_given(given)
    if given["name"] is not None:
        body["name"] = given["name"]
    if not body:
        raise click.UsageError("Say what is to change, such as --at-least 10.")

    async def change() -> tuple[Shape, str]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            changed = dict(await ask_alarm(archive, "POST", await find_alarm(archive, given["alarm"]), body=body))
            return changed, besides(archive, configuration.settings, body.get("endpoint") or ())

    alarm, said = asyncio.run(change())
    if as_json:
        write_json(alarm)
    else:
        say(as_made(alarm) + said)
    warn(alarm)
