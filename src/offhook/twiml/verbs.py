"""The verbs of a TwiML document, carried out top-down: messages, a redirect, and what Twilio would complain about."""

from collections.abc import Callable
from typing import Final

from offhook.twiml import schema
from offhook.twiml.reading import Fault, Message, Reading, Redirect, fault
from offhook.twiml.tree import Element

# A document of 64 kB has room for thousands of faults; the first ones say it.
MOST_FAULTS: Final = 20
UNSENDABLE: Final = frozenset({14101, 14102, 14103})


def carry_out(root: Element) -> Reading:
    """The reading of a parsed document."""
    if root.name != "Response":
        hint = " (the name is case-sensitive)" if root.name.lower() == "response" else ""
        found = fault(12102, f"the root element is <{root.name}>; it must be <Response>{hint}", root.at)
        return Reading(faults=(found,))
    return _Script(root).reading()


class _Script:
    """One document under way."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._messages: list[Message] = []
        self._faults: list[Fault] = []
        self._redirect: Redirect | None = None
        self._sendable = True

    def reading(self) -> Reading:
        """Carry out every verb up to a redirect."""
        self._check_root()
        for piece in self._root.pieces:
            if isinstance(piece, str):
                self._stray_text(piece, self._root)
            elif piece.name in {"Message", "Sms"}:
                self._message(piece)
            elif piece.name == "Redirect":
                self._redirect = self._redirected(piece)
                if self._redirect is not None:
                    break
            else:
                self._unknown_verb(piece)
        return Reading(messages=self._limited(), redirect=self._redirect, faults=tuple(self._faults))

    def _fault(self, code: int, message: str, element: Element, **details: str) -> None:
        self._sendable = self._sendable and code not in UNSENDABLE
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(fault(code, message, element.at, details=details))

    def _hint(self, name: str, known: frozenset[str]) -> str:
        """What a wrong name was probably meant to be, as the end of a sentence."""
        meant = schema.suggestion(name, known) if len(self._faults) < MOST_FAULTS else ""
        return f"; did you mean {meant}? Names are case-sensitive" if meant else ""

    def _check_root(self) -> None:
        version = self._root.attributes.get("version")
        if version is not None and version not in schema.VERSIONS:
            self._fault(12101, f"<Response> has version {version[:40]!r}; leave the attribute away, or write 1.0", self._root)
        self._check_attributes(self._root, frozenset({"version"}))

    def _stray_text(self, text: str, element: Element) -> None:
        if text.strip():
            self._fault(
                12200,
                f"text stands directly in <{element.name}> and is ignored: put it into a <Message>",
                element,
                text=text.strip()[:80],
            )

    def _unknown_verb(self, element: Element) -> None:
        if element.name in schema.VOICE_VERBS:
            self._fault(
                14110,
                f"<{element.name}> is a verb for calls: a message can be answered with <Message> and <Redirect> only",
                element,
            )
            return
        hint = self._hint(element.name, frozenset(schema.VERBS))
        self._fault(12200, f"<{element.name}> is not a verb and is ignored{hint}", element, verb=element.name)

    def _check_attributes(self, element: Element, known: frozenset[str]) -> None:
        for name in element.attributes:
            if name in known or schema.is_markup(name):
                continue
            hint = self._hint(name, known)
            self._fault(12200, f"<{element.name}> has no attribute {name}; it is ignored{hint}", element, attribute=name)

    def _redirected(self, element: Element) -> Redirect | None:
        self._check_attributes(element, schema.VERBS["Redirect"])
        url = element.text().strip()
        for piece in element.pieces:
            if isinstance(piece, Element):
                self._nested(piece, element)
        if not schema.callback_is_valid(url):
            self._fault(11100, f"<Redirect> needs the URL of the next document as its text; {url[:80]!r} is none", element)
            return None
        return Redirect(url=url, method=self._method(element, 13710))

    def _method(self, element: Element, code: int) -> str:
        method = element.attributes.get("method", "POST")
        if schema.method_is_valid(method):
            return method.upper()
        self._fault(code, f"method {method[:40]!r} of <{element.name}> is neither GET nor POST; POST is used", element)
        return "POST"

    def _message(self, element: Element) -> None:
        self._sendable = True
        self._check_attributes(element, schema.VERBS[element.name])
        body, media = self._content(element)
        message = Message(
            body=body,
            media=media,
            to=self._address(element, "to", 14101, schema.recipient_is_valid),
            sender=self._address(element, "from", 14102, schema.sender_is_valid),
            status_callback=self._callback(element, "statusCallback"),
            action=self._callback(element, "action"),
            method=self._method(element, 14104),
        )
        self._check_body(message, element)
        if self._sendable:
            self._messages.append(message)

    def _content(self, element: Element) -> tuple[str, tuple[str, ...]]:
        """The text and the media URLs, in the order in which they stand. Blanks around the whole text are layout, not message."""
        texts: list[str] = []
        media: list[str] = []
        for piece in element.pieces:
            if isinstance(piece, str):
                if piece.strip():
                    texts.append(piece)
            elif piece.name in schema.NOUNS and element.name == "Message":
                self._check_attributes(piece, frozenset())
                self._noun(piece, texts, media)
            else:
                self._nested(piece, element)
        return "".join(texts).strip(), tuple(media)

    def _noun(self, element: Element, texts: list[str], media: list[str]) -> None:
        text = element.text()
        for piece in element.pieces:
            if isinstance(piece, Element):
                self._nested(piece, element)
        if element.name == "Body":
            texts.append(text)
        elif schema.is_url(text.strip()):
            media.append(text.strip())
        else:
            self._fault(12200, "<Media> has no URL as its text; it is ignored", element)

    def _nested(self, element: Element, parent: Element) -> None:
        hint = self._hint(element.name, schema.NOUNS) if parent.name == "Message" else ""
        self._fault(12200, f"<{element.name}> may not stand in <{parent.name}>; it is ignored{hint}", element, verb=element.name)

    def _address(self, element: Element, name: str, code: int, is_valid: Callable[[str], bool]) -> str:
        value = element.attributes.get(name, "").strip()
        if name in element.attributes and not is_valid(value):
            self._fault(
                code, f"{name} of <{element.name}> is not an address that messages can have; the message is not sent", element
            )
        return value

    def _callback(self, element: Element, name: str) -> str:
        value = element.attributes.get(name, "").strip()
        if name not in element.attributes or schema.callback_is_valid(value):
            return value
        self._fault(
            14105, f"{name} of <{element.name}> is not a usable URL; the message is sent without it", element, url=value[:200]
        )
        return ""

    def _check_body(self, message: Message, element: Element) -> None:
        if not message.body and not message.media:
            self._fault(14103, f"<{element.name}> has neither text nor media; it is not sent", element)
        elif len(message.body) > schema.LONGEST_BODY:
            self._fault(14103, too_long(message.body), element)

    def _limited(self) -> tuple[Message, ...]:
        if len(self._messages) > schema.MOST_MESSAGES:
            self._faults.insert(0, too_many(len(self._messages)))
        return tuple(self._messages[: schema.MOST_MESSAGES])


def too_long(body: str) -> str:
    """What to say of a message's text that is over the limit."""
    return f"the text has {len(body)} characters; {schema.LONGEST_BODY} is the most, and the message is not sent"


def too_many(count: int) -> Fault:
    """The fault of an answer with more messages than one inbound message may have."""
    return fault(
        14109, f"{count} messages answer one message; the first {schema.MOST_MESSAGES} are sent", details={"count": str(count)}
    )
