"""Where a subscription is in the journal's news, and how news become events with a place each. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from offhook.records import Marks, News, NewsPage, Record, Source
from offhook.streams.model import Event

Make = Callable[[News], Sequence[Event]]
"""The events that a row of news is for one subscription: always the same ones, in the same order."""

Number = Callable[[Event, int], Event]


class Place(Record):
    """All news up to `marks` have been handed over, `sequence` events so far.

    `partly` is a row after the marks of which the first events have gone: its log, its number and how many. None where there is no such row.
    """

    marks: Marks = Marks()
    sequence: int = 0
    partly: tuple[str, int, int] | None = None


class Item(NamedTuple):
    """One event on its way, the row that it is of, the place before it and the place once it has been taken."""

    event: Event
    row: News
    before: Place
    after: Place

    @property
    def row_end(self) -> Marks:
        """The place behind its row alone."""
        return replace(self.before.marks, **{self.row.source.value: self.row.seq})


class Items(NamedTuple):
    """The events of a page, and the place at the page's end."""

    items: list[Item]
    end: Place


def items_of(page: NewsPage, start: Place, sources: Collection[Source], make: Make, number: Number) -> Items:
    """The events of a page that was read from `start` on."""
    marks = {source.value: getattr(start.marks if source in sources else page.marks, source) for source in Source}
    items: list[Item] = []
    place = start
    for row in page.news:
        events = make(row)
        skipped = place.partly[2] if place.partly is not None and place.partly[:2] == (row.source.value, row.seq) else 0
        behind = dict(marks)
        marks[row.source.value] = row.seq
        for count, event in enumerate(events[skipped:], start=skipped + 1):
            sequence = place.sequence + 1
            partly = (row.source.value, row.seq, count) if count < len(events) else _left(place.partly, marks)
            after = Place(marks=Marks(**(behind if count < len(events) else marks)), sequence=sequence, partly=partly)
            items.append(Item(number(event, sequence), row, place, after))
            place = after
    return Items(items, Place(marks=page.marks, sequence=place.sequence, partly=_left(place.partly, marks)))


def _left(partly: tuple[str, int, int] | None, marks: dict[str, int]) -> tuple[str, int, int] | None:
    """A row of which some events have gone, as long as the marks have not passed it: rows of other logs may come before the rest of it."""
    return partly if partly is not None and marks[partly[0]] < partly[1] else None


def within(page: NewsPage, until: Marks) -> NewsPage:
    """Of a page, what lies no later than these marks."""
    return NewsPage(news=tuple([row for row in page.news if row.seq <= getattr(until, row.source)]), marks=page.marks)


def reaches(marks: Marks, until: Marks, sources: Iterable[Source]) -> bool:
    """Whether nothing up to `until` is left in these logs."""
    return all(getattr(marks, source) >= getattr(until, source) for source in sources)


def later(one: Marks, other: Marks) -> Marks:
    """The later of two places, log by log."""
    return Marks(**{source.value: max(getattr(one, source), getattr(other, source)) for source in Source})


def between(start: Marks, end: Marks, sources: Iterable[Source]) -> int:
    """How many rows of these logs lie between two places, at most."""
    return sum(max(0, getattr(end, source) - getattr(start, source)) for source in sources)
