"""`offhook webhooks delete`."""

import asyncio

import click

from offhook.cli.archive import console_option, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import ask, counted, say, write_json

_EXAMPLES = """\b
Examples:
  offhook webhooks delete --number +15551234567
  offhook webhooks delete --number whatsapp:+15551234567 --yes
"""


@click.command("delete", cls=SettingsCommand, epilog=_EXAMPLES)
@click.option("--number", metavar="NUMBER", required=True, help="A sender's or recipient's number, whole, as Twilio writes it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help='As JSON: {"deleted": how many}.')
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def webhooks_delete(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, number: str, **given: bool
) -> None:
    """Delete for good whatever came from or went to a number: webhooks, attempts, replies and errors.

    What is being delivered at this moment stays: ask again when it is through. There is no way back.
    """
    if sum(each.isdigit() for each in number) < 3:
        raise click.UsageError("--number must be a number as Twilio writes it, such as +15551234567.")
    if not given["yes"]:
        ask(f"Delete everything from and to {number} for good?")

    async def work() -> int:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await archive.forget(number)

    deleted = asyncio.run(work())
    if given["as_json"]:
        write_json({"deleted": deleted}, indent=0)
    say(f"Deleted {counted(deleted, 'webhook')}.")
