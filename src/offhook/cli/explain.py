"""`offhook explain`."""

import asyncio
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from offhook.api import shapes
from offhook.cli.archive import Shape, console_option, find_error, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.pages import causes_text, error_page
from offhook.cli.terminal import one_line, out, plain, say, write_json
from offhook.debugger.catalogue import Code, page_about
from offhook.debugger.evidence import Evidence, read_evidence
from offhook.debugger.explain import Explanation, explain
from offhook.debugger.secrets import MARK, left_out
from offhook.errors import OffhookError

MOST_BYTES = 1024 * 1024
TOLD_BY_TWILIO = frozenset({"debugger payload", "alert", "cloud event", "alarm", "console page"})
_EXAMPLES = """\b
Examples:
  offhook explain 11200
  offhook explain NO01a2168d
  offhook explain alert.json
  pbpaste | offhook explain          (the text of the error's page in Twilio's Console, selected and copied)
"""


@click.command("explain", cls=SettingsCommand, epilog=_EXAMPLES)
@click.argument("what", nargs=-1)
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_context
def explain_command(
    context: click.Context, /, *, configuration: Configuration, console_url: str | None, what: tuple[str, ...], as_json: bool
) -> None:
    """Say what an error means, what probably caused it, and what to do.

    WHAT is one of Twilio's codes, the id of an error of ours (NO…), a file, or text: a JSON payload of Twilio's Debugger or Alerts,
    a saved HTTP response, or the text of an error's page in Twilio's Console. Without WHAT, or with -, the text is read from standard
    input.
    """
    text = _read(what)
    evidence = read_evidence(text)
    if evidence.form == "sid" and (ours := _ours(context.obj, configuration, console_url, evidence.sid)) is not None:
        _tell_ours(ours, as_json=as_json)
        return
    found = explain(evidence)
    if as_json:
        write_json(_shape(found))
        return
    if evidence.form == "sid":
        raise OffhookError(
            f"{evidence.sid} is not among the errors in this journal. If it is Twilio's, paste the whole page: its text says more than its id."
        )
    out().print(_page(found, _next_command(evidence)), soft_wrap=True)
    if not text.strip():
        raise OffhookError("The text is empty.")
    if not _says_anything(found):
        raise OffhookError("Nothing in this text could be read: it names no code, no SID, no URL, no status and no payload.")


def _read(what: Sequence[str]) -> str:
    if what and what != ("-",):
        words = " ".join(what)
        return _file(words) if _is_path(words) else words
    if sys.stdin.isatty():
        say("Paste the text, then press Ctrl-D on a line of its own.")
    return sys.stdin.buffer.read(MOST_BYTES).decode("utf-8", "replace")


def _is_path(words: str) -> bool:
    """Whether a person who writes this means a file: there is one, or it looks like the name of one and like nothing else."""
    if len(words) > 1024 or any(each in words for each in "\n\0"):
        return False
    return Path(words).exists() or bool(re.fullmatch(r"[\w./~-]+\.(?:json|txt|log|html?|xml|http|eml|md|csv)", words))


def _file(words: str) -> str:
    path = Path(words).expanduser()
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise OffhookError(f"{words}: {error.strerror}.") from None


def _ours(assembly: Assembly, configuration: Configuration, console_url: str | None, sid: str) -> Shape | None:
    """The error of that id out of our journal; None when there is no such, or no journal."""

    async def fetch() -> Shape:
        async with opened(assembly, configuration.settings, console_url) as archive:
            return await find_error(archive, sid)

    try:
        return asyncio.run(fetch())
    except OffhookError:
        return None


def _tell_ours(error: Shape, *, as_json: bool) -> None:
    if as_json:
        write_json(error)
    else:
        out().print(error_page(error), soft_wrap=True)


def _says_anything(found: Explanation) -> bool:
    read = found.evidence
    return bool(
        read.code
        or found.code
        or found.causes
        or found.usable
        or read.url
        or read.status
        or read.sid
        or read.account_sid
        or read.resource_sid
    )


