"""The command line: its commands, and how it ends."""

from typing import Any

import click

from offhook import __version__
from offhook.cli.alarms_create import alarms_create
from offhook.cli.alarms_delete import alarms_delete
from offhook.cli.alarms_firings import alarms_firings
from offhook.cli.alarms_list import alarms_list
from offhook.cli.alarms_preview import alarms_preview
from offhook.cli.alarms_show import alarms_show
from offhook.cli.alarms_snooze import alarms_snooze
from offhook.cli.alarms_state import ALARM_STATE_COMMANDS
from offhook.cli.alarms_test import alarms_test
from offhook.cli.assembly import Assembly
from offhook.cli.config_check import config_check
from offhook.cli.console import console
from offhook.cli.dev import dev
from offhook.cli.doctor import doctor
from offhook.cli.errors_list import errors_list
from offhook.cli.errors_show import errors_show
from offhook.cli.explain import explain_command
from offhook.cli.issues_list import issues_list
from offhook.cli.issues_replay import issues_replay
from offhook.cli.issues_show import issues_show
from offhook.cli.issues_state import ISSUE_STATE_COMMANDS
from offhook.cli.send import send
from offhook.cli.serve import serve
from offhook.cli.sinks_create import sinks_create
from offhook.cli.sinks_delete import sinks_delete
from offhook.cli.sinks_list import sinks_list, sinks_show
from offhook.cli.sinks_replay import sinks_replay
from offhook.cli.sinks_types import sinks_kinds, sinks_types
from offhook.cli.sinks_validate import sinks_test, sinks_validate
from offhook.cli.terminal import say
from offhook.cli.webhooks_delete import webhooks_delete
from offhook.cli.webhooks_list import webhooks_list
from offhook.cli.webhooks_replay import webhooks_replay
from offhook.cli.webhooks_show import webhooks_show
from offhook.cli.webhooks_tail import webhooks_tail
from offhook.errors import OffhookError, SettingsError

_HELP = "An answering machine for webhooks: answers Twilio at once, keeps every message, delivers it when your app can take it, and says why anything failed."
_WHOLE = 1000
_EXAMPLES = """\b
Examples:
  offhook serve --to http://localhost:5000/sms
  offhook send http://127.0.0.1:8080/sms --body hello
  offhook webhooks list --state failed
"""


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
        help=_HELP,
        epilog=_EXAMPLES,
        context_settings={"obj": assembly, "help_option_names": ["-h", "--help"], "max_content_width": 120},
    )
    root.params.append(click.version_option(__version__, prog_name="offhook")(_nothing).__click_params__[0])  # type: ignore[attr-defined]
    root.add_command(serve)
    root.add_command(send)
    root.add_command(console)
    root.add_command(
        _group(
            "webhooks",
            "Look at what came in, and deliver it again.",
            webhooks_list,
            webhooks_show,
            webhooks_replay,
            webhooks_tail,
            webhooks_delete,
        )
    )
    root.add_command(_group("errors", "Look at what went wrong, and why.", errors_list, errors_show))
    root.add_command(
        _group(
            "issues",
            "See what there is to mend, and deliver what was lost by it.",
            issues_list,
            issues_show,
            *ISSUE_STATE_COMMANDS,
            issues_replay,
        )
    )
    root.add_command(
        _group(
            "sinks",
            "Have events go to other systems, and see whether they arrive.",
            sinks_list,
            sinks_show,
            sinks_create,
            sinks_test,
            sinks_validate,
            sinks_replay,
            sinks_delete,
            sinks_types,
            sinks_kinds,
        )
    )
    root.add_command(
        _group(
            "alarms",
            "Be told when something is wrong.",
            alarms_list,
            alarms_show,
            alarms_create,
            alarms_preview,
            alarms_test,
            alarms_snooze,
            *ALARM_STATE_COMMANDS,
            alarms_firings,
            alarms_delete,
        )
    )
    root.add_command(explain_command)
    root.add_command(doctor)
    root.add_command(dev)
    root.add_command(_group("config", "Look at the settings.", config_check))
    return root


def _group(name: str, meaning: str, *commands: click.Command) -> click.Group:
    group = House(name, help=meaning)
    for command in commands:
        group.add_command(command)
    return group


def _nothing() -> None:
    """What click's decorator for `--version` wants to decorate."""
