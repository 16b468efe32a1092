"""The pieces of the phone's page that change while one looks at it: bubbles, and the entries of the list. Functions from data to HTML."""

import hashlib
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from offhook.api.shapes import iso
from offhook.console.html import Markup, tag, void
from offhook.dev.phone_desk import address
from offhook.dev.phone_view import Bubble, Conversation, Mark, Trouble, bare, conversation_of, named
from offhook.net.urls import is_url
from offhook.simulator.records import Direction, Media

_SIGNS: Final = {Mark.QUEUED: "○", Mark.SENDING: "◔", Mark.SENT: "✓", Mark.DELIVERED: "✓✓", Mark.FAILED: "!"}
Own = Callable[[str], str]
"""The path of a picture's URL where it is one of ours, else ""."""


def item(seen: Bubble, own: Own) -> Markup:
    """One bubble with what is known of its message."""
    message = seen.message
    whose = f"{named(message.sender)}:" if seen.mine else "Your app:"
    return tag(
        "li",
        tag(
            "div",
            tag("span", whose, class_="unseen"),
            *(_media(each, own) for each in message.media),
            tag("p", message.body, dir="auto") if message.body else "",
            class_="bubble",
        ),
        tag("p", *_small_print(seen), class_="mark"),
        _trouble(seen, seen.trouble) if seen.trouble else "",
        id=f"m-{message.sid}",
        class_=f"{'mine' if seen.mine else 'theirs'} {seen.mark}",
    )


def entry(conversation: Conversation, *, current: bool = False) -> Markup:
    """One conversation in the list."""
    who = named(conversation.person)
    last = conversation.last
    silent = bare(conversation.person) if who != bare(conversation.person) else "No messages yet"
    preview = (last.body or "A picture") if last is not None else silent
    return tag(
        "li",
        tag(
            "a",
            tag("span", initial(who), class_=f"face {tint(conversation.person)}", aria_hidden="true"),
            tag(
                "span",
                tag("b", who, dir="auto"),
                tag("span", "WhatsApp", class_="channel") if conversation.whatsapp else "",
                tag("small", preview[:80], dir="auto"),
                class_="words",
            ),
            tag(
                "span",
                _clock(last.created_at) if last is not None else "",
                tag("span", "to …", bare(conversation.number)[-4:]),
                class_="when",
            ),
            title=f"To {bare(conversation.number)}",
            href=address(conversation),
            aria_current="page" if current else None,
        ),
        id=f"c-{key(conversation)}",
    )


def happening(seen: Bubble, own: Own) -> dict[str, object]:
    """What the page's script needs besides the message's shape: where it belongs, its bubble, the list's entry, and what to say aloud."""
    conversation = conversation_of(seen.message)
    return {
        "key": key(conversation),
        "bubble": str(item(seen, own)),
        "entry": str(entry(conversation)),
        "news": _news(seen),
    }


def _news(seen: Bubble) -> str:
    if seen.trouble is not None and seen.mark is Mark.FAILED:
        return f"Not delivered, {seen.trouble.code or 'no code'}: {seen.trouble.cause}"
    if not seen.mine and seen.mark is Mark.DELIVERED:
        return f"Your app: {seen.message.body or 'a picture'}"
    return ""


def _small_print(seen: Bubble) -> list[object]:
    message = seen.message
    word = (
        "not delivered"
        if seen.mark is Mark.FAILED
        else f"delivered to {seen.taker}"
        if seen.mine and seen.mark is Mark.DELIVERED
        else seen.mark.value
    )
    parts: list[object] = [tag("span", _SIGNS[seen.mark], class_="sign", aria_hidden="true"), f" {word} {seen.note}".rstrip()]
    if message.direction is Direction.API:
        parts.append(" · by the API")
    if message.segments > 1:
        parts.append(f" · {message.segments} segments")
    return [*parts, " · ", _clock(message.created_at)]


def _trouble(seen: Bubble, trouble: Trouble) -> Markup:
    """Why, what to do first, and the ways on."""
    code = tag("strong", trouble.code) if trouble.code else ""
    elsewhere = trouble.link.startswith("https:")
    link = tag(
        "a",
        "What Twilio says" if elsewhere else "The whole story",
        href=trouble.link,
        rel="noreferrer" if elsewhere else None,
    )
    failed = seen.mark is Mark.FAILED
    again = _again(seen) if failed and seen.mine and seen.message.reference else ""
    return tag(
        "div",
        tag("p", code, " ", trouble.cause),
        tag("p", "First: ", trouble.step, class_="quiet") if trouble.step else "",
        tag("div", link, again, class_="ways") if trouble.link else "",
        class_="why" if failed else "why mild",
    )


def _again(seen: Bubble) -> Markup:
    button = tag("button", "Deliver it again", type="submit", class_="second")
    return tag("form", button, method="post", action=f"/phone/texts/{seen.message.sid}/again", class_="again")


def _media(media: Media, own: Own) -> Markup:
    path = own(media.url)
    if path:
        return tag("a", void("img", src=path, alt="Picture", loading="lazy"), href=path, class_="picture")
    if not is_url(media.url):
        return tag("span", "📎 ", media.url or "picture", class_="file")
    parts = urlsplit(media.url)
    name = parts.path.rpartition("/")[2] or "picture"
    return tag("a", "📎 ", name, tag("small", parts.netloc), href=media.url, rel="noreferrer", class_="file")


def _clock(at: float) -> Markup:
    full = iso(at)
    return tag("time", f"{full[11:16]} UTC", datetime=full, title=full)


def key(conversation: Conversation) -> str:
    """A conversation's name as an element's id: both numbers without what an id could not have."""
    return hashlib.sha256(f"{conversation.person} {conversation.number}".encode()).hexdigest()[:16]


def initial(who: str) -> str:
    """The letter in a person's circle."""
    return who[0] if who[:1].isalpha() else "#"


def tint(person: str) -> str:
    """One of six colours, always the same for a number."""
    return f"tint{sum(bare(person).encode()) % 6}"
