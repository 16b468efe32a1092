"""The flags of `offhook dev` that are no settings: they hold for one run."""

import functools
import secrets
from collections.abc import Callable
from typing import Any

import click

from offhook.dev.options import DevOptions
from offhook.errors import SettingsError
from offhook.simulator.chaos import ChaosKind, parse

_FLAGS = (
    click.option(
        "--chaos",
        metavar="RULES",
        default="",
        help=f"What goes wrong, and how often: refused=10%,duplicate=5%. Kinds: {', '.join(ChaosKind)}.",
    ),
    click.option(
        "--chaos-seed", metavar="N", type=int, help="The same seed and texts give the same run; one is drawn where none is given."
    ),
    click.option(
        "--chaos-for", metavar="NUMBER", multiple=True, help="Chaos for this number alone; may be given more than once."
    ),
    click.option(
        "--reliable",
        is_flag=True,
        help="Put Offhook's front door in between: a text waits there until your app has taken it.",
    ),
    click.option(
        "--journal",
        metavar="PATH",
        default="",
        help="The front door's journal; one that is gone at the end, where none is given.",
    ),
    click.option("--record", metavar="DIR", default="", help="Keep every exchange with your app there, one JSON file each."),
    click.option(
        "--replay",
        metavar="DIR",
        default="",
        help="Send the texts recorded there to your app again, say which answers differ, and end: exit code 1 where one does.",
    ),
)


def with_dev_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags; the command gets them as `options`."""

    @functools.wraps(function)
    def command(*args: Any, **values: Any) -> Any:
        given = {
            name: values.pop(name) for name in ("chaos", "chaos_seed", "chaos_for", "reliable", "journal", "record", "replay")
        }
        try:
            options = _options(given)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        return function(*args, options=options, **values)

    for flag in reversed(_FLAGS):
        command = flag(command)
    return command


def _options(given: dict[str, Any]) -> DevOptions:
    """What the flags come to. Raises SettingsError."""
    rules, seed = parse(given["chaos"], given["chaos_for"]), given["chaos_seed"]
    if not rules and (given["chaos_for"] or seed is not None):
        raise SettingsError("Say which chaos: --chaos 'refused=10%,duplicate=5%'.")
    if given["journal"] and not given["reliable"]:
        raise SettingsError("--journal is the front door's: add --reliable.")
    return DevOptions(
        rules=rules,
        seed=secrets.randbelow(10_000) if seed is None else seed,
        reliable=given["reliable"],
        journal=given["journal"],
        record=given["record"],
        replay=given["replay"],
    )
