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
)


def with_dev_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags; the command gets them as `options`."""

    @functools.wraps(function)
    def command(*args: Any, chaos: str, chaos_seed: int | None, chaos_for: tuple[str, ...], **values: Any) -> Any:
        try:
            rules = parse(chaos, chaos_for)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        if not rules and (chaos_for or chaos_seed is not None):
            raise click.UsageError("Say which chaos: --chaos 'refused=10%,duplicate=5%'.")
        seed = secrets.randbelow(10_000) if chaos_seed is None else chaos_seed
        return function(*args, options=DevOptions(rules=rules, seed=seed), **values)

    for flag in reversed(_FLAGS):
        command = flag(command)
    return command
