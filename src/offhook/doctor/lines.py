"""One connection's bytes in the clear, with TLS below them or without."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol

_READ = 16 * 1024


class Line(Protocol):
    """One connection's bytes, in the clear."""

    async def read(self) -> bytes:
        """What has come; b"" at the end."""

    def write(self, data: bytes) -> None:
        """Send."""


class Plain:
    """A connection without TLS. `begun` are the bytes that were read to find that out."""

    def __init__(self, begun: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._begun = begun
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """What has come; b"" at the end."""
        begun, self._begun = self._begun, b""
        return begun or await self._reader.read(_READ)

    def write(self, data: bytes) -> None:
        """Send."""
        self._writer.write(data)


class Secure:
    """A connection with TLS on it, begun with a hello that has been read."""

    def __init__(self, context: ssl.SSLContext, below: Plain) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._below = below

    async def shake_hands(self) -> str:
        """The handshake; the version that it came to. Raises ssl.SSLError and OSError."""
        await self._until(self._tls.do_handshake)
        return self._tls.version() or ""

    async def read(self) -> bytes:
        """What has come; b"" at the end. Raises OSError."""
        try:
            return await self._until(lambda: self._tls.read(_READ))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def write(self, data: bytes) -> None:
        """Send."""
        self._tls.write(data)
        self._below.write(self._outgoing.read())

    async def _until(self, step: Callable[[], object]) -> bytes:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._below.write(self._outgoing.read())
                data = await self._below.read()
                self._incoming.write(data) if data else self._incoming.write_eof()
            else:
                return done if isinstance(done, bytes) else b""
            finally:
                self._below.write(self._outgoing.read())
