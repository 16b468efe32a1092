"""Alarms, firings, maintenance windows and notifications as the journal keeps them: one small record each, on the shelf of its kind.

A firing's id sorts by time, a shelf is read from its lowest id on, and people want the newest first: so its id on the shelf has each hex
digit turned round. Those that are active stand before all others.
"""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from offhook.alarms.model import ALARMS, FIRINGS, MAINTENANCE, OUTBOX, Alarm, Firing, FiringState, Maintenance, Notification
from offhook.ports import Journal
from offhook.records import Kept

PAGE: Final = 500
_ACTIVE, _ENDED = "0", "1"
_TURNED: Final = str.maketrans("0123456789abcdef", "fedcba9876543210")

encode: Final = msgspec.msgpack.Encoder().encode
decode_alarm: Final = msgspec.msgpack.Decoder(Alarm).decode
decode_firing: Final = msgspec.msgpack.Decoder(Firing).decode
decode_maintenance: Final = msgspec.msgpack.Decoder(Maintenance).decode
decode_notification: Final = msgspec.msgpack.Decoder(Notification).decode


def turned(firing_id: str) -> str:
    """The id's digits, each taken from 15: the newer the firing, the lower. Turned once more they are the id's again."""
    return firing_id[2:].translate(_TURNED)


def keep_alarm(alarm: Alarm) -> Kept:
    """An alarm, new or changed."""
    return Kept(shelf=ALARMS, id=alarm.sid, data=encode(alarm))


def drop_alarm(sid: str) -> Kept:
    """An alarm that is no more."""
    return Kept(shelf=ALARMS, id=sid)


def keep_maintenance(window: Maintenance) -> Kept:
    """A maintenance window, new or changed."""
    return Kept(shelf=MAINTENANCE, id=window.id, data=encode(window))


def keep_notification(notification: Notification) -> Kept:
    """Something to be told."""
    return Kept(shelf=OUTBOX, id=notification.id, data=encode(notification))


def drop_notification(identifier: str) -> Kept:
    """Something that is not to be told any more."""
    return Kept(shelf=OUTBOX, id=identifier)


def keep_firing(firing: Firing) -> list[Kept]:
    """A firing, new or changed: one that has recovered leaves the place that it had while it was active."""
    place = turned(firing.id)
    if firing.state is FiringState.ACTIVE:
        return [Kept(shelf=FIRINGS, id=_ACTIVE + place, data=encode(firing))]
    return [Kept(shelf=FIRINGS, id=_ACTIVE + place), Kept(shelf=FIRINGS, id=_ENDED + place, data=encode(firing))]


def drop_ended(firing_id: str) -> Kept:
    """A firing that is over, and old enough to be forgotten."""
    return Kept(shelf=FIRINGS, id=_ENDED + turned(firing_id))


async def shelf(journal: Journal, name: str) -> AsyncIterator[bytes]:
    """All records of a shelf. Raises JournalError."""
    after = ""
    while found := await journal.kept(name, PAGE, after):
        for each in found:
            if each.data is not None:
                yield each.data
        after = found[-1].id


async def alarms(journal: Journal) -> list[Alarm]:
    """All alarms, by their sids. Raises JournalError."""
    return [decode_alarm(data) async for data in shelf(journal, ALARMS)]


async def maintenance(journal: Journal) -> list[Maintenance]:
    """All maintenance windows, the past ones too. Raises JournalError."""
    return [decode_maintenance(data) async for data in shelf(journal, MAINTENANCE)]


async def active_firings(journal: Journal) -> list[Firing]:
    """The firings that are not over, the newest first. Raises JournalError."""
    return [firing async for firing in _firings(journal, _ACTIVE, _ACTIVE)]


async def ended_firings(journal: Journal, before: str = "") -> AsyncIterator[Firing]:
    """The firings that are over, the newest first, with ids below `before`. Raises JournalError."""
    async for firing in _firings(journal, _ENDED, _ENDED + (turned(before) if before else "")):
        yield firing


async def firing_of(journal: Journal, firing_id: str) -> Firing | None:
    """One firing. Raises JournalError."""
    for state in (_ACTIVE, _ENDED):
        data = await journal.kept_one(FIRINGS, state + turned(firing_id))
        if data is not None:
            return decode_firing(data)
    return None


async def _firings(journal: Journal, state: str, after: str) -> AsyncIterator[Firing]:
    while found := await journal.kept(FIRINGS, PAGE, after):
        for each in found:
            if not each.id.startswith(state):
                return
            if each.data is not None:
                yield decode_firing(each.data)
        after = found[-1].id
