"""The filters of the listings: options of the command line, turned into the API's parameters."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

from offhook.api.fields import MAX_LIMIT, read_time
from offhook.cli.options import Whole
from offhook.records import IssueState, Level, State
from offhook.settings import seconds

_F = TypeVar("_F", bound=Callable[..., Any])


def moment(text: str) -> str:
    """A time: ISO 8601, seconds since 1970, or how long ago (`2h`); as seconds since 1970, in text. Raises click.BadParameter."""
    try:
        if text[-1:].isalpha() and "T" not in text:
            return f"{time.time() - seconds(text):.3f}"
        return f"{read_time(text):.3f}"
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time: write 2h (ago), 2026-11-23T15:00:00Z or 2026-11-23") from None


def _options(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_STATE = click.option(
    "--state",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only those in this state; may be repeated.",
)
_ENDPOINT = click.option("--endpoint", metavar="NAME", help="Only those of this endpoint.")
_SINCE = click.option("--since", type=moment, metavar="TIME", help="Only those from then on: 2h (ago), or ISO 8601.")
_UNTIL = click.option("--until", type=moment, metavar="TIME", help="Only those before then.")
_QUERY = click.option("-q", "--query", metavar="TEXT", help="Only those in which this text occurs.")
_LIMIT = click.option(
    "--limit", type=Whole(1, MAX_LIMIT), metavar="NUMBER", default=50, show_default=True, help="How many at most."
)
_CURSOR = click.option("--cursor", metavar="ID", help="Go on after this one, as the listing before said.")
_CODE = click.option(
    "--code",
    type=Whole(1000, 999_999),
    metavar="CODE",
    help="Only those with this code: the exact one, such as 11217, or the one that Twilio would log, such as 11200.",
)
_LEVEL = click.option(
    "--level", type=click.Choice([level.value for level in Level], case_sensitive=False), help="Only those of this level."
)
_CAUSE = click.option("--cause", metavar="NAME", help="Only those with this likeliest cause, such as tls.expired.")
_ISSUE = click.option("--issue", metavar="ID", help="Only those of this issue.")
_ISSUE_STATE = click.option(
    "--state",
    multiple=True,
    type=click.Choice([state.value for state in IssueState]),
    help="Only those in this state; may be repeated.",
)
_WEBHOOK = click.option("--webhook", metavar="ID", help="Only those of this webhook.")

as_json = click.option("--json", "as_json", is_flag=True, help="As JSON, the way the API gives it.")
webhook_filters = _options(_STATE, _ENDPOINT, _CODE, _SINCE, _UNTIL, _QUERY)
error_filters = _options(_CODE, _LEVEL, _ENDPOINT, _SINCE, _UNTIL, _WEBHOOK, _CAUSE, _ISSUE, _QUERY)
issue_filters = _options(_ISSUE_STATE, _ENDPOINT, _CODE, _CAUSE)
paging = _options(_LIMIT, _CURSOR)


def query_of(given: dict[str, Any]) -> dict[str, str]:
    """The API's parameters for these options."""
    names = {"query": "q"}
    return {
        names.get(name, name): ",".join(value) if isinstance(value, tuple) else str(value)
        for name, value in given.items()
        if value
    }
