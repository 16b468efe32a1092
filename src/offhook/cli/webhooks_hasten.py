"""`offhook webhooks hasten`."""

import asyncio

import click

from offhook.cli.archive import console_option, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import counted, say, write_json

_EXAMPLES = """\b
Examples:
  offhook webhooks hasten
  offhook webhooks hasten --endpoint sms
"""


@click.command("hasten", cls=SettingsCommand, epilog=_EXAMPLES)
@click.option("--endpoint", metavar="NAME", help="Only those of this endpoint.")
@click.option("--json", "as_json", is_flag=True, help='As JSON: {"hastened": how many}.')
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def webhooks_hasten(
    assembly: Assembly,
    /,
    *,
    configuration: Configuration,
    console_url: str | None,
    endpoint: str | None,
    as_json: bool,
) -> None:
    """Have what waits for a later try delivered now: your app is well again, and the next try is hours away.

    Failed webhooks do not wait: `offhook webhooks replay` delivers those again. A conversation stays in order, and an app that is given a
    rest is still asked with one try at a time. Asks the running server; when none runs, marks them in the database file, and they go out
    when `offhook serve` runs.
    """

    async def work() -> tuple[int, bool]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await archive.hasten(endpoint or ""), archive.running

    hastened, running = asyncio.run(work())
    if as_json:
        write_json({"hastened": hastened}, indent=0)
    say(_sentence(hastened, running=running))


def _sentence(hastened: int, *, running: bool) -> str:
    if not hastened:
        return "Nothing waits for a later try."
    if running:
        return f"Brought {counted(hastened, 'webhook')} forward: what can go is being delivered."
    return f"Brought {counted(hastened, 'webhook')} forward: delivered when `offhook serve` runs."
