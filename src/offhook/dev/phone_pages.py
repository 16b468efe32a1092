"""The phone's page as functions from data to HTML: conversations on the left, bubbles on the right."""

from collections.abc import Sequence
from typing import Final

from offhook.console.html import LINKS, Look, Markup, document, tag, void
from offhook.console.visit import NAV
from offhook.dev.house import PEOPLE
from offhook.dev.phone_bubbles import Own, entry, initial, item, key, tint
from offhook.dev.phone_desk import address
from offhook.dev.phone_forms import LONGEST
from offhook.dev.phone_view import Bubble, Conversation, bare, named
from offhook.providers.drafts import segments
from offhook.records import Record

DEV_LINKS: Final = (("Phone", "/phone"), ("Chaos", "/chaos"), *LINKS)
DEV_NAV: Final = (("Phone", "/phone"), ("Chaos", "/chaos"), *NAV)
DEV_LOOK: Final = Look(links=DEV_LINKS)
LOOK: Final = Look(links=DEV_LINKS, styles=("phone.css",), scripts=("phone.js",), name="on-phone")
_WORDS: Final = ("STOP", "START", "HELP")


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
    frame = tag(
        "div",
        _side(screen),
        _talk(screen, own),
        tag("p", "", id="news", class_="unseen", role="status"),
        class_="phone",
        id="phone",
        data_events="/phone/events",
        data_place=screen.place,
        data_key=key(here),
        data_address=address(here),
    )
    return document(f"{named(here.person)} · Phone · Offhook", frame, look=LOOK)


def _side(screen: Screen) -> Markup:
    here = key(screen.conversation)
    return tag(
        "aside",
        tag("h2", "Text as", id="people-title"),
        tag("ul", *(entry(each, current=key(each) == here) for each in _listed(screen)), id="people"),
        _other_number(screen.conversation),
        class_="people",
        aria_labelledby="people-title",
    )


def _talk(screen: Screen, own: Own) -> Markup:
    bubbles = (item(each, own) for each in screen.bubbles)
    empty = tag("p", "No messages yet. Say hello: your app hears it as Twilio would bring it.", class_="empty", id="empty")
    return tag(
        "section",
        _top(screen),
        tag("ol", *bubbles, id="bubbles", class_="bubbles", tabindex="0", aria_label="Messages"),
        "" if screen.bubbles else empty,
        _compose(screen),
        class_="talk",
        aria_labelledby="talk-title",
    )


def _listed(screen: Screen) -> Sequence[Conversation]:
    if any(key(each) == key(screen.conversation) for each in screen.conversations):
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
    face = tag("span", initial(who), class_=f"face {tint(here.person)}", aria_hidden="true")
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
        _line(screen.draft),
        tag("div", tag("span", _counted(screen.draft), id="counter", class_="quiet"), _words(), class_="under"),
        method="post",
        action="/phone/texts",
        enctype="multipart/form-data",
        autocomplete="off",
        class_="compose",
        id="compose",
    )


def _line(draft: str) -> Markup:
    """Where the text is typed. A browser takes the first line break in a text area for ours."""
    file = void("input", type="file", name="file", accept="image/png,image/jpeg,image/gif")
    text = tag(
        "textarea",
        "\n" + draft if draft.startswith("\n") else draft,
        id="body",
        name="body",
        rows="2",
        maxlength=LONGEST,
        placeholder="Text message",
        aria_label="Text message",
        autofocus="",
    )
    return tag(
        "div",
        tag("label", "Picture", file, class_="attach"),
        text,
        tag("button", "Send", type="submit", id="send"),
        class_="line",
    )


def _words() -> Markup:
    """The words that a carrier answers itself, as buttons."""
    return tag("span", *(tag("button", word, type="submit", name="word", value=word, class_="word") for word in _WORDS))


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
