"""The one thread that writes. Whatever waits is one transaction; its waiters are told on the event loop after the commit."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

import apsw

from offhook.errors import JournalError
from offhook.stores.sqlite.group import Changes, Group, Pending, Settling, Work
from offhook.stores.sqlite.statements import SQL
from offhook.stores.sqlite.transaction import write
from offhook.stores.sqlite.troubles import StorageError, Trouble, diagnose

MOST_IN_GROUP = 1_024
CHECKPOINT_PAGES = 500

Deliver = Callable[[Group], None]
Item = TypeVar("Item")


class Writer:
    """Owns the writing connection from `start` on. Its queues are filled, and `deliver` is called, on the event loop only."""

    def __init__(self, db: apsw.Connection, path: str, changes: Changes, deliver: Deliver) -> None:
        self.appends: deque[Pending] = deque()
        self.settlements: deque[Settling] = deque()
        self.works: deque[Work] = deque()
        self.trouble = ""
        self.dead = False
        self._db = db
        self._path = path
        self._last = changes
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._kicked = False
        self._tokens: SimpleQueue[bool] = SimpleQueue()
        self._taken = Group()
        self._fatal = False
        self._wal_pages = 0
        self._copied_at = 0
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="offhook-journal", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._db.set_wal_hook(self._note_wal)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits, then end and close the connection."""
        self._tokens.put(False)
        await self._ended
        self._thread.join()

    def kick(self) -> None:
        """Something waits. The thread is woken once in a round of the loop, so that it finds all that the round brings."""
        if not self._kicked:
            self._kicked = True
            self._loop.call_soon(self._wake)

    def _wake(self) -> None:
        self._kicked = False
        if self.dead:
            self._fail_waiting()
        else:
            self._tokens.put(True)

    # -- in the thread

    def _run(self) -> None:
        try:
            going = True
            while going:
                going = self._tokens.get()
                while group := self._take():
                    self._process(group)
                    self._taken = Group()
                    self._checkpoint()
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            self._tell(self._die, f"the journal's writer has stopped: {error!r}. Restart Offhook.")
        finally:
            self._close()
            self._tell(self._end)

    def _take(self) -> Group:
        self._taken = Group(_drain(self.appends), _drain(self.settlements), _drain(self.works))
        return self._taken

    def _process(self, group: Group) -> None:
        if self._fatal:
            group.fail(self._refusal)
        else:
            try:
                self._last = group.changes = self._commit(group)
                self.trouble = ""
            except Exception as error:  # noqa: BLE001 - a record that cannot be stored is the waiter's error, not the thread's
                group.changes = None
                self._roll_back()
                trouble = diagnose(error, self._path)
                if trouble is None and len(group) > 1:
                    for single in group.one_by_one():
                        self._process(single)
                    return
                self._note(trouble)
                group.fail(partial(_error, error, trouble))
        self._tell(self._deliver, group)

    def _commit(self, group: Group) -> Changes:
        changes = Changes(self._last.next_seq, self._last.lags)
        write(self._db, group, changes)
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
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """Copy the log into the file once it is long: after the answers, and before the next group has long to wait (500 pages: 4 ms)."""
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

    def _die(self, sentence: str) -> None:
        self.dead, self.trouble = True, sentence
        taken, self._taken = self._taken, Group()
        self._fail(taken)
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        while waiting := self._take():
            self._fail(waiting)

    def _fail(self, group: Group) -> None:
        group.fail(self._refusal)
        self._deliver(group)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


def _drain(waiting: deque[Item]) -> list[Item]:
    taken: list[Item] = []
    while waiting and len(taken) < MOST_IN_GROUP:
        taken.append(waiting.popleft())
    return taken


def _error(error: Exception, trouble: Trouble | None) -> Exception:
    if trouble is not None:
        return StorageError(trouble.sentence)
    refused = JournalError(f"the journal could not store this: {error}")
    refused.__cause__ = error
    return refused
