"""Messages as a person sees them on the phone: conversations, bubbles, marks, and in a sentence why something did not arrive."""

import re
from collections.abc import Sequence
from enum import StrEnum
from itertools import islice
from typing import Final

import msgspec

from offhook.debugger.catalogue import lookup, page_about
from offhook.dev.house import PEOPLE, DevHouse
from offhook.records import DebugEvent, Level, Record, Role, State, WebhookStory
from offhook.simulator.records import Direction, Message, Status

WHATSAPP: Final = "whatsapp:"
MOST_CONVERSATIONS: Final = 50
MOST_SEARCHED: Final = 5000
"""How many of the newest messages are looked through for conversations."""
MOST_BUBBLES: Final = 200
NAMES: Final = {number: name for name, number in PEOPLE.items()}
_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")


class Mark(StrEnum):
    """How a message is doing, as one word under its bubble."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Trouble(Record):
    """Why a message did not arrive, or not as it was meant: Twilio's code (0: none), the likeliest cause, the first step, and where the whole story stands."""

    code: int
    cause: str
    step: str = ""
    link: str = ""


class Bubble(Record):
    """One message on the screen. `mine` is the person's; `note` says more about its mark, `taker` who has taken a text that was delivered."""

    message: Message
    mine: bool
    mark: Mark
    note: str = ""
    trouble: Trouble | None = None
    taker: str = "your app"


class Conversation(Record):
    """A person and one of the account's numbers, both with the channel's prefix or both without; `last` is its newest message."""

    person: str
    number: str
    last: Message | None = None

    @property
    def whatsapp(self) -> bool:
        """Whether it is on WhatsApp."""
        return self.person.startswith(WHATSAPP)


_MARKS: Final = {
    Status.ACCEPTED: Mark.QUEUED,
    Status.SCHEDULED: Mark.QUEUED,
    Status.QUEUED: Mark.QUEUED,
    Status.SENDING: Mark.SENDING,
    Status.SENT: Mark.SENT,
    Status.DELIVERED: Mark.DELIVERED,
    Status.READ: Mark.DELIVERED,
    Status.UNDELIVERED: Mark.FAILED,
    Status.FAILED: Mark.FAILED,
    Status.CANCELED: Mark.FAILED,
}


def bare(address: str) -> str:
    """An address without its channel."""
    return address.removeprefix(WHATSAPP)


def named(address: str) -> str:
    """Whose number it is, else the number itself."""
    return NAMES.get(bare(address), bare(address))


def is_number(text: str) -> bool:
    """Whether it can be a phone number, in E.164 or as a short code."""
    return _NUMBER.fullmatch(text) is not None


def conversation_of(message: Message) -> Conversation:
    """The conversation that a message belongs to."""
    inbound = message.direction is Direction.INBOUND
    person, number = (message.sender, message.to) if inbound else (message.to, message.sender)
    return Conversation(person=person, number=number, last=message)


def conversations(house: DevHouse) -> list[Conversation]:
    """Those with messages, the newest first; then the people who have not written yet."""
    found: dict[tuple[str, str], Conversation] = {}
    for message in islice(house.book.messages(), MOST_SEARCHED):
        each = conversation_of(message)
        found.setdefault((each.person, each.number), each)
        if len(found) == MOST_CONVERSATIONS:
            break
    known = {bare(person) for person, _ in found}
    number = default_number(house)
    silent = [Conversation(person=each, number=number) for each in PEOPLE.values() if each not in known]
    return [*found.values(), *silent]


def default_number(house: DevHouse) -> str:
    """The account's first number; "" where it has none any more."""
    return next((each.number for each in house.book.numbers.values()), "")


async def bubbles(house: DevHouse, conversation: Conversation) -> list[Bubble]:
    """The newest messages of a conversation, in the order in which they came."""
    person, number = conversation.person, conversation.number
    theirs = (
        each
        for each in house.book.messages()
        if (each.sender == person and each.to == number) or (each.sender == number and each.to == person)
    )
    found = islice(theirs, MOST_BUBBLES)
    return [await bubble(house, each) for each in reversed(list(found))]


async def bubble(house: DevHouse, message: Message) -> Bubble:
    """One message with its mark and, where something is wrong, why."""
    if message.direction is not Direction.INBOUND:
        return Bubble(message=message, mine=False, mark=_MARKS.get(message.status, Mark.SENT), trouble=_not_sent(message))
    if not message.reference:
        if house.carrier.app_of(message.to):
            return Bubble(message=message, mine=True, mark=Mark.SENDING, note="your app is asked")
        return Bubble(message=message, mine=True, mark=Mark.FAILED, trouble=_nowhere(message.to))
    seen = told(message, await house.journal.story(message.reference))
    return msgspec.structs.replace(seen, taker="Offhook's front door, for your app,") if house.front else seen


def told(message: Message, story: WebhookStory | None) -> Bubble:
    """A person's message as the journal tells its story. Pure."""
    if story is None or not story.attempts:
        return Bubble(message=message, mine=True, mark=Mark.SENT)
    delivered = story.webhook.state is State.DELIVERED
    trouble = _trouble(story)
    last = story.attempts[-1]
    took = f"{last.duration_ms:.0f} ms" if last.duration_ms < 1000 else f"{last.duration_ms / 1000:.1f} s"
    by = "by its fallback URL " if delivered and last.role is Role.FALLBACK else ""
    return Bubble(
        message=message,
        mine=True,
        mark=Mark.DELIVERED if delivered else Mark.FAILED,
        note=f"{by}in {took}" if delivered else f"after {took}",
        trouble=trouble,
    )


def _trouble(story: WebhookStory) -> Trouble | None:
    """What was wrong in the last round, the primary URL's failure before its fallback's success too: earlier rounds are over."""
    attempts = list(story.attempts)
    while len(attempts) > 1 and attempts[-1].role is Role.FALLBACK:
        attempts.pop()
    since = attempts[-1].started_at
    told_of = [each for each in story.events if not each.reply_id]  # what is wrong with a reply stands at the reply
    if story.webhook.state is not State.DELIVERED:
        faults = [each for each in told_of if each.level is Level.ERROR]
    else:
        faults = [each for each in told_of if each.level in {Level.ERROR, Level.WARNING} and each.at >= since]
    return _explained(faults) if faults else None


def _explained(faults: Sequence[DebugEvent]) -> Trouble:
    event = faults[-1]
    code = event.twilio_code or event.code
    row = lookup(event.code) or lookup(code)
    cause = event.causes[0] if event.causes else None
    steps = cause.steps if cause is not None and cause.steps else row.solutions if row is not None else ()
    return Trouble(
        code=code,
        cause=cause.title if cause is not None else event.message,
        step=steps[0] if steps else "",
        link=f"/webhooks/{event.webhook_id}",
    )


def _not_sent(message: Message) -> Trouble | None:
    if not message.error_code:
        return None
    row = lookup(message.error_code)
    return Trouble(
        code=message.error_code,
        cause=message.error_message or (row.name if row is not None else "The message did not arrive."),
        step=row.solutions[0] if row is not None and row.solutions else "",
        link=f"/webhooks/{message.reference}" if message.reference else page_about(message.error_code),
    )


def _nowhere(number: str) -> Trouble:
    return Trouble(
        code=0,
        cause=f"{bare(number)} has no URL for messages, so nobody hears of it.",
        step="Give the number an SmsUrl, or text one of the account's numbers.",
    )
