"""What the desk asks of the streams at work (`worker.Streams`), and what stands there where none are."""

from typing import Protocol

from offhook.streams.carrier import SinkState
from offhook.streams.model import Delivery, Event, Sink
from offhook.streams.refused import RefusedError
from offhook.streams.shelves import Replay


class Carrying(Protocol):
    """Who carries events to the sinks."""

    async def test(self, sink: Sink, event: Event) -> Delivery:
        """Hand a test event to a sink, once, and say what came of it."""

    async def reload(self) -> None:
        """Sinks or subscriptions have changed. Raises JournalError."""

    async def replay(self, sink_sid: str, since: float | None, until: float | None, *, parked: bool = False) -> Replay:
        """Have the events of a time delivered again, or with `parked` those that the sink has refused. LookupError: it has no subscription."""

    def status(self, sink_sid: str) -> SinkState:
        """How a sink is doing."""


class NobodyCarries:
    """The command line at work on the journal while no server runs, and the simulator."""

    async def test(self, sink: Sink, _event: Event) -> Delivery:
        """There is nobody to do it."""
        raise RefusedError(20503, f"Events go to {sink.sid} only while `offhook serve` runs.")

    async def reload(self) -> None:
        """There is nobody to tell."""

    async def replay(self, sink_sid: str, _since: float | None, _until: float | None, *, parked: bool = False) -> Replay:
        """There is nobody to do it."""
        del parked
        raise RefusedError(20503, f"Events go to {sink_sid} only while `offhook serve` runs.")

    def status(self, _sink_sid: str) -> SinkState:
        """Nothing is known."""
        return SinkState()
