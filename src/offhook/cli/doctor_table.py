"""The doctor's report as a person reads it in a terminal: the worst first, then what to do."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from offhook.cli.pages import bar
from offhook.cli.terminal import one_line, out, plain
from offhook.doctor.findings import Plot, Report, Row, Verdict
from offhook.doctor.telling import (
    MARKS,
    NO_MESSAGE,
    circumstances,
    codes_of,
    fewer,
    grouped,
    headline,
    passed_over,
    received,
    summary,
    tone,
)

STYLES: Final = {
    Verdict.FAULT: "bold red",
    Verdict.WARNING: "yellow",
    Verdict.UNKNOWN: "cyan",
    Verdict.GOOD: "green",
    Verdict.NOT_APPLICABLE: "dim",
}
_LONGEST_NAME: Final = 16
_LONGEST_PLOT: Final = 60
_NARROWEST: Final = 16
_LOST: Final = "\N{MULTIPLICATION SIGN}"
_BUBBLE: Final = 60


def write_table(report: Report, *, verbose: bool = False) -> None:
    """Print it to stdout; `verbose` tells the evidence of what is good as well."""
    Table(out()).write(report, verbose=verbose)


class Table:
    """Writes reports on one console, as wide as that is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._column = 0

    def write(self, report: Report, *, verbose: bool) -> None:
        """The whole report."""
        trouble, fine, passed = grouped(report)
        names = [one_line(row.check) for row in (*trouble, *fine)]
        self._column = min(max(map(len, names), default=0), _LONGEST_NAME)
        style = STYLES[tone(report)]
        self._hang(MARKS[tone(report)] + " ", f"{headline(report)}: {report.url}", style, style)
        self._hang("  ", circumstances(report), "dim")
        self._console.print()
        for row in trouble:
            self._row(row, whole=True)
        for row in fine:
            self._row(row, whole=verbose)
        if passed and verbose:
            for row in passed:
                self._row(row, whole=False)
        elif passed:
            mark = MARKS[Verdict.NOT_APPLICABLE]
            self._hang(f"{mark} ", f"Not applicable: {passed_over(passed)}", "dim", "dim")
        if received(report):
            self._bubbles(report)
        self._steps(report.steps)

    def _row(self, row: Row, *, whole: bool) -> None:
        finding = row.finding
        style = STYLES[finding.verdict]
        name = one_line(row.check)[:_LONGEST_NAME]
        codes = codes_of(row)
        title = f"{one_line(finding.title)}{f' ({codes})' if codes else ''}"
        quiet = finding.verdict in {Verdict.GOOD, Verdict.NOT_APPLICABLE}
        self._hang(f"{MARKS[finding.verdict]} {name:<{self._column}}  ", title, style, "" if quiet else "bold")
        if not whole:
            return
        indent = " " * (self._column + 4)
        for each in finding.evidence:
            self._hang(f"{indent}· ", each, "dim", "dim")
        for plot in finding.plots:
            self._plot(plot, indent)

    def _plot(self, plot: Plot, indent: str) -> None:
        if not plot.values:
            return
        room = max(_NARROWEST, min(_LONGEST_PLOT, self._console.width - len(indent) - 2))
        drawn = Text(f"{indent}  ")
        values = fewer(plot.values, room)
        top = max((value for value in values if value is not None), default=0.0)
        for value in values:
            drawn.append(_LOST, "bold red") if value is None else drawn.append(bar(value, top), "cyan")
        self._hang(f"{indent}· ", f"{plot.title}: {summary(plot)}", "dim", "dim")
        self._console.print(drawn, soft_wrap=True)

    def _bubbles(self, report: Report) -> None:
        self._heading("What the sender of the text would receive")
        for message in report.messages or ():
            words = plain("\n".join(filter(None, (message.body, *(f"[{each}]" for each in message.media)))))
            width = min(_BUBBLE, self._console.width - 2)
            self._console.print(Panel(Text(words), width=width, expand=False, border_style="blue"))
        if not report.messages:
            self._hang("  ", NO_MESSAGE)

    def _steps(self, steps: Sequence[str]) -> None:
        if steps:
            self._heading("What to do")
        for number, step in enumerate(steps, 1):
            self._hang(f"{number:>2}. ", step, "bold")

    def _heading(self, words: str) -> None:
        self._console.print()
        self._console.print(Text(words, "bold"))

    def _hang(self, start: str, words: str, start_style: str = "", style: str = "") -> None:
        """One paragraph: what stands at its beginning, and the words, whose further lines begin below the first word."""
        room = max(_NARROWEST, self._console.width - len(start))
        for number, line in enumerate(self._wrapped(one_line(words), room)):
            shown = Text(" " * len(start)) if number else Text(start, start_style)
            shown.append(line, style)
            self._console.print(shown, soft_wrap=True)

    def _wrapped(self, words: str, room: int) -> Iterable[str]:
        return (line.plain.rstrip() for line in Text(words).wrap(self._console, room)) if words else ("",)
