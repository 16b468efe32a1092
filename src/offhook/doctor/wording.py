"""How exchanges are told in evidence. Pure."""

import shlex
from collections import Counter
from collections.abc import Iterable

from offhook.debugger.secrets import MARK, left_out, masked
from offhook.delivery import destination
from offhook.doctor.visits import Visit
from offhook.headers import value_of
from offhook.providers.drafts import without_parameters
from offhook.records import Exchange

LONGEST_URL = 120


def told(exchange: Exchange) -> str:
    """One exchange in a line: `POST https://… → 502 text/html, 312 bytes in 120 ms`."""
    return f"{exchange.method} {shown(exchange.url)} → {came_to(exchange)} in {span(exchange.timings.total)}"


def came_to(exchange: Exchange) -> str:
    """What an exchange came to: the status with the type and size of the body, or how it failed."""
    if exchange.failure is not None and not exchange.status:
        return exchange.failure.kind.value.replace("_", " ")
    kind = value_of(exchange.headers, "content-type") or "no Content-Type"
    size = f"{exchange.body_size}{'+' if exchange.body_cut else ''} bytes"
    return f"{exchange.status} {masked(kind[:60])}, {size}"


def outcome(visit: Visit) -> str:
    """The short name of what a visit came to, for counting: a status, or the kind of failure."""
    exchange = visit.exchange
    if exchange.failure is not None:
        return exchange.failure.kind.value.replace("_", " ")
    return f"status {exchange.status}"


def counted(visits: Iterable[Visit]) -> str:
    """What visits came to: `8 times status 200, 2 times status 502`."""
    return ", ".join(f"{number} times {name}" for name, number in Counter(map(outcome, visits)).most_common())


def span(milliseconds: float) -> str:
    """A time as people write it: 84 ms, 1.2 s."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def command(url: str) -> str:
    """What a person types to ask another URL, and which parts of it only that person can fill in."""
    text = _bare(url)
    missing = left_out(text)
    return f"offhook doctor {shlex.quote(text)}{f' (in place of {MARK}: {missing})' if missing else ''}"


def shown(url: str) -> str:
    """A URL fit for a line: without credentials and the message's own parameters, secrets blanked, not too long."""
    text = _bare(url)
    return text if len(text) <= LONGEST_URL else f"{text[: LONGEST_URL - 1]}…"


def _bare(url: str) -> str:
    return masked(without_parameters(destination.shown(url)))
