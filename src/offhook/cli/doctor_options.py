"""The options of `offhook doctor`, and the question that they come to."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import click

from offhook.api.doctor_shapes import schema_text
from offhook.cli.options import SettingsCommand, Whole
from offhook.cli.terminal import one_line
from offhook.delivery import destination
from offhook.doctor.question import MOST_REQUESTS, PAUSE, RESOLVERS, TIME_FOR_ALL, Product, Question
from offhook.net.nameservers import parse_server
from offhook.settings import Settings, seconds

_F = TypeVar("_F", bound=Callable[..., Any])

SAMPLES: Final = 10
# What is asked besides the samples, where nothing is redirected.
_BESIDES: Final = 20
_LONGEST: Final = 86_400.0
STDOUT: Final = "-"


class DoctorCommand(SettingsCommand):
    """A command whose `--html` may stand before the URL without a file of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Tell the URL after `--html` from a file's name."""
        return super().parse_args(ctx, list(_told_apart(args)))


def _told_apart(args: Sequence[str]) -> Sequence[str]:
    told = list(args)
    for place, (word, following) in enumerate(pairwise(args)):
        if word == "--html" and "://" in following:
            told[place] = f"--html={STDOUT}"
    return told


def span(_: click.Context, __: click.Parameter, given: str | None) -> float | None:
    """A length of time, in seconds. Raises click.BadParameter."""
    if given is None:
        return None
    try:
        found = seconds(given)
    except ValueError as refusal:
        raise click.BadParameter(f"{refusal}.") from None
    if not 0 < found <= _LONGEST:
        raise click.BadParameter("it must be more than nothing and at most a day.")
    return found


def _print_schema(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(schema_text(), nl=False)
        context.exit()


def _resolvers(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """The name servers to ask besides the system's. Raises click.BadParameter."""
    named = tuple(each for each in given if each != "none")
    try:
        for each in named:
            parse_server(each)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return named if given else RESOLVERS


_OPTIONS: Final = (
    click.option(
        "--product",
        type=click.Choice([each.value for each in Product]),
        default=Product.SMS.value,
        show_default=True,
        help="What Twilio would be sending.",
    ),
    click.option(
        "--samples",
        type=Whole(0, 1000),
        metavar="N",
        default=SAMPLES,
        show_default=True,
        help="How many requests look for what fails now and then.",
    ),
    click.option(
        "--for",
        "over",
        callback=span,
        metavar="DURATION",
        help="Spread those over this time, such as 60s or 10m; with --listen: how long to listen.",
    ),
    click.option(
        "--yes", is_flag=True, help=f"Send more than {MOST_REQUESTS} requests where the samples ask for it, without a question."
    ),
    click.option(
        "--resolver",
        "resolvers",
        multiple=True,
        metavar="HOST[:PORT]",
        callback=_resolvers,
        help="A name server to ask besides the system's, instead of three public ones; more than one with more flags, 'none' for none.",
    ),
    click.option("-v", "--verbose", is_flag=True, help="Show the evidence of what is good as well."),
    click.option("--json", "as_json", is_flag=True, help="As JSON, the way --schema describes it."),
    click.option("--markdown", "as_markdown", is_flag=True, help="As Markdown, for a ticket."),
    click.option(
        "--html",
        is_flag=False,
        flag_value=STDOUT,
        metavar="[FILE]",
        help="As a page of its own, into this file; without a file to stdout.",
    ),
    click.option(
        "--schema",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_schema,
        help="Print the JSON Schema of --json.",
    ),
)


def doctor_options(function: _F) -> _F:
    """Add the options that say what is asked, and how the report is shown."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def question_of(settings: Settings, url: str, given: dict[str, Any]) -> Question:
    """What the doctor is asked by these options."""
    samples = given["samples"]
    over = given["over"] or samples * PAUSE
    return Question(
        url=url,
        product=Product(given["product"]),
        signed=bool(settings.accounts),
        account_sid=settings.account_sid or next((each.sid for each in settings.accounts if each.sid), ""),
        verify_tls=settings.verify_tls,
        samples=samples,
        over=over,
        resolvers=given["resolvers"],
        time=TIME_FOR_ALL + max(0.0, over - SAMPLES * PAUSE),
        most_requests=max(MOST_REQUESTS, samples + _BESIDES),
    )


def host_of(url: str) -> str:
    """The host that is asked, with the port where one is written."""
    return one_line(urlsplit(destination.shown(url)).netloc)
