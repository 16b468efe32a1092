"""Events as log records to an OpenTelemetry collector: OTLP over HTTP, in its JSON encoding, which every collector reads and no package is needed for.

A record's body is the whole event, its event name the type; severity is the level of a logged error, else what the type says has happened. What a
CloudEvent is stands in the attributes, by OpenTelemetry's own names (semantic conventions, "CloudEvents").
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from offhook import __version__
from offhook.delivery import destination
from offhook.providers.urls import callable_url
from offhook.records import Exchange
from offhook.streams.model import Delivery, Event, Fault, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, http
from offhook.streams.sinks.portions import Bounds, in_portions, patience

# A collector reads up to 20 MiB, but some in front of one less.
_BOUNDS: Final = Bounds(most=1000, total=4_000_000, each=3_999_000)
_PATH: Final = "/v1/logs"

_INFO, _WARN, _ERROR = (9, "INFO"), (13, "WARN"), (17, "ERROR")
_BY_LEVEL: Final = {"INFO": _INFO, "WARNING": _WARN, "ERROR": _ERROR}
_BY_ENDING: Final = {
    "failed": _ERROR,
    "undelivered": _ERROR,
    "ambiguous": _WARN,
    "expired": _WARN,
    "fired": _WARN,
    "opened": _WARN,
    "regressed": _WARN,
}

FIELDS: Final = (
    SinkField(
        "endpoint", "the collector, such as http://localhost:4318 (then /v1/logs is called), or the whole URL", config.address
    ),
    SinkField("headers", "further header fields, such as the one with an API key", config.headers, required=False, secret=True),
    SinkField("service_name", "the records' service.name", config.text, "offhook"),
    SinkField("verify_tls", "whether the server's certificate must be good", config.switch, True),
    SinkField("timeout", "how long the collector may take to answer", config.timeout, http.TIMEOUT),
)


class OtelSink:
    """Hands events over in batches, one after the other."""

    def __init__(self, caller: http.Caller, url: str, service: str, parts: SinkParts) -> None:
        self._caller = caller
        self._url = url
        self._clock = parts.clock
        resource = {"attributes": [_attribute("service.name", service), _attribute("service.version", __version__)]}
        scope = {"name": "offhook", "version": __version__}
        head = msgspec.json.encode({"resource": resource})[:-1], msgspec.json.encode({"scope": scope})[:-1]
        self._head = b'{"resourceLogs":[' + head[0] + b',"scopeLogs":[' + head[1] + b',"logRecords":'

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Hand these over, in their order."""
        seen = self._clock.now()
        records = [msgspec.json.encode(record(event, seen)) for event in events]

        async def send(part: slice) -> Delivery:
            body = self._head + http.together(records[part]) + b"}]}]}"
            exchange = await self._caller.ask("POST", self._url, (("Content-Type", "application/json"),), body)
            fault = self._caller.fault(exchange) or _partly(exchange, self._url)
            return http.as_a_whole(len(records[part]), fault)

        return await in_portions([len(each) for each in records], _BOUNDS, send, patience(self._clock))

    async def close(self) -> None:
        """Connections are the door's."""


def record(event: Event, seen: float) -> dict[str, Any]:
    """An event as a log record in OTLP's JSON. `seen` is when it is sent, in seconds since the epoch."""
    number, name = _severity(event)
    attributes = {
        "cloudevents.event_id": event.id,
        "cloudevents.event_source": event.source,
        "cloudevents.event_spec_version": "1.0",
        "cloudevents.event_type": event.type,
        "cloudevents.event_subject": event.subject,
        "cloudevents.event_dataschema": event.dataschema,
    }
    return {
        "timeUnixNano": _nanoseconds(event.time),
        "observedTimeUnixNano": _nanoseconds(seen),
        "severityNumber": number,
        "severityText": name,
        "eventName": event.type,
        "body": {"stringValue": event.body.decode()},
        "attributes": [_attribute(key, value) for key, value in attributes.items() if value],
    }


def _severity(event: Event) -> tuple[int, str]:
    level = str(event.data.get("level", "")).upper()
    return _BY_LEVEL.get(level) or _BY_ENDING.get(event.type.rpartition(".")[2], _INFO)


def _nanoseconds(at: float) -> str:
    """64-bit numbers are text in protobuf's JSON. Clocks here know microseconds."""
    return str(round(at * 1_000_000) * 1000)


def _attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def _partly(exchange: Exchange, url: str) -> Fault | None:
    """A success that has left records out. Which ones is not said, so all are handed over again, one by one: nothing is lost, some come twice."""
    try:
        partial = msgspec.json.decode(exchange.body, type=_Answer, strict=False).partialSuccess
    except (msgspec.DecodeError, UnicodeDecodeError):  # no JSON, or an empty body: nothing was left out
        return None
    if partial is None or partial.rejectedLogRecords <= 0:
        return None
    said = http.first_words(partial.errorMessage) or "without a word why"
    return http.refused(f"POST {http.shown(url)}: {partial.rejectedLogRecords} records were rejected: {said}")


class _Partial(msgspec.Struct):
    rejectedLogRecords: int = 0  # noqa: N815 - protobuf's JSON
    errorMessage: str = ""  # noqa: N815 - protobuf's JSON


class _Answer(msgspec.Struct):
    partialSuccess: _Partial | None = None  # noqa: N815 - protobuf's JSON


def make(configuration: Mapping[str, Any], parts: SinkParts) -> OtelSink:
    """A client for one sink. Raises ValueError."""
    settings = config.read_all(FIELDS, configuration)
    given = destination.parse(settings["endpoint"])
    login = (http.basic(given.username, given.password),) if given.username or given.password else ()
    bare = urlsplit(given.url)
    url = callable_url(given.url if bare.path.strip("/") else bare._replace(path=_PATH).geturl()).decode()
    limits = http.limits(settings["timeout"], verify_tls=settings["verify_tls"])
    headers = (*login, *config.revealed(settings["headers"] or {}, parts.secret))
    return OtelSink(http.Caller(parts.transport, parts.clock, limits, headers), url, settings["service_name"], parts)


KIND: Final = SinkKind(
    name="otel", meaning="an OpenTelemetry collector, as log records by OTLP over HTTP", fields=FIELDS, make=make, batch=250
)
