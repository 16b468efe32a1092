"""`offhook alarms create`."""

import asyncio
from typing import Any

import click

from offhook.cli.alarms_found import besides, common, warn
from offhook.cli.alarms_options import alarm_options, keys_given
from offhook.cli.alarms_pages import as_made
from offhook.cli.archive import Archive, Shape, find_error, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import say, write_json
from offhook.errors import OffhookError

_EXAMPLES = """\b
Examples:
  offhook alarms create app-down --code 11200 --code 11205 --at-least 5 --within 15m --email dev@example.com
  offhook alarms create any-error --any error --except 11751 --endpoint sms --webhook https://hooks.example.com/alarm
  offhook alarms create failing --failure-share 10% --within 15m --notify env:SLACK_URL
  offhook alarms create slow --delivery-p95 2s --recover-below 1s --email dev@example.com
  offhook alarms create stuck --backlog-age 10m --sms +15551234567
  offhook alarms create quiet --silence 2h --number +15551234567 --email dev@example.com
  offhook alarms create --from-error NO0199 --email dev@example.com
"""


@click.command("create", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("name", required=False)
@click.option("--from-error", metavar="ID", help="Fill in this error's code, endpoint and likeliest cause, and a name.")
@alarm_options
@common
@click.pass_obj
def alarms_create(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """Make an alarm. Without a flag that says what it watches, it fires at any error or warning.

    Asks the running server; when none runs, writes to the database file, and it watches when `offhook serve` runs. References to secrets,
    such as env:SLACK_URL, are looked up by the server, in its own environment.
    """
    body = keys_given(given)
    if given["name"]:
        body["name"] = given["name"]
    elif not given["from_error"]:
        raise click.UsageError("Missing argument 'NAME': say what the alarm is to be called, such as app-down.")

    async def make() -> tuple[Shape, str]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            made = await _create(archive, given["from_error"], body)
            return made, besides(archive, configuration.settings, made["settings"].get("endpoint", ()))

    alarm, said = asyncio.run(make())
    if as_json:
        write_json(alarm)
    else:
        say(as_made(alarm) + said)
    warn(alarm)


async def _create(archive: Archive, from_error: str | None, body: dict[str, Any]) -> Shape:
    path = "/api/alarms"
    if from_error:
        path = f"/api/errors/{(await find_error(archive, from_error))['sid']}/alarm"
    made = await archive.ask("POST", path, body)
    if made is None:
        raise OffhookError(f"There is no error {from_error} any more.")
    return dict(made)
