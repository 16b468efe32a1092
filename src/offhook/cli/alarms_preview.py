"""`offhook alarms preview`."""

import asyncio
from typing import Any

import click

from offhook.cli.alarms_found import ask_alarm, common, find_alarm
from offhook.cli.alarms_options import alarm_options, keys_given
from offhook.cli.alarms_pages import preview_text
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import moment
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import out, write_json

_EXAMPLES = """\b
Examples:
  offhook alarms preview app-down --since 7d
  offhook alarms preview --code 11200 --at-least 5 --within 15m --since 7d
"""


@click.command("preview", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("alarm", required=False)
@click.option(
    "--since", type=moment, default="24h", show_default=True, metavar="TIME", help="From then on: 7d (ago), or ISO 8601."
)
@alarm_options
@common
@click.pass_obj
def alarms_preview(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """Say how often an alarm would have fired, by the errors that are stored: one that there is, or one of these flags.

    What is measured as it happens, such as a latency, cannot be told afterwards. ALARM is a name, an id, or the beginning of that.
    """
    words, since = given["alarm"], given["since"]
    keys = keys_given(given)
    if words and keys:
        raise click.UsageError("Give either an alarm that there is, or the flags of one.")

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            if words:
                meant = await find_alarm(archive, words)
                return dict(await ask_alarm(archive, "GET", meant, f"/preview?since={since}"))
            return dict(await archive.ask("POST", f"/api/alarms/preview?since={since}", keys))

    preview = asyncio.run(fetch())
    if as_json:
        write_json(preview)
    else:
        out().print(preview_text(preview), soft_wrap=True)
