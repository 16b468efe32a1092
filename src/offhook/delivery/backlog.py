"""What waits in the journal: when to look at it, and how much of it may be taken up."""

import asyncio
from collections.abc import Callable, Iterable

from offhook import logs
from offhook.delivery.line import Line
from offhook.errors import JournalError
from offhook.ports import Clock, Journal
from offhook.records import Webhook

LEASE = 60.0
POLL = 1.0
HASTEN_AT_MOST_EVERY = 30.0

log = logs.get("backlog")


class Backlog:
    """Claims due webhooks of each line as its gate has room, and hands them to `resume`."""

    def __init__(self, lines: Iterable[Line], journal: Journal, clock: Clock, *, resume: Callable[[Webhook, Line], None]) -> None:
        self._lines = list(lines)
        self._journal = journal
        self._clock = clock
        self._resume = resume
        self._wake = asyncio.Event()
        self._stopping = False

    def parked(self, line: Line, due: float) -> None:
        """One more webhook of this line waits in the journal, until `due`."""
        line.parked += 1
        self.look(line, due)

    def look(self, line: Line, at: float) -> None:
        """Have the journal asked for the line's due webhooks at that time."""
        if line.parked and at < line.look_at:
            line.look_at = at
            self._wake.set()

    async def hasten(self, line: Line, at_most_every: float = HASTEN_AT_MOST_EVERY) -> None:
        """The app is back, or may be: whatever waits for a far-off due time need not."""
        now = self._clock.now()
        if not line.parked or now - line.hastened_at < at_most_every:
            return
        line.hastened_at = now
        try:
            hastened = await self._journal.hasten(line.endpoint.name, now)
        except JournalError as error:
            log.warning("backlog.hasten_failed", endpoint=line.endpoint.name, reason=str(error))
            return
        log.info("backlog.hastened", endpoint=line.endpoint.name, brought_forward=hastened)
        self.look(line, now)

    async def run(self) -> None:
        """Claim due webhooks until stopped."""
        while not self._stopping:
            self._wake.clear()
            now = self._clock.now()
            for line in self._lines:
                if line.parked and line.look_at <= now:
                    await self._claim(line, now)
            await self._pause()

    def stop(self) -> None:
        """Claim no more."""
        self._stopping = True
        self._wake.set()

    async def _claim(self, line: Line, now: float) -> None:
        room = line.gate.room(self._clock.monotonic(), retry=True)
        line.look_at = now + POLL
        if room <= 0:
            return
        try:
            claimed = await self._journal.claim(line.endpoint.name, room, now, LEASE)
        except JournalError as error:
            log.warning("backlog.claim_failed", endpoint=line.endpoint.name, reason=str(error))
            return
        line.parked = max(0, line.parked - len(claimed))
        if len(claimed) == room:
            line.look_at = now
        for webhook in claimed:
            self._resume(webhook, line)

    async def _pause(self) -> None:
        """Wait for the next time to look, or to be woken."""
        now = self._clock.now()
        soonest = min((line.look_at for line in self._lines if line.parked), default=now + POLL)
        sleeper = asyncio.ensure_future(self._clock.sleep(max(0.005, min(POLL, soonest - now))))
        waker = asyncio.ensure_future(self._wake.wait())
        await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        sleeper.cancel()
        waker.cancel()
