"""Events as `track` calls to Segment's batch API, which knows a repetition by its messageId.

The event's type is the name of what happened, its data are the properties. Segment wants to know who did it: `user_id` names the key of the data
that holds a user's id; else whatever belongs together (one conversation, mostly) is one anonymous visitor.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from offhook import __version__
from offhook.delivery import destination
from offhook.providers.urls import callable_url
from offhook.streams.model import Delivery, Event, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields, http
from offhook.streams.sinks.portions import Bounds, in_portions, patience

_US: Final = "https://api.segment.io/v1/batch"
# Segment's own limits are 500 kB a request and 32 kB a call.
_BOUNDS: Final = Bounds(most=500, total=499_000, each=32_000)

FIELDS: Final = (
    SinkField("write_key", "the write key of the source in Segment", config.secret, secret=True),
    SinkField(
        "endpoint", "the batch API: https://events.eu1.segmentapis.com/v1/batch for a workspace in the EU", config.address, _US
    ),
    SinkField("user_id", "the key of an event's data that holds the user's id, such as `from`", config.text, required=False),
    SinkField("timeout", "how long Segment may take to answer", config.timeout, http.TIMEOUT),
)


class SegmentSink:
    """Hands events over in batches, one after the other."""

    def __init__(self, caller: http.Caller, url: str, user_key: str | None, parts: SinkParts) -> None:
        self._caller = caller
        self._url = url
        self._user_key = user_key
        self._clock = parts.clock

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Hand these over, in their order."""
        calls = [msgspec.json.encode(track(event, self._user_key)) for event in events]

        async def send(part: slice) -> Delivery:
            sent = http.stamp(self._clock.now()).encode()
            body = b'{"batch":' + http.together(calls[part]) + b',"sentAt":"' + sent + b'"}'
            exchange = await self._caller.ask("POST", self._url, (("Content-Type", "application/json"),), body)
            return http.as_a_whole(len(calls[part]), self._caller.fault(exchange))

        return await in_portions([len(call) for call in calls], _BOUNDS, send, patience(self._clock))

    async def close(self) -> None:
        """Connections are the door's."""


def track(event: Event, user_key: str | None) -> dict[str, Any]:
    """An event as Segment's `track` call."""
    user = event.data.get(user_key) if user_key else None
    who = {"userId": str(user)} if user else {"anonymousId": event.partition or event.subject or event.id}
    return {
        "type": "track",
        "messageId": event.id,
        **who,
        "event": event.type,
        "timestamp": http.stamp(event.time),
        "properties": event.data,
        "context": {
            "library": {"name": "offhook", "version": __version__},
            "event": {"source": event.source, "subject": event.subject, "dataschema": event.dataschema},
        },
    }


def make(configuration: Mapping[str, Any], parts: SinkParts) -> SegmentSink:
    """A client for one sink. Raises ValueError."""
    settings = config.read_all(FIELDS, configuration)
    key = fields.secret(settings, "write_key", parts)
    url = callable_url(destination.shown(settings["endpoint"])).decode()
    caller = http.Caller(parts.transport, parts.clock, http.limits(settings["timeout"]), (http.basic(key, ""),))
    return SegmentSink(caller, url, settings["user_id"], parts)


KIND: Final = SinkKind(name="segment", meaning="Twilio Segment, as track calls", fields=FIELDS, make=make, batch=250)
