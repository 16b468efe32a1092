"""`offhook errors show`."""

import asyncio

import click

from offhook.cli.archive import Shape, console_option, find_error, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import error_page
from offhook.cli.terminal import out, write_json


@click.command("show", cls=SettingsCommand)
@click.argument("error_id", metavar="ID")
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def errors_show(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, error_id: str, as_json: bool
) -> None:
    """Show everything about one error.

    ID may be the beginning of an id, as long as it is the only one that begins so.
    """

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await find_error(archive, error_id)

    error = asyncio.run(fetch())
    if as_json:
        write_json(error)
    else:
        out().print(error_page(error), soft_wrap=True)
