"""`offhook webhooks show`."""

import asyncio
from datetime import UTC, datetime

import click

from offhook.api.fields import MAX_LIMIT
from offhook.cli.archive import Archive, Shape, console_option, find_webhook, opened
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

    async def fetch() -> tuple[Shape, list[str]]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            found = await find_webhook(archive, webhook_id)
            return found, [] if as_json else await _first(archive, found)

    webhook, first = asyncio.run(fetch())
    if as_json:
        write_json(webhook)
    else:
        out().print(webhook_page(webhook, first), soft_wrap=True)


async def _first(archive: Archive, webhook: Shape) -> list[str]:
    """The ids of the messages that one which is due waits for, the oldest first: those of its conversation are delivered in order."""
    if webhook["state"] != "waiting" or webhook["kind"] != "message" or _later(webhook["due"]):
        return []
    whose = {"q": webhook["from"], "endpoint": webhook["endpoint"], "state": "waiting,delivering"}
    page = await archive.webhooks({**whose, "cursor": webhook["id"], "limit": str(MAX_LIMIT)})
    conversation = (webhook["from"], webhook["to"])
    return [row["id"] for row in reversed(page["webhooks"]) if (row["from"], row["to"]) == conversation]


def _later(due: str | None) -> bool:
    return bool(due) and datetime.fromisoformat(str(due)) > datetime.now(UTC)
