"""Deletes what is older than the settings keep."""

from offhook import logs
from offhook.errors import JournalError
from offhook.ports import Clock, Journal

EVERY = 3600.0
AT_ONCE = 500
PAUSE = 0.05

log = logs.get("retention")


class Retention:
    """A worker: once an hour, in small steps so that nobody waits behind it. `keep` in seconds."""

    def __init__(self, journal: Journal, clock: Clock, keep: float) -> None:
        self._journal = journal
        self._clock = clock
        self._keep = keep

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
        before, total = self._clock.now() - self._keep, 0
        while deleted := await self._journal.prune(before, AT_ONCE):
            total += deleted
            await self._clock.sleep(PAUSE)
        return total
