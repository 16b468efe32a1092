"""Small series drawn as SVG: a bar a try, a cross where one was lost. Pure."""

from typing import Final

from offhook.console.html import Markup, joined, tag
from offhook.doctor.findings import Plot
from offhook.doctor.telling import fewer, summary

_WIDTH: Final = 480.0
_HEIGHT: Final = 84.0
_LEFT: Final = 1.0
_TOP: Final = 2.0
_BOTTOM: Final = 82.0
_MOST: Final = 120
_WIDEST: Final = 22.0


def figure(plot: Plot, name: str) -> Markup:
    """A plot with its title and its figures. `name` tells it from the page's others."""
    words = summary(plot)
    return tag(
        "figure",
        tag("figcaption", tag("strong", plot.title), ": ", words),
        _drawing(plot, f"{plot.title}: {words}", name),
    )


def _drawing(plot: Plot, title: str, name: str) -> Markup:
    values = fewer(plot.values, _MOST)
    top = max((value for value in values if value is not None), default=0.0)
    step = min(_WIDEST, (_WIDTH - 2 * _LEFT) / max(1, len(values)))
    bars = (
        _lost(_LEFT + place * step, step) if value is None else _bar(_LEFT + place * step, step, value / top if top > 0 else 0.0)
        for place, value in enumerate(values)
    )
    return tag(
        "svg",
        tag("title", title, id=name),
        _shape("line", x1=_LEFT, y1=_BOTTOM, x2=_LEFT + max(len(values) * step, 1), y2=_BOTTOM, class_="axis"),
        joined(bars),
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        role="img",
        **{"aria-labelledby": name},
    )


def _bar(x: float, step: float, share: float) -> Markup:
    height = max(1.5, share * (_BOTTOM - _TOP))
    return _shape("rect", x=x + step * 0.1, y=_BOTTOM - height, width=step * 0.8, height=height, class_="bar")


def _lost(x: float, step: float) -> Markup:
    """A cross at the foot of a lane, so that it is seen without colour too."""
    arm = min(4.5, step * 0.4)
    middle, foot = x + step / 2, _BOTTOM - 7
    lane = _shape("rect", x=x + step * 0.1, y=_TOP, width=step * 0.8, height=_BOTTOM - _TOP, class_="lane")
    path = " ".join(
        f"M{_number(middle - arm)} {_number(foot - sign * arm)}L{_number(middle + arm)} {_number(foot + sign * arm)}"
        for sign in (1, -1)
    )
    return joined([lane, tag("path", d=path, class_="lost")])


def _shape(name: str, *, class_: str, **places: float) -> Markup:
    return tag(name, class_=class_, **{key: _number(value) for key, value in places.items()})


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
