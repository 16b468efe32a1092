"""The place in a connection where the answer to one request goes."""

from typing import Protocol

import msgspec

from offhook.records import Answer


class Flusher(Protocol):
    """What a slot asks of its connection."""

    def answer(self, slot: "Slot", answer: Answer) -> bool:
        """Write the answers whose turn has come. Whether the client was still there, as far as one can know."""

    def hears(self) -> bool:
        """Whether the client is still there, as far as one can know."""

    def abandon(self) -> None:
        """Close without another answer."""


class Slot(msgspec.Struct, eq=False):
    """Takes one answer. Answers of one connection go out in the order of its requests, whenever they were given.

    `usual`: for HTTP/1.1 with keep-alive, with a body.
    """

    connection: Flusher | None
    usual: bool = True
    keep_alive: bool = True
    modern: bool = True
    bodiless: bool = False
    answer: Answer | None = None

    @property
    def alive(self) -> bool:
        """Whether the client still waits for an answer."""
        return self.connection is not None and self.connection.hears()

    def send(self, answer: Answer) -> bool:
        """Answer. False when the client has gone, or has hung up its side, or has been answered."""
        connection, self.connection = self.connection, None
        if connection is None:
            return False
        try:
            return connection.answer(self, answer)
        except BaseException:
            self.connection = connection  # it can still be abandoned
            raise

    def abandon(self) -> None:
        """There will be no answer: the connection is closed."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.abandon()

    def cut(self) -> None:
        """The connection is gone."""
        self.connection = None
