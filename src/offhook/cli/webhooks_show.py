"""`offhook webhooks show`."""

import asyncio

import click

from offhook.cli.archive import Shape, console_option, find_webhook, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import webhook_page
from offhook.cli.terminal import out, write_json


@click.command("show", cls=SettingsCommand)
@click.argument("webhook_id", metavar="ID")
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def webhooks_show(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, webhook_id: str, as_json: bool
) -> None:
    """Show everything about one webhook: the request, the attempts with their timings, the answer, the replies and what went wrong.

    ID may be the beginning of an id, as long as it is the only one that begins so, or Twilio's SID of the message.
    """

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await find_webhook(archive, webhook_id)

    webhook = asyncio.run(fetch())
    if as_json:
        write_json(webhook)
    else:
        out().print(webhook_page(webhook), soft_wrap=True)
