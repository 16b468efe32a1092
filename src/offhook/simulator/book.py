"""The account's book, in memory: its numbers, services and messages, the newest messages kept up to a cap."""

from collections.abc import Callable, Iterator
from typing import Final

from offhook.records import Record
from offhook.simulator.records import Account, Message, Number, Service
from offhook.simulator.shelf import Shelf

MOST_MESSAGES: Final = 100_000
"""How many messages are kept; the oldest are forgotten."""


class MessageFilter(Record):
    """Which messages a listing means: bounds of the time sent, `since` and `until` inclusive. "" and None: any."""

    to: str = ""
    sender: str = ""
    since: float | None = None
    until: float | None = None


class Book:
    """What the account has. Whoever watches hears of each message that is new or changed."""

    def __init__(self, account: Account, most_messages: int = MOST_MESSAGES) -> None:
        self.account = account
        self.numbers: dict[str, Number] = {}
        self.services: dict[str, Service] = {}
        self._shelf = Shelf(most_messages)
        self._watchers: list[Callable[[Message], None]] = []

    def watch(self, watcher: Callable[[Message], None]) -> Callable[[], None]:
        """Tell `watcher` of every message that is new or changed, until the function that this returns is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def keep(self, message: Message) -> Message:
        """Write a message down, new or changed."""
        self._shelf.put(message)
        for watcher in tuple(self._watchers):
            watcher(message)
        return message

    def message(self, sid: str) -> Message | None:
        """One message; None where there is none, or no longer."""
        return self._shelf.get(sid)

    def forget(self, sid: str) -> bool:
        """Delete a message for good; False where there is none."""
        return self._shelf.take(sid)

    def place(self, sid: str) -> int:
        """Where a message stands among all: newer ones have a greater place, and none ever gets another."""
        return self._shelf.place(sid)

    def messages(self, wanted: MessageFilter | None = None, *, before: int = 0) -> Iterator[Message]:
        """The messages that a filter means, the newest first; only those before a place where one is given."""
        asked = wanted or MessageFilter()
        return (message for message in self._shelf.older(before, (asked.to, asked.sender)) if _matches(message, asked))

    def messages_after(self, place: int, wanted: MessageFilter) -> Iterator[Message]:
        """The messages that a filter means and that came after a place, the oldest first."""
        return (message for message in self._shelf.newer(place, (wanted.to, wanted.sender)) if _matches(message, wanted))

    def number(self, number: str) -> Number | None:
        """The account's own number, with or without a channel's prefix; None where it is somebody else's."""
        bare = number.removeprefix("whatsapp:")
        return next((each for each in self.numbers.values() if each.number == bare), None)

    def service_of(self, number: str) -> Service | None:
        """The service whose pool a number is in."""
        bare = number.removeprefix("whatsapp:")
        return next((each for each in self.services.values() if bare in each.numbers), None)


def _matches(message: Message, wanted: MessageFilter) -> bool:
    sent = message.sent_at if message.sent_at is not None else message.created_at
    return (
        (not wanted.to or message.to == wanted.to)
        and (not wanted.sender or message.sender == wanted.sender)
        and (wanted.since is None or sent >= wanted.since)
        and (wanted.until is None or sent <= wanted.until)
    )
