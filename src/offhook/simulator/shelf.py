"""Messages in the order in which they came, up to a cap: found by SID, by address, and from any place on."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator, Sequence

from offhook.simulator.records import Message


class Shelf:
    """Each message has a place, a number that only grows and is its own for good.

    So a listing that goes on from a place stays right whatever is added or deleted meanwhile.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._messages: dict[int, Message] = {}
        self._places: dict[str, int] = {}
        self._by_address: dict[str, deque[int]] = {}
        self._oldest = self._next = 1

    def put(self, message: Message) -> None:
        """A message, new or changed."""
        place = self._places.get(message.sid, 0)
        if not place:
            place, self._next = self._next, self._next + 1
            self._places[message.sid] = place
        before = self._messages.get(place)
        self._messages[place] = message
        self._index(place, _addresses(before), _addresses(message))
        if len(self._messages) > self._most:
            self.take(self._messages[self._oldest].sid)

    def get(self, sid: str) -> Message | None:
        """One message."""
        return self._messages.get(self._places.get(sid, 0))

    def take(self, sid: str) -> bool:
        """Take a message away; False where there is none."""
        place = self._places.pop(sid, 0)
        message = self._messages.pop(place, None)
        self._index(place, _addresses(message), frozenset())
        while self._oldest < self._next and self._oldest not in self._messages:
            self._oldest += 1
        return message is not None

    def place(self, sid: str) -> int:
        """The place of a message; 0 where there is none."""
        return self._places.get(sid, 0)

    def older(self, than: int = 0, addresses: Sequence[str] = ()) -> Iterator[Message]:
        """The newest first, from before a place on (0: all). Those of `addresses` are among it, with others where there are two."""
        before = min(than or self._next, self._next)
        index = self._shortest(addresses)
        if index is None:
            return self._at(range(before - 1, self._oldest - 1, -1))
        # A copy of places: messages may come and go while somebody reads on.
        return self._at([place for place in reversed(index) if place < before] if than else list(reversed(index)))

    def newer(self, than: int, addresses: Sequence[str] = ()) -> Iterator[Message]:
        """The oldest first, from after a place on."""
        index = self._shortest(addresses)
        if index is None:
            return self._at(range(max(than + 1, self._oldest), self._next))
        return self._at([index[at] for at in range(bisect_right(index, than), len(index))])

    def _at(self, places: Sequence[int]) -> Iterator[Message]:
        for place in places:
            message = self._messages.get(place)
            if message is not None:
                yield message

    def _shortest(self, addresses: Sequence[str]) -> deque[int] | None:
        known = [self._by_address.get(address, deque()) for address in addresses if address]
        return min(known, key=len, default=None)

    def _index(self, place: int, before: frozenset[str], after: frozenset[str]) -> None:
        for address in before - after:
            places = self._by_address[address]
            del places[bisect_left(places, place)]
            if not places:
                del self._by_address[address]
        for address in after - before:
            insort(self._by_address.setdefault(address, deque()), place)


def _addresses(message: Message | None) -> frozenset[str]:
    """Where a message is from and where it goes to."""
    return frozenset() if message is None else frozenset({message.sender, message.to} - {""})
