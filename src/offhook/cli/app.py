"""The command line: its commands, and how it ends."""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, Final

import click

from offhook import __version__
from offhook.cli.assembly import Assembly
from offhook.cli.terminal import say
from offhook.errors import OffhookError, SettingsError

_HELP = "An answering machine for webhooks: answers Twilio at once, keeps every message, delivers it when your app can take it, and says why anything failed."
_WHOLE = 1000
_EXAMPLES = """\b
Examples:
  offhook serve --to http://localhost:5000/sms
  offhook send http://127.0.0.1:8080/sms --body hello
  offhook webhooks list --state failed
"""


Place = str | tuple[str, Mapping[str, "Place"]]
"""Where a command stands (the module of this package, and its name there); or what a group is for, and where its commands stand."""

_COMMANDS: Final[Mapping[str, Place]] = {
    "serve": "serve:serve",
    "send": "send:send",
    "console": "console:console",
    "webhooks": (
        "Look at what came in, and deliver it again.",
        {
            "list": "webhooks_list:webhooks_list",
            "show": "webhooks_show:webhooks_show",
            "replay": "webhooks_replay:webhooks_replay",
            "hasten": "webhooks_hasten:webhooks_hasten",
            "tail": "webhooks_tail:webhooks_tail",
            "delete": "webhooks_delete:webhooks_delete",
        },
    ),
    "errors": ("Look at what went wrong, and why.", {"list": "errors_list:errors_list", "show": "errors_show:errors_show"}),
    "issues": (
        "See what there is to mend, and deliver what was lost by it.",
        {
            "list": "issues_list:issues_list",
            "show": "issues_show:issues_show",
            "acknowledge": "issues_state:issues_acknowledge",
            "resolve": "issues_state:issues_resolve",
            "ignore": "issues_state:issues_ignore",
            "reopen": "issues_state:issues_reopen",
            "replay": "issues_replay:issues_replay",
        },
    ),
    "sinks": (
        "Have events go to other systems, and see whether they arrive.",
        {
            "list": "sinks_list:sinks_list",
            "show": "sinks_list:sinks_show",
            "create": "sinks_create:sinks_create",
            "test": "sinks_validate:sinks_test",
            "validate": "sinks_validate:sinks_validate",
            "replay": "sinks_replay:sinks_replay",
            "delete": "sinks_delete:sinks_delete",
            "types": "sinks_types:sinks_types",
            "kinds": "sinks_types:sinks_kinds",
        },
    ),
    "alarms": (
        "Be told when something is wrong.",
        {
            "list": "alarms_list:alarms_list",
            "show": "alarms_show:alarms_show",
            "create": "alarms_create:alarms_create",
            "edit": "alarms_edit:alarms_edit",
            "preview": "alarms_preview:alarms_preview",
            "test": "alarms_test:alarms_test",
            "snooze": "alarms_snooze:alarms_snooze",
            "mute": "alarms_state:alarms_mute",
            "unmute": "alarms_state:alarms_unmute",
            "enable": "alarms_state:alarms_enable",
            "disable": "alarms_state:alarms_disable",
            "maintenance": (
                "Have alarms tell nobody while work goes on.",
                {
                    "list": "maintenance_list:maintenance_list",
                    "begin": "maintenance_begin:maintenance_begin",
                    "end": "maintenance_end:maintenance_end",
                },
            ),
            "firings": "alarms_firings:alarms_firings",
            "delete": "alarms_delete:alarms_delete",
        },
    ),
    "explain": "explain:explain_command",
    "doctor": "doctor:doctor",
    "dev": "dev:dev",
    "config": ("Look at the settings.", {"check": "config_check:config_check"}),
}


class Commands(MutableMapping[str, click.Command]):
    """Commands by name, each imported when it is asked for: loading them all takes longer than what most of them do."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = dict(places)
        self._made: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._made:
            self._made[name] = _made(name, self._places[name])
        return self._made[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._places[name] = ""
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class House(click.Group):
    """A group whose faults are one sentence and an exit code (1: a fault, 2: bad usage or settings)."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse words that could be neither sent nor shown: bytes that are not UTF-8."""
        for given in args:
            shown = given.encode(errors="replace").decode()
            if shown != given:
                raise click.UsageError(f"{shown!r} is not UTF-8 text.", ctx)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with the whole first sentence of its help: click would break it off where the line ends."""
        known = [(name, command) for name in self.list_commands(ctx) if (command := self.get_command(ctx, name)) is not None]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(limit=_WHOLE)) for name, command in known])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OffhookError as error:
            for line in str(error).splitlines() or [type(error).__doc__ or "it failed"]:
                say(f"offhook: {line}", "red")
            raise click.exceptions.Exit(2 if isinstance(error, SettingsError) else 1) from None


def build(assembly: Assembly | None = None) -> click.Group:
    """The whole command line. Without an assembly it can say what it is, and do nothing."""
    root = House(
        "offhook",
        Commands(_COMMANDS),
        help=_HELP,
        epilog=_EXAMPLES,
        context_settings={"obj": assembly, "help_option_names": ["-h", "--help"], "max_content_width": 120},
    )
    root.params.append(click.version_option(__version__, prog_name="offhook")(_nothing).__click_params__[0])  # type: ignore[attr-defined]
    return root


def _made(name: str, place: Place) -> click.Command:
    if not isinstance(place, str):
        meaning, places = place
        return House(name, Commands(places), help=meaning)
    module, _, attribute = place.partition(":")
    command: click.Command = getattr(import_module(f"offhook.cli.{module}"), attribute)
    return command


def _nothing() -> None:
    """What click's decorator for `--version` wants to decorate."""
