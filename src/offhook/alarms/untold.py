"""What nobody could be told of, and why: the shelf UNTOLD, on which the outbox keeps the newest, as people ask for it."""

from collections.abc import Iterable, Mapping, Sequence

from offhook.alarms.model import UNTOLD, Notification
from offhook.alarms.shelves import decode_notification, shelf
from offhook.ports import Journal

ByFiring = Mapping[str, Sequence[Notification]]
"""What could not be told by the ids of the firings that it is about."""


async def untold(journal: Journal, alarm_sid: str = "") -> list[Notification]:
    """All of it, the newest first; of one alarm, where that is named. Raises JournalError."""
    found = [decode_notification(data) async for data in shelf(journal, UNTOLD)]
    found.reverse()  # ids sort by time
    return [each for each in found if not alarm_sid or each.alarm.sid == alarm_sid]


def by_firing(notifications: Iterable[Notification]) -> ByFiring:
    """The same by firing, each in the order in which it was to be told."""
    found: dict[str, list[Notification]] = {}
    for each in notifications:
        found.setdefault(each.firing.id, []).insert(0, each)
    return found
