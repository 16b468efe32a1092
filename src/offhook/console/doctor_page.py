"""The doctor's report as one page in one file: it asks nobody for anything, and what came from outside is only ever text. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, cycle
from pathlib import Path
from typing import Final

from offhook import __version__
from offhook.api.shapes import iso
from offhook.console.html import Markup, joined, tag
from offhook.console.plots import figure
from offhook.doctor.findings import Finding, Report, Row
from offhook.doctor.telling import (
    MARKS,
    NAMES,
    NO_MESSAGE,
    circumstances,
    codes_of,
    grouped,
    headline,
    passed_over,
    received,
    tone,
)
from offhook.twiml import Message

_STYLE: Final = Markup(Path(__file__).with_name("static").joinpath("doctor.css").read_text(encoding="utf-8"))
_QUOTED: Final = re.compile("`([^`]+)`")
_HEAD: Final = Markup(
    '<meta charset="utf-8">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="referrer" content="no-referrer">'
    '<meta name="robots" content="noindex">'
)


def report_page(report: Report) -> bytes:
    """The whole page, in UTF-8."""
    trouble, fine, passed = grouped(report)
    names = (f"plot-{number}" for number in count(1))
    main = tag(
        "main",
        _top(report),
        _part("What was found", map(_card(names), trouble)) if trouble else "",
        _part("What to do", [tag("ol", *(tag("li", prose(step)) for step in report.steps), class_="steps")])
        if report.steps
        else "",
        _part("What the sender of the text would receive", _bubbles(report.messages or ())) if received(report) else "",
        _part("What is good", [_rows(fine, names)]) if fine else "",
        _part("What does not apply", [_passed(passed, names)]) if passed else "",
        tag("footer", f"offhook doctor {__version__} · ", tag("time", iso(report.started_at), datetime=iso(report.started_at))),
    )
    head = tag("head", _HEAD, tag("title", f"{headline(report)} · {report.url}"), tag("style", _STYLE))
    return f"<!doctype html>\n{tag('html', head, tag('body', main), lang='en')}\n".encode(errors="replace")


def _top(report: Report) -> Markup:
    return tag(
        "header",
        tag("p", tag("b", "off"), "hook doctor", class_="by"),
        tag("h1", f"{MARKS[tone(report)]} {headline(report)}"),
        tag("p", report.url, class_="url"),
        tag("p", circumstances(report), class_="quiet"),
        class_=f"top {tone(report)}",
    )


def _part(heading: str, content: Iterable[object]) -> Markup:
    return tag("section", tag("h2", heading), *content)


def _card(names: Iterator[str]) -> Callable[[Row], Markup]:
    """A maker of cards whose plots have names of their own."""

    def card(row: Row) -> Markup:
        verdict = row.finding.verdict
        label = tag(
            "p",
            tag("strong", f"{MARKS[verdict]} {NAMES[verdict]}"),
            tag("code", row.check),
            tag("span", row.asks),
            tag("span", codes_of(row), class_="codes") if row.finding.codes else "",
            class_="label",
        )
        return tag(
            "article", label, tag("h3", prose(row.finding.title)), _evidence(row.finding, names), class_=f"finding {verdict}"
        )

    return card


def _passed(rows: Sequence[Row], names: Iterator[str]) -> Markup:
    """What does not apply: in one line where it is all for one reason."""
    if len({row.finding.title for row in rows}) == 1:
        return tag("p", passed_over(rows), class_="quiet")
    return _rows(rows, names)


def _rows(rows: Iterable[Row], names: Iterator[str]) -> Markup:
    return tag("ul", *(tag("li", _line(row, names)) for row in rows), class_="rows")


def _line(row: Row, names: Iterator[str]) -> Markup:
    """One line, which opens where there is more to see."""
    evidence = _evidence(row.finding, names)
    line = (
        tag("span", MARKS[row.finding.verdict], class_="mark"),
        tag("code", row.check),
        tag("span", prose(row.finding.title), class_="what more" if evidence else "what"),
    )
    verdict = str(row.finding.verdict)
    if not evidence:
        return tag("div", *line, class_=f"line {verdict}")
    return tag("details", tag("summary", *line, class_=f"line {verdict}"), tag("div", evidence, class_="inner"))


def _evidence(finding: Finding, names: Iterator[str]) -> Markup:
    lines = tag("ul", *(tag("li", prose(each)) for each in finding.evidence), class_="evidence") if finding.evidence else ""
    return joined([lines, *(figure(plot, next(names)) for plot in finding.plots if plot.values)])


def prose(sentence: str) -> Markup:
    """A sentence in which what stands between backticks is shown as code."""
    return joined(
        tag("code", part) if odd else part for part, odd in zip(_QUOTED.split(sentence), cycle((False, True)), strict=False)
    )


def _bubbles(messages: Iterable[Message]) -> Iterator[Markup]:
    said = [
        tag("div", each.body, *(tag("span", url, class_="quiet") for url in each.media), class_="bubble") for each in messages
    ]
    yield from said or [tag("p", NO_MESSAGE)]
