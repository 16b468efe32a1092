"""`offhook doctor`."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from offhook.api.doctor_shapes import report_shape
from offhook.cli.doctor_listen import LISTEN_SETTINGS, listen, listen_options
from offhook.cli.doctor_markdown import markdown
from offhook.cli.doctor_options import STDOUT, DoctorCommand, doctor_options, host_of, question_of
from offhook.cli.doctor_run import Threads, hurry, run
from offhook.cli.doctor_table import write_table
from offhook.cli.options import Configuration, with_settings
from offhook.cli.sending import is_usable
from offhook.cli.terminal import one_line, say, write_json
from offhook.console.doctor_page import report_page
from offhook.doctor.findings import Report, Verdict
from offhook.doctor.question import MOST_REQUESTS, Question
from offhook.doctor.telling import many
from offhook.errors import OffhookError

_EXAMPLES = """\b
Examples:
  offhook doctor https://my-app.example/sms
  offhook doctor 'https://my-app.example/sms#rc=2&rp=5xx'
  offhook doctor https://my-app.example/voice --product voice
  offhook doctor https://my-app.example/sms --samples 60 --for 10m --yes
  offhook doctor https://my-app.example/sms --html report.html
  offhook doctor --listen :8080
"""
_INTERRUPTED: Final = 130


@click.command("doctor", cls=DoctorCommand, epilog=_EXAMPLES)
@click.argument("url", required=False, default="")
@doctor_options
@listen_options
@with_settings("account_sid", "auth_token", "verify_tls", "ca_file", *LISTEN_SETTINGS)
@click.pass_context
def doctor(context: click.Context, /, *, configuration: Configuration, url: str, **given: Any) -> None:
    """Ask a webhook URL as Twilio asks it, and say what is wrong with it, why, and what to do.

    It needs no account and no running Offhook. With an auth token its requests are signed, and then an app that checks the signature
    can be tested as well. Ctrl-C ends it with what is known by then. Exit code 1 when there is a fault, 130 when it was
    interrupted before it knew of one.
    """
    if given["listen"] and not url:
        if given["as_markdown"] or given["html"]:
            raise click.UsageError("What --listen hears is shown as text or --json.")
        listen(context, configuration, given)
    if given["listen"] or not url:
        raise click.UsageError("Say either which URL to ask, or where to listen: offhook doctor https://my-app.example/sms")
    if not is_usable(url):
        raise click.UsageError(f"{url!r} is not an absolute http(s) URL: write something like https://my-app.example/sms")
    _check_outputs(given)
    question = question_of(configuration.settings, url, given)
    _announce(question, sure=given["yes"])
    threads = Threads()
    try:
        report = run(lambda: context.obj.doctor_tools(configuration.settings), question, threads)
    except KeyboardInterrupt:
        hurry(_INTERRUPTED, threads)
        context.exit(_INTERRUPTED)
    _write(report, given)
    if not question.signed:
        say("It was not signed: with TWILIO_AUTH_TOKEN set, an app that checks the signature can be tested as well.")
    code = 1 if report.verdict is Verdict.FAULT else _INTERRUPTED if report.interrupted else 0
    hurry(code, threads)
    context.exit(code)


def _announce(question: Question, *, sure: bool) -> None:
    """Say how many requests go where, and ask first where they are many. Raises click.UsageError where nobody is there to be asked."""
    most, host = question.most_requests, host_of(question.url)
    if most > MOST_REQUESTS and not sure:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise click.UsageError(
                f"This would send up to {most} requests to {host}: say --yes to that, or ask for fewer --samples."
            )
        if not _agreed(f"This sends up to {most} requests to {host}. Go on?"):
            raise click.UsageError("Nothing was sent.")
    say(f"At most {many(most, 'request')} go to {host}.")


def _agreed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # Ctrl-C, or nothing more to read: nobody has said yes
        return False


def _check_outputs(given: dict[str, Any]) -> None:
    """Refuse, before anything is sent, what could not be written after it. Raises click.UsageError."""
    to_stdout = [name for name, wanted in _to_stdout(given) if wanted]
    if len(to_stdout) > 1:
        raise click.UsageError(f"{' and '.join(to_stdout)} would both go to stdout: choose one, or give --html a file.")
    if given["html"] in {None, STDOUT}:
        return
    path = Path(given["html"])
    if path.is_dir() or not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise click.UsageError(f"{one_line(path)!r} is no file that can be written.")


def _to_stdout(given: dict[str, Any]) -> tuple[tuple[str, bool], ...]:
    return ("--json", given["as_json"]), ("--markdown", given["as_markdown"]), ("--html", given["html"] == STDOUT)


def _write(report: Report, given: dict[str, Any]) -> None:
    page = report_page(report) if given["html"] else b""
    if given["as_json"]:
        write_json(report_shape(report))
    elif given["as_markdown"]:
        click.echo(markdown(report), nl=False)
    elif given["html"] == STDOUT:
        click.echo(page, nl=False)
    else:
        write_table(report, verbose=given["verbose"])
    if given["html"] not in {None, STDOUT}:
        _keep(Path(given["html"]), page)


def _keep(path: Path, page: bytes) -> None:
    """Write the page into its file. Raises OffhookError."""
    try:
        path.write_bytes(page)
    except OSError as error:
        raise OffhookError(f"{one_line(path)} could not be written: {error.strerror}.") from error
    say(f"Written: {one_line(path)}")
