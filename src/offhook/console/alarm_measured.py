"""What alarms that measure would have seen: shares and latencies, out of the minutes that the overview's charts are made of. Pure.

Within each window all is added up, as the watcher does it, so that the threshold means the same here as there.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from offhook.alarms.model import Alarm, Watch
from offhook.alarms.phrases import amount
from offhook.alarms.series import ANSWER_BOUNDS, JOURNEY_BOUNDS, percentile
from offhook.console import charts
from offhook.console.charts import Chart, Layer
from offhook.console.history import NOTHING, SPANS, Counts, History, Part, Span
from offhook.console.html import Markup
from offhook.console.wording import compact
from offhook.settings import spell

MEASURED: Final = frozenset({Watch.FAILURE_SHARE, Watch.ANSWER_LATENCY, Watch.DELIVERY_LATENCY})
"""The watches whose past is kept by the minute."""
WEEK: Final = SPANS[-1]
_SHORT, _MIDDLE = 900.0, 3600.0


class Seen(NamedTuple):
    """What an alarm would have measured: the chart, and how it was in a sentence."""

    chart: Markup
    said: str


def span_of(alarm: Alarm) -> Span:
    """How far its chart reaches: the shorter the window, the less far."""
    return SPANS[0] if alarm.window <= _SHORT else SPANS[1] if alarm.window <= _MIDDLE else SPANS[2]


def parts_of(history: History, alarm: Alarm, span: Span) -> list[Part]:
    """What happened at the alarm's endpoints, all of them together."""
    each = [history.parts(span, name) for name in alarm.endpoints or ("",)]
    return [Part(rows[0].at, _sum([row.counts for row in rows])) for rows in zip(*each, strict=True)]


def seen(alarm: Alarm, parts: Sequence[Part], span: Span, name: str = "measured") -> Seen:
    """What it would have measured at the end of each part."""
    window = max(alarm.window, float(span.step))
    values = measured(alarm, [part.counts for part in parts], round(window / span.step))
    draw = charts.shares if alarm.watch is Watch.FAILURE_SHARE else charts.durations
    said = _said(alarm, values, span)
    chart = Chart(
        name=name,
        title=f"What it measures within {spell(window)}, in {span.words}",
        says=f"{said} The line is the threshold: {amount(alarm.watch, alarm.threshold)}.",
        layers=(Layer("measured", "measured", values),),
        ends=(f"{spell(float(span.seconds))} ago", "", "now"),
        hints=["" if value is None else amount(alarm.watch, value) for value in values],
        threshold=alarm.threshold,
    )
    return Seen(draw(chart), said)


def measured(alarm: Alarm, counts: Sequence[Counts], window: int) -> list[float | None]:
    """The value at the end of each part, of so many parts up to it; None where there are too few of them, or too little has happened."""
    total = [NOTHING, *accumulate(counts, Counts.plus)]
    return [None if end < window else _value(alarm, total[end].plus(total[end - window], -1)) for end in range(1, len(total))]


def _value(alarm: Alarm, counts: Counts) -> float | None:
    if alarm.watch is Watch.FAILURE_SHARE:
        return counts.refusals / counts.attempts if counts.attempts >= max(1, alarm.minimum) else None
    is_answer = alarm.watch is Watch.ANSWER_LATENCY
    buckets, bounds = (counts.answers, ANSWER_BOUNDS) if is_answer else (counts.deliveries, JOURNEY_BOUNDS)
    return percentile(bounds, buckets, alarm.percentile) if sum(buckets) >= alarm.minimum else None


def _said(alarm: Alarm, values: Sequence[float | None], span: Span) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return f"In {span.words} there was too little to measure."
    over = sum(value >= alarm.threshold for value in known)
    reached = (
        "never reached the threshold" if not over else f"reached the threshold {compact(over)} of {compact(len(known))} times"
    )
    step = {60: "minute by minute", 600: "every 10 minutes", 3600: "hour by hour"}[span.step]
    return f"In {span.words}, looked at {step}, it {reached}. The most was {amount(alarm.watch, max(known))}."


def _sum(rows: Sequence[Counts]) -> Counts:
    total = NOTHING
    for row in rows:
        total = total.plus(row)
    return total
