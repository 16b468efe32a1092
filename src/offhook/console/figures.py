"""What a span of history comes to: the figures, the charts and the table behind them. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from offhook.alarms.series import ANSWER_BOUNDS, JOURNEY_BOUNDS, percentile
from offhook.api.shapes import iso
from offhook.console import charts
from offhook.console.charts import Chart, Layer
from offhook.console.history import NOTHING, Counts, Part, Span
from offhook.console.html import Markup
from offhook.console.wording import compact, duration

PERCENTS: Final = (50, 95, 99)
_LOOKS: Final = dict(zip(PERCENTS, ("p50", "p95", "p99"), strict=True))


class Row(NamedTuple):
    """One part of a span. Durations in seconds, None where there were none; `share` is that of the attempts that failed."""

    at: float
    received: int
    delivered: int
    failed: int
    share: float | None
    answers: tuple[float | None, ...]
    deliveries: tuple[float | None, ...]


COLUMNS: Final = (
    "from",
    "received",
    "delivered",
    "given_up",
    "failed_share",
    *(f"{what}_p{each}" for what in ("answered", "delivered") for each in PERCENTS),
)
"""The columns of an export; durations in seconds."""


class Figures(NamedTuple):
    """All that the overview shows of a span. `rows` are the parts in which something happened, the newest first."""

    span: Span
    total: Counts
    volume: Markup
    shares: Markup
    answers: Markup
    deliveries: Markup
    rows: Sequence[Row]


class _Frame(NamedTuple):
    """What all charts of a span have: the span, what stands below them, and what their parts say."""

    span: Span
    ends: tuple[str, ...]
    hints: tuple[str, ...]


def figures(span: Span, parts: Sequence[Part]) -> Figures:
    """The figures of a span."""
    total = NOTHING
    for part in parts:
        total = total.plus(part.counts)
    rows = [row_of(part) for part in parts]
    whole = row_of(Part(0.0, total))
    frame = _Frame(
        span, (_ends(span.seconds), _ends(span.seconds // 2), "now"), tuple(_hint(row, parts[-1].at, span.step) for row in rows)
    )
    answers = ("answers", "Time until Twilio had its answer")
    deliveries = ("deliveries", "Time until it was delivered")
    return Figures(
        span=span,
        total=total,
        volume=charts.bars(_volume(frame, rows, total)),
        shares=charts.shares(_shares(frame, rows, total)),
        answers=charts.durations(_durations(frame, answers, [row.answers for row in rows], whole.answers)),
        deliveries=charts.durations(_durations(frame, deliveries, [row.deliveries for row in rows], whole.deliveries)),
        rows=[row for row, part in zip(rows, parts, strict=True) if not part.counts.is_nothing][::-1],
    )


@lru_cache(maxsize=1_024)
def row_of(part: Part) -> Row:
    """One part in figures. Parts that are over stay as they are, so theirs are worked out once."""
    counts = part.counts
    return Row(
        at=part.at,
        received=counts.received,
        delivered=counts.delivered,
        failed=counts.failed,
        share=counts.refusals / counts.attempts if counts.attempts else None,
        answers=tuple(percentile(ANSWER_BOUNDS, counts.answers, each) for each in PERCENTS),
        deliveries=tuple(percentile(JOURNEY_BOUNDS, counts.deliveries, each) for each in PERCENTS),
    )


def as_data(row: Row) -> dict[str, Any]:
    """A row for programs."""
    values = (iso(row.at), row.received, row.delivered, row.failed, row.share, *row.answers, *row.deliveries)
    return dict(zip(COLUMNS, values, strict=True))


def _volume(frame: _Frame, rows: Sequence[Row], total: Counts) -> Chart:
    told = f"{compact(total.received)} were received, {compact(total.delivered)} delivered and {compact(total.failed)} given up"
    layers = (
        Layer("received", "received", [row.received for row in rows]),
        Layer("delivered", "delivered", [row.delivered for row in rows]),
        Layer("given up", "lost", [row.failed for row in rows], down=True),
    )
    return Chart("volume", "Webhooks", f"In {frame.span.words} {told}.", layers, frame.ends, frame.hints)


def _shares(frame: _Frame, rows: Sequence[Row], total: Counts) -> Chart:
    says = f"Nothing was tried in {frame.span.words}."
    if total.attempts:
        share = charts.percent(total.refusals / total.attempts)
        says = f"In {frame.span.words} {share} of {compact(total.attempts)} attempts failed."
    layers = (Layer("share", "share", [row.share for row in rows]),)
    return Chart("shares", "Attempts that failed", says, layers, frame.ends, frame.hints)


def _durations(
    frame: _Frame, named: tuple[str, str], values: Sequence[tuple[float | None, ...]], total: Sequence[float | None]
) -> Chart:
    known = [f"{each} % within {duration(value)}" for each, value in zip(PERCENTS, total, strict=True) if value is not None]
    says = f"In {frame.span.words}: {', '.join(known)}." if known else f"There was none in {frame.span.words}."
    layers = [Layer(_LOOKS[each], _LOOKS[each], [row[place] for row in values]) for place, each in enumerate(PERCENTS)]
    return Chart(*named, says, layers, frame.ends, frame.hints)


def _ends(seconds: int) -> str:
    """How long ago, in the unit in which the span is named: `24 h ago`, `84 h ago`."""
    unit, length = next(
        (unit, length)
        for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60))
        if seconds >= (2 if unit == "d" else 1) * length
    )
    return f"{duration(seconds)} ago" if seconds % length else f"{seconds // length} {unit} ago"


def _hint(row: Row, last: float, step: int) -> str:
    """What one part says of itself; nothing where nothing has happened."""
    if not (row.received or row.delivered or row.failed or row.share is not None):
        return ""
    when = "now" if row.at == last else f"{duration(last + step - row.at)} ago"
    said = [f"{compact(row.received)} received", f"{compact(row.delivered)} delivered", f"{compact(row.failed)} given up"]
    if row.share is not None:
        said.append(f"{charts.percent(row.share)} of attempts failed")
    for what, values in (("answered", row.answers), ("delivered", row.deliveries)):
        if values[1] is not None:
            said.append(f"95 % {what} within {duration(values[1])}")
    return f"{when}: {', '.join(said)}"
