"""The phone's desk: sends what a person wants sent, keeps the pictures, and says what a message looks like to a program."""

from collections import OrderedDict
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from offhook.api.problems import Problem
from offhook.api.shapes import iso
from offhook.dev.house import PEOPLE, DevHouse
from offhook.dev.phone_feed import Feed
from offhook.dev.phone_forms import EXTENSIONS, Wanted, picture_type
from offhook.dev.phone_view import WHATSAPP, Bubble, Conversation, bare, bubble, conversation_of, default_number
from offhook.net.urls import is_url
from offhook.simulator.carrier import sid
from offhook.simulator.records import Media, Message

MOST_PICTURES: Final = 64 * 1024 * 1024
"""Bytes of pictures that are kept; the oldest are forgotten."""
LOOKED_AT: Final = 1000
"""How many of the newest messages are looked through for the number that a person wrote to last."""
MEDIA: Final = "/phone/media/"


class PhoneDesk:
    """What the phone's page and `offhook dev --terminal` work with. `feed` tells of what happens."""

    def __init__(self, house: DevHouse, most_pictures: int = MOST_PICTURES) -> None:
        self.house = house
        self.feed = Feed(house.book)
        self._pictures: OrderedDict[str, tuple[Media, str]] = OrderedDict()
        self._most = most_pictures

    def close(self) -> None:
        """End the streams, which would hold up the server's stop."""
        self.feed.close()

    def send(self, text: Wanted, base_url: str) -> Message:
        """Send a text. `base_url` is where the app finds the pictures that came with it. Raises Problem 20001."""
        conversation = self.conversation(text.sender, text.to, whatsapp=text.whatsapp)
        if not conversation.number:
            raise Problem(20001, "The account has no number to text to: say one.")
        pictures = [self._picture(each, base_url) for each in text.files]
        links = [Media(sid=sid("ME"), content_type="", url=url) for url in text.media]
        message = self.house.carrier.text(conversation.person, conversation.number, text.body, (*links, *pictures))
        for each in pictures:
            self._pictures[each.sid] = (each, message.sid)
        self._forget_old_pictures()
        return message

    def conversation(self, person: str, number: str, *, whatsapp: bool = False) -> Conversation:
        """The conversation that is meant: without a person the first one's, without a number the one that this person wrote to last."""
        prefix = WHATSAPP if whatsapp or (person or number).startswith(WHATSAPP) else ""
        person = person or prefix + next(iter(PEOPLE.values()))
        if not number:
            known = map(conversation_of, islice(self.house.book.messages(), LOOKED_AT))
            number = next((each.number for each in known if each.person == person), prefix + default_number(self.house))
        return Conversation(person=person, number=number)

    def opted_out(self, conversation: Conversation) -> bool:
        """Whether the person takes no messages from that number."""
        return self.house.carrier.optouts.is_out(conversation.person, conversation.number)

    def picture(self, media_sid: str) -> Media | None:
        """A picture that is kept here."""
        found = self._pictures.get(media_sid)
        return found[0] if found else None

    def own_picture(self, url: str) -> str:
        """The path under which a picture's URL is served by us; "" where it is elsewhere, or no longer kept."""
        path = urlsplit(url).path if is_url(url) else ""
        known = self.picture(path.removeprefix(MEDIA).partition(".")[0]) if path.startswith(MEDIA) else None
        return path if known is not None and known.url == url else ""

    async def shape(self, message: Message) -> dict[str, Any]:
        """A message as a program reads it."""
        return message_shape(await bubble(self.house, message))

    def _picture(self, content: bytes, base_url: str) -> Media:
        kind, name = picture_type(content), sid("ME")
        url = f"{base_url.rstrip('/')}{MEDIA}{name}.{EXTENSIONS[kind]}"
        return Media(sid=name, content_type=kind, url=url, data=content, created_at=self.house.clock.now())

    def _forget_old_pictures(self) -> None:
        while sum(len(media.data) for media, _ in self._pictures.values()) > self._most and len(self._pictures) > 1:
            _, (old, message_sid) = self._pictures.popitem(last=False)
            message = self.house.book.message(message_sid)
            if message is not None:
                left = tuple(msgspec.structs.replace(each, data=b"") if each.sid == old.sid else each for each in message.media)
                self.house.book.keep(msgspec.structs.replace(message, media=left))


def message_shape(seen: Bubble) -> dict[str, Any]:
    """A message with how it is doing."""
    message = seen.message
    return {
        "sid": message.sid,
        "direction": message.direction.value,
        "from": message.sender,
        "to": message.to,
        "body": message.body,
        "media": [each.url for each in message.media],
        "status": message.status.value,
        "mark": seen.mark.value,
        "error_code": (seen.trouble.code if seen.trouble else 0) or message.error_code,
        "error_message": seen.trouble.cause if seen.trouble else message.error_message,
        "error_step": seen.trouble.step if seen.trouble else "",
        "webhook_id": message.reference,
        "created_at": iso(message.created_at),
    }


def address(conversation: Conversation) -> str:
    """The page of a conversation."""
    query = {"person": bare(conversation.person), "to": bare(conversation.number)}
    return f"/phone?{urlencode({**query, 'channel': 'whatsapp'} if conversation.whatsapp else query)}"
