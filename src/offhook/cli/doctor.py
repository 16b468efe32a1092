"""`offhook doctor`."""

import asyncio
from typing import Any, Final

import click

from offhook.api.doctor_shapes import report_shape
from offhook.cli.doctor_table import write_table
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.sending import is_usable
from offhook.cli.terminal import say, write_json
from offhook.doctor.admission import Tools, admit
from offhook.doctor.examination import Examination
from offhook.doctor.findings import Report, Verdict
from offhook.doctor.question import MOST_REQUESTS, Product, Question
from offhook.net.nameservers import parse_server
from offhook.settings import Settings

_EXAMPLES = """\b
Examples:
  offhook doctor https://my-app.example/sms
  offhook doctor 'https://my-app.example/sms#rc=2&rp=5xx'
  offhook doctor https://my-app.example/voice --product voice
"""
# What is asked besides the samples, where nothing is redirected.
_BESIDES: Final = 20


def _resolvers(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    named = tuple(each for each in given if each != "none")
    try:
        for each in named:
            parse_server(each)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return named if given else Question(url="").resolvers


@click.command("doctor", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("url")
@click.option(
    "--product",
    type=click.Choice([each.value for each in Product]),
    default=Product.SMS.value,
    show_default=True,
    help="What Twilio would be sending.",
)
@click.option("--samples", type=click.IntRange(0, 1000), metavar="N", help="How many requests look for what fails now and then.")
@click.option("--yes", is_flag=True, help=f"Send more than {MOST_REQUESTS} requests where the samples ask for it.")
@click.option(
    "--resolver",
    "resolvers",
    multiple=True,
    metavar="HOST[:PORT]",
    callback=_resolvers,
    help="A name server to ask besides the system's, instead of three public ones; more than one with more flags, 'none' for none.",
)
@as_json
@with_settings("account_sid", "auth_token", "verify_tls", "ca_file")
@click.pass_context
def doctor(context: click.Context, /, *, configuration: Configuration, url: str, **given: Any) -> None:
    """Ask a webhook URL as Twilio asks it, and say what is wrong with it, why, and what to do.

    It needs no account and no running Offhook. With an auth token its requests are signed, and then an app that checks the signature
    can be tested as well. Exit code 1 when there is a fault.
    """
    if not is_usable(url):
        raise click.UsageError(f"{url!r} is not an absolute http(s) URL: write something like https://my-app.example/sms")
    question = _question(configuration.settings, url, given)
    report = asyncio.run(_examine(context.obj.doctor_tools(configuration.settings), question))
    if given["as_json"]:
        write_json(report_shape(report))
    else:
        write_table(report)
    if not question.signed:
        say("It was not signed: with TWILIO_AUTH_TOKEN set, an app that checks the signature can be tested as well.")
    if report.verdict is Verdict.FAULT:
        context.exit(1)


def _question(settings: Settings, url: str, given: dict[str, Any]) -> Question:
    samples = 10 if given["samples"] is None else given["samples"]
    return Question(
        url=url,
        product=Product(given["product"]),
        signed=bool(settings.accounts),
        account_sid=settings.account_sid or next((each.sid for each in settings.accounts if each.sid), ""),
        verify_tls=settings.verify_tls,
        samples=samples,
        resolvers=given["resolvers"],
        most_requests=max(MOST_REQUESTS, samples + _BESIDES) if given["yes"] else MOST_REQUESTS,
    )


async def _examine(tools: Tools, question: Question) -> Report:
    try:
        return await Examination(admit(question, tools)).run()
    finally:
        await tools.close()
