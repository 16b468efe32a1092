"""The one thread that writes. Whatever waits is one transaction; its waiters are told on the event loop after the commit."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

import apsw

from offhook import logs
from offhook.errors import JournalError
from offhook.stores.sqlite.database import PAGE_BYTES
from offhook.stores.sqlite.group import Changes, Group, Pending, Settling, Step, Work
from offhook.stores.sqlite.statements import SQL
from offhook.stores.sqlite.transaction import write
from offhook.stores.sqlite.troubles import StorageError, Trouble, diagnose

MOST_IN_GROUP = 1_024
MOST_ROUNDS = 8
# Eight rounds of a loop that is busy can take 20 ms; what comes from sixty connections at once is read in 3.
GATHER_SECONDS = 0.005
CHECKPOINT_PAGES = 250
# 64 MiB: what keeps the log from being copied into the file is a reader that does not end (limits §4).
LONG_WAL_PAGES = 64 * 2**20 // PAGE_BYTES
SLOW_SECONDS = 1.0
WARN_AT_MOST_EVERY = 60.0

SLOW_HINT = "every answer waited for this transaction of the journal: see what else writes to its disk"
LONG_WAL_HINT = "another program keeps this file open for reading: end it, or the log goes on growing"

log = logs.get("journal")

Deliver = Callable[[Group], None]
Item = TypeVar("Item")


class Writer:
    """Owns the writing connection from `start` on. Everything but `_run` and what it calls happens on the event loop.

    One group at a time is in the thread's hands. The next is put together when that one has been delivered and the loop brings nothing
    more for the moment: a group costs some 90 µs whatever is in it, and two small ones cost that twice.
    """

    def __init__(self, db: apsw.Connection, path: str, changes: Changes, deliver: Deliver) -> None:
        self.appends: list[Pending] = []
        self.settlements: list[Settling] = []
        self.works: list[Work] = []
        self.trouble = ""
        self.dead = False
        self._db = db
        self._path = path
        self._last = changes
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._gathering = False
        self._busy = False
        self._writing = Group()
        self._groups: SimpleQueue[Group | None] = SimpleQueue()
        self._fatal = False
        self._wal_pages = 0
        self._copied_at = 0
        self._warn_after: dict[str, float] = {}
        self._stopped: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="offhook-journal", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._db.set_wal_hook(self._note_wal)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits, then end and close the connection."""
        while self._busy or self._waiting():
            self._stopped = self._loop.create_future()
            self.kick()
            await self._stopped
        self._groups.put(None)
        await self._ended
        self._thread.join()

    def append(self, more: Sequence[Pending]) -> None:
        """Write these with whatever waits."""
        self.appends += more
        if not self._gathering and not self._busy:
            self.kick()

    def enqueue(self, work: Work) -> None:
        """Do this with whatever waits."""
        self.works.append(work)
        self.kick()

    async def work(self, step: Step) -> Any:
        """Do this step, and give its result once it is durable. Raises what the step raises, or a JournalError."""
        done: asyncio.Future[Any] = self._loop.create_future()
        self.enqueue(Work(step, partial(resolve, done)))
        return await done

    def kick(self) -> None:
        """Something waits."""
        if not self._gathering and not self._busy:
            self._gathering = True
            self._loop.call_soon(self._gather, 0, 0, time.monotonic() + GATHER_SECONDS)

    def _gather(self, before: int, rounds: int, until: float) -> None:
        """Look once more in the loop's next round, for as long as each round brings something and they take no time; then write."""
        waiting = self._waiting()
        if before < waiting < MOST_IN_GROUP and rounds < MOST_ROUNDS and time.monotonic() < until:
            self._loop.call_soon(self._gather, waiting, rounds + 1, until)
            return
        self._gathering = False
        group = Group(_take(self.appends), _take(self.settlements), _take(self.works))
        if self.dead:
            self._fail(group)
        elif group:
            self._busy, self._writing = True, group
            self._groups.put(group)

    def _waiting(self) -> int:
        return len(self.appends) + len(self.settlements) + len(self.works)

    def _written(self, group: Group) -> None:
        """A group is back from the thread, which is free."""
        self._writing = Group()
        try:
            self._deliver(group)
        finally:
            self._next()

    def _written_alone(self, single: Group) -> None:
        """One item of a group that could not be written as a whole is back."""
        self._writing = self._writing.without(single)
        self._deliver(single)

    def _next(self) -> None:
        """The thread is free."""
        self._busy = False
        if self._waiting():
            self.kick()
        elif self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(None)

    # -- in the thread

    def _run(self) -> None:
        try:
            while group := self._groups.get():
                if self._process(group):
                    self._tell(self._written, group)
                else:
                    for single in group.one_by_one():
                        self._process(single)
                        self._tell(self._written_alone, single)
                    self._tell(self._next)
                self._checkpoint()
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            self._tell(self._die, f"the journal's writer has stopped: {error!r}. Restart Offhook.")
        finally:
            self._close()
            self._tell(self._end)

    def _process(self, group: Group) -> bool:
        """Write a group, or give each of its items the error. False when one of several items cannot be stored: then each has to go alone."""
        if self._fatal:
            group.fail(self._refusal)
            return True
        try:
            self._last = group.changes = self._commit(group)
            self.trouble = ""
        except Exception as error:  # noqa: BLE001 - a record that cannot be stored is the waiter's error, not the thread's
            group.changes = None
            self._roll_back()
            trouble = diagnose(error, self._path)
            if trouble is None and len(group) > 1:
                return False
            self._note(trouble)
            group.fail(partial(_error, error, trouble))
        return True

    def _commit(self, group: Group) -> Changes:
        changes = self._last.following()
        begun = time.monotonic()
        write(self._db, group, changes)
        group.seconds = time.monotonic() - begun
        if group.seconds >= SLOW_SECONDS:
            self._tell(partial(self._warn, "journal.slow_commit", seconds=round(group.seconds, 1), hint=SLOW_HINT))
        return changes

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            try:
                self._db.execute(SQL["rollback"])
            except apsw.Error as error:
                self._note(diagnose(error, self._path))

    def _note(self, trouble: Trouble | None) -> None:
        if trouble is not None and not self._fatal:
            self.trouble, self._fatal = trouble.sentence, trouble.fatal

    def _refusal(self) -> Exception:
        return StorageError(self.trouble)

    def _note_wal(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        if pages > LONG_WAL_PAGES:
            mib = pages * PAGE_BYTES // 2**20
            self._tell(partial(self._warn, "journal.log_is_long", path=f"{self._path}-wal", mib=mib, hint=LONG_WAL_HINT))
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """Copy the log into the file once it is long: after the answers, and before the next group has long to wait (250 pages: 4 ms)."""
        if self._wal_pages < self._copied_at:
            self._copied_at = 0  # the log has started over
        if self._fatal or self._wal_pages - self._copied_at < CHECKPOINT_PAGES:
            return
        try:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            self._note(diagnose(error, self._path))
        # A reader may be in the way of the rest: no use in trying again with every commit.
        self._copied_at = self._wal_pages

    def _close(self) -> None:
        try:
            if self._fatal:
                # The file must not be touched any more: the next opening recovers from the log.
                self._db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self._db.close()
        except apsw.Error as error:
            self._note(diagnose(error, self._path))

    def _tell(self, call: Callable[..., object], *values: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *values)
        except RuntimeError:
            # The loop has been closed before the journal: nobody listens any more.
            return

    # -- on the loop

    def _warn(self, event: str, **what: object) -> None:
        now = self._loop.time()
        if now >= self._warn_after.get(event, now):
            self._warn_after[event] = now + WARN_AT_MOST_EVERY
            log.warning(event, **what)

    def _die(self, sentence: str) -> None:
        self.dead, self.trouble = True, sentence
        unheard, self._writing = self._writing, Group()
        self._fail(unheard)

    def _fail(self, group: Group) -> None:
        group.fail(self._refusal)
        self._deliver(group)
        self._next()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


def _take(waiting: list[Item]) -> list[Item]:
    """The first of what waits, as many as one group takes."""
    taken = waiting[:MOST_IN_GROUP]
    del waiting[:MOST_IN_GROUP]
    return taken


def resolve(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    """Set a future's outcome, unless nobody waits for it any more."""
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _error(error: Exception, trouble: Trouble | None) -> Exception:
    if trouble is not None:
        return StorageError(trouble.sentence)
    refused = JournalError(f"the journal could not store this: {error}")
    refused.__cause__ = error
    return refused
