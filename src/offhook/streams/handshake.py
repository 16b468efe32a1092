"""The handshake by which a sink is proved to be its owner's: a test event goes out, and the id in it comes back (spec: twilio-debugger §5.3)."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from offhook.streams.model import Event, Sink

TEST_TYPE: Final = "com.twilio.eventstreams.test-event"
TEST_SCHEMA: Final = "https://events-schemas.twilio.com/EventStreams.TestSink/1.json"
AT_ONCE: Final = frozenset({"webhook"})
"""The types of sinks that need no handshake: they are active as soon as they are made, as at Twilio."""


def make_test_event(sink: Sink, now: float) -> Event:
    """The event that tests a sink, with the sink's `test_id`.

    Twilio's has the account's id. Ours begins like one and differs each time: some sinks drop an event whose id they have had before.
    """
    event_id = f"AC{sink.test_id.replace('-', '')}"
    time = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {"test_id": sink.test_id}
    body = {
        "specversion": "1.0",
        "type": TEST_TYPE,
        "source": "Sink",
        "id": event_id,
        "dataschema": TEST_SCHEMA,
        "datacontenttype": "application/json",
        "time": time,
        "data": data,
    }
    return Event(
        id=event_id,
        type=TEST_TYPE,
        source="Sink",
        subject="",
        time=now,
        dataschema=TEST_SCHEMA,
        data=data,
        partition=sink.sid,
        body=msgspec.json.encode(body),
    )
