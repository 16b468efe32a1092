"""`offhook send`: what Twilio would send, made by hand."""

import asyncio
import secrets
import sys
import uuid
from typing import Any, Final

import click
from rich.progress import Progress

from offhook.cli.answers import Report, report_of, summary, write_answer
from offhook.cli.assembly import Assembly
from offhook.cli.options import Configuration, SettingsCommand, Whole, with_settings
from offhook.cli.sending import Plan, compose, is_usable, send_one
from offhook.cli.terminal import say, words, write_json
from offhook.providers.drafts import STATUSES, Draft
from offhook.records import Limits
from offhook.settings import seconds, without_credentials

_NO_ACCOUNT: Final = "AC" + "0" * 32
_EXAMPLES = """\b
Examples:
  offhook send http://127.0.0.1:8080/sms --body hello
  offhook send https://app.example.com/sms --media https://example.com/cat.jpg
  offhook send http://127.0.0.1:8080/sms --status delivered --message-sid SM...
  offhook send http://127.0.0.1:5000/sms --bad-signature
"""


def _span(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, rest = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    return name, rest


@click.command("send", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("url")
@click.option("--from", "sender", metavar="NUMBER", help="Who sends it. By default a number that is nobody's.")
@click.option("--to", "recipient", metavar="NUMBER", help="Whom it was sent to. By default a number that is nobody's.")
@click.option("--body", default="Hello from Offhook", show_default=True, metavar="TEXT", help="The message's text.")
@click.option("--media", multiple=True, metavar="URL", help="A picture or the like, which makes it an MMS; may be repeated.")
@click.option("--whatsapp", is_flag=True, help="A WhatsApp message.")
@click.option("--status", type=click.Choice(STATUSES), metavar="STATUS", help="A status callback: delivered, failed, …")
@click.option(
    "--param",
    "extra",
    multiple=True,
    type=_pair,
    metavar="NAME=VALUE",
    help="One more parameter, or another value; may be repeated.",
)
@click.option("--message-sid", metavar="SID", help="The message's SID. By default a new one each time.")
@click.option("--get", "is_get", is_flag=True, help="GET, with the parameters in the query.")
@click.option("--signed-url", metavar="URL", help="Sign for this URL: the one that Twilio knows, when a proxy rewrites it.")
@click.option("--bad-signature", is_flag=True, help="Sign it wrong.")
@click.option("--unsigned", is_flag=True, help="Do not sign it.")
@click.option("--count", type=Whole(1, 1_000_000), default=1, metavar="N", help="Send that many, one after another.")
@click.option(
    "--timeout", type=_span, default="15s", show_default=True, metavar="DURATION", help="How long to wait for an answer."
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each message.")
@with_settings("account_sid", "auth_token", "verify_tls", "ca_file")
@click.pass_context
def send(context: click.Context, /, *, configuration: Configuration, url: str, **given: Any) -> None:
    """Send URL what Twilio would: an inbound message, an MMS, a WhatsApp message or a status callback, correctly signed.

    Shows the answer, and the reply in it. Exit code 1 when an answer is not a 2xx.
    """
    plan = _plan(configuration, url, given)
    reports = asyncio.run(_send_all(context.obj, configuration, plan, given))
    if given["count"] > 1:
        summary(reports)
    if not all(report.good for report in reports):
        context.exit(1)


def _plan(configuration: Configuration, url: str, given: dict[str, Any]) -> Plan:
    for each in filter(None, (url, given["signed_url"])):
        if not is_usable(each):
            raise click.UsageError(f"{each!r} is not an absolute http(s) URL: write something like http://127.0.0.1:8080/sms")
    if given["bad_signature"] and given["unsigned"]:
        raise click.UsageError("--bad-signature and --unsigned say different things: give one of the two.")
    if given["status"] and given["media"]:
        raise click.UsageError("--status is a callback about a message of yours, and has no --media: give one of the two.")
    if not (configuration.settings.accounts or given["bad_signature"] or given["unsigned"]):
        raise click.UsageError(
            "There is no auth token to sign with: set TWILIO_AUTH_TOKEN, give --auth-token env:NAME, or say --unsigned."
        )
    return Plan(
        url=url,
        method="GET" if given["is_get"] else "POST",
        signed_url=given["signed_url"] or "",
        signature="wrong" if given["bad_signature"] else "none" if given["unsigned"] else "right",
    )


def _draft(configuration: Configuration, given: dict[str, Any]) -> Draft:
    settings = configuration.settings
    account_sid = settings.account_sid or next((account.sid for account in settings.accounts if account.sid), _NO_ACCOUNT)
    prefix = "MM" if given["media"] and not given["whatsapp"] else "SM"
    return Draft(
        sid=given["message_sid"] or prefix + secrets.token_hex(16),
        account_sid=account_sid,
        sender=given["sender"] or "",
        recipient=given["recipient"] or "",
        body=given["body"],
        media=given["media"],
        whatsapp=given["whatsapp"],
        status=given["status"] or "",
        extra=given["extra"],
    )


async def _send_all(assembly: Assembly, configuration: Configuration, plan: Plan, given: dict[str, Any]) -> list[Report]:
    """Send them, showing each answer (of many: only those that are not good)."""
    settings, count = configuration.settings, given["count"]
    provider, transport = assembly.provider(settings), assembly.transport(settings)
    limits = Limits(
        connect=min(5.0, given["timeout"]), read=given["timeout"], total=given["timeout"], verify_tls=settings.verify_tls
    )
    reports = []
    try:
        with Progress(console=words(), transient=True, disable=count == 1 or not sys.stderr.isatty()) as progress:
            for _ in progress.track(range(count), description="Sending"):
                draft = _draft(configuration, given)
                request = compose(provider, plan, draft, str(uuid.uuid4()))
                report = report_of(draft, await send_one(transport, request, plan, limits))
                reports.append(report)
                _show(report, plan, count, as_json=given["as_json"])
    finally:
        await transport.close()
    return reports


def _show(report: Report, plan: Plan, count: int, *, as_json: bool) -> None:
    if as_json:
        write_json(report.as_json(), indent=0)
    elif count == 1:
        write_answer(report)
        if report.exchange.status == 403 and plan.signature == "right":
            say(
                f"It was signed for {without_credentials(plan.signed_url or plan.url)}. Where Twilio knows another URL (public_url), "
                "name that with --signed-url; else the auth token is not the one that is expected there."
            )
    elif not report.good:
        say(f"{report.draft.sid}: {report.headline}", "red")
