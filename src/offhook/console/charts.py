"""Charts over time, drawn as SVG that needs no script. Pure.

The drawing is stretched to the width that there is; its labels are HTML around it, so that they stay readable on a phone. What it shows is
said in its title and description too, and each part says its values when the pointer rests on it.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from offhook.console.html import Markup, escaped, joined, tag
from offhook.console.wording import compact, duration

WIDTH: Final = 600.0
HEIGHT: Final = 120.0
MOST_TICKS: Final = 4
LADDER: Final = (0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0, 360_000.0)
"""Seconds that a scale of durations has lines at."""
_SHARES: Final = (0.05, 0.1, 0.25, 0.5, 1.0)

Values = Sequence[float | None]
Depth = Callable[[float], float]
"""How far from the top a value stands."""


class Layer(NamedTuple):
    """One series. `look` is its class in the style sheet; `down` hangs its bars below the line."""

    name: str
    look: str
    values: Values
    down: bool = False


class Chart(NamedTuple):
    """What all charts have: an id of the page's own, a title, what it shows in a sentence, its series, what stands below its ends and
    its middle, and what each part says of itself. Some have a `threshold` drawn across.
    """  # noqa: D205 - one sentence

    name: str
    title: str
    says: str
    layers: Sequence[Layer]
    ends: Sequence[str]
    hints: Sequence[str] = ()
    threshold: float | None = None


# -- scales


def nice_step(top: float) -> float:
    """The step of a scale of at most four that reaches so high: 1, 2 or 5 and noughts."""
    if top <= 0:
        return 1.0
    least = top / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(least))
    return max(1.0, next(power * each for each in (1, 2, 5, 10) if power * each >= least * 0.999_999))


def rung(seconds: float) -> float:
    """Where a duration stands on the ladder, in rungs."""
    for place, (low, high) in enumerate(pairwise(LADDER)):
        if seconds <= high:
            return place + max(0.0, math.log(max(seconds, low) / low) / math.log(high / low))
    return float(len(LADDER) - 1)


def share_top(highest: float) -> float:
    """The top of a scale of shares."""
    return next((each for each in _SHARES if highest <= each), 1.0)


def percent(share: float | None) -> str:
    """A share in per cent, to the precision that matters."""
    if share is None:
        return ""
    value = share * 100
    return f"{value:.0f} %" if value >= 10 or value == round(value) else f"{value:.1f} %" if value >= 0.1 else "< 0.1 %"


# -- charts


def bars(chart: Chart) -> Markup:
    """Counts in each part: layers over each other from the line up, those that hang down below it."""
    highest = max((value or 0.0 for layer in chart.layers if not layer.down for value in layer.values), default=0.0)
    lowest = max((value or 0.0 for layer in chart.layers if layer.down for value in layer.values), default=0.0)
    highest = max(highest, chart.threshold or 0.0)
    step = nice_step(max(highest, lowest))
    above = max(1, math.ceil(highest / step - 1e-9))
    below = math.ceil(lowest / step - 1e-9)
    unit = HEIGHT / (above + below) / step
    line = above * step * unit
    ticks = [compact(abs(number) * step) for number in range(above, -below - 1, -1)]
    drawn = [_bars(layer, line, unit) for layer in chart.layers]
    return _figure(chart, ticks, [*drawn, _line(line, "axis"), *_across(chart, lambda value: line - value * unit)])


def durations(chart: Chart) -> Markup:
    """Durations in each part, on a scale on which ten times as long is as far everywhere."""
    values = [value for layer in chart.layers for value in layer.values if value is not None]
    values += [] if chart.threshold is None else [chart.threshold]
    low = math.floor(rung(min(values, default=0.01)))
    high = max(low + 1, math.ceil(rung(max(values, default=0.1))))
    ticks = [_tick(LADDER[place]) for place in range(high, low - 1, -1)]

    def depth(value: float) -> float:
        return HEIGHT * (high - rung(value)) / (high - low)

    return _figure(chart, ticks, [*(_curve(layer, depth) for layer in chart.layers), *_across(chart, depth)])


def shares(chart: Chart) -> Markup:
    """Shares of one in each part."""
    highest = max((value for layer in chart.layers for value in layer.values if value is not None), default=0.0)
    top = share_top(max(highest, chart.threshold or 0.0))
    ticks = [percent(top), percent(top / 2), "0 %"]

    def depth(value: float) -> float:
        return HEIGHT * (1 - value / top)

    return _figure(chart, ticks, [*(_curve(layer, depth) for layer in chart.layers), *_across(chart, depth)])


def spark(values: Sequence[int], says: str) -> Markup:
    """A row of small bars that stands in a line of text."""
    top = max(values, default=0) or 1
    step = 96.0 / max(1, len(values))
    path = "".join(
        f"M{_number(place * step)} 20v{_number(-max(2.0, 18.0 * value / top))}h{_number(step * 0.75)}V20z"
        for place, value in enumerate(values)
        if value
    )
    return tag(
        "svg",
        tag("title", says),
        Markup('<path class="axis" d="M0 20H96"/>'),
        tag("path", d=path, class_="bar") if path else "",
        viewBox="0 0 96 21",
        width="96",
        height="21",
        role="img",
        class_="spark",
        aria_label=says,
    )


# -- pieces


def _figure(chart: Chart, ticks: Sequence[str], drawn: Sequence[Markup]) -> Markup:
    legend = tag(
        "ul",
        *(tag("li", tag("i", class_=f"key {layer.look}", aria_hidden="true"), layer.name) for layer in chart.layers),
        class_="legend",
    )
    grid = joined(_line(HEIGHT * place / max(1, len(ticks) - 1), "grid") for place in range(len(ticks)))
    drawing = tag(
        "svg",
        tag("title", chart.title, id=f"{chart.name}-title"),
        tag("desc", chart.says, id=f"{chart.name}-says"),
        grid,
        joined(drawn),
        _bands(chart.hints),
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        preserveAspectRatio="none",
        role="img",
        class_="chart",
        aria_labelledby=f"{chart.name}-title {chart.name}-says",
    )
    return tag(
        "figure",
        tag("figcaption", tag("strong", chart.title), legend),
        tag(
            "div",
            tag("div", *(tag("span", tick) for tick in ticks), class_="ticks", aria_hidden="true"),
            drawing,
            class_="area",
        ),
        tag("div", *(tag("span", end) for end in chart.ends), class_="ends", aria_hidden="true"),
        class_="plot",
    )


def _bars(layer: Layer, line: float, unit: float) -> Markup:
    step = WIDTH / max(1, len(layer.values))
    sign = 1 if layer.down else -1
    # All of a layer is one path: a page has hundreds of bars. The smallest count is still seen.
    path = "".join(
        f"M{_number((place + 0.1) * step)} {_number(line)}v{_number(sign * max(1.5, value * unit))}h{_number(step * 0.8)}V{_number(line)}z"
        for place, value in enumerate(layer.values)
        if value
    )
    return tag("path", d=path, class_=f"bar {layer.look}") if path else Markup("")


def _curve(layer: Layer, depth: Depth) -> Markup:
    """A line through the parts that have a value; where one stands alone it is a dot."""
    step = WIDTH / max(1, len(layer.values))
    path, before = [], None
    for place, value in enumerate(layer.values):
        if value is not None:
            x, y = _number((place + 0.5) * step), _number(min(HEIGHT, max(0.0, depth(value))))
            alone = before is None and (place + 1 >= len(layer.values) or layer.values[place + 1] is None)
            path.append(f"M{x} {y}h.01" if alone else f"{'M' if before is None else 'L'}{x} {y}")
        before = value
    return tag("path", d="".join(path), class_=f"curve {layer.look}") if path else Markup("")


def _across(chart: Chart, depth: Depth) -> list[Markup]:
    """The threshold, where there is one."""
    return [] if chart.threshold is None else [_line(depth(chart.threshold), "threshold")]


def _bands(hints: Sequence[str]) -> Markup:
    """What the pointer finds: a band over each part."""
    step = WIDTH / max(1, len(hints))
    return Markup(
        "".join(
            f'<rect class="band" x="{_number(place * step)}" y="0" width="{_number(step)}" height="{HEIGHT:.0f}"><title>{escaped(hint)}</title></rect>'
            for place, hint in enumerate(hints)
            if hint
        )
    )


def _line(y: float, look: str) -> Markup:
    return Markup(f'<path class="{look}" d="M0 {_number(y)}H{WIDTH:.0f}"/>')


def _tick(seconds: float) -> str:
    return duration(seconds).replace(".0 s", " s")


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
