"""How a page becomes HTML: templates that escape everything, and the few filters that they are written with.

Whatever comes from outside is only ever text: every value that is not markup of ours is escaped, and characters that a browser would swallow, or turn
other text round for, show as their codes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from offhook import __version__
from offhook.api.shapes import iso
from offhook.console.charts import percent
from offhook.console.html import UNSEEN, ago, escaped
from offhook.console.wording import NUMBER_IN_TEXT, compact, duration, masked


def visible(value: object) -> object:
    """A value as a template shows it: markup as it is, None as nothing, anything else as text in which nothing is hidden."""
    if value is None:
        return ""
    if hasattr(value, "__html__"):
        return value
    text = str(value)
    return Markup(escaped(text)) if UNSEEN.search(text) else text  # noqa: S704 - it has just been escaped


def coded(text: str) -> Markup:
    """A sentence in which what stands between `backticks` is code. All of it is text."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one of them has no other
        parts = [text]
    shown = (escaped(part) if place % 2 == 0 else f"<code>{escaped(part)}</code>" for place, part in enumerate(parts))
    return Markup("".join(shown))  # noqa: S704 - every part has been escaped


def moment(at: float | None, now: float) -> Markup:
    """A time: how long ago, and the exact one for machines and on hover."""
    if at is None:
        return Markup("")
    full = iso(at)
    return Markup('<time datetime="{0}" title="{0}" data-ago>{1}</time>').format(full, ago(now - at))


def clock(at: float, now: float) -> Markup:
    """A time of day, with the date when it is another day's. In UTC, until the script turns it to the viewer's zone."""
    there, here = (datetime.fromtimestamp(each, UTC) for each in (at, now))
    text = there.strftime("%H:%M UTC" if there.date() == here.date() else "%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{0}" title="{0}" data-clock>{1}</time>').format(iso(at), text)


def numbered(text: str) -> Markup:
    """Text in which the phone numbers can be hidden."""
    pieces, at = [], 0
    for found in NUMBER_IN_TEXT.finditer(text):
        pieces += [Markup("{}").format(visible(text[at : found.start()])), _number(found[0])]
        at = found.end()
    return Markup("").join([*pieces, Markup("{}").format(visible(text[at:]))])


def _number(number: str) -> Markup:
    return Markup('<span class="number" data-number="{0}" data-masked="{1}">{0}</span>').format(number, masked(number))


def _environment() -> Environment:
    built = Environment(
        loader=PackageLoader("offhook.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
        auto_reload=False,
    )
    built.filters.update(
        iso=iso, masked=masked, compact=compact, duration=duration, percent=percent, coded=coded, numbered=numbered
    )
    built.globals.update(version=__version__, moment=moment, clock=clock)
    return built


_TEMPLATES: Final = _environment()


def rendered(name: str, values: Mapping[str, Any]) -> bytes:
    """A template with these values, in UTF-8; half a surrogate pair shows as a question mark."""
    bound = {name.__name__: partial(name, now=values["now"]) for name in (moment, clock)} if "now" in values else {}
    return _TEMPLATES.get_template(name).render(**bound, **values).encode(errors="replace")


def page(name: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """A template as an answer."""
    return Response(rendered(name, values), status, media_type="text/html")
