"""`offhook webhooks tail`."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, Protocol

import click

from offhook.cli.archive import Query, Shape, console_option, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import query_of
from offhook.cli.options import Configuration, SettingsCommand, Whole, with_settings
from offhook.cli.pages import STATES, clock_time
from offhook.cli.terminal import one_line, out, say, write_json
from offhook.errors import OffhookError

_PAGE: Final = 200
_REMEMBERED: Final = 20_000


class Pages(Protocol):
    """What can be followed: an archive, as far as its listing goes."""

    async def webhooks(self, query: Query) -> Shape:
        """A page of webhooks, newest first."""


class Follower:
    """Knows what it has shown, and says what is new: webhooks never seen, and those whose state or attempts have changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, ...]] = {}

    def news(self, rows: Iterable[Shape]) -> list[Shape]:
        """Those of these rows (newest first) that say something new, oldest first."""
        changed = []
        for row in reversed(list(rows)):
            now = (row["state"], row["attempts"], row["failures"], row["answer_status"])
            if self._known.pop(row["id"], None) != now:
                changed.append(row)
            self._known[row["id"]] = now
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return changed


@click.command("tail", cls=SettingsCommand)
@click.option("--endpoint", metavar="NAME", help="Only those of this endpoint.")
@click.option(
    "-n",
    "--lines",
    type=Whole(0, _PAGE),
    metavar="NUMBER",
    default=10,
    show_default=True,
    help="How many of the past to begin with.",
)
@click.option(
    "--interval", type=click.FloatRange(0.1, 60), default=1.0, show_default=True, metavar="SECONDS", help="How often to look."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def webhooks_tail(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, **given: Any
) -> None:
    """Follow what comes in and what becomes of it, until Ctrl-C."""

    async def work() -> None:
        async with opened(assembly, configuration.settings, console_url) as archive:
            if not archive.running:
                raise OffhookError(
                    "There is nothing to follow: `offhook serve` is not running. `offhook webhooks list` reads its database."
                )
            query = query_of({"endpoint": given["endpoint"]})
            await follow(archive, query, lines=given["lines"], interval=given["interval"], as_json=as_json)

    with suppress(KeyboardInterrupt):
        asyncio.run(work())


async def follow(archive: Pages, query: dict[str, str], *, lines: int, interval: float, as_json: bool) -> None:
    """Show the last `lines`, then every change, for ever. A server that goes away is waited for."""
    follower, lost = Follower(), False
    query = {**query, "limit": str(_PAGE)}
    past = follower.news((await archive.webhooks(query))["webhooks"])
    _show(past[len(past) - min(lines, len(past)) :], as_json=as_json)
    while True:
        await asyncio.sleep(interval)
        try:
            page = await archive.webhooks(query)
        except OffhookError as error:
            if not lost:
                say(f"{error}; waiting for it to come back.", "yellow")
            lost = True
            continue
        lost = False
        _show(follower.news(page["webhooks"]), as_json=as_json)


def _show(rows: Iterable[Shape], *, as_json: bool) -> None:
    console = out()
    for row in rows:
        if as_json:
            write_json(row, indent=0)
            continue
        answer = "" if row["answer_status"] is None else f" answered {row['answer_status']}"
        text = row["body_preview"] or f"({row['kind']})"
        why = f" · {row['note']}" if row["note"] and row["state"] in {"waiting", "failed"} else ""
        line = f"{clock_time(row['received_at'])} {row['id'][:14]} {row['endpoint']} {row['state']:<10} tries {row['attempts']}{answer} {row['from']} {text}{why}"
        console.print(one_line(line), style=STATES[row["state"]], soft_wrap=True)
