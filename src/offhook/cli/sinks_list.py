"""`offhook sinks list` and `offhook sinks show`."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import click
from rich.text import Text

from offhook.cli.archive import Shape, console_option
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.listing import Listing
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import clock_time, ids_shortened
from offhook.cli.sinks_office import find_sink, office
from offhook.cli.terminal import one_line, out, say, write_json

STATUSES: Final = {"active": "", "initialized": "yellow", "validating": "yellow", "failed": "red"}
_EXAMPLES = """\b
Examples:
  offhook sinks list
  offhook sinks list --json
"""
_SHOW_EXAMPLES = """\b
Examples:
  offhook sinks show DG0192f3
  offhook sinks show 'webhook https://app.example.com/events' --json
"""


@click.command("list", cls=SettingsCommand, epilog=_EXAMPLES)
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_list(assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool) -> None:
    """List the sinks, the newest first: where events go, and whether they arrive.

    Asks the running server; when none runs, reads the database file itself.
    """

    async def fetch() -> tuple[list[Shape], bool]:
        async with office(assembly, configuration.settings, console_url) as at:
            return await at.sinks(), at.running

    sinks, running = asyncio.run(fetch())
    if as_json:
        write_json({"sinks": sinks})
    elif not sinks:
        say("No sinks. Make one: offhook sinks create webhook https://app.example.com/events --types all")
    else:
        _listing(sinks, running=running).show()


@click.command("show", cls=SettingsCommand, epilog=_SHOW_EXAMPLES)
@click.argument("sink", metavar="ID")
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_show(assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, sink: str, as_json: bool) -> None:
    """Show one sink: how it is configured, what goes to it, and how it is doing.

    ID may be the beginning of an id, as long as it is the only one that begins so, or the sink's description.
    """

    async def fetch() -> tuple[Shape, bool]:
        async with office(assembly, configuration.settings, console_url) as at:
            return await find_sink(at, sink), at.running

    found, running = asyncio.run(fetch())
    if as_json:
        write_json(found)
    else:
        out().print(_page(found, running=running), soft_wrap=True)


def health(sink: Shape, *, running: bool) -> str:
    """How a sink is doing, in a few words. Only a running server knows of one that is in use."""
    if sink["status"] != "active":
        return str(sink["status"])
    if sink["subscription"] is None:
        return "nothing goes there"
    if not running:
        return "at rest"
    return "failing" if sink["failing_since"] else "well"


def _listing(sinks: list[Shape], *, running: bool) -> Listing:
    """The sinks in columns."""
    names = ("id", "type", "state", "behind", "parked", "last taken", "what")
    listing = Listing(*names, text="what", leaves=("last taken", "type", "parked", "behind"), room=18, cut=True)
    short = ids_shortened([sink["sid"] for sink in sinks])
    for sink in sinks:
        counts = (health(sink, running=running), sink["lag"], sink["parked"], clock_time(sink["last_success_at"]))
        style = "red" if sink["failing_since"] else STATUSES[sink["status"]]
        listing.add(short[sink["sid"]], sink["type"], *counts, sink["description"], style=style)
    return listing


def _page(sink: Shape, *, running: bool) -> Text:
    text = Text()
    text.append(f"{one_line(sink['description'])}", "bold")
    text.append(f"  {health(sink, running=running)}\n", "red" if sink["failing_since"] else STATUSES[sink["status"]])
    fault = sink["last_fault"]
    _facts(
        text,
        {
            "id": sink["sid"],
            "type": sink["type"],
            "status": sink["status"],
            "made": clock_time(sink["created_at"]),
            "behind": sink["lag"],
            "delivered": sink["delivered"],
            "parked": sink["parked"],
            "last taken": clock_time(sink["last_success_at"]),
            "last fault": f"{fault['code']} {fault['message']}" if fault else "",
            "failing since": clock_time(sink["failing_since"]),
            "tried again": clock_time(sink["retry_at"]),
        },
    )
    text.append("\nConfiguration\n", "bold")
    _facts(text, sink["configuration"])
    subscription = sink["subscription"]
    text.append("\nWhat goes there\n" if subscription else "\nNothing goes there\n", "bold")
    if subscription:
        _facts(text, {"subscription": subscription["sid"], "filter": subscription["filter"]})
        for each in subscription["types"]:
            text.append(f"  {one_line(each['type'])} @{each['schema_version']}\n")
    return text


def _facts(text: Text, facts: Mapping[str, Any]) -> None:
    present = {name: value for name, value in facts.items() if value is not None and value != ""}
    width = max(map(len, present), default=0)
    for name, value in present.items():
        text.append(f"  {one_line(name):<{width}}  ", "dim")
        text.append(f"{one_line(value)}\n")
