"""`offhook issues show`."""

import asyncio

import click

from offhook.cli.archive import Shape, console_option, find_issue, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import issue_page
from offhook.cli.terminal import out, write_json


@click.command("show", cls=SettingsCommand)
@click.argument("issue_id", metavar="ID")
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def issues_show(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, issue_id: str, as_json: bool
) -> None:
    """Show one issue: how often and when, why, and what to do.

    ID may be the beginning of an id, as long as it is the only one that begins so.
    """

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await find_issue(archive, issue_id)

    issue = asyncio.run(fetch())
    if as_json:
        write_json(issue)
    else:
        out().print(issue_page(issue), soft_wrap=True)
