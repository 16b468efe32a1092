"""The doctor's report in the console's own look: what was found as cards and lines, with the plots. Pure."""

from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple

from offhook.console.doctor_page import prose
from offhook.console.html import Markup
from offhook.console.plots import figure
from offhook.doctor.findings import Report, Row, Verdict
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

_TONES: Final = {Verdict.FAULT: "bad", Verdict.WARNING: "busy", Verdict.UNKNOWN: "unknown", Verdict.GOOD: "well"}


class Found(NamedTuple):
    """One finding. `tone` is a word for its colour, `mark` a sign that needs none."""

    tone: str
    mark: str
    verdict: str
    check: str
    asks: str
    title: Markup
    codes: str
    evidence: Sequence[Markup]
    plots: Sequence[Markup]


class Told(NamedTuple):
    """A report, put together for a page. `passed` says in one line what does not apply, `skipped` where that takes more."""

    tone: str
    mark: str
    headline: str
    url: str
    circumstances: str
    trouble: Sequence[Found]
    fine: Sequence[Found]
    skipped: Sequence[Found]
    passed: str
    steps: Sequence[Markup]
    messages: Sequence[Message]
    nothing: str
    began_at: float


def told(report: Report) -> Told:
    """What the page shows of a report."""
    trouble, fine, passed = grouped(report)
    numbers = count(1)
    in_one = len({row.finding.title for row in passed}) == 1
    verdict = tone(report)
    heard = received(report)
    return Told(
        tone=_TONES.get(verdict, "off"),
        mark=MARKS[verdict],
        headline=headline(report),
        url=report.url,
        circumstances=circumstances(report),
        trouble=[_found(row, numbers) for row in trouble],
        fine=[_found(row, numbers) for row in fine],
        skipped=[] if in_one else [_found(row, numbers) for row in passed],
        passed=passed_over(passed) if in_one else "",
        steps=[prose(step) for step in report.steps],
        messages=(report.messages or ()) if heard else (),
        nothing=NO_MESSAGE if heard and not report.messages else "",
        began_at=report.started_at,
    )


def _found(row: Row, numbers: "count[int]") -> Found:
    finding = row.finding
    return Found(
        tone=_TONES.get(finding.verdict, "off"),
        mark=MARKS[finding.verdict],
        verdict=NAMES[finding.verdict],
        check=row.check,
        asks=row.asks,
        title=prose(finding.title),
        codes=codes_of(row) if finding.codes else "",
        evidence=[prose(each) for each in finding.evidence],
        plots=[figure(plot, f"plot-{next(numbers)}") for plot in finding.plots if plot.values],
    )
