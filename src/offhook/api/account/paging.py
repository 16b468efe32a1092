"""Pages as Twilio has them: `…_uri` relative in the 2010 API, `meta` with whole URLs in the newer ones. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.responses import Response

from offhook.api.account.asked import Asked
from offhook.api.account.problems import Refused
from offhook.api.operation import json_answer
from offhook.simulator.book import Book, MessageFilter
from offhook.simulator.records import Message

MOST: Final = 1000
DEFAULT: Final = 50
AFTER: Final = "PA"
BEFORE: Final = "PB"
Row = TypeVar("Row")


class Wanted(NamedTuple):
    """Which page is wanted: its number from 0, how many rows it has, the place after which it begins or before which it ends (0: none)."""

    number: int
    size: int
    after: int = 0
    before: int = 0


class Cut(NamedTuple, Generic[Row]):
    """The rows of a page, whether there are more, and the places of its first and its last row where they have any."""

    rows: Sequence[Row]
    more: bool
    first: int = 0
    last: int = 0


def wanted(asked: Asked) -> Wanted:
    """Which page is asked for. More rows than the most means the most. Raises Refused 20001."""
    size, number = _whole(asked, "PageSize", DEFAULT), _whole(asked, "Page", 0)
    token = asked.text("PageToken")
    found = re.fullmatch(rf"({AFTER}|{BEFORE})(\d{{1,15}})", token, re.ASCII)
    if size < 1 or (token and not found):
        raise Refused(20001, "PageSize is a whole number from 1 to 1000, PageToken a part of `next_page_uri`.")
    place = int(found[2]) if found else 0
    forward = bool(found) and token.startswith(AFTER)
    return Wanted(number, min(size, MOST), place if forward else 0, 0 if forward else place)


def _whole(asked: Asked, name: str, default: int) -> int:
    text = asked.text(name)
    if text and not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Refused(20001, f"{name} is a whole number.")
    return int(text) if text else default


def cut(rows: Sequence[Row], page: Wanted) -> Cut[Row]:
    """A page of a short list."""
    start = page.number * page.size
    return Cut(rows[start : start + page.size], len(rows) > start + page.size)


def cut_messages(book: Book, meant: MessageFilter, page: Wanted) -> Cut[Message]:
    """A page of messages, the newest first. Those that come or go meanwhile move nothing on the pages that follow."""
    if page.before:
        found, more = list(islice(book.messages_after(page.before, meant), page.size))[::-1], True
    else:
        start = 0 if page.after else page.number * page.size
        rows = list(islice(book.messages(meant, before=page.after), start, start + page.size + 1))
        found, more = rows[: page.size], len(rows) > page.size
    places = (book.place(found[0].sid), book.place(found[-1].sid)) if found else (0, 0)
    return Cut(found, more, *places)


class Listing(Generic[Row]):
    """One page of a listing: `key` names its rows, `filters` are the parameters that the links to other pages repeat."""

    def __init__(self, asked: Asked, key: str, filters: Sequence[str] = ()) -> None:
        self.page = wanted(asked)
        self._url = urlsplit(asked.url)
        self._key = key
        self._filters = [(name, value) for name, value in asked.given if name in filters]

    def by_uris(self, found: Cut[Row], shape: Callable[[Row], Mapping[str, Any]]) -> Response:
        """The answer of the 2010 API."""
        start = self.page.number * self.page.size
        uris = {f"{name}_page_uri": self._relative(link) for name, link in self._links(found).items()}
        places = {"page": self.page.number, "page_size": self.page.size, "start": start, "uri": self._relative(self._this())}
        rows = [shape(row) for row in found.rows]
        return json_answer({self._key: rows, **places, "end": max(start, start + len(rows) - 1), **uris})

    def by_urls(self, found: Cut[Row], shape: Callable[[Row], Mapping[str, Any]]) -> Response:
        """The answer of the newer APIs."""
        urls = {f"{name}_page_url": self._absolute(link) for name, link in self._links(found).items()}
        places = {"page": self.page.number, "page_size": self.page.size, "key": self._key, "url": self._absolute(self._this())}
        return json_answer({self._key: [shape(row) for row in found.rows], "meta": {**places, **urls}})

    def _links(self, found: Cut[Row]) -> dict[str, str | None]:
        number = self.page.number
        return {
            "first": self._query(0),
            "previous": self._query(number - 1, f"{BEFORE}{found.first}" if found.first else "") if number else None,
            "next": self._query(number + 1, f"{AFTER}{found.last}" if found.last else "") if found.more else None,
        }

    def _this(self) -> str:
        token = f"{AFTER}{self.page.after}" if self.page.after else f"{BEFORE}{self.page.before}" if self.page.before else ""
        return self._query(self.page.number, token)

    def _query(self, number: int, token: str = "") -> str:
        places = [("PageSize", self.page.size), ("Page", number), *([("PageToken", token)] if token else [])]
        return urlencode([*self._filters, *places])

    def _relative(self, query: str | None) -> str | None:
        return None if query is None else f"{self._url.path}?{query}"

    def _absolute(self, query: str | None) -> str | None:
        return None if query is None else urlunsplit(self._url._replace(query=query, fragment=""))
