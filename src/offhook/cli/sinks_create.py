"""`offhook sinks create`."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from offhook.cli.archive import Shape, console_option
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.sinks_drafts import read_configuration, read_types
from offhook.cli.sinks_office import Office, Wanted, find_sink, office
from offhook.cli.sinks_validate import subscription_options
from offhook.cli.terminal import counted, interruptible, say, write_json
from offhook.errors import OffhookError
from offhook.streams.catalogue import suggestion
from offhook.streams.sinks.table import KINDS

_EXAMPLES = """\b
Examples:
  offhook sinks create webhook https://app.example.com/events --types all
  offhook sinks create webhook https://app.example.com/events signature=standard secret=env:EVENTS_SECRET --types 'com.twilio.*'
  offhook sinks create file events.jsonl --types com.twilio.error-logs.error.logged --filter "error_code == '11200'"

\b
Types of sinks:
""" + "".join(f"  {kind.name:<10} {kind.meaning}\n" for kind in KINDS)


@click.command("create", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("kind", metavar="TYPE")
@click.argument("words", metavar="[WHERE] [KEY=VALUE]...", nargs=-1)
@click.option("--description", metavar="TEXT", default="", help="What you will know it by; else its type and where it is.")
@subscription_options
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_create(
    assembly: Assembly,
    /,
    *,
    configuration: Configuration,
    console_url: str | None,
    kind: str,
    words: tuple[str, ...],
    **given: Any,
) -> None:
    """Make a sink: a place where events go. With --types, have them go there at once.

    WHERE is the address of a webhook, the path of a file, and so on: the first key of the type, which `offhook sinks kinds TYPE` lists
    with all others. Secrets are given as env:NAME or file:PATH, which the server reads, or as `-`: then you are asked, and they are kept in a
    private file beside the database. A webhook is ready at once; any other sink is sent a test event, whose id makes it active.
    """

    async def work() -> tuple[Shape, bool]:
        async with office(assembly, configuration.settings, console_url) as at:
            return await _create(at, kind, words, given), at.running

    sink, running = asyncio.run(work())
    if given["as_json"]:
        write_json(sink)
    _tell(sink, running=running)


async def _create(at: Office, kind: str, words: Sequence[str], given: dict[str, Any]) -> Shape:
    kinds = {each["name"]: each for each in await at.kinds()}
    if kind not in kinds:
        raise click.UsageError(f"There is no type of sink called {kind}.{suggestion(kind, kinds)} There are {', '.join(kinds)}.")
    drawn = read_configuration(kinds[kind], words, _ask)
    types = read_types(await at.types(), given["types"])
    if given["filter_"] and not types:
        raise click.UsageError("--filter chooses among events: say of which --types.")
    description = given["description"] or _description(kinds[kind], drawn)
    sink = await at.create(kind, description, drawn)
    sink["tested"] = None
    try:
        if sink["status"] != "active" and at.running:
            sink["tested"] = await at.test(sink["sid"], activate=True)
            sink["status"] = (await find_sink(at, sink["sid"]))["status"]
        if sink["status"] == "active" and types:
            await at.subscribe(sink["sid"], description, Wanted(types, given["filter_"]))
    except (OffhookError, click.UsageError):
        await at.delete(sink["sid"])
        raise
    sink["types"] = [name for name, _ in types] if sink["status"] == "active" else []
    return sink


def _description(kind: Shape, configuration: Mapping[str, Any]) -> str:
    """The type and where it is, without what may be a secret there."""
    first = next((field["name"] for field in kind["fields"] if not field["secret"]), "")
    return f"{kind['name']} {str(configuration.get(first, '')).partition('?')[0]}".strip()[:200]


def _ask(name: str) -> str:
    """A secret that the person types, unseen, or that a pipe brings in a line."""
    if sys.stdin is not None and sys.stdin.isatty():
        with interruptible():
            return str(click.prompt(name, hide_input=True, err=True))
    line = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not line:
        raise click.UsageError(f"{name}=- asks for it, and nobody answers: type it, or let a pipe bring it.")
    return line


def _tell(sink: Shape, *, running: bool) -> None:
    """Say what has been made; the exit code is 1 where it does not work."""
    sid, tested = sink["sid"], sink["tested"]
    again = f"`offhook sinks test {sid} --activate` with the --types that are to go there"
    if sink["status"] == "active":
        say(f"Made {sid}." if not sink["types"] else f"Made {sid}: events of {counted(len(sink['types']), 'type')} go there.")
        if not running:
            say("They will when `offhook serve` runs.")
    elif tested is None:
        say(f"Made {sid}. It is not active yet: when `offhook serve` runs, try {again}.", "yellow")
    elif tested["fault"]:
        fault = tested["fault"]
        say(f"Made {sid}, but it has not taken the test event: {fault['code']} {fault['message']}", "red")
        say(f"Mend that, and try {again}.")
        raise click.exceptions.Exit(1)
    else:
        say(f"Made {sid}. The test event is still on its way: see `offhook sinks show {sid}`.", "yellow")
