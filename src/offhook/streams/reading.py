"""What a subscription means: which logs are read for it, and which events a row of them is."""

from collections.abc import Sequence

from offhook.records import News
from offhook.streams import filters
from offhook.streams.model import Event, Subscription
from offhook.streams.pump import Reading
from offhook.streams.registry import BY_NAME, Context, events_of, wants


def reading_of(subscription: Subscription, context: Context) -> Reading:
    """Raises ValueError for a type that there is no more, and for a filter that cannot be read."""
    wanted = {each.type: each.schema_version for each in subscription.types}
    unknown = [name for name in wanted if name not in BY_NAME]
    if unknown:
        raise ValueError(f"This Offhook knows no events of the type {', '.join(unknown)}.")
    matches = filters.parse(subscription.filter) if subscription.filter.strip() else None

    def make(row: News) -> Sequence[Event]:
        events = events_of(row, wanted, context)
        return events if matches is None else [event for event in events if matches(event)]

    return Reading(frozenset(wants(wanted)), make)
