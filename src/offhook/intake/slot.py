"""The place in a connection where the answer to one request goes."""

from typing import Protocol

from offhook.records import Answer


class Flusher(Protocol):
    """What a slot asks of its connection."""

    def flush(self) -> None:
        """Write the answers whose turn has come."""

    def hears(self) -> bool:
        """Whether the client is still there, as far as one can know."""

    def abandon(self) -> None:
        """Close without another answer."""


class Slot:
    """Takes one answer. Answers of one connection go out in the order of its requests, whenever they were given."""

    __slots__ = ("_connection", "answer", "bodiless", "keep_alive", "modern")

    def __init__(self, connection: Flusher, *, keep_alive: bool, modern: bool, bodiless: bool) -> None:
        self._connection: Flusher | None = connection
        self.answer: Answer | None = None
        self.keep_alive = keep_alive
        self.modern = modern
        self.bodiless = bodiless

    @property
    def alive(self) -> bool:
        """Whether the client still waits for an answer."""
        return self._connection is not None and self._connection.hears()

    def send(self, answer: Answer) -> bool:
        """Answer. False when the client has gone, or has hung up its side, or has been answered."""
        connection, self._connection = self._connection, None
        if connection is None:
            return False
        self.answer = answer
        heard = connection.hears()
        connection.flush()
        return heard

    def abandon(self) -> None:
        """There will be no answer: the connection is closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abandon()

    def cut(self) -> None:
        """The connection is gone."""
        self._connection = None
