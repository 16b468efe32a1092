"""What the desk asks of whoever carries events to the sinks, and who that is where nobody does."""

from typing import Protocol

from offhook.records import Record
from offhook.streams.model import Delivery, Event, Fault, Sink
from offhook.streams.refused import RefusedError


class SinkState(Protocol):
    """How a sink is doing. Times in seconds since the epoch, None or 0 where there is none."""

    @property
    def lag(self) -> int:
        """How many rows of the journal it has still to be told of, at most."""

    @property
    def delivered(self) -> int:
        """How many events it has taken since the start."""

    @property
    def parked(self) -> int:
        """How many entries there are of what it has refused for good."""

    @property
    def last_success_at(self) -> float | None:
        """When it last took events."""

    @property
    def last_fault(self) -> Fault | None:
        """Why it last did not."""

    @property
    def failing_since(self) -> float | None:
        """Since when it has taken none."""

    @property
    def retry_at(self) -> float | None:
        """When it is tried again."""


class Replaying(Protocol):
    """A replay that has begun."""

    @property
    def id(self) -> str:
        """What it is known by."""

    @property
    def state(self) -> str:
        """waiting, running, completed or failed."""


class Pump(Protocol):
    """Who carries events to the sinks."""

    async def test(self, sink: Sink, event: Event) -> Delivery:
        """Hand a test event to a sink, once, and say what came of it."""

    async def reload(self) -> None:
        """Sinks or subscriptions have changed. Raises JournalError."""

    async def replay(self, sink_sid: str, since: float | None, until: float | None, *, parked: bool = False) -> Replaying:
        """Have the events of a time delivered again, or with `parked` those that the sink has refused. LookupError: it has no subscription."""

    def status(self, sink_sid: str) -> SinkState:
        """How a sink is doing."""


class Still(Record):
    """The state of a sink that nobody carries events to."""

    lag: int = 0
    delivered: int = 0
    parked: int = 0
    last_success_at: float | None = None
    last_fault: Fault | None = None
    failing_since: float | None = None
    retry_at: float | None = None


class NoPump:
    """Nobody does: the command line at work on the journal while no server runs, and the simulator."""

    async def test(self, sink: Sink, _event: Event) -> Delivery:
        """There is nobody to do it."""
        raise RefusedError(20503, f"Events go to {sink.sid} only while `offhook serve` runs.")

    async def reload(self) -> None:
        """There is nobody to tell."""

    async def replay(self, sink_sid: str, _since: float | None, _until: float | None, *, parked: bool = False) -> Replaying:
        """There is nobody to do it."""
        del parked
        raise RefusedError(20503, f"Events go to {sink_sid} only while `offhook serve` runs.")

    def status(self, _sink_sid: str) -> SinkState:
        """Nothing is known."""
        return Still()
