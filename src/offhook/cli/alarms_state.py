"""`offhook alarms mute`, `unmute`, `enable` and `disable`: one command for each way in which an alarm can be put to rest, and back."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import click

from offhook.cli.alarms_found import alarm_argument, ask_alarm, common, find_alarm
from offhook.cli.archive import Shape, opened
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand
from offhook.cli.terminal import one_line, say, write_json


class _Change(NamedTuple):
    """What a command changes: the path below the alarm's, what is sent there, what that means, and what is said when it is done."""

    path: str
    body: Mapping[str, Any]
    meaning: str
    done: str


_CHANGES: Final[Mapping[str, _Change]] = MappingProxyType(
    {
        "mute": _Change("/mute", {"muted": True}, "Have an alarm watch, and tell nobody until further notice.", "tells nobody"),
        "unmute": _Change("/mute", {"muted": False}, "Have an alarm tell again. What still fires is told.", "tells again"),
        "enable": _Change("", {"enabled": True}, "Have an alarm watch again.", "watches"),
        "disable": _Change(
            "", {"enabled": False}, "Have an alarm watch no more. What it has fired ends without a word.", "is off"
        ),
    }
)


def _command(name: str) -> click.Command:
    change = _CHANGES[name]

    @click.command(name, cls=SettingsCommand, help=f"{change.meaning}\n\nALARM is its name, its id, or the beginning of that.")
    @alarm_argument
    @common
    @click.pass_obj
    def command(
        assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool, alarm: str
    ) -> None:
        async def work() -> Shape:
            async with opened(assembly, configuration.settings, console_url) as archive:
                meant = await find_alarm(archive, alarm)
                return dict(await ask_alarm(archive, "POST", meant, change.path, dict(change.body)))

        changed = asyncio.run(work())
        if as_json:
            write_json(changed)
        else:
            say(f"{one_line(changed['name'])} {change.done}.")

    return command


alarms_mute = _command("mute")
alarms_unmute = _command("unmute")
alarms_enable = _command("enable")
alarms_disable = _command("disable")
