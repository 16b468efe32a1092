"""The patient: all that the checks have learned about one URL so far, and the means by which they learn more."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from offhook.delivery.destination import Destination
from offhook.doctor.findings import Finding
from offhook.doctor.question import Question
from offhook.doctor.visits import Budget, Visit, Visitor
from offhook.net.handshakes import Handshakes
from offhook.net.lookups import Lookups
from offhook.net.probes import Probes
from offhook.net.urls import Address, Target
from offhook.ports import Clock
from offhook.records import Record

_TO_TELL = 0.5


class Rebuilt(Record):
    """The URL for which an app takes a signature though it is not the one that was called, and what was done to that; "" where there is none.

    `tried` is how many were.
    """

    url: str = ""
    what: str = ""
    tried: int = 0


@dataclass(slots=True)
class Patient:
    """One URL under examination.

    `destination` and `target` are the URL taken apart; `target` is None where it cannot be called. `addresses` are those of its host,
    `reachable` those that took a connection. `verify_tls` becomes False when its certificate was found bad, and the checks look behind it.
    `first` is the visit made as Twilio makes it, `visits` are all of that kind, in order; `looks` are those that were made otherwise, by name,
    None where one did not end in time. Once `ended` says why nothing more can be asked,
    the checks that come after are not applicable. `unfinished` gives what a check that is stopped in its midst can say.
    """

    question: Question
    destination: Destination
    clock: Clock
    deadline: float
    budget: Budget
    visitor: Visitor
    lookups: Lookups
    probes: Probes
    handshakes: Handshakes
    target: Target | None = None
    addresses: Sequence[Address] = ()
    reachable: Sequence[Address] = ()
    verify_tls: bool = True
    first: Visit | None = None
    visits: list[Visit] = field(default_factory=list)
    looks: dict[str, Visit | None] = field(default_factory=dict)
    rebuilt: Rebuilt | None = None
    ended: str = ""
    unfinished: Callable[[], Sequence[Finding]] = tuple

    @property
    def time_left(self) -> float:
        """Seconds until the examination must be over."""
        return max(0.0, self.deadline - self.clock.monotonic())

    @property
    def time_to_ask(self) -> float:
        """Seconds that a request may take: what was found must still be told."""
        return max(0.0, self.time_left - _TO_TELL)


class Check(NamedTuple):
    """One check: its name, what it asks, and how it finds out. It leaves on the patient what later checks build on."""

    name: str
    asks: str
    run: Callable[[Patient], Awaitable[Sequence[Finding]]]
