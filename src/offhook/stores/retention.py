"""Deletes what is older than the settings keep."""

from offhook import logs
from offhook.errors import JournalError
from offhook.ports import Clock, Journal

EVERY = 600.0
AT_ONCE = 500
PAUSE = 0.05

log = logs.get("retention")


class Retention:
    """A worker: every few minutes, in small steps so that nobody waits behind it.

    `keep` in seconds; `most` in bytes, 0 for any size: when the journal holds more, the oldest of what has ended goes early.
    """

    def __init__(self, journal: Journal, clock: Clock, keep: float, most: int = 0) -> None:
        self._journal = journal
        self._clock = clock
        self._keep = keep
        self._most = most

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                deleted = await self.prune()
            except JournalError as error:
                log.warning("journal.not_pruned", reason=str(error))
            else:
                if deleted:
                    log.info("journal.pruned", webhooks=deleted)
            await self._clock.sleep(EVERY)

    async def prune(self) -> int:
        """Delete everything that is due for it; returns how many webhooks."""
        total = await self._prune(self._clock.now() - self._keep)
        if self._most and await self._journal.size() > self._most:
            total += await self._prune(self._clock.now(), self._most)
        return total

    async def _prune(self, before: float, down_to: int = 0) -> int:
        total = 0
        while deleted := await self._journal.prune(before, AT_ONCE):
            total += deleted
            if down_to and await self._journal.size() <= down_to:
                break
            await self._clock.sleep(PAUSE)
        return total
