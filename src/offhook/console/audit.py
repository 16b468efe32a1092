"""The audit log: who changed what, when and from where. It is only ever added to."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request

from offhook import logs
from offhook.errors import JournalError
from offhook.ports import Clock, Ids, Journal
from offhook.records import Kept, Record

SHELF = "audit"
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
        newest: list[Entry] = []
        after = ""
        while found := await self._journal.kept(SHELF, 1000, after):
            newest = [*newest, *(msgspec.msgpack.decode(each.data, type=Entry) for each in found if each.data)][-limit:]
            after = found[-1].id
        return newest[::-1]
