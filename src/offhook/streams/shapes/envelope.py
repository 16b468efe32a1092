"""The envelope of every event: CloudEvents 1.0 in JSON, as Twilio writes it (spec: twilio-debugger §5.5)."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import msgspec

from offhook.records import Record
from offhook.streams.model import Event

TWILIO, OFFHOOK = "twilio", "offhook"
"""Whose types there are: those that Twilio's consumers know, and our own."""

_BEGIN = b'{"specversion":"1.0",'
_WIDTH = 20
_DEEPEST = 32


class Context(Record):
    """What a row of news does not say by itself. `account_sid` is for errors that name no account: Twilio's schema has it always."""

    account_sid: str = ""


class Facts(NamedTuple):
    """The attributes of an event besides its type and schema. `time` in seconds; `subject` is "" where Twilio writes none."""

    id: str
    source: str
    time: float
    subject: str = ""
    partition: str = ""


class _Envelope(msgspec.Struct, gc=False, kw_only=True):
    """As it goes out: Twilio's order of the attributes, `data` last."""

    specversion: Literal["1.0"] = "1.0"
    type: str
    source: str
    id: str
    dataschema: str
    datacontenttype: str = "application/json"
    time: str
    subject: str | msgspec.UnsetType = msgspec.UNSET
    data: dict[str, Any]


_encode = msgspec.json.Encoder().encode


def sealed(name: str, dataschema: str, facts: Facts, data: dict[str, Any]) -> Event:
    """The event of that type, encoded once for every sink."""
    envelope = _Envelope(
        type=name,
        source=facts.source,
        id=facts.id,
        dataschema=dataschema,
        time=rfc3339(facts.time),
        subject=facts.subject or msgspec.UNSET,
        data=data,
    )
    try:
        body = _encode(envelope)
    except (ValueError, TypeError, OverflowError, RecursionError):
        # Details and notices hold what others wrote. Whatever that is, it must not stop the events behind it.
        envelope.data = data = plain(data)
        body = _encode(envelope)
    return Event(
        id=facts.id,
        type=name,
        source=facts.source,
        subject=facts.subject,
        time=facts.time,
        dataschema=dataschema,
        data=data,
        partition=facts.partition,
        body=body,
    )


def numbered(event: Event, sequence: int) -> Event:
    """The event with its place in a subscription, also in its JSON: the CloudEvents extension `sequence`, digits that sort as text."""
    attribute = b'"sequence":"%0*d",' % (_WIDTH, sequence)
    return msgspec.structs.replace(event, sequence=sequence, body=b"".join((_BEGIN, attribute, event.body[len(_BEGIN) :])))


def dataschema(schema: str, version: int, family: str = OFFHOOK) -> str:
    """Where a schema is known by: Twilio's address for its own, as its consumers expect, a name of ours that is no address for the others."""
    return (
        f"https://events-schemas.twilio.com/{schema}/{version}" if family == TWILIO else f"urn:offhook:schema:{schema}:{version}"
    )


@lru_cache(maxsize=64)
def rfc3339(seconds: float) -> str:
    """A time with milliseconds, in UTC. One row of news writes the same time several times."""
    whole = int(seconds // 1)
    micros = round((seconds - whole) * 1_000_000)
    if micros == 1_000_000:
        whole, micros = whole + 1, 0
    return f"{_to_the_second(whole)}.{micros // 1000:03}Z"


@lru_cache(maxsize=64)
def _to_the_second(seconds: int) -> str:
    # Events come in the order of their times: what is slow to write is mostly as it was.
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:-6]


def part(text: str) -> str:
    """One part of a `source`: an id or a name, quoted where an address could not hold it."""
    return text if text.isalnum() and text.isascii() else quote(text, safe="") or "-"


def conversation(one: str, other: str, endpoint: str) -> str:
    """What must stay in order: the two numbers of a message, the person's first; the endpoint where there are none."""
    return f"{one} {other}" if one and other else endpoint


def plain(value: Any, depth: int = _DEEPEST) -> Any:
    """The same value as JSON can have it, "…" for what is too deep."""
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {_text(str(name)): plain(each, depth - 1) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and abs(value) < 1 << 63:
        return value
    return _text(str(value))


def _text(text: str) -> str:
    """Text without halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()