def _next_command(evidence: Evidence) -> str:
    """What finds out more about the URL, and which parts of it only the reader can fill in."""
    if not evidence.url or plain(evidence.url) != evidence.url:
        return ""
    command = f"offhook doctor {shlex.quote(evidence.url)}"
    missing = left_out(evidence.url)
    return f"{command}\n  First write, in place of {MARK}: {missing}. Secrets are not repeated here." if missing else command


def _page(found: Explanation, command: str) -> Text:
    text = Text()
    code, read = found.code, found.evidence
    _headline(text, found)
    _facts(text, read)
    if read.synthetic:
        text.append("\nThe answer on that page is Twilio's own\n", "bold")
        text.append(
            "  Twilio's proxy wrote the 502 in place of your app, whose answer it could not get: do not look for it in your logs.\n"
        )
        text.append(f"  What it hides: {one_line(read.hidden)}\n" if read.hidden else "")
    if found.causes:
        text.append_text(causes_text([{**shapes.cause_shape(cause)} for cause in found.causes]))
    elif code is not None:
        _general(text, code)
    if found.usable:
        text.append("\nTwilio can use this answer.\n", "bold")
    if read.code or code is not None:
        text.append(f"\nTwilio's page: {page_about(read.code or (code.code if code else 0))}\n", "dim")
    _not_understood(text, read)
    if command:
        text.append(f"\nTo look for yourself:  {command}\n")
    return text


def _headline(text: Text, found: Explanation) -> None:
    for code in filter(None, (found.code, found.narrow)):
        text.append(f"{code.code} {code.name}\n", "bold")
        text.append(f"  {code.raised_when}\n")
    if found.code is None and found.evidence.code:
        text.append(f"{found.evidence.code}\n", "bold")
        text.append("  This code is not in our catalogue of codes that concern webhooks, replies and event streams.\n")


def _not_understood(text: Text, read: Evidence) -> None:
    if read.unread:
        text.append("\nNot understood\n", "bold")
        for line in read.unread:
            text.append(f"  │ {one_line(line)}\n", "dim")


def _facts(text: Text, read: Evidence) -> None:
    facts = (
        ("error", read.sid),
        ("account", read.account_sid),
        ("message", read.resource_sid),
        ("service", read.service_sid if read.service_sid != read.resource_sid else ""),
        ("request", read.request_sid),
        ("at", read.at),
        ("URL", f"{read.method} {read.url}".strip() if read.url else ""),
        ("status", str(read.status) if read.status else ""),
        ("Twilio says" if read.form in TOLD_BY_TWILIO else "it says", read.message or read.failure_detail),
    )
    for name, value in facts:
        if value:
            text.append(f"  {name:<12}", "dim")
            text.append(f"{one_line(value)}\n")


def _general(text: Text, code: Code) -> None:
    for heading, lines in (("What can cause it", code.causes), ("What to do", code.solutions)):
        if lines:
            text.append(f"\n{heading}\n", "bold")
            for number, line in enumerate(lines, 1):
                text.append(f"  {number}. {line}\n")


def _shape(found: Explanation) -> Shape:
    read = found.evidence
    return {
        "form": read.form,
        "code": read.code or None,
        "name": found.code.name if found.code else None,
        "hidden_code": read.hidden_code or None,
        "hidden": read.hidden or None,
        "answered_by_twilio": read.synthetic,
        "sid": read.sid or None,
        "account_sid": read.account_sid or None,
        "resource_sid": read.resource_sid or None,
        "url": read.url or None,
        "method": read.method or None,
        "status": read.status or None,
        "message": read.message or None,
        "causes": [shapes.cause_shape(cause) for cause in found.causes],
        "unread": list(read.unread),
        "usable": found.usable,
        "more_info": page_about(read.code) if read.code else None,
    }
