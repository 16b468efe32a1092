"""What comes in one turn of the event loop, taken together when the loop has brought it all."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

MOST = 256

Item = TypeVar("Item")


class Turn(Generic[Item]):
    """Gathers items and hands them on together, at most 256.

    Reading sixty requests and then checking them takes less time than doing both in turns: neither drives the other out of the
    processor's caches. Whoever calls `end` in any case may put into `items` himself.
    """

    __slots__ = ("_take", "items")

    def __init__(self, take: Callable[[list[Item]], None]) -> None:
        self._take = take
        self.items: list[Item] = []

    def add(self, item: Item) -> None:
        """Take this one before long, with those that come until then."""
        items = self.items
        if not items:
            asyncio.get_running_loop().call_soon(self.end)
        items.append(item)
        if len(items) >= MOST:
            self.end()

    def end(self) -> None:
        """Take them now."""
        if self.items:
            items, self.items = self.items, []
            self._take(items)
