"""A process that writes debug events to a file and watches them, with a clock that goes twenty times as fast: to be killed.

`python -m tests.helpers.watched_process FILE BEGAN [QUIET]`: `BEGAN` is the real time at which the clock stood at 1,700,000,000. Each life begins
with a storm of errors, however long the process took to start; with `QUIET` there is none, and it stops after so many seconds on its clock.
"""

import asyncio
import sys
import time
from pathlib import Path

from offhook import logs
from offhook.alarms.book import AlarmBook
from offhook.alarms.watcher import Watcher, WatcherParts
from offhook.metrics import Metrics
from offhook.stores.sqlite import SqliteJournal
from offhook.system import TimeSortedIds
from tests.helpers.journals import an_event, derive
from tests.helpers.watched import an_alarm

EPOCH = 1_700_000_000.0
SPEED = 20.0
CYCLE, STORM = 50.0, 10.0
ALARMS = (
    an_alarm("few", sid="AK1", threshold=1.0, window=20.0),
    an_alarm("many", sid="AK2", threshold=5.0, window=20.0),
)


class FastClock:
    def __init__(self, began):
        self._began = began

    def now(self):
        return EPOCH + (time.time() - self._began) * SPEED

    def monotonic(self):
        return self.now()

    async def sleep(self, seconds):
        await asyncio.sleep(seconds / SPEED)


async def main(file, began, quiet=0.0):
    logs.configure("error")
    clock, ids = FastClock(began), TimeSortedIds()
    journal = SqliteJournal(Path(file), clock, derive=derive)
    await journal.open()
    book = AlarmBook(journal, clock, ids)
    for alarm in ALARMS:
        if await book.alarm(alarm.sid) is None:
            await book.create(alarm)
    watcher = Watcher(WatcherParts(book=book, journal=journal, clock=clock, ids=ids, metrics=Metrics()))
    await watcher.start()
    watching = asyncio.create_task(watcher.run())
    print("watching", flush=True)
    started = clock.now()
    while not quiet or clock.now() < started + quiet:
        if not quiet and (clock.now() - started) % CYCLE < STORM:
            await journal.record([an_event(at=clock.now(), endpoint="sms")])
        await clock.sleep(0.4)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await watcher.stop(5.0)
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(float, sys.argv[2:])))
