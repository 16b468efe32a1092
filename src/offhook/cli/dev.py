"""`offhook dev`: Twilio on this machine."""

import asyncio
from pathlib import Path

import click

from offhook import logs
from offhook.cli.assembly import Assembly
from offhook.cli.dev_options import with_dev_options
from offhook.cli.dev_replay import replay
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import out, write_json
from offhook.dev.options import DevOptions
from offhook.dev.server import DevInfo

_EXAMPLES = """\b
Examples:
  offhook dev --to http://localhost:5000/sms
  offhook dev --to http://localhost:5000/sms --fallback http://localhost:5000/fallback
  offhook dev --to http://localhost:5000/sms --chaos 'refused=10%,duplicate=5%' --chaos-seed 7
"""


@click.command("dev", cls=SettingsCommand, epilog=_EXAMPLES)
@with_settings("to", "fallback", "account_sid", "auth_token", "console_host", "console_port", "ca_file", "verify_tls")
@with_dev_options
@click.pass_obj
def dev(assembly: Assembly, /, *, configuration: Configuration, options: DevOptions) -> None:
    """Be Twilio, on this machine: a phone to text your app with, signed webhooks, the REST API, and the errors that Twilio would log.

    It needs no account, no number and no tunnel. What is sent here stays here.
    """
    settings = configuration.settings
    if not settings.endpoints:
        raise click.UsageError("Say where your app takes messages: --to http://localhost:5000/sms")
    logs.configure("warning", json=False)
    if options.replay:
        raise SystemExit(asyncio.run(replay(assembly, settings, Path(options.replay))))
    asyncio.run(assembly.dev(settings, _welcome, options))


def _welcome(info: DevInfo) -> None:
    """What an app and its developer need to know; one line of JSON where a program reads it."""
    base = f"http://{info.address[0]}:{info.address[1]}"
    console = out()
    if not console.is_terminal:
        write_json(
            {
                "event": "ready",
                "url": base,
                "account_sid": info.account_sid,
                "numbers": list(info.numbers),
                "front": info.front,
                "chaos": info.chaos,
            },
            indent=0,
        )
        return
    lines = [
        ("Your phone", f"{base}/phone"),
        ("Its numbers", ", ".join(info.numbers)),
        ("For your app", f"export TWILIO_ACCOUNT_SID={info.account_sid}"),
        (
            "",
            f"export TWILIO_AUTH_TOKEN={info.auth_token}"
            if info.auth_token
            else "TWILIO_AUTH_TOKEN is the one that you have set",
        ),
        *([("Front door", f"{info.front} keeps each text until your app has taken it")] if info.front else []),
        *([("Chaos", f"{info.chaos}; {base}/chaos changes it")] if info.chaos else []),
        ("Python", f'client.api.base_url = client.messaging.base_url = client.monitor.base_url = "{base}"'),
        ("Node", f'client.api.baseUrl = client.messaging.baseUrl = client.monitor.baseUrl = "{base}"'),
    ]
    for name, value in lines:
        console.print(f"{name:<14} {value}", soft_wrap=True)
