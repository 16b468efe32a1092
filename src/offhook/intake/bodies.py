"""A body that did not come whole with its head."""

from offhook.intake.chunks import Chunks
from offhook.intake.heads import CHUNKED, Head
from offhook.intake.limits import IntakeLimits, Refusal


class PartialBody:
    """The body of one request on its way in. `room` is how many bytes its listener has counted for it; `began` monotonic seconds."""

    __slots__ = ("_body", "_bounds", "_chunks", "began", "head", "refusal", "room", "whole")

    def __init__(self, head: Head, bounds: IntakeLimits, began: float) -> None:
        self.head = head
        self.room = 0
        self.began = began
        self.whole: bytes | None = None
        self.refusal: Refusal | None = None
        self._bounds = bounds
        self._body = bytearray()
        self._chunks = Chunks(bounds.body) if head.length == CHUNKED else None

    def feed(self, data: bytes, at: int) -> int:
        """Take the bytes from there on; where the body ends in them. Sets `whole` or `refusal` when it comes to an end."""
        if self._chunks is not None:
            return self._feed_chunks(self._chunks, data, at)
        end = at + self.head.length - len(self._body)
        self._body += data[at:end]
        if end > len(data):
            return len(data)
        self.whole = bytes(self._body)
        return end

    def _feed_chunks(self, chunks: Chunks, data: bytes, at: int) -> int:
        if not chunks.feed(data[at:]):
            return len(data)
        self.refusal = chunks.refusal
        if self.refusal is None:
            self.whole = bytes(chunks.body)
        return len(data) - len(chunks.rest)

    def first_deadline(self) -> float:
        """When to look at it for the first time."""
        return self.began + min(self._bounds.grace, self._bounds.body_timeout)

    def next_deadline(self, now: float) -> float | None:
        """When to look again; None when it comes too slowly."""
        taken = now - self.began
        received = len(self._body if self._chunks is None else self._chunks.body)
        if taken > self._bounds.body_timeout or received < taken * self._bounds.body_rate:
            return None
        return min(now + self._bounds.sweep, self.began + self._bounds.body_timeout)
