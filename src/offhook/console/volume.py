"""How many debug events there were over a time: the chart, and the table behind it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from offhook.console import charts
from offhook.console.charts import Chart, Layer
from offhook.console.html import Markup, ago
from offhook.console.wording import compact, duration

HOUR: Final = 3600.0
DAY: Final = 86_400.0


class Period(NamedTuple):
    """A time that a chart covers, in so many equal parts. `words` finish a sentence: "in the last 24 hours"."""

    since: float
    until: float
    buckets: int
    words: str

    @property
    def step(self) -> float:
        """Seconds of a part."""
        return (self.until - self.since) / self.buckets


class Choice(NamedTuple):
    """A length of time that can be chosen by its name."""

    name: str
    words: str
    seconds: float
    buckets: int


CHOICES: Final = (
    Choice("1h", "the last hour", HOUR, 60),
    Choice("24h", "the last 24 hours", DAY, 48),
    Choice("7d", "the last 7 days", 7 * DAY, 56),
    Choice("30d", "the last 30 days", 30 * DAY, 60),
)
USUAL: Final = CHOICES[1]
BUCKETS: Final = 60


class Part(NamedTuple):
    """A part of a time in which something happened."""

    since: float
    until: float
    many: int


class Volume(NamedTuple):
    """The chart, how many there were in all, and the parts in which there were any, the newest first."""

    chart: Markup
    total: int
    period: Period
    parts: Sequence[Part]


def period(values: Mapping[str, float | None], chosen: str, now: float) -> Period:
    """The time that a list's filters mean: from `since` until `until`, or the chosen one, or the last day. Raises ValueError where it is none."""
    since, until = values.get("since"), values.get("until")
    if since is None and until is None:
        choice = next((each for each in CHOICES if each.name == chosen), USUAL)
        return Period(now - choice.seconds, now, choice.buckets, f"in {choice.words}")
    end = now if until is None else until
    start = end - DAY if since is None else since
    if until is None and start >= now:
        end = start + HOUR  # nothing has happened then yet, which the chart shows
    if not start < end:
        raise ValueError("Parameter 'since' must be a time before 'until'.")
    return Period(start, end, BUCKETS, "in this time")


def volume(counts: Sequence[int], over: Period, now: float, *, name: str = "volume", title: str = "Errors over time") -> Volume:
    """What the counts of a time's parts come to."""
    total = sum(counts)
    chart = Chart(
        name=name,
        title=title,
        says=_says(counts, over),
        layers=(Layer("how many", "lost", counts),),
        ends=[ago(now - at) if at < now - 1 else "now" for at in (over.since, (over.since + over.until) / 2, over.until)],
        hints=[f"{_ago(over.since + place * over.step, now)}: {compact(count)}" for place, count in enumerate(counts)],
    )
    parts = [
        Part(over.since + place * over.step, over.since + (place + 1) * over.step, count) for place, count in enumerate(counts)
    ]
    return Volume(charts.bars(chart), total, over, [part for part in parts if part.many][::-1])


def day_of_hours(hours: Sequence[int], now: float) -> Volume:
    """The last hours by the clock, the current one last."""
    end = (now // HOUR + 1) * HOUR
    over = Period(end - len(hours) * HOUR, end, len(hours), "in the last 24 hours")
    return volume(hours, over, now, name="hours", title="By the hour")


def _says(counts: Sequence[int], over: Period) -> str:
    total = sum(counts)
    if not total:
        return f"There were none {over.words}."
    were = "There was 1" if total == 1 else f"There were {compact(total)}"
    return f"{were} {over.words}, at most {compact(max(counts))} in {duration(over.step)}."


def _ago(at: float, now: float) -> str:
    return "now" if at >= now - 1 else f"{duration(now - at)} ago"
