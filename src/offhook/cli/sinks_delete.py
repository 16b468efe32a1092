"""`offhook sinks delete`."""

import asyncio

import click

from offhook.cli.archive import Shape, console_option
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.sinks_office import find_sink, office
from offhook.cli.terminal import ask, one_line, say

_EXAMPLES = """\b
Examples:
  offhook sinks delete DG0192f3
  offhook sinks delete DG0192f3 --yes
"""


@click.command("delete", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("sink", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_delete(assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, sink: str, yes: bool) -> None:
    """Delete a sink, with its subscription, its secrets, and the list of what it has refused.

    Asks first where events go there. ID may be the beginning of an id, or the sink's description.
    """

    async def work() -> Shape:
        async with office(assembly, configuration.settings, console_url) as at:
            found = await find_sink(at, sink)
            subscription = found["subscription"]
            if subscription is not None and not yes:
                ask(f"Events go to {one_line(found['description'])}. Delete it?")
            if subscription is not None:
                await at.unsubscribe(subscription["sid"])
            await at.delete(found["sid"])
            return found

    say(f"Deleted {asyncio.run(work())['sid']}.")
