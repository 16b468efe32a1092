"""The audit log: who changed what, when and from where. It is only ever added to."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from starlette.requests import Request

from offhook import logs
from offhook.errors import JournalError
from offhook.ports import Clock, Ids, Journal
from offhook.records import Kept, Record
from offhook.system import TimeSortedIds

SHELF = "audit"
AT_ONCE = 1000
FIRST_SPAN = 3_600_000
LAST = f"AU{'f' * 32}"
MOST_READ = 4_000
"""Entries that are looked through for one page."""
log = logs.get("console")


class Entry(Record):
    """One change. `peer` is the address that it came from, `agent` the browser's or program's word for itself, cut; `who` the session or caller."""

    id: str
    at: float
    action: str
    subject: str
    peer: str
    agent: str = ""
    who: str = ""

    @property
    def text(self) -> str:
        """All of it that is looked through for words."""
        return f"{self.action} {self.subject} {self.who} {self.peer} {self.agent}".casefold()


class Page(NamedTuple):
    """Some entries, newest first; `next` is where the older ones go on, "" where there are none."""

    entries: Sequence[Entry]
    next: str


class Audit:
    """Writes entries on the journal's shelf, and reads them."""

    def __init__(self, journal: Journal, clock: Clock, ids: Ids) -> None:
        self._journal = journal
        self._clock = clock
        self._ids = ids

    async def note(self, action: str, subject: str, request: Request, who: str = "") -> None:
        """Write one down. A journal that cannot just now leaves it to the log."""
        peer = request.client.host if request.client else ""
        agent = request.headers.get("user-agent", "")[:120]
        identifier, at = self._ids.new("AU"), self._clock.now()
        entry = Entry(id=identifier, at=at, action=action, subject=subject, peer=peer, agent=agent, who=who)
        log.info("console.changed", action=action, subject=subject, peer=peer, who=who)
        try:
            await self._journal.keep([Kept(shelf=SHELF, id=entry.id, data=msgspec.msgpack.encode(entry))])
        except JournalError as error:
            log.warning("console.audit_not_written", action=action, subject=subject, reason=str(error))

    async def entries(self, limit: int = 500) -> Sequence[Entry]:
        """The newest, newest first."""
        return (await self.page(limit, most_read=MOST_READ + limit)).entries

    async def page(self, limit: int, before: str = "", words: str = "", *, most_read: int = MOST_READ) -> Page:
        """Entries in which all of these words stand, newest first, with ids below `before`. Raises JournalError.

        The journal reads a shelf upwards: so it is asked for spans of time, the newest first, each longer than the one before it while there is little in them.
        """
        oldest = next(iter(await self._journal.kept(SHELF, 1)), None)
        found: list[Entry] = []
        wanted = words.casefold().split()
        # From the newest on, whatever the clock says: it may have been set back since.
        high, span, read = before or LAST, FIRST_SPAN, 0
        while oldest is not None and high > oldest.id and len(found) <= limit and read < most_read:
            low = _earlier(TimeSortedIds().new("AU") if high == LAST else high, span)
            several = await self._between(low, high)
            read += len(several)
            found += (each for each in reversed(several) if all(word in each.text for word in wanted))
            high, span = low, span * 4 if len(several) < AT_ONCE else max(1, span // 4)
        if len(found) > limit:
            return Page(found[:limit], found[limit - 1].id)
        return Page(found, high if oldest is not None and high > oldest.id else "")

    async def _between(self, low: str, high: str) -> list[Entry]:
        """All from one id to another, oldest first."""
        several: list[Entry] = []
        after = low
        while found := await self._journal.kept(SHELF, AT_ONCE, after):
            several += (msgspec.msgpack.decode(each.data, type=Entry) for each in found if each.data and each.id < high)
            after = found[-1].id
            if len(found) < AT_ONCE or after >= high:
                break
        return several


def _earlier(identifier: str, milliseconds: int) -> str:
    """The lowest id of so long before another: ids begin with their time, 48 bits of milliseconds."""
    at = max(0, int(identifier[2:14], 16) - milliseconds)
    return f"AU{at:012x}{'0' * 20}"
