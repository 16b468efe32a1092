"""What the public door bears, and how it says no. Source: `spec: limits §1`."""

from typing import NamedTuple

from offhook.providers.urls import Networks
from offhook.records import Record


class IntakeLimits(Record):
    """Sizes in bytes, times in seconds. Every time is checked by a sweep each `sweep`, so it may last that much longer.

    `exempt` are the networks of trusted proxies: many senders share such an address, so the cap per address is not for it.
    `grace` is how long a body may take before its pace is looked at. `buffered` bounds the bodies that are on their way in, all together.
    `pipelined` is how many requests of one connection may wait for their answers. `linger` is how long a refused client is read on, so
    that it gets to see the refusal instead of a reset.
    """

    body: int = 1024 * 1024
    head: int = 32 * 1024
    target: int = 8 * 1024
    fields: int = 100
    header_timeout: float = 5.0
    body_timeout: float = 10.0
    body_rate: int = 1024
    grace: float = 2.0
    idle_timeout: float = 75.0
    write_timeout: float = 20.0
    linger: float = 2.0
    sweep: float = 0.5
    connections: int = 10_000
    connections_per_address: int = 256
    pipelined: int = 16
    buffered: int = 64 * 1024 * 1024
    exempt: Networks = ()


class Refusal(NamedTuple):
    """One way of saying no: the word for logs and metrics, the status, and the sentence in the body."""

    name: str
    status: int
    sentence: str


MALFORMED = Refusal("malformed", 400, "This is not a well-formed HTTP request.")
AMBIGUOUS_LENGTH = Refusal("ambiguous_length", 400, "The length of the body can be read in two ways.")
BAD_CHUNK = Refusal("bad_chunk", 400, "The chunked body is broken.")
UNKNOWN_METHOD = Refusal("unknown_method", 405, "Only GET, HEAD and POST are known here.")
SLOW_HEAD = Refusal("slow_head", 408, "The head of the request took too long.")
SLOW_BODY = Refusal("slow_body", 408, "The body of the request took too long.")
BODY_TOO_LARGE = Refusal("body_too_large", 413, "The body is too large.")
TARGET_TOO_LONG = Refusal("target_too_long", 414, "The URL is too long.")
COMPRESSED = Refusal("compressed_body", 415, "A body with a Content-Encoding is not accepted.")
EXPECTATION = Refusal("unknown_expectation", 417, "The only expectation known here is 100-continue.")
TOO_MANY_FROM_ADDRESS = Refusal("connections_of_address", 429, "Too many connections from this address.")
HEAD_TOO_LARGE = Refusal("head_too_large", 431, "The head of the request is too large.")
TOO_MANY_FIELDS = Refusal("too_many_fields", 431, "The request has too many header fields.")
TOO_MANY_CONNECTIONS = Refusal("connections", 503, "Too many connections.")
NO_ROOM = Refusal("no_room", 503, "Too many bodies are on their way in.")
UNKNOWN_VERSION = Refusal("unknown_version", 505, "Only HTTP/1.1 and HTTP/1.0 are known here.")

REFUSALS = (
    MALFORMED,
    AMBIGUOUS_LENGTH,
    BAD_CHUNK,
    UNKNOWN_METHOD,
    SLOW_HEAD,
    SLOW_BODY,
    BODY_TOO_LARGE,
    TARGET_TOO_LONG,
    COMPRESSED,
    EXPECTATION,
    TOO_MANY_FROM_ADDRESS,
    HEAD_TOO_LARGE,
    TOO_MANY_FIELDS,
    TOO_MANY_CONNECTIONS,
    NO_ROOM,
    UNKNOWN_VERSION,
)


class Throttle:
    """Lets through at most `most` in each `period` (seconds) and counts what it holds back: an attack is not to fill log or journal."""

    def __init__(self, most: int, period: float) -> None:
        self._most = most
        self._period = period
        self._since = float("-inf")
        self._taken = 0
        self._held = 0

    def take(self, now: float) -> int | None:
        """None: hold it back. Else how many were held back since the last that was let through."""
        if now - self._since >= self._period:
            self._since, self._taken = now, 0
        if self._taken >= self._most:
            self._held += 1
            return None
        self._taken += 1
        held, self._held = self._held, 0
        return held
