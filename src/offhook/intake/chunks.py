"""Undoes chunked transfer coding, strictly: the lenient readings are what request smuggling lives on (RFC 9112 §7.1)."""

import re

from offhook.intake.limits import BAD_CHUNK, BODY_TOO_LARGE, Refusal

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t\x20-\x7e]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")
_LINE_LIMIT = 256
_TRAILER_LIMIT = 8 * 1024
# A body of one-byte chunks costs a thousand times what it should.
_MOST_CHUNKS = 8 * 1024


class Chunks:
    """One chunked body on its way in. `body` is what has come of it; trailer fields are read and left out."""

    __slots__ = ("_buffer", "_count", "_left", "_limit", "_trailers", "body", "refusal", "rest")

    def __init__(self, limit: int) -> None:
        self._buffer = bytearray()
        self._limit = limit
        self._count = 0
        self._left = 0  # bytes of the current chunk and its line end that are yet to come; 0: a line is expected
        self._trailers = -1  # bytes of trailer fields so far; -1: the last chunk has not come
        self.body = bytearray()
        self.rest = b""
        self.refusal: Refusal | None = None

    def feed(self, data: bytes) -> bool:
        """Take bytes. True when the body is whole (`rest` follows it) or hopeless (`refusal` says why)."""
        self._buffer += data
        while True:
            if self._left:
                if not self._take_data():
                    return self.refusal is not None
                continue
            end = self._buffer.find(b"\r\n")
            if end < 0:
                if len(self._buffer) > (_LINE_LIMIT if self._trailers < 0 else _TRAILER_LIMIT) or b"\n" in self._buffer:
                    self.refusal = BAD_CHUNK
                return self.refusal is not None
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            if self._take_line(line):
                return True

    def _take_data(self) -> bool:
        """Move what is there of the current chunk to the body; True when the chunk and its line end are complete."""
        size = self._left - 2
        taken = self._buffer[: max(size, 0)]
        if size > 0:
            self.body += taken
            del self._buffer[: len(taken)]
            self._left -= len(taken)
        if self._left > 2 or len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            self.refusal = BAD_CHUNK
            return False
        del self._buffer[:2]
        self._left = 0
        return True

    def _take_line(self, line: bytes) -> bool:
        """A size line or a trailer field; True at the end of the body, good or bad."""
        if self._trailers >= 0:
            return self._take_trailer(line)
        match = _SIZE_LINE.fullmatch(line) if len(line) <= _LINE_LIMIT else None
        self._count += 1
        if match is None or self._count > _MOST_CHUNKS:
            self.refusal = BAD_CHUNK
            return True
        size = int(match[1], 16)
        if len(self.body) + size > self._limit:
            self.refusal = BODY_TOO_LARGE
            return True
        if size:
            self._left = size + 2
        else:
            self._trailers = 0
        return False

    def _take_trailer(self, line: bytes) -> bool:
        if not line:
            self.rest = bytes(self._buffer)
            return True
        self._trailers += len(line)
        if self._trailers > _TRAILER_LIMIT or not _TRAILER.fullmatch(line):
            self.refusal = BAD_CHUNK
            return True
        return False
