"""What the journal does behind its work: keys go to their table, marks are set for the next opening, words into their index."""

import asyncio
import math
import time
from collections.abc import Sequence
from functools import partial

from offhook.errors import JournalError
from offhook.stores.sqlite import reads, search, upkeep
from offhook.stores.sqlite.group import Work
from offhook.stores.sqlite.ledger import Key, Ledger
from offhook.stores.sqlite.reads import Readers
from offhook.stores.sqlite.sieve import BUCKETS
from offhook.stores.sqlite.writer import Writer

SETTLED_BETWEEN_MARKS = 4_096
INDEX_PAUSE, INDEX_LOOK_EVERY = 0.02, 1.0
# Arrivals a second, over a quarter of one: more than the index could follow, so that it had better leave the time to them.
RUSH, RUSH_SEEN_OVER = 2_000, 0.25


class Housekeeper:
    """Works from `start` until `stop`, on the event loop."""

    def __init__(self, ledger: Ledger, writer: Writer, readers: Readers) -> None:
        self._ledger = ledger
        self._writer = writer
        self._readers = readers
        self._moving_keys = False
        self._settled = 0
        self._rush = False
        self._seen_at, self._seen = -math.inf, ledger.changes.next_seq
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(work) for work in (self._fill_sieve(), self._keep_indexing())]

    def stop(self) -> None:
        """End, with a last mark."""
        for task in self._tasks:
            task.cancel()
        self._mark_settled()

    def after(self, settled: int) -> None:
        """A group has been committed, in which so many webhooks were settled: do what has become due."""
        self._settled += settled
        if self._settled >= SETTLED_BETWEEN_MARKS:
            self._mark_settled()
        if not self._moving_keys and self._ledger.has_keys_to_move(rush=self._rush):
            keys, complete = self._ledger.take_keys()
            self._moving_keys = True
            self._writer.enqueue(Work(partial(upkeep.move_keys, keys=keys, complete=complete), partial(self._keys_moved, keys)))

    async def index(self) -> int:
        """Put the words of the next few webhooks into their index; how many there were."""
        below = self._ledger.settled_below
        if below <= self._ledger.searchable_below:
            return 0
        done: int = await self._writer.work(partial(search.index_some, settled_below=below))
        self._ledger.searchable_below = below if done < search.ROWS_AT_ONCE else self._ledger.searchable_below
        return done

    async def _fill_sieve(self) -> None:
        """Until a bucket has been read, its keys are looked up."""
        try:
            for bucket in range(BUCKETS):
                self._ledger.sieve.add_bucket(bucket, await self._readers.ask(reads.key_bits, bucket))
        except JournalError:
            # Slower, and as exact.
            return

    async def _keep_indexing(self) -> None:
        """Behind the deliveries: some 1,600 webhooks a second at most, whatever is waiting, and none while more than that come in."""
        while True:
            if self._is_rush():
                await asyncio.sleep(RUSH_SEEN_OVER)
                continue
            try:
                done = await self.index()
            except JournalError:
                done = 0  # a journal that cannot store says so elsewhere
            await asyncio.sleep(INDEX_PAUSE if done else INDEX_LOOK_EVERY)

    def _is_rush(self) -> bool:
        now, seen = time.monotonic(), self._ledger.changes.next_seq
        if now - self._seen_at >= RUSH_SEEN_OVER:
            self._rush = seen - self._seen > RUSH * (now - self._seen_at)
            self._seen_at, self._seen = now, seen
        return self._rush

    def _mark_settled(self) -> None:
        self._settled = 0
        self._writer.enqueue(Work(partial(upkeep.mark_settled, settled_below=self._ledger.settled_below), _ignore))

    def _keys_moved(self, keys: Sequence[Key], _result: None, error: Exception | None) -> None:
        self._moving_keys = False
        if error is None:
            self._ledger.keys_moved(keys)
        else:
            self._ledger.keys_not_moved(keys)


def _ignore(_result: None, _error: Exception | None) -> None:
    """A mark that could not be written only makes the next opening look at more."""
