"""From a file to what the journal keeps in memory of it."""

from pathlib import Path

import apsw

from offhook.stores.sqlite.codec import decode_arrival
from offhook.stores.sqlite.database import ProcessLock, make_private, open_writer
from offhook.stores.sqlite.group import Changes
from offhook.stores.sqlite.ledger import Ledger
from offhook.stores.sqlite.statements import SQL, execute


def open_file(path: Path, lock: ProcessLock, *, synchronous: str, vfs: str | None) -> tuple[apsw.Connection, Ledger]:
    """Make or recognise the file under the lock. Raises UnusableJournalError; the lock is free again then."""
    make_private(path)
    lock.take()
    try:
        db = open_writer(path, synchronous=synchronous, vfs=vfs)
        end_leases(db)
        return db, load(db)
    except BaseException:
        lock.release()
        raise


def end_leases(db: apsw.Connection) -> None:
    """Whoever had something under way is gone, as the lock shows: nobody need wait for the leases to end."""
    execute(db, "end_deliveries")
    execute(db, "end_sendings")


def load(db: apsw.Connection) -> Ledger:
    """Read the marks, and what lies above them: the keys that their table has not got yet, and the arrivals that were never settled."""
    (settled_below, deduped_below, next_seq, *lags) = execute(db, "read_marks")[0]
    changes = Changes(next_seq, (lags[0], lags[1]))
    ledger = Ledger(changes, execute(db, "read_tally"))
    for seq, data in db.execute(SQL["arrivals_since"], {"seq": deduped_below}):
        arrival = decode_arrival(data)
        ledger.remember_key(arrival.dedupe_key, seq, arrival.id)
    for seq, data in db.execute(SQL["unsettled_arrivals"], {"seq": settled_below}):
        arrival = decode_arrival(data)
        ledger.fresh[arrival.id] = (seq, arrival)
        ledger.former[arrival.id] = arrival
    return ledger
