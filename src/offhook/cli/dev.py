"""`offhook dev`: Twilio on this machine."""

import asyncio
from pathlib import Path
from typing import Final

import click

from offhook import logs
from offhook.api.shapes import without_credentials
from offhook.cli.assembly import Assembly
from offhook.cli.chat import Chat
from offhook.cli.dev_options import with_dev_options
from offhook.cli.dev_replay import replay
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import out, write_json
from offhook.dev.options import DevOptions
from offhook.dev.phone_desk import PhoneDesk
from offhook.dev.server import DevInfo

_EXAMPLES = """\b
Examples:
  offhook dev --to http://localhost:5000/sms
  offhook dev --to http://localhost:5000/sms --fallback http://localhost:5000/fallback
  offhook dev --to http://localhost:5000/sms --chaos 'refused=10%,duplicate=5%' --chaos-seed 7
  offhook dev --to http://localhost:5000/sms --terminal
  echo hello | offhook dev --to http://localhost:5000/sms --terminal
"""
_RECIPE: Final = """\
What your app needs, to check signatures and to send by the REST API:

  export TWILIO_ACCOUNT_SID={sid}
  {token}

  Python  client.api.base_url = client.messaging.base_url = \\
          client.monitor.base_url = "{url}"
  Node    client.api.baseUrl = client.messaging.baseUrl =
          client.monitor.baseUrl = "{url}"
  Ruby    client.api.instance_variable_set(:@base_url, "{url}")
"""
_CHAT: Final = "Type a text and press Enter; /help says what else. Ctrl-D leaves.\n"
_STAY: Final = "Open the phone in your browser and say hello. Ctrl-C stops it all.\n"


@click.command("dev", cls=SettingsCommand, epilog=_EXAMPLES)
@click.option(
    "--terminal",
    "chatting",
    is_flag=True,
    help="Text your app from this terminal too. Where the input is no terminal, each line is a text; the exit code is 1 when one was not taken.",
)
@with_settings("to", "fallback", "account_sid", "auth_token", "console_host", "console_port", "ca_file", "verify_tls")
@with_dev_options
@click.pass_context
def dev(context: click.Context, /, *, configuration: Configuration, chatting: bool, options: DevOptions) -> None:
    """Be Twilio, on this machine: a phone to text your app with, signed webhooks, the REST API, and the errors that Twilio would log.

    It needs no account, no number and no tunnel. What is sent here stays here.
    """
    assembly: Assembly = context.obj
    settings = configuration.settings
    if not settings.endpoints:
        raise click.UsageError("Say where your app takes messages: --to http://localhost:5000/sms")
    logs.configure("warning", json=False)
    if options.replay:
        raise SystemExit(asyncio.run(replay(context.obj, settings, Path(options.replay))))
    address, missed = "", 0

    def welcome(info: DevInfo) -> None:
        nonlocal address
        address = _url(info)
        _welcome(info, without_credentials(settings.endpoints[0].app_url), chatting=chatting)

    async def chat(desk: PhoneDesk) -> None:
        nonlocal missed
        talk = Chat(desk, address)
        await talk.run()
        missed = talk.missed

    asyncio.run(assembly.dev(settings, welcome, options, chat if chatting else None))
    if missed:
        context.exit(1)


def _url(info: DevInfo) -> str:
    host = f"[{info.address[0]}]" if ":" in info.address[0] else info.address[0]
    return f"http://{host}:{info.address[1]}"


def _welcome(info: DevInfo, app: str, *, chatting: bool) -> None:
    """What an app and its developer need to know; one line of JSON where a program reads it."""
    console, url = out(), _url(info)
    if not console.is_terminal:
        ready = {
            "event": "ready",
            "url": url,
            "phone": f"{url}/phone",
            "account_sid": info.account_sid,
            "auth_token": info.auth_token,
            "numbers": list(info.numbers),
            "front": info.front,
            "chaos": info.chaos,
        }
        write_json(ready, indent=0)
        return
    console.print("Twilio is on this machine now. What you send stays here.\n")
    for name, value in _rows(info, url, app):
        console.print(f"  {name:<12} {value}", soft_wrap=True)
    token = (
        f"export TWILIO_AUTH_TOKEN={info.auth_token}" if info.auth_token else "TWILIO_AUTH_TOKEN is the one that you have set."
    )
    console.print("\n" + _RECIPE.format(url=url, sid=info.account_sid, token=token), soft_wrap=True)
    console.print(_CHAT if chatting else _STAY)


def _rows(info: DevInfo, url: str, app: str) -> list[tuple[str, str]]:
    rows = [("Your phone", f"{url}/phone"), ("Your app", app), ("Its numbers", ", ".join(info.numbers))]
    if info.front:
        rows.append(("Front door", f"{info.front} keeps each text until your app has taken it"))
    if info.chaos:
        rows.append(("Chaos", f"{info.chaos}; {url}/chaos changes it"))
    return rows
