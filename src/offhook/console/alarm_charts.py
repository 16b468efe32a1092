"""The charts of alarms: what one has counted against its threshold, and how often alarms have fired. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from offhook.alarms.model import Alarm, Firing
from offhook.alarms.past import History, Span
from offhook.console.charts import Chart, Layer, bars
from offhook.console.html import Markup
from offhook.console.wording import compact
from offhook.settings import spell

DAY: Final = 86_400.0
LOG_DAYS: Final = 30


class Stretch(NamedTuple):
    """A time that is looked back on in parts, seconds; and what it is called."""

    long: float
    part: float
    words: str


_BY_WINDOW: Final[Mapping[float, Stretch]] = MappingProxyType(
    {
        300.0: Stretch(DAY, 300.0, "24 hours"),
        900.0: Stretch(DAY, 900.0, "24 hours"),
        3600.0: Stretch(7 * DAY, 3600.0, "7 days"),
        43_200.0: Stretch(30 * DAY, 43_200.0, "30 days"),
        DAY: Stretch(30 * DAY, DAY, "30 days"),
    }
)
"""By an alarm's window, how far its chart reaches: each part is one window, so that the threshold means something in it."""
_OTHERWISE: Final = Stretch(DAY, 1800.0, "24 hours")


def stretch_of(alarm: Alarm) -> Stretch:
    """What an alarm's chart shows."""
    return _BY_WINDOW.get(alarm.window, _OTHERWISE)


def counted(
    alarm: Alarm, found: History, spans: Iterable[Span | Firing], stretch: Stretch, name: str = "counted"
) -> Markup | None:
    """What an alarm counts in each part, with its threshold, and the parts in which it fired marked. None where it counts nothing."""
    if not found.counts:
        return None
    count = len(found.counts)
    part = (found.until - found.since) / count
    begins = [found.since + place * part for place in range(count)]
    times = [(each.fired_at, each.recovered_at) for each in spans]
    fires = [any(start < at + part and (end is None or end >= at) for start, end in times) for at in begins]
    fits = stretch.part == alarm.window
    total = sum(found.counts)
    window = spell(alarm.window)
    says = f"{compact(total)} counted in the last {stretch.words}, at most {compact(max(found.counts))} in {spell(part)}."
    says += f" The line is the threshold: {alarm.threshold:g} within {window}." if fits else ""
    return bars(
        Chart(
            name=name,
            title=f"What it counts in each {spell(part)}, over {stretch.words}",
            says=says,
            layers=(
                Layer("counted", "received", found.counts),
                Layer(
                    "while it fired", "lost", [value if fired else 0 for value, fired in zip(found.counts, fires, strict=True)]
                ),
            ),
            ends=_ends(found.since, found.until),
            hints=[
                f"{_day_time(at)}: {compact(value)}{', fires' if fired else ''}" if value or fired else ""
                for at, value, fired in zip(begins, found.counts, fires, strict=True)
            ],
            threshold=alarm.threshold if fits else None,
        )
    )


def fired_by_day(firings: Sequence[Firing], now: float) -> Markup:
    """How often alarms have fired on each of the last days, in UTC."""
    today = now // DAY
    counts = [0] * LOG_DAYS
    for each in firings:
        place = int(each.fired_at // DAY - today) + LOG_DAYS - 1
        if 0 <= place < LOG_DAYS:
            counts[place] += 1
    days = [(today - LOG_DAYS + 1 + place) * DAY for place in range(LOG_DAYS)]
    total = sum(counts)
    return bars(
        Chart(
            name="fired",
            title=f"Firings by day, over {LOG_DAYS} days",
            says=f"{compact(total)} {'firing' if total == 1 else 'firings'} in {LOG_DAYS} days, at most {compact(max(counts))} on one.",
            layers=(Layer("fired", "lost", counts),),
            ends=(_day(days[0]), _day(days[LOG_DAYS // 2]), "today"),
            hints=[f"{_day(day)}: {compact(count)}" if count else "" for day, count in zip(days, counts, strict=True)],
        )
    )


def _ends(since: float, until: float) -> tuple[str, str, str]:
    return _day_time(since), _day_time((since + until) / 2), "now"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%b %d")


def _day_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%b %d, %H:%M UTC")
