"""The doctor's report as Markdown for a ticket (GitHub's dialect). What came from outside can be neither HTML, link, image nor mention.

A sentence is told word by word: plain words stay as they are, and whatever has a sign in it that Markdown, or the site that shows it,
could take for more than text goes into a code span, in which nothing is taken for anything.
"""

import re
from collections.abc import Iterable
from typing import Final

from offhook.cli.terminal import one_line, plain
from offhook.doctor.findings import Plot, Report, Row
from offhook.doctor.telling import (
    MARKS,
    NAMES,
    NO_MESSAGE,
    circumstances,
    codes_of,
    grouped,
    headline,
    many,
    received,
    summary,
    tone,
)

# Words with what surrounds them in a sentence, numbers with their unit or sign, and signs of our own that mean nothing to Markdown.
_PLAIN: Final = re.compile(
    r"""["'(“‘]*(?:[^\W_]+(?:[-'’/][^\W_]+)*|\d+(?:\.\d+)+)[)"'”’%]*[.,;:?!…]*[)"'”’]*|[·–—…→×]|%[)"'”’]*[.,;:?!…]*""",  # noqa: RUF001 - typographer's signs
    re.UNICODE,
)
# What a site makes a link of although it looks like a word: a commit, or an issue by its other name.
_TAKEN: Final = re.compile(r"\b[0-9a-f]{7,64}\b|\bGH-\d|^\W*\d+[.)]\W*$", re.IGNORECASE)
# What a sentence has quoted already, between blanks: beside another code span it would run into that.
_QUOTED: Final = re.compile(r"""(?<!\S)(["'(]*)`([^`\s]+(?: [^`\s]+)*)`([)"'.,;:?!]*)(?!\S)""")
_END: Final = re.compile(r"^(.*[^.,;:?])([.,;:?]+)$", re.DOTALL)


def markdown(report: Report) -> str:
    """The whole report, with a newline at its end."""
    trouble, fine, passed = grouped(report)
    parts = [f"## {MARKS[tone(report)]} {headline(report)}: {code(report.url)}", told(circumstances(report))]
    if trouble:
        parts.append(_table(trouble))
        parts += filter(None, map(_details, trouble))
    if report.steps:
        parts.append("### What to do")
        parts.append("\n".join(f"{number}. {told(step)}" for number, step in enumerate(report.steps, 1)))
    if received(report):
        parts += ["### What the sender of the text would receive", *_messages(report)]
    if fine:
        parts.append(
            _folded(f"{many(len(fine), 'check')} found nothing wrong", (_table(fine), *filter(None, map(_details, fine))))
        )
    if passed:
        parts.append(_folded(f"{many(len(passed), 'check')} did not apply", (_table(passed),)))
    return "\n\n".join(parts) + "\n"


def told(sentence: object) -> str:
    """A sentence on one line, with everything that could be more than text in code spans."""
    parts, end = [], 0
    words = one_line(sentence)
    for quoted in _QUOTED.finditer(words):
        parts += [_in_words(words[end : quoted.start()]), f"{quoted[1]}{code(quoted[2])}{quoted[3]}"]
        end = quoted.end()
    return " ".join(filter(None, [*parts, _in_words(words[end:])]))


def _in_words(words: str) -> str:
    said: list[str] = []
    quoted: list[str] = []

    def close(after: str = "") -> None:
        if quoted:
            said.append(code(" ".join(quoted)) + after)
            quoted.clear()

    for word in words.split(" "):
        if _PLAIN.fullmatch(word) and not _TAKEN.search(word):
            close()
            said.append(word)
        elif end := _END.match(word):
            quoted.append(end[1])
            close(end[2])
        elif word:
            quoted.append(word)
    close()
    return " ".join(said)


def code(text: object) -> str:
    """A code span, which no backtick within it ends."""
    inner = one_line(text)
    fence = "`" * (max(map(len, re.findall("`+", inner)), default=0) + 1)
    room = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{room}{inner or '–'}{room}{fence}"  # noqa: RUF001 - a dash


def _cell(text: str) -> str:
    """Text that ends no cell. A backslash before a bar would undo the bar's own: a blank keeps them apart."""
    return re.sub(r"(\\*)\|", lambda found: f"{found[1]} \\|" if found[1] else "\\|", text)


def _table(rows: Iterable[Row]) -> str:
    lines = ["| | check | finding |", "|---|---|---|"]
    for row in rows:
        finding = row.finding
        codes = codes_of(row)
        cells = (
            f"{MARKS[finding.verdict]} {NAMES[finding.verdict]}",
            code(row.check),
            told(finding.title) + (f" ({codes})" if codes else ""),
        )
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines)


def _details(row: Row) -> str:
    """What speaks for a finding, below its check's name; "" where there is nothing."""
    lines = [f"- {told(each)}" for each in row.finding.evidence]
    lines += [f"- {_series(plot)}" for plot in row.finding.plots if plot.values]
    return "\n".join([f"**{code(row.check)}**\n", *lines]) if lines else ""


def _series(plot: Plot) -> str:
    return f"{told(plot.title)}: {told(summary(plot))}"


def _messages(report: Report) -> Iterable[str]:
    for message in report.messages or ():
        yield _block("\n".join(filter(None, (message.body, *(f"[{each}]" for each in message.media)))))
    if not report.messages:
        yield NO_MESSAGE


def _block(text: str) -> str:
    shown = plain(text)
    fence = "`" * max(3, max(map(len, re.findall("`+", shown)), default=0) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def _folded(title: str, parts: Iterable[str]) -> str:
    """What opens when it is asked for. The blank lines make Markdown of what stands within."""
    return "\n\n".join((f"<details><summary>{title}</summary>", *parts, "</details>"))
