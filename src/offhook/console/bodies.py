"""A body as a person reads it: what it is, pretty and as it was sent, with what is wrong marked in its place. Pure."""

import base64
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from offhook.api.shapes import text_of
from offhook.providers import raw
from offhook.records import Exchange, Headers, Kind, Level, Parameters
from offhook.twiml.answer import TWIML_TYPES, read_answer
from offhook.twiml.reading import Fault
from offhook.twiml.tree import read_tree

MOST_SHOWN: Final = 16 * 1024
"""Characters of a body that a page shows: the API has the rest."""
MOST_LINE: Final = 400
AROUND: Final = 4
"""Lines shown before and after one that something is wrong in."""
MOST_FAULTS: Final = 50
_AT_BYTE: Final = re.compile(r" \(byte (\d+)\)$")
_TRUNCATED: Final = "Input data was truncated"
_PIECE: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?:\"[^\"]*\"|'[^']*'|[^'\">])*>|[^<]+", re.DOTALL)


class Wrong(NamedTuple):
    """One thing that is wrong with a body. `line` and `column` count from 1, 0 where it has no place; `code` 0: it has none."""

    message: str
    line: int = 0
    column: int = 0
    code: int = 0
    is_error: bool = True


class Line(NamedTuple):
    """A line of the source, in three parts: what is `wrong` with it begins at `at`. `number` 0 stands for lines left out."""

    number: int
    before: str
    at: str
    after: str
    wrong: Sequence[Wrong] = ()


class Body(NamedTuple):
    """What was sent. `kind` is form, json, xml, text, binary or none; `pretty` is "" where that would be the same as `raw`.

    `size` in bytes, of what is kept; `is_cut`: the sender sent more than is kept; `is_long`: more is kept than is shown. `wrong` are the
    faults that have no place in `lines`.
    """

    kind: str
    size: int
    parameters: Parameters = ()
    pretty: str = ""
    raw: str = ""
    lines: Sequence[Line] = ()
    wrong: Sequence[Wrong] = ()
    is_cut: bool = False
    is_long: bool = False


def header(headers: Headers, name: str) -> str:
    """The first value of a header, "" for none."""
    return next((value for key, value in headers if key.casefold() == name), "")


def body_of(
    headers: Headers, content: bytes, *, is_cut: bool = False, faults: Sequence[Wrong] = (), most: int = MOST_SHOWN
) -> Body:
    """A body as its Content-Type says. `faults` are what its reader has found; `most` characters of it are shown."""
    if not content:
        return Body("none", 0, wrong=faults, is_cut=is_cut)
    media = raw.media_type(header(headers, "content-type"))
    text, encoding = text_of(content, cut=is_cut)
    if encoding != "utf-8":
        return _binary(content, media, faults, is_cut=is_cut)
    faults = faults or (_json_faults(content) if _is_json(media) and not is_cut else ())
    placed = [each for each in faults if each.line]
    kind = _kind(media, text)
    shown = Body(
        kind=kind,
        size=len(content),
        parameters=tuple((raw.text(name), raw.text(value)) for name, value in raw.pairs(content)) if kind == "form" else (),
        pretty="" if is_cut or placed or most < MOST_SHOWN else _pretty(kind, text)[:most],
        raw=text[:most],
        lines=marked(text, placed) if placed else (),
        wrong=tuple(each for each in faults if not each.line),
        is_cut=is_cut,
        is_long=len(text) > most,
    )
    return shown._replace(pretty="") if shown.pretty.strip() == text.strip() else shown


