"""What every sink is tried with: events as the streams make them, the parts that a sink is made of, and a way to hand over until all is taken."""

import contextlib
import datetime as dt
import json
from dataclasses import dataclass, field

from offhook.net.transport import HttpTransport
from offhook.streams.model import Event, SinkParts
from offhook.system import SystemClock, TimeSortedIds

START = 1_700_000_000.0


def make_event(number, *, data=None, partition="", **fields):
    """One event, the `number`-th of its subscription: its body is the whole of it as JSON."""
    identifier = f"EV{number:032x}"
    at = START + number / 1000
    stamp = dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = {
        "specversion": "1.0",
        "type": fields.get("type", "com.offhook.webhook.received"),
        "source": f"/webhooks/WH{number:032x}",
        "id": identifier,
        "time": stamp,
        "datacontenttype": "application/json",
        "dataschema": "https://schemas.example/Webhook.Received/1",
        "subject": f"WH{number:032x}",
        "data": {"number": number, "text": f"grüße {number}"} if data is None else data,
    }
    return Event(
        id=identifier,
        type=shown["type"],
        source=shown["source"],
        subject=shown["subject"],
        time=at,
        dataschema=shown["dataschema"],
        data=shown["data"],
        partition=partition or f"conversation-{number % 7}",
        sequence=number,
        body=json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def make_events(count, *, first=1):
    """So many events of one subscription, in order."""
    return [make_event(number) for number in range(first, first + count)]


def secret_of(**known):
    """Looks a reference up, as the streams do; raises ValueError for one that means nothing."""

    def secret(reference):
        if reference in known:
            return known[reference]
        raise ValueError(f"{reference} is not set")

    return secret


@contextlib.asynccontextmanager
async def sink_parts(*, sign=lambda url: None, secrets=None, clock=None, **door):
    """Real parts: the door to the network, the clock, ids. `secrets` are by their references; `door` is what the transport is made with."""
    clock = clock or SystemClock()
    transport = HttpTransport(clock, **door)
    try:
        yield SinkParts(transport=transport, clock=clock, ids=TimeSortedIds(), secret=secret_of(**(secrets or {})), sign=sign)
    finally:
        await transport.close()


@dataclass
class Handed:
    """What came of handing events over until each was taken or refused. `faults` are in their order."""

    taken: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    faults: list = field(default_factory=list)


async def hand_over(client, events, *, batch=100, on_fault=None, most_faults=1000):
    """Hand events to a sink's client as the streams do: from the first that has not been taken, a refused batch one by one.

    `on_fault` is called (and awaited) after each fault, where a test heals what it broke.
    """
    came, at, size = Handed(), 0, batch
    while at < len(events):
        portion = events[at : at + size]
        delivery = await client.deliver(portion)
        assert delivery.taken + delivery.refused <= len(portion)
        assert delivery.fault is not None or delivery.taken
        came.taken += portion[: delivery.taken]
        at += delivery.taken
        size = batch
        if delivery.fault is None:
            continue
        came.faults.append(delivery.fault)
        assert len(came.faults) <= most_faults, came.faults[-1]
        if delivery.refused > 1:
            size = 1
        elif delivery.refused:
            came.refused.append(events[at])
            at += 1
        if on_fault is not None:
            await on_fault(delivery.fault)
    return came
