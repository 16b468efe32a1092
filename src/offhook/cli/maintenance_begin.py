"""`offhook alarms maintenance begin`."""

import asyncio
from typing import Any

import click

from offhook.cli.alarms_found import common, find_alarm
from offhook.cli.archive import Archive, Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.maintenance_pages import as_begun
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import say, write_json

_EXAMPLES = """\b
Examples:
  offhook alarms maintenance begin --for 2h --note 'Moving the database'
  offhook alarms maintenance begin --for 30m --endpoint sms
  offhook alarms maintenance begin --since 2026-11-23T22:00:00Z --until 2026-11-24T02:00:00Z --alarm app-down --alarm slow
"""


@click.command("begin", cls=SettingsCommand, epilog=_EXAMPLES)
@click.option("--for", "lasting", metavar="TIME", help="For how long, such as 2h.")
@click.option("--until", metavar="TIME", help="Until then: ISO 8601; without a zone, in UTC.")
@click.option("--since", metavar="TIME", help="From then on; without it, from now on.")
@click.option(
    "--alarm",
    "alarms",
    multiple=True,
    metavar="ALARM",
    help="Only this alarm: its name, its id, or the beginning of that; may be repeated.",
)
@click.option("--endpoint", "endpoints", multiple=True, metavar="NAME", help="Only what is about this endpoint; may be repeated.")
@click.option("--note", metavar="TEXT", help="What is being done.")
@common
@click.pass_obj
def maintenance_begin(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """Have alarms tell nobody while work goes on: all of them, or those that are named. They watch and fire meanwhile.

    What still fires when it is over is told then. Give either how long it lasts, or its end.
    """

    async def begin() -> tuple[Shape, list[Shape]]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            alarms = [await find_alarm(archive, words) for words in given["alarms"]]
            return await _begin(archive, given, [alarm["sid"] for alarm in alarms]), alarms

    window, alarms = asyncio.run(begin())
    if as_json:
        write_json(window)
    else:
        say(as_begun(window, alarms))


async def _begin(archive: Archive, given: dict[str, Any], alarms: list[str]) -> Shape:
    body = {"for": given["lasting"], "alarms": alarms, **{name: given[name] for name in ("until", "since", "note")}}
    body["endpoints"] = list(given["endpoints"])
    return dict(await archive.ask("POST", "/api/maintenance", {name: value for name, value in body.items() if value}))
