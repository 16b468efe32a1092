"""`offhook sinks replay`."""

import asyncio
from typing import Any, Final

import click
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from offhook.cli.archive import Shape, console_option
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json, moment
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.sinks_office import Office, find_sink, office
from offhook.cli.terminal import counted, say, words, write_json
from offhook.errors import OffhookError

ENDED: Final = frozenset({"completed", "failed"})
_LOOK_EVERY: Final = 0.3
_EXAMPLES = """\b
Examples:
  offhook sinks replay DG0192f3 --since 2h
  offhook sinks replay DG0192f3 --since 2026-11-23T14:00Z --until 2026-11-23T15:00Z
  offhook sinks replay DG0192f3 --parked
"""


@click.command("replay", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("sink", metavar="ID")
@click.option("--since", type=moment, metavar="TIME", help="Events from then on: 2h (ago), or ISO 8601.")
@click.option("--until", type=moment, metavar="TIME", help="Events before then.")
@click.option("--parked", is_flag=True, help="Those that the sink has refused for good (in that time, where one is given).")
@click.option("--no-wait", is_flag=True, help="Do not wait until they have arrived.")
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_replay(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, sink: str, **given: Any
) -> None:
    """Have events go to a sink again: those of a time, or those that it has refused. It needs the running server.

    They are the same events with the same ids, so that a receiver can tell them. Waits until all have arrived; interrupted, the replay
    goes on by itself.
    """
    if not given["parked"] and given["since"] is None:
        raise click.UsageError("Say which events: --since TIME, or --parked for those that the sink has refused.")
    query = {name: given[name] for name in ("since", "until") if given[name] is not None}

    async def work() -> Shape:
        async with office(assembly, configuration.settings, console_url) as at:
            sid = (await find_sink(at, sink))["sid"]
            begun = await at.replay(sid, {**query, **({"parked": "true"} if given["parked"] else {})})
            return await _look(at, sid, begun["id"]) if given["no_wait"] else await _watch(at, sid, begun["id"])

    replay = asyncio.run(work())
    if given["as_json"]:
        write_json(replay)
    say(_sentence(replay))
    if replay["state"] == "failed" or replay["note"]:
        raise click.exceptions.Exit(1)


async def _watch(at: Office, sid: str, replay_id: str) -> Shape:
    """The replay when it has ended."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} events"), BarColumn(), TimeElapsedColumn())
    console = words()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("replay", total=None)
        while True:
            replay = await _look(at, sid, replay_id)
            progress.update(task, completed=replay["done"])
            if replay["state"] in ENDED:
                return replay
            await asyncio.sleep(_LOOK_EVERY)


async def _look(at: Office, sid: str, replay_id: str) -> Shape:
    found = next((each for each in await at.replays(sid) if each["id"] == replay_id), None)
    if found is None:
        raise OffhookError(f"The replay {replay_id} is gone: the sink has been deleted.")
    return found


def _sentence(replay: Shape) -> str:
    if replay["state"] not in ENDED:
        return f"Replaying: {counted(replay['done'], 'event')} so far."
    return f"Replayed {counted(replay['done'], 'event')}. {replay['note']}".strip()
