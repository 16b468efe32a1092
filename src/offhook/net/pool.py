"""The kept-alive connections: which are idle, and which are there at all."""

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Callable

from offhook.net.connection import Connection

# How long `close` waits for the loop to have dropped its connections, seconds.
_PATIENCE = 1.0
# How long a connection that was used had better rest, seconds.
_MOMENT = 0.005


class Pool:
    """Idle connections by key, the last used first: so as few as possible stay warm, and the rest go by themselves.

    One that has been used a moment ago is left alone while there are others: what its app may still say of the last request, though it has no
    business to, is then heard while nobody waits for an answer.
    """

    def __init__(self, idle_for: float, size: int, monotonic: Callable[[], float]) -> None:
        self._idle_for = idle_for
        self._size = size
        self._monotonic = monotonic
        self._idle: defaultdict[object, deque[Connection]] = defaultdict(deque)
        self._live: set[Connection] = set()
        self._one_gone = asyncio.Event()
        self._closed = False

    def add(self, connection: Connection) -> None:
        """A connection stands."""
        self._live.add(connection)

    def take(self, key: object) -> Connection | None:
        """An open idle connection, which is the caller's from now on; None when there is none."""
        idle = self._idle.get(key)
        rested_since = self._monotonic() - _MOMENT
        while idle:
            connection = idle.pop() if idle[-1].idle_since <= rested_since else idle.popleft()
            if connection.usable:
                return connection
        return None

    def give(self, connection: Connection) -> None:
        """Keep a connection for the next exchange, up to `size` for each key; `idle_for` seconds later it closes."""
        idle = self._idle[connection.key]
        if self._closed or len(idle) >= self._size:
            connection.close()
            return
        connection.rest(self._idle_for)
        idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self._live.discard(connection)
        self._one_gone.set()
        idle = self._idle.get(connection.key)
        if idle is not None and connection in idle:
            idle.remove(connection)
        if not idle:
            self._idle.pop(connection.key, None)

    async def close(self) -> None:
        """Drop what is idle now; what is in use goes when its exchange ends."""
        self._closed = True
        self._idle.clear()
        for connection in self._unused():
            connection.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while self._unused():
                    self._one_gone.clear()
                    await self._one_gone.wait()

    def _unused(self) -> list[Connection]:
        return [each for each in self._live if not each.busy]
