"""`offhook issues replay`."""

import asyncio
from typing import Any

import click

from offhook.cli.archive import console_option, find_issue, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import ask, counted, say, write_json

_EXAMPLES = """\b
Examples:
  offhook issues replay IS4f1c --dry-run
  offhook issues replay IS4f1c --yes
"""


@click.command("replay", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("issue_id", metavar="ID")
@click.option("--dry-run", is_flag=True, help="Only say how many it would be.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help='As JSON: {"replayed": how many, "dry_run": whether it only would be}.')
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def issues_replay(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, issue_id: str, **given: Any
) -> None:
    """Have each webhook delivered again that failed, or was dismissed, with an error of this issue.

    None that was delivered is sent again. Asks the running server; when none runs, marks them in the database file, and they go out when
    `offhook serve` runs. ID may be the beginning of an id, as long as it is the only one that begins so.
    """
    dry_run = bool(given["dry_run"])

    async def work() -> tuple[int, bool]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            whole = (await find_issue(archive, issue_id))["id"]
            count = await archive.replay_issue(whole, dry_run=True) if dry_run or not given["yes"] else 0
            if dry_run:
                return count, archive.running
            if count > 1:
                ask(f"Replay {counted(count, 'webhook')}?")
            return await archive.replay_issue(whole, dry_run=False), archive.running

    replayed, running = asyncio.run(work())
    if given["as_json"]:
        write_json({"replayed": replayed, "dry_run": dry_run}, indent=0)
    say(_sentence(replayed, running=running, dry_run=dry_run))


def _sentence(replayed: int, *, running: bool, dry_run: bool) -> str:
    if dry_run:
        return f"Would replay {counted(replayed, 'webhook')}."
    if running:
        return f"Replayed {counted(replayed, 'webhook')}."
    return f"Set {counted(replayed, 'webhook')} waiting: they will be delivered when `offhook serve` runs."
