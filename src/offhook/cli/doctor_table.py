"""The doctor's report as a person reads it in a terminal: the worst first, then what to do."""

from rich.text import Text

from offhook.cli.terminal import one_line, out
from offhook.doctor.findings import Report, Verdict

STYLES = {
    Verdict.FAULT: "bold red",
    Verdict.WARNING: "yellow",
    Verdict.UNKNOWN: "cyan",
    Verdict.GOOD: "green",
    Verdict.NOT_APPLICABLE: "dim",
}


def write_table(report: Report) -> None:
    """Print it to stdout."""
    console = out()
    for row in report.worst_first:
        finding = row.finding
        console.print(
            Text(f"{finding.verdict.value:15} {row.check:14} {one_line(finding.title)}", STYLES[finding.verdict]), soft_wrap=True
        )
        for each in finding.evidence:
            console.print(Text(f"{'':31}· {one_line(each)}", "dim"), soft_wrap=True)
    for number, step in enumerate(report.steps, 1):
        console.print(Text(f"{number}. {one_line(step)}"), soft_wrap=True)
