"""`offhook webhooks replay`."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.progress import Progress

from offhook.cli.archive import Archive, Query, console_option, find_webhook, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import query_of, webhook_filters
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import ask, counted, say, words, write_json
from offhook.errors import OffhookError

_BATCH = 100
_EXAMPLES = """\b
Examples:
  offhook webhooks replay WH0192f3
  offhook webhooks replay --all-failed --endpoint sms
  offhook webhooks replay --state delivered --since 2026-11-23T14:00Z --until 2026-11-23T15:00Z --yes
"""

_NO_FILTERS = frozenset({"all_failed", "yes", "as_json"})


@click.command("replay", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("webhook_ids", metavar="[ID]...", nargs=-1)
@click.option("--all-failed", is_flag=True, help="Every failed one (that the other filters mean).")
@webhook_filters
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help='As JSON: {"replayed": how many}.')
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def webhooks_replay(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, webhook_ids: tuple[str, ...], **given: Any
) -> None:
    """Have webhooks delivered again: those named, or those that the filters mean.

    Failed, dismissed and delivered ones can be replayed; without --state, filters mean the failed ones. Asks the running server; when
    none runs, marks them in the database file, and they go out when `offhook serve` runs. What your app answers then is sent by
    Twilio's REST API, even where the sender has had a reply before.
    """
    chosen = {name: value for name, value in given.items() if value and name not in _NO_FILTERS}
    if bool(webhook_ids) == bool(chosen or given["all_failed"]):
        raise click.UsageError("Name webhooks, or give filters (--all-failed for every failed one): one of the two.")
    if given["all_failed"] and chosen.get("state", ("failed",)) != ("failed",):
        raise click.UsageError("--all-failed and --state say different things: give one of the two.")

    async def work() -> tuple[int, bool]:
        async with opened(assembly, configuration.settings, console_url) as archive:
            ids = (
                await _named(archive, webhook_ids)
                if webhook_ids
                else await _matching(archive, query_of({"state": ("failed",), **chosen}))
            )
            if not webhook_ids and ids and not given["yes"]:
                ask(f"Replay {counted(len(ids), 'webhook')}?")
            return await _replay(archive, ids), archive.running

    replayed, running = asyncio.run(work())
    if given["as_json"]:
        write_json({"replayed": replayed}, indent=0)
    if not replayed and not webhook_ids and not chosen.get("state"):
        say("No failed webhooks." if given["all_failed"] else "No failed webhooks like that: --state means others.")
    elif running:
        say(f"Replayed {counted(replayed, 'webhook')}.")
    else:
        say(f"Set {counted(replayed, 'webhook')} waiting: they will be delivered when `offhook serve` runs.")


async def _named(archive: Archive, prefixes: Sequence[str]) -> list[str]:
    """The whole ids. Raises OffhookError for one that is on its way already."""
    found = [await find_webhook(archive, prefix) for prefix in prefixes]
    for webhook in found:
        if webhook["state"] in {"waiting", "delivering"}:
            raise OffhookError(f"Webhook {webhook['id']} is {webhook['state']}: it will be delivered without a replay.")
    return [str(webhook["id"]) for webhook in found]


async def _matching(archive: Archive, query: Query) -> list[str]:
    ids: list[str] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        page = await archive.webhooks({**query, "limit": "1000", "cursor": page["next_cursor"]})
        ids += [webhook["id"] for webhook in page["webhooks"]]
    return ids


async def _replay(archive: Archive, ids: Sequence[str]) -> int:
    """Oldest first, in batches, with a progress bar where a person looks and it takes a while."""
    ordered, replayed = sorted(ids), 0
    with Progress(console=words(), transient=True, disable=len(ids) <= _BATCH or not sys.stderr.isatty()) as progress:
        task = progress.add_task("Replaying", total=len(ordered))
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            replayed += await archive.replay(batch)
            progress.advance(task, len(batch))
    return replayed
