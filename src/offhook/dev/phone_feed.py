"""What happens on the phone as a stream of server-sent events: one for each new or changed message, resumable."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

import msgspec

from offhook.records import Record
from offhook.simulator.book import Book
from offhook.simulator.records import Message

MOST_EVENTS: Final = 1000
"""How many events a client may be behind before it has to read everything anew."""
MOST_STREAMS: Final = 32
HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment goes out, so that nobody between takes the connection for dead."""
RETRY_MS: Final = 1000

Shape = Callable[[Message], Awaitable[dict[str, object]]]


class Happening(Record):
    """One message as it was when it came or changed. `number` counts up from 1."""

    number: int
    message: Message


class Feed:
    """The last happenings of a book, for any number of readers. A reader holds a place and nothing else, so that a slow one costs nothing."""

    def __init__(self, book: Book, most: int = MOST_EVENTS) -> None:
        self._run = secrets.token_hex(4)
        self._last = 0
        self._kept: deque[Happening] = deque(maxlen=most)
        self._wakers: set[asyncio.Event] = set()
        self._unwatch = book.watch(self._hear)
        self.closed = False

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return len(self._wakers)

    @property
    def place(self) -> str:
        """The id of the last event: where a reader goes on that knows everything until now."""
        return f"{self._run}-{self._last}"

    def name(self, happening: Happening) -> str:
        """The id of an event. It tells the run too: after a restart the numbers begin anew."""
        return f"{self._run}-{happening.number}"

    def since(self, place: str) -> list[Happening] | None:
        """What has happened after a place; None where that is not known any more."""
        run, _, digits = place.partition("-")
        if run != self._run or not digits.isdecimal() or len(digits) > 15 or int(digits) > self._last:
            return None
        number = int(digits)
        oldest = self._kept[0].number if self._kept else self._last + 1
        return [each for each in self._kept if each.number > number] if number >= oldest - 1 else None

    def close(self) -> None:
        """End every stream."""
        self.closed = True
        self._unwatch()
        self._wake()

    async def happenings(self, place: str, heartbeat: float = HEARTBEAT) -> AsyncGenerator[Happening | None, None]:
        """What happens after a place, for ever, and None in each silence. Ends where the place is lost, and when the feed closes."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            while not self.closed:
                waker.clear()
                found = self.since(place)
                if found is None:
                    return
                for each in found:
                    place = self.name(each)
                    yield each
                if not found and not await _set_within(waker, heartbeat):
                    yield None
        finally:
            self._wakers.discard(waker)

    def _hear(self, message: Message) -> None:
        self._last += 1
        self._kept.append(Happening(number=self._last, message=message))
        self._wake()

    def _wake(self) -> None:
        for waker in self._wakers:
            waker.set()


async def stream(feed: Feed, place: str, shape: Shape, heartbeat: float = HEARTBEAT) -> AsyncIterator[bytes]:
    """The events after a place as they go over the wire. Where the place is lost: one event `reset`, upon which a client reads all anew."""
    yield b"retry: %d\n\n" % RETRY_MS
    async with aclosing(feed.happenings(place or feed.place, heartbeat)) as happenings:
        async for happening in happenings:
            if happening is None:
                yield b": still here\n\n"
            else:
                yield event("message", await shape(happening.message), feed.name(happening))
    if not feed.closed:
        yield event("reset", {}, feed.place)


def event(name: str, data: object, number: str) -> bytes:
    """One event. Its data is JSON, which has no line breaks."""
    return b"event: %s\nid: %s\ndata: %s\n\n" % (name.encode(), number.encode(), msgspec.json.encode(data))


async def _set_within(waker: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(waker.wait(), seconds)
    except TimeoutError:
        return False
    return True
