"""Options made from the table of settings, and the settings that a command line comes to."""

import functools
import os
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from offhook import logs
from offhook.cli.terminal import say
from offhook.settings import SETTINGS, Setting, Settings, config_path, load

_HEADINGS: Final = {
    "endpoint": "Where webhooks go",
    "listen": "Where they come in",
    "journal": "What is kept",
    "twilio": "Your Twilio account",
    "delivery": "Delivery",
    "streams": "Event streams",
    "alarms": "Alarms",
    "limits": "Limits",
    "logs": "Logs",
}
_PREFIX: Final = "setting_"


class Configuration(NamedTuple):
    """The settings of one command line, and how they were given: flags by setting's name, and the file."""

    settings: Settings
    flags: dict[str, object]
    file: Path | None


class Whole(click.IntRange):
    """A whole number within bounds. click itself speaks of an "integer range"."""

    name = "whole number"


class SettingOption(click.Option):
    """A flag that is a setting. It has no default of its own: what is not given may come from the environment or the file."""

    def __init__(self, setting: Setting) -> None:
        self.section = setting.section
        self.setting = setting
        flag = f"{setting.flag}/--no-{setting.flag[2:]}" if setting.kind.word == "switch" else setting.flag
        metavar = f"[{'|'.join(setting.choices)}]" if setting.choices else setting.kind.word.upper()
        super().__init__(
            [_PREFIX + setting.name, flag],
            default=None,
            metavar=None if setting.kind.word == "switch" else metavar,
            help=f"{setting.meaning}.",
        )

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The line of the help, with the default and the variables as the table has them."""
        record = super().get_help_record(ctx)
        if record is None:
            return None
        default = f"default: {self.setting.default}; " if self.setting.default else ""
        return record[0], f"{record[1]}  [{default}env: {', '.join((self.setting.variable, *self.setting.also))}]"


class SettingsCommand(click.Command):
    """A command whose help shows its own options first and its settings below, by section."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        own = [each for each in self.get_params(ctx) if isinstance(each, click.Option) and not isinstance(each, SettingOption)]
        _definitions("Options", own, ctx, formatter)
        settings = [each for each in self.get_params(ctx) if isinstance(each, SettingOption)]
        for section, options in groupby(settings, key=lambda option: option.section):
            _definitions(_HEADINGS[section], list(options), ctx, formatter)


def _definitions(heading: str, options: Sequence[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter) -> None:
    records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
    if records:
        with formatter.section(heading):
            formatter.write_dl(records)


def with_settings(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the flags of these settings (none named: of all) and `--config`; the command gets a `configuration` for them.

    Settings that are not usable end the command with SettingsError before it starts; odd ones are said and borne. A command that does
    not sign runs without the secrets, as in a terminal where their variables are not set.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def command(**values: Any) -> Any:
            flags = {name.removeprefix(_PREFIX): values.pop(name) for name in list(values) if name.startswith(_PREFIX)}
            configuration = _configure(flags, values.pop("config"), secrets=not names or "auth_token" in names)
            return function(configuration=configuration, **values)

        chosen = [setting for setting in SETTINGS if not names or setting.name in names]
        parameters: list[click.Parameter] = [
            click.Option(
                ["--config"],
                metavar="PATH",
                help="The settings file; ./offhook.toml is read where it is there. Also the variable OFFHOOK_CONFIG.",
            ),
            *(SettingOption(setting) for setting in chosen),
        ]
        # click collects a function's options from here, the last one first.
        command.__click_params__ = [*getattr(function, "__click_params__", ()), *reversed(parameters)]  # type: ignore[attr-defined]
        return command

    return decorate


def _configure(flags: dict[str, object], config: str | None, *, secrets: bool) -> Configuration:
    logs.configure("warning", json=False)  # words for a person, until a server says otherwise
    path = config_path(config, os.environ)
    settings = load(flags, os.environ, path, secrets=secrets)
    for warning in settings.warnings:
        say(warning, "yellow")
    return Configuration(settings, flags, path)
