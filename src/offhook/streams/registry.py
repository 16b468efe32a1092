"""The types of events there are, and the events that a row of news is."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from offhook.records import News, NoticeType, Source
from offhook.streams.model import Event
from offhook.streams.shapes import arrivals, attempts, errors, messaging, notices
from offhook.streams.shapes.envelope import OFFHOOK, TWILIO, Context, dataschema, numbered

__all__ = ["BY_NAME", "SCHEMAS", "TYPES", "Context", "EventType", "events_of", "numbered", "wants"]


class EventType(NamedTuple):
    """A type: its schema and the versions of that, what it tells, the log of the journal that tells of it, and whose it is.

    `status` is one of Twilio's words: available, deprecated, restricted, discontinued.
    """

    name: str
    schema: str
    versions: tuple[int, ...]
    description: str
    source: Source
    family: str = OFFHOOK
    status: str = "available"

    @property
    def latest(self) -> int:
        """The version that a subscription gets which names none."""
        return self.versions[-1]

    def dataschema(self, version: int) -> str:
        """What an event of that version names as its schema."""
        return dataschema(self.schema, version, self.family)


_FIRST = (1,)
_MESSAGE_STATUS = {
    "queued": "An outbound message is waiting to be sent.",
    "sent": "An outbound message has been handed to the carrier.",
    "delivered": "The carrier confirmed that an outbound message has arrived.",
    "undelivered": "The carrier reported that an outbound message has not arrived.",
    "failed": "An outbound message could not be sent.",
    "read": "An outbound message has been read.",
}
_NOTICES = {
    NoticeType.WEBHOOK_FAILED: "A webhook was given up: all its attempts have failed. It is kept and can be replayed.",
    NoticeType.WEBHOOK_REPLAYED: "Somebody had a webhook delivered again.",
    NoticeType.WEBHOOK_DISMISSED: "Somebody said that a failed webhook needs no more care.",
    NoticeType.REPLY_SENT: "A reply of the app has been sent as a message.",
    NoticeType.REPLY_FAILED: "A reply of the app could not be sent.",
    NoticeType.REPLY_AMBIGUOUS: "A reply may have been sent or not: nobody can tell, so a person must.",
    NoticeType.REPLY_EXPIRED: "A reply was not sent in time, and is not sent any more.",
    NoticeType.ISSUE_OPENED: "An error of a new kind has come up.",
    NoticeType.ISSUE_REGRESSED: "An error that was resolved has come back.",
    NoticeType.BREAKER_OPENED: "Deliveries to an app rest for a while: too many of them have failed.",
    NoticeType.BREAKER_CLOSED: "Deliveries to an app go on as usual.",
    NoticeType.ALARM_FIRED: "An alarm's threshold has been reached.",
    NoticeType.ALARM_RECOVERED: "What an alarm watches is well again.",
}

TYPES: tuple[EventType, ...] = (
    EventType(arrivals.RECEIVED, arrivals.SCHEMA, _FIRST, "A webhook came in and is safely kept.", Source.ARRIVALS),
    EventType(attempts.DELIVERED, attempts.SCHEMA, _FIRST, "The app, or its fallback, has taken a webhook.", Source.ATTEMPTS),
    EventType(attempts.FAILED, attempts.SCHEMA, _FIRST, "A try to hand a webhook to the app has failed.", Source.ATTEMPTS),
    EventType(
        errors.LOGGED, errors.SCHEMA, _FIRST, "An error, a warning or a note, with its cause and what to do.", Source.EVENTS
    ),
    *(
        EventType(notices.NAMES[kind], notices.SCHEMAS[kind], _FIRST, description, Source.NOTICES)
        for kind, description in _NOTICES.items()
    ),
    EventType(
        errors.TWILIO_LOGGED, errors.TWILIO_SCHEMA, (1, 2), "An error, a warning or a note was logged.", Source.EVENTS, TWILIO
    ),
    EventType(
        messaging.INBOUND,
        messaging.INBOUND_SCHEMA,
        messaging.INBOUND_VERSIONS,
        "A message came in, with its text.",
        Source.ARRIVALS,
        TWILIO,
    ),
    *(
        EventType(name, messaging.STATUS_SCHEMA, messaging.STATUS_VERSIONS, _MESSAGE_STATUS[status], Source.ARRIVALS, TWILIO)
        for status, name in messaging.STATUSES.items()
    ),
)
BY_NAME: Mapping[str, EventType] = {each.name: each for each in TYPES}
SCHEMAS: Mapping[str, tuple[int, ...]] = {each.schema: each.versions for each in TYPES}
"""The versions of each schema."""

_SHAPES = {
    Source.ARRIVALS: arrivals.events_of,
    Source.ATTEMPTS: attempts.events_of,
    Source.EVENTS: errors.events_of,
    Source.NOTICES: notices.events_of,
}


def wants(types: Iterable[str]) -> set[Source]:
    """The logs that must be read for these types. A type that there is no more asks for none."""
    return {BY_NAME[name].source for name in types if name in BY_NAME}


def events_of(news: News, wanted: Mapping[str, int], context: Context) -> list[Event]:
    """The events that a row of news is, of the types and in the versions that are wanted: none, one, or ours and Twilio's. Never raises.

    An event has the same id each time it is made, whoever gets it.
    """
    return _SHAPES[news.source](news, wanted, context)
