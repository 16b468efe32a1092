"""Pages of short lists as the Events API has them: a row that comes or goes meanwhile moves nothing on the pages that follow. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from offhook.api.alert_shapes import Paging
from offhook.api.fields import DEFAULT_LIMIT
from offhook.api.operation import Call
from offhook.api.streams_fields import AFTER, BEFORE

Row = TypeVar("Row")


class Page(NamedTuple, Generic[Row]):
    """The rows of a page, and what it says of itself."""

    rows: Sequence[Row]
    meta: Paging


def page_of(call: Call, key: str, rows: Sequence[Row], name: Callable[[Row], str], *, descending: bool = False) -> Page[Row]:
    """The page that a call asks for. `rows` are in the order of their names; `key` is the member of the answer that holds them."""
    values = call.values
    number, size, token = values.get("Page", 0), values.get("PageSize", DEFAULT_LIMIT), values.get("PageToken", "")
    start = _start([name(row) for row in rows], number * size, size, token, descending=descending)
    page = rows[start : start + size]
    before = BEFORE + name(page[0]) if page and start else ""
    after = AFTER + name(page[-1]) if page and start + size < len(rows) else ""
    links = _Links(call.url, size)
    return Page(
        page,
        {
            "key": key,
            "page": number,
            "page_size": size,
            "first_page_url": links.to(0, ""),
            "previous_page_url": links.to(max(0, number - 1), before) if before else None,
            "next_page_url": links.to(number + 1, after) if after else None,
            "url": links.to(number, token),
        },
    )


def _start(names: Sequence[str], start: int, size: int, token: str, *, descending: bool) -> int:
    """The place of the page's first row."""
    word = token[2:]
    if token.startswith(AFTER):
        return sum(1 for name in names if (name >= word if descending else name <= word))
    if token.startswith(BEFORE):
        return max(0, sum(1 for name in names if (name > word if descending else name < word)) - size)
    return start


class _Links:
    """URLs of the pages of one query."""

    def __init__(self, url: str, size: int) -> None:
        self._parts = urlsplit(url)
        paging = {"Page", "PageSize", "PageToken"}
        self._query: list[tuple[str, Any]] = [pair for pair in parse_qsl(self._parts.query) if pair[0] not in paging]
        self._size = size

    def to(self, number: int, token: str) -> str:
        """The URL of one page."""
        query = [*self._query, ("PageSize", self._size), ("Page", number), *([("PageToken", token)] if token else [])]
        return urlunsplit(self._parts._replace(query=urlencode(query), fragment=""))


def root_of(url: str) -> str:
    """What the URLs of the Events API begin with, from one of them: as the caller came in."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.partition("/v1/")[0] + "/v1", query="", fragment=""))


def answer_of(page: Page[Row], shape: Callable[[Row], Mapping[str, Any]]) -> dict[str, Any]:
    """The JSON object of a page."""
    return {page.meta["key"]: [shape(row) for row in page.rows], "meta": page.meta}
