"""`offhook serve`: the server."""

import asyncio
import ipaddress
import os
import shlex
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from offhook import __version__, logs
from offhook.cli.assembly import Assembly, ServeInfo
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import out, program, say, write_json
from offhook.settings import DEFAULT_FILE, Settings, check_startable

_EXAMPLES = """\b
Examples:
  offhook serve --to http://localhost:5000/sms
  offhook serve --to https://app.example.com/sms --fallback https://b.example.com/sms --answer ack
  offhook serve --config /etc/offhook.toml
"""


@click.command("serve", cls=SettingsCommand, epilog=_EXAMPLES)
@with_settings()
@click.pass_obj
def serve(assembly: Assembly, /, *, configuration: Configuration) -> None:
    """Answer Twilio's webhooks, keep them, and deliver them to your app.

    When it is ready it says where Twilio should post, where the console is, and how to send a test message; to a pipe it writes one
    line of JSON instead. Ctrl-C or SIGTERM stops it without losing anything.
    """
    settings = configuration.settings
    check_startable(settings)
    logs.configure(settings.log_level, json={"auto": None, "json": True, "text": False}[settings.log_format])
    if settings.allow_unsigned:
        say("Signatures are NOT checked: anything on this machine can send your app forged messages.", "bold red")

    def announce(info: ServeInfo) -> None:
        (_welcome if sys.stdout.isatty() else _report)(configuration, info)

    _run(assembly.serve(settings, announce))


def _run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(work)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Take uvloop where it exists, else asyncio's own."""
    try:
        import uvloop  # not everywhere
    except ImportError:
        return None
    return uvloop.new_event_loop  # type: ignore[no-any-return,unused-ignore]


def _report(configuration: Configuration, info: ServeInfo) -> None:
    """The readiness line, for a program."""
    settings = configuration.settings
    report = {
        "event": "ready",
        "version": __version__,
        "pid": os.getpid(),
        "intake": _origin(settings, info.intake),
        "console": f"http://{_authority(info.console)}",
        "login": f"http://{_authority(info.console)}/login?token={info.login}",
        "endpoints": _public_urls(settings, info),
        "unsigned": settings.allow_unsigned,
    }
    write_json(report, indent=0)


def _welcome(configuration: Configuration, info: ServeInfo) -> None:
    """Three lines for a person, and the one thing that is left to do where Twilio cannot reach this yet."""
    console = out()
    for number, (name, url) in enumerate(_public_urls(configuration.settings, info).items()):
        told = "" if name in _with_app(configuration.settings) else "  (its Error Webhook and alarms)"
        console.print(f"{'' if number else 'Twilio posts to':<17} {url}{told}", soft_wrap=True)
    console.print(f"{'The console is':<17} http://{_authority(info.console)}/login?token={info.login}", soft_wrap=True)
    if command := sending_command(configuration, info):
        console.print(f"{'Send a message':<17} {command}", soft_wrap=True)
    if not (configuration.settings.public_url or configuration.settings.allow_unsigned):
        say("Twilio needs a public URL: put a tunnel or a proxy before this one, and name it with --public-url https://…")


def _public_urls(settings: Settings, info: ServeInfo) -> dict[str, str]:
    base = settings.public_url or _origin(settings, info.intake)
    return {endpoint.name: f"{base}/{endpoint.name}" for endpoint in settings.endpoints}


def _with_app(settings: Settings) -> list[str]:
    return [endpoint.name for endpoint in settings.endpoints if endpoint.app_url]


def sending_command(configuration: Configuration, info: ServeInfo) -> str:
    """The command that sends this server a message that it accepts, "" without an app; only a token in the environment is left to the reader."""
    settings, flags = configuration.settings, configuration.flags
    name = next(iter(_with_app(settings)), "")
    if not name:
        return ""
    words = ["send", f"{_origin(settings, info.intake)}/{name}"]
    if configuration.file and configuration.file != Path(DEFAULT_FILE):
        words += ["--config", str(configuration.file)]
    if not settings.accounts:
        words.append("--unsigned")
    if flags.get("auth_token"):
        words += ["--auth-token", str(flags["auth_token"])]
    if flags.get("account_sid"):
        words += ["--account-sid", str(flags["account_sid"])]
    if settings.public_url and settings.accounts:
        words += ["--signed-url", f"{settings.public_url}/{name}"]
    if settings.tls_cert:
        words.append("--no-verify-tls")
    return f"{program()} {shlex.join(words)}"


def _origin(settings: Settings, address: tuple[str, int]) -> str:
    return f"{'https' if settings.tls_cert else 'http'}://{_authority(address)}"


def _authority(address: tuple[str, int]) -> str:
    """Host and port as one would call them from this machine."""
    host, port = address
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return f"{host}:{port}"
    if literal.is_unspecified:
        literal = ipaddress.ip_address("127.0.0.1" if literal.version == 4 else "::1")
    return f"[{literal}]:{port}" if literal.version == 6 else f"{literal}:{port}"
