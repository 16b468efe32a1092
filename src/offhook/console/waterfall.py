"""The phases of HTTP exchanges drawn one below the other, as SVG that is stretched to the width there is. Pure.

A phase is known by its place and its name as well as by its colour: the figures stand below each bar.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from offhook.console.html import Markup, joined, tag
from offhook.console.wording import duration
from offhook.records import Exchange

WIDTH: Final = 1000.0
HEIGHT: Final = 20.0
LEAST: Final = 2.0
PHASES: Final = (
    ("dns", "DNS"),
    ("connect", "connect"),
    ("tls", "TLS"),
    ("sent", "request sent"),
    ("first_byte", "first byte"),
    ("rest", "the rest"),
)


class Phase(NamedTuple):
    """One phase: its class in the style sheet, its name, when it began after the attempt did, and how long it took; both in ms."""

    look: str
    name: str
    begins: float
    took: float

    @property
    def told(self) -> str:
        """How long it took."""
        return duration(self.took / 1000)


class Bar(NamedTuple):
    """One exchange in the waterfall. `begins` and `took` in ms."""

    begins: float
    took: float
    phases: Sequence[Phase]
    drawing: Markup

    @property
    def total(self) -> str:
        """How long all of it took."""
        return duration(self.took / 1000)


def phases(exchange: Exchange, begins: float = 0.0) -> list[Phase]:
    """The phases of an exchange that happened, in their order; what no phase accounts for is the rest (reading the answer)."""
    made: list[Phase] = []
    at = begins
    for look, name in PHASES[:-1]:
        took = getattr(exchange.timings, look)
        if took is not None:
            took = max(0.0, took)
            made.append(Phase(look, name, at, took))
            at += took
    left = begins + exchange.timings.total - at
    if left > 0.05 or not made:
        # Before anything was sent nothing can be read: then it is time spent waiting.
        name = "the rest" if exchange.timings.first_byte is not None or exchange.status else "waiting"
        made.append(Phase("rest", name, at, max(0.0, left)))
    return made


def waterfall(exchanges: Sequence[Exchange], started_at: float) -> list[Bar]:
    """A bar for each exchange of an attempt, all on one scale, in the order in which they were made."""
    begun = [max(0.0, (each.started_at - started_at) * 1000) for each in exchanges]
    # A clock that was set back meanwhile must not put one exchange over the other.
    for place in range(1, len(begun)):
        begun[place] = max(begun[place], begun[place - 1] + exchanges[place - 1].timings.total)
    spread = max((at + each.timings.total for at, each in zip(begun, exchanges, strict=True)), default=0.0) or 1.0
    return [_bar(each, at, spread) for at, each in zip(begun, exchanges, strict=True)]


def _bar(exchange: Exchange, begins: float, spread: float) -> Bar:
    parts = phases(exchange, begins)
    words = ", ".join(f"{each.name} {each.told}" for each in parts)
    shapes = [tag("rect", x="0", y="9", width=_number(WIDTH), height="2", class_="track")]
    # Phases too short to be seen still get a sliver each, those after them make room.
    room = WIDTH - LEAST * len(parts)
    x = begins / spread * room
    for each in parts:
        width = LEAST + each.took / spread * room
        shapes.append(
            tag(
                "rect",
                tag("title", f"{each.name}: {each.told}"),
                x=_number(x),
                y="2",
                width=_number(width),
                height="16",
                class_=f"phase {each.look}",
            )
        )
        x += width
    drawing = tag(
        "svg",
        joined(shapes),
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        preserveAspectRatio="none",
        class_="waterfall",
        role="img",
        **{"aria-label": f"After {duration(begins / 1000)}: {words}" if begins else words},
    )
    return Bar(begins, exchange.timings.total, parts, drawing)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
