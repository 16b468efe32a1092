"""What comes out: a table on the terminal, JSON in `bench/out/`, and the same table in the README where `figures` is asked for."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.figures import Result, Row, Spread

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"
# Every run is kept under its time as well.
DATED = re.compile(r"-\d{8}T\d{6}$")
README = HERE / "README.md"
NOT_MEASURED = "not measured"
MET = {True: "met", False: "NOT MET", None: "not measured"}


def show(result: Result, console: Console) -> None:
    """The table with medians and the range of the runs, then the goals, then what a reader must know."""
    table = Table(title=f"{result.title} (median, and the range of the runs where they differ)", title_justify="left")
    labels, figures = columns(result.rows)
    for name in labels:
        table.add_column(name)
    for name in [*figures, "note"]:
        table.add_column(name, justify="left" if name == "note" else "right")
    for row in result.rows:
        table.add_row(*cells(row, labels, figures))
    console.print(table)
    for verdict in result.verdicts:
        console.print(f"  {MET[verdict.met]:>12}  {verdict.goal}: {verdict.measured}", highlight=False)
    for note in result.notes:
        console.print(f"  {note}", highlight=False, style="dim")
    if result.quick:
        console.print("  A quick run: it shows that the bench works, not how fast Offhook is.", style="bold")


def columns(rows: list[Row]) -> tuple[list[str], list[str]]:
    """The names of the labels and of the figures of all rows, each once, in the order of their first use."""
    labels = dict.fromkeys(name for row in rows for name in row.labels)
    figures = dict.fromkeys(name for row in rows for name in row.figures)
    return list(labels), list(figures)


def cells(row: Row, labels: list[str], figures: list[str]) -> list[str]:
    """One row as text."""
    readings = [str(Spread.of(row.figures[name])) if name in row.figures else "" for name in figures]
    return [row.labels.get(name, "") for name in labels] + readings + [row.note]


def save(result: Result) -> Path:
    """`bench/out/NAME.json` is the latest; one with its time is kept beside it."""
    OUT.mkdir(exist_ok=True)
    data = msgspec.json.format(msgspec.json.encode(result), indent=2)
    stamp = re.sub(r"[^0-9T]", "", result.at[:19])
    for path in (OUT / f"{result.name}-{stamp}.json", OUT / f"{result.name}.json"):
        path.write_bytes(data)
    return path


def latest() -> list[Result]:
    """The latest full result of each bench; quick ones have no place in a README."""
    found = [
        msgspec.json.decode(path.read_bytes(), type=Result) for path in sorted(OUT.glob("*.json")) if not DATED.search(path.stem)
    ]
    return [result for result in found if not result.quick]


def publish() -> list[str]:
    """Write the latest results between their marks in the README; returns their names. Raises ValueError where a mark is missing."""
    text = README.read_text()
    results = latest()
    for result in results:
        start, end = f"<!-- {result.name} -->\n", f"<!-- /{result.name} -->"
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"bench/README.md has no place for {result.name}: {start.strip()} … {end}")
        text = before + start + markdown(result) + end + after
    README.write_text(text)
    return [result.name for result in results]


def markdown(result: Result) -> str:
    """The same as `show`, for the README."""
    labels, figures = columns(result.rows)
    head = [*labels, *figures, "note"]
    lines = [f"{result.title}, {result.at[:10]}. {machine(result)}", "", _line(head), _line(["---"] * len(head))]
    lines += [_line(cells(row, labels, figures)) for row in result.rows]
    if result.verdicts:
        lines += ["", *(f"- {verdict.goal}: {verdict.measured} ({MET[verdict.met]})" for verdict in result.verdicts)]
    if result.notes:
        lines += ["", *(f"- {note}" for note in result.notes)]
    return "\n".join(lines) + "\n"


def machine(result: Result) -> str:
    """The machine in one sentence."""
    return "; ".join(f"{name}: {value}" for name, value in result.machine.items()) + "."


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _line(parts: list[str]) -> str:
    return "| " + " | ".join(parts) + " |"
