"""What the desk asks of whoever delivers events, and who that is where nobody does."""

from typing import Protocol

from offhook.records import Record
from offhook.streams.model import Fault, Sink
from offhook.streams.refused import RefusedError


class SinkState(Protocol):
    """How a sink is doing: events that wait for it, when it last took some, why it has not, when it is tried again, and how many are parked."""

    @property
    def lag_events(self) -> int:
        """How many events wait for it."""

    @property
    def last_success_at(self) -> float | None:
        """When it last took events; None or 0 where it never has."""

    @property
    def last_fault(self) -> Fault | None:
        """Why it last did not."""

    @property
    def retry_at(self) -> float | None:
        """When it is tried again; None or 0 where it is not waited for."""

    @property
    def parked(self) -> int:
        """How many events it has refused for good."""


class Replay(Protocol):
    """What a replay comes to."""

    @property
    def events(self) -> int:
        """How many events go to the sink again."""


class Pump(Protocol):
    """Who takes events to the sinks."""

    async def test(self, sink: Sink) -> None:
        """Hand the sink its test event, and note what came of that."""

    async def reload(self) -> None:
        """Sinks or subscriptions have changed."""

    async def replay(self, sid: str, since: float | None, until: float | None, *, parked: bool) -> Replay:
        """Have a sink's events of a time delivered again, or, with `parked`, those that it has refused."""

    def status(self, sink_sid: str) -> SinkState:
        """How a sink is doing."""


class Still(Record):
    """The state of a sink that nobody delivers to."""

    lag_events: int = 0
    last_success_at: float | None = None
    last_fault: Fault | None = None
    retry_at: float | None = None
    parked: int = 0


class NoPump:
    """Nobody delivers: the command line at work on the journal while no server runs, and the simulator."""

    async def test(self, sink: Sink) -> None:
        """There is nobody to do it."""
        raise RefusedError(20503, f"Events go to {sink.sid} only while `offhook serve` runs.")

    async def reload(self) -> None:
        """There is nobody to tell."""

    async def replay(self, sid: str, _since: float | None, _until: float | None, *, parked: bool) -> Replay:  # noqa: ARG002 - the port's shape
        """There is nobody to do it."""
        raise RefusedError(20503, f"Events go to {sid} only while `offhook serve` runs.")

    def status(self, _sink_sid: str) -> SinkState:
        """Nothing is known."""
        return Still()
