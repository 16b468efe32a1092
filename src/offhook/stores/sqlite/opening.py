"""From a file to what the journal keeps in memory of it."""

from pathlib import Path

import apsw

from offhook.stores.newsreel import ended_at
from offhook.stores.sqlite.codec import KEY_COLUMNS, decode_arrival, decode_attempt
from offhook.stores.sqlite.database import ProcessLock, in_words, make_private, open_writer
from offhook.stores.sqlite.group import Changes, Numbers, Pace
from offhook.stores.sqlite.ledger import Key, Ledger
from offhook.stores.sqlite.statements import SQL, execute, execute_rows

KEYS_IN_PAGE = 65_536  # as many lie close enough together in the table to be cheap


def open_file(path: Path, lock: ProcessLock, *, synchronous: str, vfs: str | None) -> tuple[apsw.Connection, Ledger]:
    """Make or recognise the file under the lock. Raises UnusableJournalError; the lock is free again then."""
    make_private(path)
    lock.take()
    try:
        db = open_writer(path, synchronous=synchronous, vfs=vfs)
        try:
            with in_words(path):
                end_leases(db)
                return db, load(db)
        except BaseException:
            db.close()
            raise
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
    changes = Changes(next_seq, (lags[0], lags[1]), Numbers(*execute(db, "read_numbers")[0]), _paces(db))
    ledger = Ledger(changes, execute(db, "read_tally"))
    for key, seq, webhook_id in _keys_to_remember(db, deduped_below):
        ledger.remember_key(key, seq, webhook_id)
    for seq, data in db.execute(SQL["unsettled_arrivals"], {"seq": settled_below}):
        arrival = decode_arrival(data)
        ledger.add_fresh(arrival, seq)
        ledger.former[arrival.id] = arrival
    return ledger


def _paces(db: apsw.Connection) -> tuple[Pace, Pace]:
    """Of the arrivals and of the attempts. The latest time is not known: it was later than the last row's by no more than the bound."""
    arrivals, attempts = (Pace(behind) for behind in execute(db, "read_paces")[0])
    for (data,) in execute(db, "last_arrival"):
        arrivals.latest = decode_arrival(data).received_at + arrivals.behind
    for (data,) in execute(db, "last_attempt"):
        attempts.latest = ended_at(decode_attempt(data)) + attempts.behind
    return arrivals, attempts


def _keys_to_remember(db: apsw.Connection, deduped_below: int) -> list[Key]:
    """The newest keys. A page that is full goes to the table at once: else a journal that is opened often would read ever more of them."""
    while True:
        keys = []
        for seq, data in db.execute(SQL["arrivals_since"], {"seq": deduped_below, "most": KEYS_IN_PAGE}):
            arrival = decode_arrival(data)
            keys.append((arrival.dedupe_key, seq, arrival.id))
        if len(keys) < KEYS_IN_PAGE:
            return keys
        deduped_below = keys[-1][1] + 1
        with db:
            execute_rows(db, "insert_keys", sorted((key, seq) for key, seq, _ in keys), KEY_COLUMNS)
            execute(db, "mark_deduped", deduped_below=deduped_below)
