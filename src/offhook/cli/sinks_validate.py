"""`offhook sinks test` and `offhook sinks validate`: the handshake by which a sink becomes active."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from offhook.cli.archive import Shape, console_option
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.sinks_drafts import read_types
from offhook.cli.sinks_office import Wanted, find_sink, office
from offhook.cli.terminal import counted, say, write_json

_F = TypeVar("_F", bound=Callable[..., Any])
NEXT: Final = "A test event went there: look for its `data.test_id`, and run `offhook sinks validate {sid} TEST_ID` with the --types that are to go there."
_TEST_EXAMPLES = """\b
Examples:
  offhook sinks test DG0192f3
  offhook sinks test DG0192f3 --activate --types all
"""
_EXAMPLES = """\b
Examples:
  offhook sinks validate DG0192f3 cae2f9e2-6c5d-4b8e-9d5c-0f6f1a2b3c4d --types all
"""


def subscription_options(function: _F) -> _F:
    """`--types` and `--filter`: what is to go to a sink."""
    function = click.option(
        "--filter",
        "filter_",
        metavar="EXPRESSION",
        default="",
        help="Only events whose data this is true of: \"messageStatus == 'FAILED'\".",
    )(function)
    return click.option(
        "--types",
        metavar="TYPES",
        multiple=True,
        help="Event types to have go there: all, a name, a pattern such as 'com.twilio.*', with @2 in version 2; with commas, or repeated.",
    )(function)


@click.command("test", cls=SettingsCommand, epilog=_TEST_EXAMPLES)
@click.argument("sink", metavar="ID")
@click.option("--activate", is_flag=True, help="Have a sink that takes it be active by that, without validating it.")
@subscription_options
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_test(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, sink: str, activate: bool, **given: Any
) -> None:
    """Send a sink a test event, and say whether it was taken. It needs the running server.

    The exit code is 1 where it was not. With --activate and --types, have events go there at once. ID may be the beginning of an id, or the
    sink's description.
    """
    if given["types"] and not activate:
        raise click.UsageError("--types is for --activate: events go to active sinks only.")

    async def work() -> tuple[Shape, Shape]:
        async with office(assembly, configuration.settings, console_url) as at:
            found = await find_sink(at, sink)
            types = read_types(await at.types(), given["types"])
            tested = await at.test(found["sid"], activate=activate)
            if types and not tested["fault"]:
                await at.subscribe(found["sid"], found["description"], Wanted(types, given["filter_"]))
            return await find_sink(at, found["sid"]), tested

    found, tested = asyncio.run(work())
    if given["as_json"]:
        write_json(tested)
    fault = tested["fault"]
    if fault:
        say(f"{found['sid']} has not taken the test event: {fault['code']} {fault['message']}", "red")
        raise click.exceptions.Exit(1)
    if found["status"] == "active":
        say(f"{found['sid']} has taken the test event." if tested["result"] == "taken" else "The test event is still on its way.")
    else:
        say(NEXT.format(sid=found["sid"]))


@click.command("validate", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("sink", metavar="ID")
@click.argument("test_id", metavar="TEST_ID")
@subscription_options
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_validate(
    assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, sink: str, test_id: str, **given: Any
) -> None:
    """Make a sink active by the id that came with its test event. With --types, have events go there at once."""

    async def work() -> Shape:
        async with office(assembly, configuration.settings, console_url) as at:
            found = await find_sink(at, sink)
            types = read_types(await at.types(), given["types"])
            await at.validate(found["sid"], test_id)
            if types:
                await at.subscribe(found["sid"], found["description"], Wanted(types, given["filter_"]))
            return await find_sink(at, found["sid"])

    found = asyncio.run(work())
    if given["as_json"]:
        write_json(found)
    going = found["subscription"]
    say(
        f"{found['sid']} is {found['status']}."
        + (f" Events of {counted(len(going['types']), 'type')} go there." if going else "")
    )
