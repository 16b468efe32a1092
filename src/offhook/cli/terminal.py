"""How the command line speaks: data to stdout, words to stderr, and nothing from outside that could steer a terminal."""

import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.table import Table

from offhook.settings import spell

_WIDE: Final = 2000
# Control characters (newline and tab excepted), and the marks that turn the direction of text round.
_STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def out() -> Console:
    """Where data goes. Wide when no person looks at it, so that no cell is cut."""
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _WIDE)


def words() -> Console:
    """Where words go."""
    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def say(sentence: str, style: str = "") -> None:
    """One sentence to the person at the terminal."""
    words().print(plain(sentence), style=style)


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends what a person is asked in here: a running event loop would note it, and let the question stand."""
    noted = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, noted)


def ask(question: str) -> None:
    """Go on after a yes. Without one the command ends with exit code 1."""
    at_a_terminal = sys.stdin.isatty()
    try:
        with interruptible():
            agreed = click.confirm(question, err=True)
        if agreed:
            return
        answered = at_a_terminal
    except click.Abort:
        answered = False
    hint = "." if at_a_terminal else ": where nobody can be asked, --yes says it beforehand."
    say(f"{'' if answered else chr(10)}Nothing was done{hint}")  # without Enter, the question's line has not ended
    raise click.exceptions.Exit(1)


def print_table(table: Table) -> None:
    """A table to stdout; where no person looks at it, without the blanks that fill its last column."""
    console = out()
    if sys.stdout.isatty():
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    sys.stdout.flush()


def plain(text: object) -> str:
    """Text that came from outside, fit for a terminal: what would steer it is shown as a blot."""
    return _STEERING.sub("�", str(text).replace("\r\n", "\n"))


def as_written(value: object) -> str:
    """A value as one would write it in a file of settings: a float is a length of time there. Nothing for None."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else spell(value) if isinstance(value, float) else str(value)


def counted(number: int, thing: str) -> str:
    """So many of a thing whose plural ends in s: `1 webhook`, `0 webhooks`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def one_line(text: object) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())


def write_json(value: Any, *, indent: int = 2) -> None:
    """One JSON document to stdout, followed by a newline; `indent=0`: on one line."""
    encoded = msgspec.json.encode(value, enc_hook=str)
    text = (msgspec.json.format(encoded, indent=indent) if indent else encoded).decode()
    # JSON's own encoder escapes the controls of ASCII; the others steer a terminal as well, and mean the same when they are escaped.
    sys.stdout.write(_STEERING.sub(_escaped, text) + "\n")
    sys.stdout.flush()


def _escaped(found: re.Match[str]) -> str:
    return found[0] if found[0] < "\x7f" else f"\\u{ord(found[0]):04x}"


def program() -> str:
    """What to type to run this program again: its name where the shell finds it, else its path."""
    started = sys.argv[0]
    if Path(started).name == "__main__.py":
        return f"{sys.executable} -m offhook"
    found = shutil.which(Path(started).name)
    if found and Path(started).exists() and Path(found).resolve() == Path(started).resolve():
        return Path(started).name
    return started
