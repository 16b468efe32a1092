"""What a connection and its listener ask of each other, and of who answers."""

from collections.abc import Sequence
from typing import Final, Protocol

from offhook.intake.heads import HeadReader
from offhook.intake.limits import IntakeLimits, Refusal
from offhook.intake.slot import Slot
from offhook.intake.wire import Answers
from offhook.providers.base import Incoming
from offhook.turns import Turn

Call = tuple[Incoming, Slot]
"""A request, and where the answer to it goes."""


class Handler(Protocol):
    """Who answers requests, and counts those that were refused before they got so far."""

    def handle(self, requests: Sequence[Call]) -> None:
        """Answer each by its slot, now or later. Those of one connection are in their order."""

    def refused(self, reason: str) -> None:
        """A request or a connection was refused: one of the names in `limits`."""


class Member(Protocol):
    """A connection as its listener sees it. Deadlines in monotonic seconds."""

    peer: str
    deadline: float
    write_deadline: float

    def expire(self, now: float) -> None:
        """A deadline has passed."""

    def wind_down(self) -> None:
        """The listener stops: close if nothing is under way, else after the answers that are due."""

    def abort(self) -> None:
        """Close at once, whatever is under way."""


class Reader(Protocol):
    """A connection that bytes have come in for."""

    def take(self, data: bytes) -> None:
        """Read these bytes. Whoever has them read calls `calls.end` of the hub."""

    def abort(self) -> None:
        """Close at once, whatever is under way."""


class Hub(Protocol):
    """What a connection asks of its listener. `tick` is the monotonic time of the last sweep, `idle_until` the deadline for another request."""

    limits: IntakeLimits
    heads: HeadReader
    handler: Handler
    answers: Answers
    inbox: Turn[tuple[Reader, bytes]]
    calls: Turn[Call]
    tick: float
    idle_until: float
    stopping: bool

    def joined(self, connection: Member) -> Refusal | None:
        """A connection was made; why it cannot stay, or None."""

    def left(self, connection: Member) -> None:
        """A connection is gone."""

    def reserve(self, size: int) -> bool:
        """Count that many bytes of a body on its way in; False when there is no room for them. A negative size gives room back."""

    def report(self, connection: Member, refusal: Refusal) -> None:
        """A request or a connection is being refused."""


# What a connection is waiting to read. Plain numbers: looking a member up in an enumeration takes three times as long as a name.
NEW: Final = 0  # the first byte of the first request
IDLE: Final = 1  # the first byte of another request
HEAD: Final = 2
BODY: Final = 3
OVER: Final = 4  # nothing more: what still comes is thrown away
CLOSING: Final = 5  # nothing more, and the socket is being closed
