"""The phone's page as functions from data to HTML: conversations on the left, bubbles on the right."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from offhook.api.shapes import iso
from offhook.console.html import LINKS, Look, Markup, document, tag, void
from offhook.dev.house import PEOPLE
from offhook.dev.phone_desk import address
from offhook.dev.phone_forms import LONGEST
from offhook.dev.phone_view import Bubble, Conversation, Mark, Trouble, bare, conversation_of, named
from offhook.providers.drafts import segments
from offhook.records import Record
from offhook.simulator.records import Direction, Media

DEV_LINKS: Final = (("Phone", "/phone"), *LINKS)
DEV_LOOK: Final = Look(links=DEV_LINKS)
LOOK: Final = Look(links=DEV_LINKS, styles=("phone.css",), scripts=("phone.js",), name="on-phone")
FIRST_STEP: Final = ("Text your app from the phone", "/phone")
_SIGNS: Final = {Mark.QUEUED: "○", Mark.SENDING: "◔", Mark.SENT: "✓", Mark.DELIVERED: "✓✓", Mark.FAILED: "!"}
_WORDS: Final = ("STOP", "START", "HELP")
Own = Callable[[str], str]
"""The path of a picture's URL where it is one of ours, else ""."""


class Screen(Record):
    """What the page shows. `draft` and `trouble`: a text that was not sent, and why. `place`: the last event that it knows of."""

    conversation: Conversation
    conversations: Sequence[Conversation]
    numbers: Sequence[str]
    bubbles: Sequence[Bubble]
    app_url: str
    place: str
    opted_out: bool = False
    draft: str = ""
    trouble: str = ""


def phone_page(screen: Screen, own: Own) -> bytes:
    """The whole page."""
    here = screen.conversation
    side = tag(
        "aside",
        tag("h2", "Text as", id="people-title"),
        tag("ul", *(entry(each, current=_key(each) == _key(here)) for each in _listed(screen)), id="people"),
        _other_number(here),
        class_="people",
        aria_labelledby="people-title",
    )
    talk = tag(
        "section",
        _top(screen),
        tag(
            "ol",
            *(item(each, own) for each in screen.bubbles),
            id="bubbles",
            class_="bubbles",
            tabindex="0",
            aria_label="Messages",
        ),
        ""
        if screen.bubbles
        else tag("p", "No messages yet. Say hello: your app hears it as Twilio would bring it.", class_="empty", id="empty"),
        _compose(screen),
        class_="talk",
        aria_labelledby="talk-title",
    )
    frame = tag(
        "div",
        side,
        talk,
        tag("p", "", id="news", class_="unseen", role="status"),
        class_="phone",
        id="phone",
        data_events="/phone/events",
        data_place=screen.place,
        data_key=_key(here),
        data_address=address(here),
    )
    return document(f"{named(here.person)} · Phone · Offhook", frame, look=LOOK)


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
        _trouble(seen.trouble, seen.mark) if seen.trouble else "",
        id=f"m-{message.sid}",
        class_=f"{'mine' if seen.mine else 'theirs'} {seen.mark}",
    )


def entry(conversation: Conversation, *, current: bool = False) -> Markup:
    """One conversation in the list."""
    who = named(conversation.person)
    last = conversation.last
    preview = (last.body or "A picture") if last is not None else bare(conversation.person)
    return tag(
        "li",
        tag(
            "a",
            tag("span", _initial(who), class_=f"face {_tint(conversation.person)}", aria_hidden="true"),
            tag(
                "span",
                tag("b", who, dir="auto"),
                tag("span", "WhatsApp", class_="channel") if conversation.whatsapp else "",
                tag("small", preview[:80], dir="auto"),
                class_="words",
            ),
            _clock(last.created_at) if last is not None else "",
            href=address(conversation),
            aria_current="page" if current else None,
        ),
        id=f"c-{_key(conversation)}",
    )


