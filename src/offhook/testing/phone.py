"""A person's phone in a test: it texts the app, and waits for what comes back."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from offhook.records import Answer, DebugEvent, Level, WebhookStory
from offhook.simulator.carrier import sid
from offhook.simulator.records import Direction, Media, Message, Status
from offhook.testing.wording import broken, refused, silent, unconnected
from offhook.twiml.schema import LONGEST_BODY

if TYPE_CHECKING:
    from offhook.testing.carrier import SimulatedCarrier

POLL: Final = 0.005
ARRIVED: Final = frozenset({Status.DELIVERED, Status.READ})
LOST: Final = frozenset({Status.FAILED, Status.UNDELIVERED})


class Phone:
    """One person's phone. `replies` are those to the text that was sent last, or all there were where none was sent."""

    def __init__(self, carrier: "SimulatedCarrier", number: str) -> None:
        self.number = number
        self._carrier = carrier
        self._text: Message | None = None
        self._before: frozenset[str] = frozenset()

    def text(self, body: str, *, to: str = "", media: Sequence[str] = ()) -> Message:
        """Send a text, with the pictures at these URLs, to one of the account's numbers (its first one where none is named).

        Raises ValueError for what no phone could send: another's number, or more characters than a message has.
        """
        carrier = self._carrier.house.carrier
        if to and carrier.book.number(to) is None:
            raise ValueError(f"{to!r} is none of the account's numbers: {', '.join(self._carrier.numbers)}")
        if len(body) > LONGEST_BODY:
            raise ValueError(f"A text has up to {LONGEST_BODY} characters, and this one {len(body)}")
        pictures = tuple(Media(sid=sid("ME"), content_type="", url=url) for url in media)
        self._before = frozenset(each.sid for each in self._received())
        self._text = self._carrier.call(lambda: carrier.text(self.number, to or self._first_number(), body, pictures))
        return self._text

    def replies(self, within: float = 5.0, *, at_least: int = 1) -> Sequence[Message]:
        """The messages that came back, the oldest first, as soon as there are `at_least` so many and no more on their way.

        Raises AssertionError, when the app has failed, with the error's code, its cause and the first step to mend it; or when too few have
        come within that many seconds.
        """
        end = time.monotonic() + within
        while True:
            busy = self._carrier.call(lambda: self._carrier.house.carrier.travelling)
            came = [each for each in self._received() if each.sid not in self._before and self._is_of_last(each)]
            here = [each for each in came if each.status in ARRIVED]
            late = time.monotonic() > end
            if len(here) >= at_least and (late or not busy):
                return here
            if not busy:
                self._check(came)
            if late:
                raise AssertionError(self._nothing(len(here), at_least, within))
            time.sleep(POLL)

    def _is_of_last(self, message: Message) -> bool:
        """Whether a message may be for the last text: a reply that is known to be another text's is not."""
        text = self._text and self._carrier.house.book.message(self._text.sid)
        return not (text and text.reference and message.reference) or message.reference == text.reference

    def reply(self, within: float = 5.0) -> Message:
        """The first message that came back. Raises AssertionError as `replies` does."""
        return self.replies(within)[0]

    def _first_number(self) -> str:
        return next(iter(self._carrier.house.book.numbers.values())).number

    def _received(self) -> Sequence[Message]:
        """The messages to this phone, the oldest first."""
        return [each for each in self._carrier.messages if each.direction is not Direction.INBOUND and each.to == self.number]

    def _check(self, came: Sequence[Message]) -> None:
        """Raises AssertionError where waiting longer is of no use: there is no app, it has failed, or its reply has."""
        if self._text and not self._carrier.call(lambda: self._carrier.house.connected):
            raise AssertionError(unconnected())
        story = self._story()
        for event in story.events if story else ():
            # What is wrong with a reply is told below.
            if event.level is Level.ERROR and not event.reply_id and self._text and event.resource_sid == self._text.sid:
                raise AssertionError(broken(event, self._said()))
        lost = [each for each in came if each.status in LOST]
        if lost:
            raise AssertionError(refused(lost[0]))

    def _nothing(self, count: int, at_least: int, within: float) -> str:
        story = self._story()
        answer: Answer | None = story.webhook.answer if story else None
        warnings: Sequence[DebugEvent] = story.events if story else ()
        return silent(self._said(), f"{count} of {at_least}" if count else "Nothing", within, answer, warnings)

    def _said(self) -> str:
        return self._text.body if self._text else ""

    def _story(self) -> WebhookStory | None:
        """What became of the text that was sent last, once the app has been asked."""
        text = self._text and self._carrier.call(lambda: self._carrier.house.book.message(self._text.sid if self._text else ""))
        if not text or not text.reference:
            return None
        return self._carrier.run(self._carrier.house.journal.story(text.reference))
