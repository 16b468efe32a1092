"""Messages that are held back so that the next one of their conversation goes before them."""

import asyncio
from typing import Final

HELD_FOR: Final = 2.0
"""Seconds after which a message goes in any case: there may be no next one."""


class Holding:
    """At most one message of each conversation is held at a time."""

    def __init__(self) -> None:
        self._held: dict[str, asyncio.Event] = {}

    async def hold(self, conversation: str) -> None:
        """Wait until a message of this conversation has gone, or the time is up. Returns at once where one is held already."""
        if conversation in self._held:
            return
        gone = self._held[conversation] = asyncio.Event()
        try:
            async with asyncio.timeout(HELD_FOR):
                await gone.wait()
        except TimeoutError:
            pass
        finally:
            if self._held.get(conversation) is gone:
                del self._held[conversation]

    def gone(self, conversation: str) -> None:
        """A message of this conversation has gone: what is held may follow."""
        held = self._held.pop(conversation, None)
        if held is not None:
            held.set()
