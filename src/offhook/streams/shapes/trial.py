"""The event that tries a sink out, as Twilio sends it (spec: twilio-debugger §5.3)."""

from offhook.streams.model import Event
from offhook.streams.shapes.envelope import TWILIO, Facts, dataschema, sealed

TYPE = "com.twilio.eventstreams.test-event"
SCHEMA = "EventStreams.TestSink"


def trial(test_id: str, account_sid: str, at: float) -> Event:
    """The test event. Twilio gives it the account's SID as its id, and a `.json` behind the address of its schema."""
    facts = Facts(id=account_sid or f"AC{0:032x}", source="Sink", time=at, partition="")
    return sealed(TYPE, f"{dataschema(SCHEMA, 1, TWILIO)}.json", facts, {"test_id": test_id})
