"""`offhook doctor`."""

import asyncio
from typing import Any, Final

import click

from offhook.api.doctor_shapes import report_shape
from offhook.cli.doctor_listen import LISTEN_SETTINGS, listen, listen_options
from offhook.cli.doctor_table import write_table
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.sending import is_usable
from offhook.cli.terminal import say, write_json
from offhook.doctor.admission import Tools, admit
from offhook.doctor.examination import Examination
from offhook.doctor.findings import Report, Verdict
from offhook.doctor.question import MOST_REQUESTS, PAUSE, Product, Question
from offhook.settings import Settings

_EXAMPLES = """\b
Examples:
  offhook doctor https://my-app.example/sms
  offhook doctor 'https://my-app.example/sms#rc=2&rp=5xx'
  offhook doctor https://my-app.example/voice --product voice
  offhook doctor --listen :8080
"""
# What is asked besides the samples, where nothing is redirected.
_BESIDES: Final = 20


@click.command("doctor", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("url", required=False, default="")
@click.option(
    "--product",
    type=click.Choice([each.value for each in Product]),
    default=Product.SMS.value,
    show_default=True,
    help="What Twilio would be sending.",
)
@click.option("--samples", type=click.IntRange(0, 1000), metavar="N", help="How many requests look for what fails now and then.")
@click.option("--yes", is_flag=True, help=f"Send more than {MOST_REQUESTS} requests where the samples ask for it.")
@listen_options
@as_json
@with_settings("account_sid", "auth_token", "verify_tls", "ca_file", *LISTEN_SETTINGS)
@click.pass_context
def doctor(context: click.Context, /, *, configuration: Configuration, url: str, **given: Any) -> None:
    """Ask a webhook URL as Twilio asks it, and say what is wrong with it, why, and what to do.

    It needs no account and no running Offhook. With an auth token its requests are signed, and then an app that checks the signature
    can be tested as well. Exit code 1 when there is a fault.
    """
    if given["listen"] and not url:
        listen(context, configuration, given)
    if given["listen"] or not url:
        raise click.UsageError("Say either which URL to ask, or where to listen: offhook doctor https://my-app.example/sms")
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
        over=samples * PAUSE,
        most_requests=max(MOST_REQUESTS, samples + _BESIDES) if given["yes"] else MOST_REQUESTS,
    )


async def _examine(tools: Tools, question: Question) -> Report:
    try:
        return await Examination(admit(question, tools)).run()
    finally:
        await tools.close()
