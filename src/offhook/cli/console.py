"""`offhook console`: a new link to the running server's console."""

import asyncio
import webbrowser

import click

from offhook.cli.archive import console_of, console_option, key_for
from offhook.cli.assembly import Assembly
from offhook.cli.console_api import ConsoleApi
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import out, say, write_json
from offhook.console.key import key_path
from offhook.errors import OffhookError
from offhook.settings import Settings

_EXAMPLES = """\b
Examples:
  offhook console
  offhook console --open
  offhook console --config /etc/offhook.toml
"""


@click.command("console", cls=SettingsCommand, epilog=_EXAMPLES)
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser of this machine, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def console(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, is_opened: bool, as_json: bool
) -> None:
    """Show a link that opens the console of the running server. It works once, and within an hour.

    The server hands it out to whoever has its console key, which lies beside its journal (`offhook.db.console-key`) and can be read by the
    user alone that the server runs as. From another machine, give the key in the variable OFFHOOK_CONSOLE_KEY.
    """
    url = asyncio.run(_link(assembly, configuration.settings, console_url))
    if as_json:
        write_json({"login": url})
    else:
        out().print(url, soft_wrap=True)
    if is_opened and not webbrowser.open(url):
        say("No browser could be opened here: open the link yourself.", "yellow")


async def _link(assembly: Assembly, settings: Settings, console_url: str | None) -> str:
    """A one-time link. Raises OffhookError where there is no server, or no key for it."""
    base = (console_url or console_of(settings)).rstrip("/")
    key = key_for(settings, console_url)
    if not key:
        raise OffhookError(_keyless(settings, console_url))
    transport = assembly.transport(settings)
    try:
        answer = await ConsoleApi(transport, base, key).ask("POST", "/api/login-links")
    finally:
        await transport.close()
    if not answer:
        raise OffhookError(f"The console at {base} has no login.")
    return f"{console_url or settings.console_url or base}".rstrip("/") + str(answer["path"])


def _keyless(settings: Settings, console_url: str | None) -> str:
    path = key_path(settings.database)
    if path is None or console_url:
        return "There is no key to ask with: the server shows a link when it starts, or give its console key in the variable OFFHOOK_CONSOLE_KEY."
    if path.is_file():
        return f"{path} cannot be read: run this as the user that the server runs as."
    return f"There is no {path}: is `offhook serve` running with this journal? --database names another one."
