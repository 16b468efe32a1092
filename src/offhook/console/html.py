"""The few pieces that every page is put together from. Whatever is not `Markup` is shown as text."""

import html
import re
from collections.abc import Iterable
from typing import Final

from offhook.api.shapes import iso
from offhook.records import Record

LINKS = (
    ("Overview", "/"),
    ("Webhooks", "/webhooks"),
    ("Errors", "/errors"),
    ("API", "/openapi.json"),
    ("Metrics", "/metrics"),
    ("Ready?", "/readyz"),
)


class Look(Record):
    """What a page has besides its content: where its navigation leads, and files of ours in `static` for its style and script."""

    links: tuple[tuple[str, str], ...] = LINKS
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    name: str | None = None


# Control characters (newline, tab and carriage return excepted), and the marks that have no width or turn the direction of text round.
UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class Markup(str):
    """HTML of our own making. Only this module and `pages` make any; what came from outside is always a plain `str`."""

    __slots__ = ()

    def __html__(self) -> str:
        """For templates: shown as it is."""
        return self


def escaped(value: object) -> Markup:
    """The value as text, unless it is markup of ours. What a browser would swallow, or turn other text round for, shows as its code."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(unhidden(str(value))))


def unhidden(text: str) -> str:
    """Text with codes in place of what a browser would swallow."""
    return UNSEEN.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def tag(name: str, /, *content: object, **attributes: object) -> Markup:
    """An element. In an attribute's name a trailing underscore is dropped (`class_`), others are hyphens; one that is None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"' for key, value in attributes.items() if value is not None
    )
    return Markup(f"<{name}{given}>{joined(content)}</{name}>")


def void(name: str, /, **attributes: object) -> Markup:
    """An element that has no content and no end: `input`, `img`, `meta`. An attribute that is None is left out."""
    return Markup(str(tag(name, **attributes)).removesuffix(f"</{name}>"))


def joined(parts: Iterable[object]) -> Markup:
    """Parts one after the other."""
    return Markup("".join(map(escaped, parts)))


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Markup:
    """A table; a cell that is a `td` element already stays as it is."""
    head = tag("tr", *(tag("th", text, scope="col") for text in heads))
    body = (tag("tr", *(cell if _is_cell(cell) else tag("td", cell) for cell in row)) for row in rows)
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll")


def tight(*content: object) -> Markup:
    """A table's cell that never wraps."""
    return tag("td", *content, class_="tight")


def pill(word: str) -> Markup:
    """A state or a level, coloured by its name."""
    return tag("span", word, class_=f"pill {word}")


def moment(at: float, now: float) -> Markup:
    """A time, how long ago it was, and the whole of it for machines and on hover."""
    full = iso(at)
    return tag("time", ago(now - at), datetime=full, title=full)


def ago(seconds: float) -> str:
    """A span of time in words: `4 s ago`, `in 5 min`."""
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if size >= length * (2 if unit == "d" else 1):
            span = f"{int(size // length)} {unit}"
            return f"{span} ago" if seconds > 0 else f"in {span}"
    return "now"


def document(title: str, *content: object, look: Look | None = None) -> bytes:
    """A whole page."""
    look = look or Look()
    head = tag(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        *(void("link", rel="stylesheet", href=f"/static/{name}") for name in ("offhook.css", *look.styles)),
        void("link", rel="icon", href="/static/offhook.svg", type="image/svg+xml"),
        *(tag("script", src=f"/static/{name}", defer="") for name in look.scripts),
    )
    top = tag(
        "header",
        tag("a", tag("span", "off"), "hook", href="/", class_="name"),
        tag("span", "the answering machine for webhooks", class_="quiet"),
        tag("nav", *(tag("a", text, href=href) for text, href in look.links)),
    )
    page = tag("html", head, tag("body", top, tag("main", *content), class_=look.name), lang="en")
    return f"<!doctype html>\n{page}\n".encode()


def _is_cell(cell: object) -> bool:
    return isinstance(cell, Markup) and cell.startswith(("<td", "<th"))
