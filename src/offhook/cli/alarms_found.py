"""Which alarm is meant on the command line, and what an alarm command needs besides."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from offhook.cli.archive import Archive, Shape, console_option
from offhook.cli.filters import as_json
from offhook.cli.options import with_settings
from offhook.cli.terminal import one_line, say
from offhook.errors import OffhookError
from offhook.settings import Settings

_F = TypeVar("_F", bound=Callable[..., Any])
_ID_LENGTH: Final = 34

alarm_argument = click.argument("alarm", metavar="ALARM")


def common(function: _F) -> _F:
    """`--json`, `--console-url` and the settings that say where alarms are."""
    return as_json(console_option(with_settings("database", "console_host", "console_port")(function)))  # type: ignore[return-value]


async def find_alarm(archive: Archive, words: str) -> Shape:
    """The one alarm that is meant: by its name, its id, or the beginning of that. Raises OffhookError."""
    alarms: list[Shape] = (await archive.ask("GET", "/api/alarms"))["alarms"]
    found = [each for each in alarms if each["sid"] == words] or [
        each for each in alarms if each["name"].casefold() == words.casefold()
    ]
    if not found and len(words) > 2 and words.startswith("AK"):
        found = [each for each in alarms if each["sid"].startswith(words)]
    if not found:
        named = f" There are {', '.join(each['name'] for each in alarms)}." if alarms else " There are none yet."
        raise OffhookError(f"There is no alarm {words}.{named}")
    if len(found) > 1:
        raise OffhookError(f"{words} may mean several: {', '.join(each['sid'] for each in found)}. Write the id of one.")
    return found[0]


def besides(archive: Archive, settings: Settings, endpoints: Sequence[str]) -> str:
    """What is to be known of an alarm that was made or changed where no server runs: when it watches, and that nobody could look up its endpoints."""
    if archive.running:
        return ""
    said = " It watches when `offhook serve` runs."
    if not endpoints or settings.endpoints:
        return said
    what = "is an endpoint" if len(endpoints) == 1 else "are endpoints"
    return f"{said} Whether there {what} {one_line(', '.join(endpoints))} could not be looked up: no settings name any."


def warn(alarm: Shape) -> None:
    """Say by which of an alarm's ways nobody can be told as the settings are."""
    for each in alarm["warnings"]:
        say(one_line(each), "yellow")


async def ask_alarm(archive: Archive, method: str, alarm: Shape, rest: str = "", body: object = None) -> Any:
    """What the API answers of an alarm that was there a moment ago. Raises OffhookError."""
    answer = await archive.ask(method, f"/api/alarms/{alarm['sid']}{rest}", body)
    if answer is None:
        raise OffhookError(f"There is no alarm {alarm['name']} any more.")
    return answer
