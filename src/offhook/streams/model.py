"""The nouns of event streams, frozen: events, sinks, subscriptions, and what came of handing events over (spec: twilio-debugger §5)."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from offhook.ports import Clock, Ids, Transport
from offhook.records import Record

SINKS, SUBSCRIPTIONS, CURSORS, PARKED = "sinks", "subscriptions", "cursors", "parked"
"""The shelves of the journal that streams keep their records on. A cursor's id is its subscription's; parked events are by sink and number."""


class Event(Record):
    """One CloudEvent (1.0, JSON). `sequence` counts up within a subscription, from 1; `partition` is what must stay in order where a sink has parts.

    `time` is in seconds since the epoch; `data` is what its schema (`dataschema`) says. `body` is the whole event as JSON, as it goes out.
    """

    id: str
    type: str
    source: str
    subject: str
    time: float
    dataschema: str
    data: Mapping[str, Any]
    partition: str = ""
    sequence: int = 0
    body: bytes = b""


class SinkStatus(StrEnum):
    """What a sink has come to, in Twilio's words: made, sent a test event, or proved to be the owner's."""

    INITIALIZED = "initialized"
    VALIDATING = "validating"
    ACTIVE = "active"
    FAILED = "failed"


class Sink(Record):
    """A place for events. `configuration` is as it was given, but for secrets: those are `env:NAME`, `file:PATH` or `kept:NAME`."""

    sid: str
    type: str
    description: str
    configuration: dict[str, Any]
    status: SinkStatus
    created_at: float
    updated_at: float
    account_sid: str = ""
    test_id: str = ""


class Subscribed(Record):
    """One type of a subscription, in a version of its schema."""

    type: str
    schema_version: int


class Subscription(Record):
    """Which events go to a sink. `filter` is an expression over an event's data, "" for all of them."""

    sid: str
    sink_sid: str
    description: str
    types: tuple[Subscribed, ...]
    created_at: float
    updated_at: float
    account_sid: str = ""
    filter: str = ""


class Fault(Record):
    """Why a sink has not taken events: a code of 91302 to 91308, and a sentence for people. `retry` says whether trying again may help.

    `retry_after` is in seconds, as the sink has asked for; 0 where it has not.
    """

    code: int
    message: str
    retry: bool
    retry_after: float = 0.0


class Delivery(Record):
    """What came of handing over a batch: its first `taken` events are safely with the sink, the `refused` ones after them never will be.

    `fault` says why the next one was not taken; None where all were, or where the client, which has taken some, gives an account before it
    goes on: what is left is handed over again. Of a fault without `retry`, `refused` is at least 1. A sink that
    takes or refuses a batch only as a whole refuses all of it: the events are then handed over one by one.
    """

    taken: int
    refused: int = 0
    fault: Fault | None = None


class SinkClient(Protocol):
    """What is spoken to a sink with. Made for one sink, used by one task at a time."""

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Hand these over, in their order. Raises nothing for what the sink or the network does: that is a Fault."""

    async def close(self) -> None:
        """Let go of connections."""


class SinkParts(NamedTuple):
    """What sinks are made with. `secret` gives the value behind a reference (raises ValueError), `sign` Twilio's signature of a URL and a body's hash.

    `trusted` URLs are those of the operator: any address may be called but a cloud's metadata service. `folder` is where relative paths begin:
    the journal's.
    """

    transport: Transport
    clock: Clock
    ids: Ids
    secret: Callable[[str], str]
    sign: Callable[[str], str | None]
    folder: Path = Path()


class SinkField(NamedTuple):
    """One key of a sink's configuration: its name, meaning, how its value is checked (raises ValueError), and the default (None: it must be given)."""

    name: str
    meaning: str
    read: Callable[[Any], Any]
    default: Any = None
    required: bool = True
    secret: bool = False


class SinkKind(NamedTuple):
    """A kind of sink. `extra` is the package extra that its client needs, `batch` how many events it is handed at once at most.

    `make` raises ValueError for a configuration that cannot work, in a sentence that says what to write instead.
    """

    name: str
    meaning: str
    fields: tuple[SinkField, ...]
    make: Callable[[Mapping[str, Any], SinkParts], SinkClient]
    batch: int = 100
    extra: str = ""