def _binary(content: bytes, media: str, faults: Sequence[Wrong], *, is_cut: bool) -> Body:
    """Bytes that are no UTF-8: text of an older encoding where they look like it, else base64."""
    words = content.decode("latin-1")
    textual = media.startswith("text/") and not re.search(r"[\x00-\x08\x0e-\x1f\x7f]", words)
    shown = words if textual else base64.b64encode(content[: MOST_SHOWN * 3 // 4]).decode("ascii")
    kind, is_long = ("text", len(words) > MOST_SHOWN) if textual else ("binary", len(content) > MOST_SHOWN * 3 // 4)
    return Body(kind, len(content), raw=shown[:MOST_SHOWN], wrong=faults, is_cut=is_cut, is_long=is_long)


def _is_json(media: str) -> bool:
    return media == raw.JSON or media.endswith("+json")


def _kind(media: str, text: str) -> str:
    if media == raw.FORM:
        return "form"
    if _is_json(media):
        return "json"
    if media in {"text/xml", "application/xml"} or media.endswith("+xml") or text.lstrip().startswith(("<?xml", "<Response")):
        return "xml"
    return "text"


# -- pretty


def _pretty(kind: str, text: str) -> str:
    if kind == "json":
        try:
            return msgspec.json.format(text.encode(), indent=2).decode()
        except (msgspec.DecodeError, RecursionError, ValueError):
            return ""
    if kind == "xml" and not isinstance(read_tree(text.encode(), "utf-8"), Fault):
        return pretty_xml(text)
    return ""


def pretty_xml(text: str) -> str:
    """Well-formed XML with each element on a line of its own, those that hold only text whole."""
    lines: list[str] = []
    pieces = [piece for piece in _PIECE.findall(text) if piece.strip()]
    depth = place = 0
    while place < len(pieces):
        piece = pieces[place]
        taken = _whole(pieces[place : place + 3])
        depth -= piece.startswith("</")
        lines.append("  " * depth + "".join(each.strip() for each in pieces[place : place + taken]))
        depth += taken == 1 and _opens(piece)
        place += taken
    return "\n".join(lines)


def _opens(piece: str) -> bool:
    return piece.startswith("<") and not piece.startswith(("</", "<?", "<!")) and not piece.endswith("/>")


def _whole(pieces: Sequence[str]) -> int:
    """How many pieces stand on one line: an opening tag, its text and its closing tag, or one alone."""
    if not _opens(pieces[0]) or len(pieces) == 1:
        return 1
    if pieces[1].startswith("</"):
        return 2
    return 3 if len(pieces) == 3 and not pieces[1].startswith("<") and pieces[2].startswith("</") else 1


# -- what is wrong, and where


def answer_faults(kind: Kind, exchange: Exchange) -> list[Wrong]:
    """What is wrong with an app's answer. Verbs are those of messages: a call's document is only read as XML."""
    content, cut = exchange.body, exchange.body_cut
    if not 200 <= exchange.status < 300 or kind not in {Kind.MESSAGE, Kind.VOICE} or not content:
        return []
    if kind is Kind.VOICE:
        media = raw.media_type(header(exchange.headers, "content-type"))
        found = read_tree(content, "") if media in TWIML_TYPES and not cut else None
        faults: Sequence[Fault] = (found,) if isinstance(found, Fault) else ()
    else:
        faults = read_answer(exchange.status, exchange.headers, content, size=exchange.body_size, cut=cut).faults
    return [Wrong(each.message, each.line, each.column, each.code, each.level is Level.ERROR) for each in faults[:MOST_FAULTS]]


def _json_faults(content: bytes) -> list[Wrong]:
    try:
        msgspec.json.decode(content)
    except RecursionError:
        return [Wrong("This JSON is nested too deep to be read.")]
    except (msgspec.DecodeError, ValueError) as error:
        said = str(error)
        found = _AT_BYTE.search(said)
        if found is None and said != _TRUNCATED:
            return [Wrong(f"This is no JSON that can be read: {said}.")]
        before = content[: int(found[1]) if found else len(content)].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return [Wrong(f"{said[: found.start()]}." if found else "The JSON ends before it is complete.", line, column)]
    return []


def marked(text: str, faults: Sequence[Wrong]) -> list[Line]:
    """The lines around what is wrong, with their numbers, the places marked."""
    source = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    by_line: dict[int, list[Wrong]] = {}
    for each in faults:
        by_line.setdefault(min(max(1, each.line), len(source)), []).append(each)
    shown = sorted({near for number in by_line for near in range(max(1, number - AROUND), min(len(source), number + AROUND) + 1)})
    lines: list[Line] = []
    last = 0
    for number in shown:
        if number != last + 1:
            lines.append(Line(0, "…", "", ""))
        lines.append(_line(number, source[number - 1], by_line.get(number, [])))
        last = number
    if last < len(source):
        lines.append(Line(0, "…", "", ""))
    return lines


def _line(number: int, text: str, wrong: Sequence[Wrong]) -> Line:
    """One line, cut around the first place that something is wrong at."""
    if not wrong:
        return Line(number, text if len(text) <= MOST_LINE else f"{text[:MOST_LINE]}…", "", "")
    place = min(max(0, wrong[0].column - 1), len(text))
    begin, end = max(0, place - MOST_LINE // 2), place + MOST_LINE // 2
    before = ("…" if begin else "") + text[begin:place]
    after = text[place + 1 : end] + ("…" if end < len(text) else "")
    return Line(number, before, text[place : place + 1] or "⏎", after, wrong)
