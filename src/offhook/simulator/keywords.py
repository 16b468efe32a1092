"""The words by which a person opts out of messages, in again, and asks for help. Pure."""

from enum import StrEnum
from typing import Final


class OptOut(StrEnum):
    """What a text asks for, beyond being a text."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


_WORDS: Final = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"), OptOut.STOP),
    **dict.fromkeys(("start", "yes", "unstop"), OptOut.START),
    **dict.fromkeys(("help", "info"), OptOut.HELP),
}
ANSWERS: Final = {
    OptOut.STOP: "You have opted out and will get no more messages from this number. Reply START to opt in again.",
    OptOut.START: "You have opted in again and will get messages from this number.",
    OptOut.HELP: "Reply STOP to opt out. Message and data rates may apply.",
}


def asked(body: str) -> OptOut | None:
    """What a text asks for: the word must be all there is of it, in any case."""
    return _WORDS.get(body.strip().casefold())


class OptOuts:
    """Who has opted out of which number. `yes` opts in only who had opted out: else it is an answer like any other."""

    def __init__(self) -> None:
        self._out: set[tuple[str, str]] = set()

    def is_out(self, person: str, number: str) -> bool:
        """Whether the person takes no messages from that number."""
        return (person, number) in self._out

    def hear(self, person: str, number: str, body: str) -> OptOut | None:
        """Take a text to heart; what it asked for, None where it is only a text."""
        word = asked(body)
        if word is OptOut.STOP:
            self._out.add((person, number))
        elif word is OptOut.START:
            if (person, number) not in self._out:
                return None
            self._out.discard((person, number))
        return word
