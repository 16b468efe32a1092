"""`offhook doctor`."""

import asyncio
import secrets
import uuid
from typing import Any

import click
from rich.panel import Panel
from rich.text import Text

from offhook.api import shapes
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import attempt_text, causes_text
from offhook.cli.sending import is_usable
from offhook.cli.terminal import one_line, out, plain, say, write_json
from offhook.debugger import classify
from offhook.delivery.round import RoundParts
from offhook.doctor.visit import Visit, visit
from offhook.ports import Transport
from offhook.providers.base import Provider
from offhook.providers.drafts import FORM, Draft, encode, headers, parameters
from offhook.records import Arrival, Kind, Webhook
from offhook.settings import Settings
from offhook.system import SystemClock, TimeSortedIds

_ACCOUNT = "AC" + "0" * 32
_EXAMPLES = """\b
Examples:
  offhook doctor https://my-app.example/sms
  offhook doctor 'https://my-app.example/sms#rc=2&rp=5xx'
"""


@click.command("doctor", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("url")
@as_json
@with_settings("account_sid", "auth_token", "verify_tls", "ca_file")
@click.pass_context
def doctor(context: click.Context, /, *, configuration: Configuration, url: str, as_json: bool) -> None:
    """Ask a webhook URL as Twilio asks it, and say what is wrong with it, why, and what to do.

    It needs no account and no running Offhook. One inbound message is sent, with Twilio's timeouts, retries and redirects; with an auth
    token it is signed, and then an app that checks the signature can be tested as well. Exit code 1 when there is a fault.
    """
    if not is_usable(url):
        raise click.UsageError(f"{url!r} is not an absolute http(s) URL: write something like https://my-app.example/sms")
    found = asyncio.run(_visit(context.obj, configuration.settings, url))
    if as_json:
        write_json(_shape(found))
    else:
        _tell(found, signed=bool(configuration.settings.accounts))
    if found.events:
        context.exit(1)


async def _visit(assembly: Assembly, settings: Settings, url: str) -> Visit:
    provider, transport = assembly.provider(settings), assembly.transport(settings)
    account_sid = settings.account_sid or next((each.sid for each in settings.accounts if each.sid), _ACCOUNT)
    draft = Draft(sid="SM" + secrets.token_hex(16), account_sid=account_sid, body="Hello from Offhook's doctor")
    try:
        return await visit(_webhook(provider, draft), url, _parts(provider, transport))
    finally:
        await transport.close()


def _parts(provider: Provider, transport: Transport) -> RoundParts:
    return RoundParts(transport=transport, sign=provider.sign, judge=classify.judge, clock=SystemClock(), ids=TimeSortedIds())


def _webhook(provider: Provider, draft: Draft) -> Webhook:
    """The message as if it had come in."""
    lines = ["POST /sms HTTP/1.1", *(f"{name}: {value}" for name, value in headers(FORM, str(uuid.uuid4())))]
    ids, clock = TimeSortedIds(), SystemClock()
    arrival = Arrival(
        id=ids.new("WH"),
        endpoint="doctor",
        received_at=clock.now(),
        peer="",
        url="",
        kind=Kind.MESSAGE,
        dedupe_key=secrets.token_bytes(16),
        head="\r\n".join(lines).encode(),
        body=encode(parameters(draft)).encode(),
    )
    return provider.derive(arrival)


def _tell(found: Visit, *, signed: bool) -> None:
    console = out()
    console.print(attempt_text({**shapes.attempt_shape(found.attempt)}), soft_wrap=True)
    for event in found.events:
        logged = f" (Twilio would log {event.twilio_code})" if event.twilio_code not in {0, event.code} else ""
        console.print(Text(f"{event.code} {one_line(event.message)}{logged}", "bold red"), soft_wrap=True)
        console.print(causes_text([{**shapes.cause_shape(cause)} for cause in event.causes]), soft_wrap=True)
    if found.messages:
        console.print("The person who wrote would receive:")
        for message in found.messages:
            lines = [message.body, *(f"[{each}]" for each in message.media)]
            console.print(Panel(Text(plain("\n".join(filter(None, lines)))), width=80, expand=False, border_style="blue"))
    elif not found.events:
        console.print("The person who wrote would receive nothing: there is no message in the answer.")
    if not found.events:
        console.print(Text("Twilio can use this answer.", "bold green"))
    if not signed:
        say("It was not signed: with TWILIO_AUTH_TOKEN set, an app that checks the signature can be tested as well.")


def _shape(found: Visit) -> dict[str, Any]:
    return {
        "attempt": shapes.attempt_shape(found.attempt),
        "messages": [{"body": message.body, "media": list(message.media)} for message in found.messages],
        "verdicts": [
            {
                "code": event.code,
                "twilio_code": event.twilio_code,
                "message": event.message,
                "causes": [shapes.cause_shape(cause) for cause in event.causes],
            }
            for event in found.events
        ],
    }
