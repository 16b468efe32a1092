"""Looks into the journal for events as a subscription would have them: one that was put aside, and how many a filter lets through."""

from typing import Any, Final, NamedTuple

import msgspec

from offhook.ports import Journal
from offhook.records import Marks, Source
from offhook.streams import filters, registry
from offhook.streams.model import Event, Subscribed, Subscription
from offhook.streams.places import reaches, within
from offhook.streams.shelves import Parked

SAMPLE_WITHIN: Final = 24 * 3600.0
SAMPLED: Final = 1_000
"""Rows of the journal that a filter is tried on at most."""
_PAGE: Final = 500
_MOST_PAGES: Final = 20


class Sampled(NamedTuple):
    """What a filter lets through of the events of the last day: of how many, and one of these."""

    of: int
    through: int
    example: str = ""

    @property
    def said(self) -> str:
        """It in a sentence."""
        if not self.of:
            return "The filter can be read. There were no events of these types in the last 24 hours to try it on."
        return f"The filter lets {self.through} of the last {self.of} events of these types through."


async def sample(journal: Journal, types: tuple[Subscribed, ...], filter_: str, since: float, account_sid: str) -> Sampled:
    """Try a filter on what has happened since then. Raises ValueError for one that cannot be read."""
    matches = filters.parse(filter_)
    wanted = {each.type: each.schema_version for each in types}
    sources = registry.wants(wanted)
    if not sources:
        return Sampled(0, 0)
    page = await journal.news(_latest(await journal.marks(since), await journal.marks()), SAMPLED, sources)
    context = registry.Context(account_sid=account_sid)
    events = [event for row in page.news for event in registry.events_of(row, wanted, context)]
    through = [event for event in events if matches(event)]
    example = next(iter(through[-1:] or events[-1:]), None)
    return Sampled(len(events), len(through), pretty(example.body) if example is not None else "")


def _latest(since: Marks, ends: Marks) -> Marks:
    """The place from which on little enough is left."""
    share = SAMPLED // len(Source)
    return Marks(**{source.value: max(getattr(since, source), getattr(ends, source) - share) for source in Source})


async def parked_event(journal: Journal, subscription: Subscription, entry: Parked) -> Event | None:
    """The event that was put aside, made anew from the journal; None where what it tells of has been cleaned away."""
    # Whatever its filter is by now: it may be another, or one that is not understood any more.
    wanted = {each.type: each.schema_version for each in subscription.types}
    sources, context = registry.wants(wanted), registry.Context(account_sid=subscription.account_sid)
    marks: Marks = entry.start
    for _ in range(_MOST_PAGES):
        if reaches(marks, entry.end, sources):
            return None
        page = await journal.news(marks, _PAGE, sources)
        for row in within(page, entry.end).news:
            for event in registry.events_of(row, wanted, context):
                if not entry.event or event.id == entry.event:
                    return event
        if not page.news:
            return None
        marks = page.marks
    return None


def pretty(body: bytes) -> str:
    """JSON for people; what is none as it is."""
    try:
        decoded: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
    return msgspec.json.format(msgspec.json.encode(decoded), indent=2).decode("utf-8", "replace")
