"""What the network does to a message on its way: gives a service's message its sender, and brings one to the account's own numbers there."""

import secrets
from collections.abc import Callable
from typing import Final

import msgspec

from offhook.providers.drafts import segments
from offhook.replies.guard import LoopGuard
from offhook.simulator.book import Book, MessageFilter
from offhook.simulator.records import Direction, Message, Status

NO_SENDER: Final = 21703
LOOP: Final = 14107


class Passage:
    """Looks at a message in each of its states. `arrive` takes a text for one of the account's numbers."""

    def __init__(self, book: Book, arrive: Callable[[Message], None]) -> None:
        self._book = book
        self._arrive = arrive
        self._loops = LoopGuard()

    def step(self, message: Message) -> Message:
        """The message as it goes on; failed where it cannot."""
        if not message.sender:
            message = self._with_sender(message)
        if self._book.number(message.to) is None:
            return message
        if message.status is Status.DELIVERED:
            self._arrive(message)
        elif message.status is Status.SENDING and self._goes_in_circles(message):
            return _failed(message, LOOP, "Two of the account's numbers answer each other without end.")
        return message

    def _with_sender(self, message: Message) -> Message:
        sender = self._choose(message)
        if not sender:
            return _failed(message, NO_SENDER, "The Messaging Service has no number to send from.")
        parts = 1 if message.media else segments(message.body)
        return msgspec.structs.replace(message, sender=sender, segments=parts)

    def _choose(self, message: Message) -> str:
        """The sender that the person knows from this service, else any of its pool; "" where the pool is empty."""
        service = self._book.services.get(message.messaging_service_sid)
        pool = service.numbers if service is not None else ()
        channel = "whatsapp:" if message.to.startswith("whatsapp:") else ""
        before = (each.sender for each in self._book.messages(MessageFilter(to=message.to)))
        known = (each for each in before if each.startswith(channel) and each.removeprefix(channel) in pool)
        return next(known, channel + secrets.choice(pool) if pool else "")

    def _goes_in_circles(self, message: Message) -> bool:
        return message.direction is Direction.REPLY and not self._loops.admits(message.to, message.sender, message.updated_at)


def _failed(message: Message, code: int, why: str) -> Message:
    return msgspec.structs.replace(message, status=Status.FAILED, error_code=code, error_message=why)
