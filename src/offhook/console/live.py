"""Says that something has happened, to any number of pages: they then ask for themselves again. Costs nothing while nobody looks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from offhook.errors import JournalError
from offhook.ports import Journal
from offhook.records import Marks

MOST_STREAMS: Final = 50
EVERY: Final = 0.5
"""Seconds between two looks at the journal, and so between two events."""
HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment goes out, so that nobody between takes the connection for dead."""
RETRY_MS: Final = 2_000


class Live:
    """Looks where the journal's logs end, as long as there are streams."""

    def __init__(self, journal: Journal, every: float = EVERY, heartbeat: float = HEARTBEAT) -> None:
        self._journal = journal
        self._every = every
        self._heartbeat = heartbeat
        self._wakers: set[asyncio.Event] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_full(self) -> bool:
        """Whether no more streams can be opened."""
        return self._closed or len(self._wakers) >= MOST_STREAMS

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._wakers)

    def close(self) -> None:
        """End every stream: they would hold up the server's stop."""
        self._closed = True
        for waker in self._wakers:
            waker.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """Events as they go over the wire: `changed` when something has been received, attempted, settled or logged."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            if self._looking is None:
                self._looking = asyncio.create_task(self._look(), name="live")
            yield b"retry: %d\n\n" % RETRY_MS
            while not self._closed:
                try:
                    await asyncio.wait_for(waker.wait(), self._heartbeat)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                waker.clear()
                if not self._closed:
                    yield b"event: changed\ndata: {}\n\n"
        finally:
            self._wakers.discard(waker)
            await self._rest()

    async def _rest(self) -> None:
        """Nobody looks any more: stop looking too."""
        looking = self._looking
        if looking is not None and not self._wakers:
            self._looking = None
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look(self) -> None:
        seen = await self._marks()
        while True:
            await asyncio.sleep(self._every)
            marks = await self._marks()
            if marks is not None and marks != seen:
                seen = marks
                for waker in self._wakers:
                    waker.set()

    async def _marks(self) -> Marks | None:
        """The ends of the logs; None when the journal cannot just now."""
        try:
            return await self._journal.marks()
        except JournalError:
            return None
