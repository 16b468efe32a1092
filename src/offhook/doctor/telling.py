"""The words in which a report is told, whatever it is written on: terminal, ticket or page. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from offhook.doctor.findings import Plot, Report, Row, Verdict
from offhook.doctor.question import Product

TROUBLE: Final = (Verdict.FAULT, Verdict.WARNING, Verdict.UNKNOWN)
"""What a person has to look at."""
NAMES: Final = {
    Verdict.FAULT: "fault",
    Verdict.WARNING: "warning",
    Verdict.UNKNOWN: "could not tell",
    Verdict.GOOD: "good",
    Verdict.NOT_APPLICABLE: "not applicable",
}
MARKS: Final = {
    Verdict.FAULT: "✗",
    Verdict.WARNING: "!",
    Verdict.UNKNOWN: "?",
    Verdict.GOOD: "✓",
    Verdict.NOT_APPLICABLE: "\N{EN DASH}",
}
NO_MESSAGE: Final = "Nothing: there is no message in the answer."
_READS_NOTHING: Final = frozenset({Product.STATUS, Product.VOICE})


def headline(report: Report) -> str:
    """The verdict in one sentence, without the URL."""
    counts = Counter(row.finding.verdict for row in report.rows)
    faults, warnings, unknowns = (counts[each] for each in TROUBLE)
    if faults:
        said = " and ".join(filter(None, (many(faults, "fault"), many(warnings, "warning") if warnings else "")))
    elif warnings:
        said = f"no fault, but {many(warnings, 'warning')}"
    elif report.interrupted:
        said = "no fault so far"
    elif unknowns or not counts[Verdict.GOOD]:
        said = "no fault, but not everything could be told" if counts[Verdict.GOOD] else "nothing could be told"
    else:
        said = "no fault"
    return f"Interrupted: {said}" if report.interrupted else said[0].upper() + said[1:]


def tone(report: Report) -> Verdict:
    """The verdict as it is marked and coloured: what was stopped before its end is not called good."""
    return Verdict.UNKNOWN if report.interrupted and report.verdict is Verdict.GOOD else report.verdict


def circumstances(report: Report) -> str:
    """How it was found out: as what, signed or not, how many requests, how long."""
    return " · ".join(
        (
            f"asked as {report.product}",
            "signed" if report.signed else "not signed",
            many(report.requests, "request"),
            f"{report.seconds:.1f} s",
        )
    )


def many(number: int, noun: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def grouped(report: Report) -> tuple[tuple[Row, ...], tuple[Row, ...], tuple[Row, ...]]:
    """The rows in three: the trouble, what is good, what does not apply."""
    rows = report.worst_first
    return (
        tuple(row for row in rows if row.finding.verdict in TROUBLE),
        tuple(row for row in rows if row.finding.verdict is Verdict.GOOD),
        tuple(row for row in rows if row.finding.verdict is Verdict.NOT_APPLICABLE),
    )


def passed_over(rows: Iterable[Row]) -> str:
    """What does not apply, summed up in one line: the checks by name, and the reason where they share it."""
    by_reason: dict[str, dict[str, None]] = {}
    for row in rows:
        by_reason.setdefault(row.finding.title, {})[row.check] = None
    if len(by_reason) == 1:
        ((reason, checks),) = by_reason.items()
        return f"{', '.join(checks)} ({reason.removesuffix('.')})"
    return ", ".join(dict.fromkeys(check for checks in by_reason.values() for check in checks))


def codes_of(row: Row) -> str:
    """Twilio's codes that it explains: `Twilio: 11200, 11205`, or ""."""
    return f"Twilio: {', '.join(map(str, row.finding.codes))}" if row.finding.codes else ""


def received(report: Report) -> bool:
    """Whether there is something to say about what the sender of the text would receive."""
    return report.messages is not None and report.product not in _READS_NOTHING


def summary(plot: Plot) -> str:
    """A plot in figures: `min 1.0 · median 2.0 · p95 9.0 · max 9.9 ms · 1 of 20 lost`."""
    known = sorted(value for value in plot.values if value is not None)
    lost = len(plot.values) - len(known)
    figures: tuple[str, ...] = ()
    if known:
        figures = (
            f"min {_figure(known[0])}",
            f"median {_figure(_percentile(known, 50))}",
            f"p95 {_figure(_percentile(known, 95))}",
            f"max {_figure(known[-1])} {plot.unit}".strip(),
        )
    return " · ".join((*figures, *((f"{lost} of {len(plot.values)} lost",) if lost else ())))


def fewer(values: Sequence[float | None], most: int) -> tuple[float | None, ...]:
    """The series in at most so many places: where several tries share one, a lost one among them counts, else the greatest."""
    size = math.ceil(len(values) / most) if values else 1
    places = [values[start : start + size] for start in range(0, len(values), size)]
    return tuple(None if None in place else max(each for each in place if each is not None) for place in places)


def _percentile(ordered: Sequence[float], part: int) -> float:
    return ordered[max(0, math.ceil(len(ordered) * part / 100) - 1)]


def _figure(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"
