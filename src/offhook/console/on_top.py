"""The alarms that are to be shown on top of every page while they fire (`console = true`)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from offhook.alarms.model import FiringState
from offhook.alarms.telling import silent
from offhook.api.house import House
from offhook.errors import JournalError

MOST: Final = 3
_LOOKED_AT: Final = 100


class OnTop(NamedTuple):
    """One of them: its alarm's sid and name, and since when it fires."""

    sid: str
    name: str
    since: float


async def on_top(house: House) -> Sequence[OnTop]:
    """Those that fire now and are not to be silent, the newest first, one line an alarm. None where the journal cannot be asked."""
    book, now = house.alarms.book, house.clock.now()
    try:
        firings = await book.firings(_LOOKED_AT, state=FiringState.ACTIVE)
        if not firings:
            return ()
        shown = {alarm.sid: alarm for alarm in await book.alarms() if alarm.console}
        windows = await book.maintenance() if shown else ()
    except JournalError:
        return ()
    found: dict[str, OnTop] = {}
    for firing in firings:
        alarm = shown.get(firing.alarm_sid)
        if alarm is not None and not silent(alarm, firing, windows, now):
            found.setdefault(alarm.sid, OnTop(alarm.sid, alarm.name, firing.fired_at))
    return list(found.values())[:MOST]
