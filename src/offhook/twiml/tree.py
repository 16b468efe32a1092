"""XML into a tree of elements, by expat: no DTD, no entities beyond XML's five, no network, and no deeper than 32 (limits §3)."""

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from offhook.twiml.reading import Fault, fault

DEEPEST: Final = 32

_ERRORS: Final = {
    2: "the markup is not well-formed here: a character is where none may be, or an & or < of the text is not escaped",
    3: "there is no root element: a complete <Response> document was expected",
    4: "a character is not allowed here: escape & and < in text, and check the encoding",
    5: "a tag is not closed",
    6: "the document ends in the middle of a character",
    7: "a closing tag does not match the tag that it closes",
    8: "an attribute is given twice",
    9: "something follows the closing </Response>",
    11: "an entity is used that XML does not know: write the character itself, or its number as in &#160;",
    17: "something stands before the <?xml declaration: it must be the very first thing, without a blank or an empty line before it",
    18: "the encoding is not known",
    19: "the bytes are not in the encoding that the document declares",
}


@dataclass(slots=True)
class Element:
    """One element as it was written, its pieces in order. `at` is the line and column of its opening tag, from 1."""

    name: str
    attributes: dict[str, str]
    at: tuple[int, int]
    pieces: "list[Element | str]" = field(default_factory=list)

    def text(self) -> str:
        """The text directly in this element."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


class _RefusedError(Exception):
    """The document holds something that is never parsed further."""

    def __init__(self, found: Fault) -> None:
        super().__init__(found.message)
        self.fault = found


class _Builder:
    """Builds the tree from expat's calls."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._open: list[Element] = []
        self.root: Element | None = None
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def read(self, body: bytes) -> None:
        """Go through the whole document, once. Raises _RefusedError and what expat raises."""
        try:
            self._parser.Parse(body, True)
        finally:
            # It calls us and we ask it: left so, only the collector could free the two, and all that expat holds.
            del self._parser

    def place(self) -> tuple[int, int]:
        """Where expat is: line and column, from 1."""
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            raise _RefusedError(fault(12100, f"the elements are nested more than {DEEPEST} deep", self.place()))
        element = Element(name, attributes, self.place())
        if self._open:
            self._open[-1].pieces.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _doctype(self, name: str, *_: object) -> None:
        if name.lower() == "html":
            raise _RefusedError(fault(12102, "the answer is an HTML page, not TwiML: its root must be <Response>", self.place()))
        raise _RefusedError(fault(12100, "a document type declaration (<!DOCTYPE …>) is not accepted in TwiML", self.place()))


def read_tree(body: bytes, charset: str) -> Element | Fault:
    """The document's root, or the 12100 (12102 for an HTML page) that says why there is none.

    `charset` is the one of the Content-Type header, "" for none: it goes before the encoding that the document declares.
    """
    try:
        builder = _Builder(expat.ParserCreate(charset or None))
        builder.read(body)
    except _RefusedError as refused:
        return refused.fault
    except expat.ExpatError as error:
        why = _ERRORS.get(error.code) or expat.ErrorString(error.code) or "the document is not well-formed"
        return fault(12100, f"the XML cannot be read: {why}", (error.lineno, error.offset + 1))
    except (ValueError, LookupError):  # an encoding of several bytes a character, or one that nobody knows
        return fault(12100, "the XML cannot be read: its encoding is not one that an XML parser knows; send UTF-8")
    return builder.root or fault(12100, f"the XML cannot be read: {_ERRORS[3]}")