def happening(seen: Bubble, own: Own) -> dict[str, object]:
    """What the page's script needs besides the message's shape: where it belongs, its bubble, the list's entry, and what to say aloud."""
    conversation = conversation_of(seen.message)
    return {
        "key": _key(conversation),
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


def _listed(screen: Screen) -> Sequence[Conversation]:
    if any(_key(each) == _key(screen.conversation) for each in screen.conversations):
        return screen.conversations
    return [screen.conversation, *screen.conversations]


def _top(screen: Screen) -> Markup:
    here = screen.conversation
    chosen = bare(here.number)
    numbers = [*screen.numbers, *([chosen] if chosen and chosen not in screen.numbers else [])]
    options = [tag("option", each, value=each, selected="" if each == chosen else None) for each in numbers]
    who = named(here.person)
    form = tag(
        "form",
        void("input", type="hidden", name="person", value=bare(here.person)),
        tag("label", "To ", tag("select", *options, name="to")),
        tag(
            "label",
            void("input", type="checkbox", name="channel", value="whatsapp", checked="" if here.whatsapp else None),
            " WhatsApp",
        ),
        tag("button", "Switch", type="submit", class_="second"),
        method="get",
        action="/phone",
        id="switch",
        autocomplete="off",
    )
    title = tag(
        "div",
        tag("h1", who, id="talk-title"),
        tag("p", bare(here.person) if who != bare(here.person) else "", " → ", tag("code", screen.app_url), class_="quiet"),
    )
    face = tag("span", _initial(who), class_=f"face {_tint(here.person)}", aria_hidden="true")
    return tag("div", face, title, form, class_="top")


def _compose(screen: Screen) -> Markup:
    here = screen.conversation
    hidden = [
        void("input", type="hidden", name=name, value=value)
        for name, value in (
            ("from", bare(here.person)),
            ("to", bare(here.number)),
            ("channel", "whatsapp" if here.whatsapp else "sms"),
        )
    ]
    out = f"{named(here.person)} has opted out of {bare(here.number)}: what your app sends fails with 21610. START opts in again."
    return tag(
        "form",
        *hidden,
        tag("p", out, class_="notice", id="opted-out", hidden=None if screen.opted_out else ""),
        tag("p", screen.trouble, class_="trouble", role="alert", id="trouble", hidden=None if screen.trouble else ""),
        tag(
            "div",
            tag(
                "label",
                "Picture",
                void("input", type="file", name="file", accept="image/png,image/jpeg,image/gif"),
                class_="attach",
            ),
            tag(
                "textarea",
                "\n" + screen.draft if screen.draft.startswith("\n") else screen.draft,
                id="body",
                name="body",
                rows="2",
                maxlength=LONGEST,
                placeholder="Text message",
                aria_label="Text message",
                autofocus="",
            ),
            tag("button", "Send", type="submit", id="send"),
            class_="line",
        ),
        tag(
            "div",
            tag("span", _counted(screen.draft), id="counter", class_="quiet"),
            tag(
                "span",
                *(tag("button", word, type="submit", name="word", value=word, class_="word") for word in _WORDS),
                class_="words",
            ),
            class_="under",
        ),
        method="post",
        action="/phone/texts",
        enctype="multipart/form-data",
        autocomplete="off",
        class_="compose",
        id="compose",
    )


def _counted(draft: str) -> str:
    """The line under the text without a script; with one it counts while the person types."""
    if not draft:
        return "160 characters fit one segment; with emoji or other alphabets, 70."
    count = segments(draft)
    return f"{len(draft)} characters · {count} segment{'' if count == 1 else 's'}"


def _other_number(here: Conversation) -> Markup:
    value = "" if bare(here.person) in PEOPLE.values() else bare(here.person)
    return tag(
        "form",
        tag(
            "label",
            "Another number",
            void(
                "input",
                type="tel",
                name="person",
                value=value,
                placeholder="+12025550123",
                pattern=r"[+0-9 \(\).\-]{3,25}",
                title="A phone number such as +12025550123",
                required="",
                autocomplete="off",
            ),
        ),
        tag("button", "Open", type="submit", class_="second"),
        method="get",
        action="/phone",
        class_="other",
    )


def _small_print(seen: Bubble) -> list[object]:
    message = seen.message
    word = (
        "not delivered"
        if seen.mark is Mark.FAILED
        else "delivered to your app"
        if seen.mine and seen.mark is Mark.DELIVERED
        else seen.mark.value
    )
    parts: list[object] = [tag("span", _SIGNS[seen.mark], class_="sign", aria_hidden="true"), f" {word} {seen.note}".rstrip()]
    if message.direction is Direction.API:
        parts.append(" · by the API")
    if message.segments > 1:
        parts.append(f" · {message.segments} segments")
    return [*parts, " · ", _clock(message.created_at)]


def _trouble(trouble: Trouble, mark: Mark) -> Markup:
    code = tag("strong", trouble.code) if trouble.code else ""
    elsewhere = trouble.link.startswith("https:")
    link = tag(
        "a",
        "What Twilio says" if elsewhere else "The whole story",
        href=trouble.link,
        rel="noreferrer" if elsewhere else None,
    )
    return tag(
        "div",
        tag("p", code, " ", trouble.cause),
        tag("p", "First: ", trouble.step, class_="quiet") if trouble.step else "",
        tag("p", link) if trouble.link else "",
        class_="why" if mark is Mark.FAILED else "why mild",
    )


def _media(media: Media, own: Own) -> Markup:
    path = own(media.url)
    if path:
        return tag("a", void("img", src=path, alt="Picture", loading="lazy"), href=path, class_="picture")
    parts = urlsplit(media.url)
    name = parts.path.rpartition("/")[2] or "picture"
    if parts.scheme not in {"http", "https"}:
        return tag("span", "📎 ", media.url or name, class_="file")
    return tag("a", "📎 ", name, tag("small", parts.netloc), href=media.url, rel="noreferrer", class_="file")


def _clock(at: float) -> Markup:
    full = iso(at)
    return tag("time", f"{full[11:16]} UTC", datetime=full, title=full)


def _key(conversation: Conversation) -> str:
    """A conversation's name as an element's id: both numbers without what an id could not have."""
    return hashlib.sha256(f"{conversation.person} {conversation.number}".encode()).hexdigest()[:16]


def _initial(who: str) -> str:
    return who[0] if who[:1].isalpha() else "#"


def _tint(person: str) -> str:
    """One of six colours, always the same for a number."""
    return f"tint{sum(bare(person).encode()) % 6}"
