"""The way to an address, measured: what a series of connections and echoes comes to. Pure."""

import math
from collections.abc import Sequence
from typing import Any, Final

from offhook.doctor.findings import Plot
from offhook.net.echoes import Echoes
from offhook.net.probes import Ending, Try
from offhook.net.urls import Address
from offhook.records import Record

# When the first opening packet has had no answer, every system sends it again after a second (RFC 6298 §2.1).
_FIRST_REPETITION_MS: Final = 1000.0
_NEARLY: Final = 0.95
# More than this above the middle, and several times it, is jitter and not a busy machine.
_JITTER_MS: Final = 50.0
_JITTER_TIMES: Final = 3


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of them does not exceed (nearest rank). There is at least one value."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Way(Record):
    """The tries to one address. `routed` says that this machine knows a way there at all."""

    address: Address
    tries: tuple[Try, ...] = ()
    echoes: Echoes = Echoes()
    routed: bool = True

    @property
    def times(self) -> tuple[float, ...]:
        """Milliseconds of the connections that came about, in order."""
        return tuple(each.ms for each in self.tries if each.ending is Ending.CONNECTED)

    @property
    def alive(self) -> bool:
        """Whether any connection came about."""
        return bool(self.times)

    @property
    def ending(self) -> Ending:
        """How the tries ended: connected where one did, else what says most. A firewall that says no says it to a few tries only."""
        endings = {each.ending for each in self.tries}
        order = (Ending.CONNECTED, Ending.REFUSED, Ending.NO_ROUTE, Ending.OTHER, Ending.LATE, Ending.BLOCKED)
        return next((each for each in order if each in endings), Ending.NO_ROUTE)

    def count(self, ending: Ending) -> int:
        """How many tries ended so."""
        return sum(each.ending is ending for each in self.tries)

    @property
    def syns(self) -> int:
        """Opening packets sent: one a try, and the repetitions."""
        return len(self.tries) + sum(map(self._repeated, self.tries))

    @property
    def syns_lost(self) -> int:
        """Opening packets without an answer. A refusal is an answer."""
        lost = sum(each.ending is Ending.LATE for each in self.tries)
        return lost + sum(map(self._repeated, self.tries))

    @property
    def echoes_count(self) -> bool:
        """Whether the echoes say something about loss: a host that answers none is told not to.

        One that answers few of them while connections are well answers only so many a second.
        """
        sent, lost = len(self.echoes.times), self.echoes.lost
        return lost < sent and (lost * 2 <= sent or self.syns_lost * 5 >= self.syns)

    @property
    def loss(self) -> float:
        """Percent of all that was sent and had no answer."""
        echoes = self.echoes if self.echoes_count else Echoes()
        sent = self.syns + len(echoes.times)
        return 100 * (self.syns_lost + echoes.lost) / sent if sent else 0.0

    @property
    def jittery(self) -> bool:
        """Whether the slow connections are far above the middle although nothing was lost."""
        if not self.times or self.syns_lost:
            return False
        middle, slow = quantile(self.times, 0.5), quantile(self.times, 0.95)
        return slow - middle > _JITTER_MS and slow > _JITTER_TIMES * middle

    def _repeated(self, one: Try) -> int:
        """Opening packets of a try that were lost, and sent again. On a way as long as the wait, none was lost: they only came late."""
        if self.times and min(self.times) >= _NEARLY * _FIRST_REPETITION_MS:
            return 0
        if one.repeated is not None:
            return one.repeated
        # Where the system does not count them: those that it must have sent in that time, once a second.
        return int(one.ms / _FIRST_REPETITION_MS / _NEARLY) if one.ending in {Ending.CONNECTED, Ending.LATE} else 0

    def figures(self, port: int) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "address": str(self.address),
            "family": f"IPv{self.address.version}",
            "port": port,
            "tries": len(self.tries),
            "connected": self.count(Ending.CONNECTED),
            "refused": self.count(Ending.REFUSED),
            "timed_out": self.count(Ending.LATE),
            "no_route": self.count(Ending.NO_ROUTE),
            "min_ms": _round(min(self.times)) if self.times else None,
            "median_ms": _round(quantile(self.times, 0.5)) if self.times else None,
            "p95_ms": _round(quantile(self.times, 0.95)) if self.times else None,
            "syns_sent": self.syns,
            "syns_lost": self.syns_lost,
            "echoes_sent": len(self.echoes.times),
            "echoes_lost": self.echoes.lost,
            "loss_percent": round(self.loss, 1),
        }

    def plots(self) -> tuple[Plot, ...]:
        """The connect times in order, and the echoes' where some came back."""
        times = tuple(_round(each.ms) if each.ending is Ending.CONNECTED else None for each in self.tries)
        drawn = [Plot(title=f"connect to {self.address}", values=times)] if self.tries else []
        if self.echoes_count:
            values = tuple(None if each is None else _round(each) for each in self.echoes.times)
            drawn.append(Plot(title=f"echo of {self.address}", values=values))
        return tuple(drawn)

    def lines(self) -> tuple[str, ...]:
        """All of it, for a person."""
        if not self.routed:
            return (f"{self.address}: this machine has no way to it, so nothing was tried.",)
        return (f"{self.address}: {self._connections()}", f"{self.address}: {self._echoes()}")

    def _connections(self) -> str:
        tries = len(self.tries)
        failed = [f"{self.count(each)} {_WORDS[each]}" for each in _WORDS if self.count(each)]
        parts = [f"{self.count(Ending.CONNECTED)} of {tries} connections", *failed]
        if self.times:
            low, middle, slow = min(self.times), quantile(self.times, 0.5), quantile(self.times, 0.95)
            parts.append(f"min {low:.1f} ms, median {middle:.1f} ms, p95 {slow:.1f} ms")
        parts.append(f"{self.syns_lost} of {self.syns} opening packets lost")
        if self.jittery:
            parts.append("the times differ much (jitter) although nothing was lost")
        said = dict.fromkeys(each.words for each in self.tries if each.words)
        return "; ".join((*parts, *said)) + "."

    def _echoes(self) -> str:
        sent = len(self.echoes.times)
        back = [each for each in self.echoes.times if each is not None]
        if not sent:
            return f"no echoes (ping): {self.echoes.words or 'none were asked for'}; the connections stand in for them."
        if not back:
            return "it answers no echoes (ping), as many hosts do; the connections stand in for them."
        return f"{len(back)} of {sent} echoes (ping) came back, median {quantile(back, 0.5):.1f} ms."


_WORDS: Final = {
    Ending.REFUSED: "refused",
    Ending.LATE: "without an answer in time",
    Ending.NO_ROUTE: "without a way there",
    Ending.OTHER: "failed",
    Ending.BLOCKED: "not called",
}


def _round(ms: float) -> float:
    return round(ms, 2)
