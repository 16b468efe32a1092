"""What the measured ways to a host come to. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from offhook.debugger.case import Case
from offhook.debugger.causes import connect_timeout, no_connection, nothing_listens
from offhook.delivery.destination import Destination
from offhook.doctor.findings import Finding, Verdict, good, of_cause, unknown
from offhook.doctor.ways import Way, quantile
from offhook.net.probes import Ending
from offhook.net.urls import Target
from offhook.records import Failure, FailureKind

_HEADLINE: Final = 11200
_LOSS_FAULT: Final = 10.0
_LOSS_WARNING: Final = 2.0
_SLOW_MS: Final = 200.0
_SHORT_CT_MS: Final = 1000
_DEAD: Final = {
    Ending.REFUSED: (FailureKind.REFUSED, nothing_listens, 11202, "refuses connections"),
    Ending.LATE: (FailureKind.CONNECT_TIMEOUT, connect_timeout, 11201, "does not answer"),
}
_NO_WAY: Final = (FailureKind.CONNECT, no_connection, 11205, "cannot be reached")


def judge(ways: Sequence[Way], destination: Destination, target: Target) -> list[Finding]:
    """What a person should know about the way to this host: one finding for each trouble, or one that all is well."""
    tried = [way for way in ways if way.routed]
    about = _About(ways, destination, target)
    if not tried:
        return [about.no_way()]
    if not any(way.alive for way in tried):
        return [about.all_dead(tried)]
    found = [
        each for each in (about.some_dead(tried), about.sometimes_refused(tried), about.lossy(tried), about.slow(tried)) if each
    ]
    return found or [good(f"{target.host} takes connections at port {target.port}.", *about.lines, **about.drawn)]


class _About:
    """The findings about one host. Every one shows all that was measured."""

    def __init__(self, ways: Sequence[Way], destination: Destination, target: Target) -> None:
        self._host, self._port = target.host, target.port
        self._destination = destination
        self.lines = tuple(line for way in ways for line in way.lines())
        self.drawn: dict[str, Any] = {
            "figures": {"addresses": [way.figures(target.port) for way in ways]},
            "plots": tuple(plot for way in ways for plot in way.plots()),
        }

    def no_way(self) -> Finding:
        """This machine knows no way to any of the addresses."""
        return unknown(
            f"This machine has no way to {self._host}, so nothing can be said about it.",
            *self.lines,
            fix=("Connect this machine to the Internet, or run the doctor from another one.",),
            **self.drawn,
        )

    def all_dead(self, tried: Sequence[Way]) -> Finding:
        """No address took a connection. A refusal says most: somebody is there."""
        order = (Ending.REFUSED, Ending.LATE)
        endings = {way.ending for way in tried}
        kind, module, code, _ = _DEAD.get(next((each for each in order if each in endings), Ending.OTHER), _NO_WAY)
        words = dict.fromkeys(each.words for way in tried for each in way.tries if each.words)
        waited = round(max(each.ms for way in tried for each in way.tries) / 1000, 1)
        detail = {
            FailureKind.REFUSED: f"port {self._port} refused the connection.",
            FailureKind.CONNECT_TIMEOUT: f"port {self._port} did not answer within {waited:g} s.",
            FailureKind.CONNECT: f"{'; '.join(words) or 'no connection'}.",
        }[kind]
        cause = module.cause(Case(url=self._destination.url, failure=Failure(kind=kind, detail=detail), stage="connect"))
        assert cause is not None
        extra = [] if kind is not FailureKind.CONNECT_TIMEOUT else self._short_ct()
        return of_cause(
            Verdict.FAULT,
            cause,
            *self.lines,
            *extra,
            codes=(code, _HEADLINE),
            **self.drawn,
        )

    def some_dead(self, tried: Sequence[Way]) -> Finding | None:
        """Some addresses took no connection, and others did."""
        # "localhost" leads to ::1 and to 127.0.0.1, and an app of one's own mostly listens on one of them.
        dead = [way for way in tried if not way.alive and not way.address.is_loopback]
        if not dead:
            return None
        named = ", ".join(f"{way.address} {_DEAD.get(way.ending, _NO_WAY)[3]}" for way in dead)
        codes = tuple(_DEAD.get(way.ending, _NO_WAY)[2] for way in dead)
        if all(way.address.version == 6 for way in dead) and any(way.address.version == 4 for way in tried if way.alive):
            return self._ipv6_dead(dead, named, codes)
        return Finding(
            verdict=Verdict.FAULT,
            title=f"{self._host} has {len(tried)} addresses, and not all of them work: {named}.",
            fix=(
                f"Take {', '.join(str(way.address) for way in dead)} out of the DNS, or start the app there: Twilio may take any of them.",
            ),
            codes=(*dict.fromkeys(codes), _HEADLINE),
            cause="net.one-address-dead",
            evidence=self.lines,
            **self.drawn,
        )

    def _ipv6_dead(self, dead: Sequence[Way], named: str, codes: tuple[int, ...]) -> Finding:
        """The IPv6 addresses alone are dead. Where nobody refused, it may be this machine's own way to the IPv6 Internet."""
        ours = (
            ()
            if Ending.REFUSED in {way.ending for way in dead}
            else ("this may be so from this machine alone: try another network",)
        )
        return Finding(
            verdict=Verdict.WARNING,
            title=f"{self._host} works over IPv4, not over IPv6: {named}.",
            evidence=(*ours, *self.lines),
            fix=("Make the app listen on IPv6 as well, or take the AAAA record out of the DNS.",),
            codes=(*dict.fromkeys(codes), _HEADLINE),
            cause="net.ipv6-dead",
            **self.drawn,
        )

    def sometimes_refused(self, tried: Sequence[Way]) -> Finding | None:
        """An address that takes some connections and refuses others."""
        some = [way for way in tried if way.alive and way.count(Ending.REFUSED)]
        if not some:
            return None
        counts = ", ".join(f"{way.count(Ending.REFUSED)} of {len(way.tries)} at {way.address}" for way in some)
        return Finding(
            verdict=Verdict.FAULT,
            title=f"{self._host} refuses some connections and takes others: {counts}.",
            fix=(
                "Look in the app's log for restarts: a crash loop refuses while it starts.",
                "Behind a load balancer, look for a server that is down and still gets its share.",
            ),
            codes=(11202, _HEADLINE),
            cause="net.sometimes-refused",
            evidence=self.lines,
            **self.drawn,
        )

    def lossy(self, tried: Sequence[Way]) -> Finding | None:
        """Packets are lost on the way. Echoes alone make no fault: some hosts answer only so many of them."""
        worst = max((way for way in tried if way.alive), key=lambda way: way.loss)
        if worst.loss < _LOSS_WARNING:
            return None
        if worst.address.is_loopback and worst.syns_lost:
            return self._full_queue(worst)
        heavy = worst.loss >= _LOSS_FAULT and worst.syns_lost > 0
        return Finding(
            verdict=Verdict.FAULT if heavy else Verdict.WARNING,
            title=f"{worst.loss:.0f} % of the packets to {worst.address} are lost: connections are slow to come about, or fail.",
            fix=(
                "Run the doctor from another network: where there is no loss, this machine's own way is at fault.",
                "If the loss is there too, have the host's network looked at: its firewall's rate limits first, then the line.",
                "If only opening packets are lost and every echo comes back, the app takes too few connections at a time: raise its backlog.",
            ),
            codes=(11201, _HEADLINE),
            cause="net.loss",
            evidence=self.lines,
            **self.drawn,
        )

    def _full_queue(self, way: Way) -> Finding:
        """Within one machine no packet is lost: the kernel drops what the app's queue of new connections cannot take."""
        return Finding(
            verdict=Verdict.WARNING,
            title=f"The app at {way.address} takes new connections too slowly: its queue of them was full.",
            evidence=self.lines,
            fix=("Give the app more workers, or a longer queue (its server's `backlog`).",),
            codes=(11201, _HEADLINE),
            cause="app.full-queue",
            **self.drawn,
        )

    def slow(self, tried: Sequence[Way]) -> Finding | None:
        """A connection takes long to come about."""
        worst = max((way for way in tried if way.alive), key=lambda way: quantile(way.times, 0.5))
        middle = quantile(worst.times, 0.5)
        if middle < _SLOW_MS:
            return None
        return Finding(
            verdict=Verdict.WARNING,
            title=f"A connection to {worst.address} takes {middle:.0f} ms, measured from here.",
            fix=(
                "Host the app nearer to Twilio's region (by default us1, in Virginia): each request pays this time two or three times.",
            ),
            codes=(11201, _HEADLINE),
            cause="net.slow",
            evidence=self.lines,
            **self.drawn,
        )

    def _short_ct(self) -> list[str]:
        ct = self._destination.overrides.connect_ms
        return [f"the URL asks for a connection within {ct} ms (ct={ct}), which is short"] if ct < _SHORT_CT_MS else []
