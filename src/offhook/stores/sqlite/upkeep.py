"""The steps of housekeeping, inside the writer's transaction: keys into their table, marks, and what is too old."""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import apsw

from offhook.records import State
from offhook.stores.grouping import HOUR
from offhook.stores.sqlite.bounds import id_below
from offhook.stores.sqlite.claims import integers
from offhook.stores.sqlite.codec import KEY_COLUMNS, decode_arrival
from offhook.stores.sqlite.group import Changes
from offhook.stores.sqlite.ledger import Key
from offhook.stores.sqlite.search import forget_words
from offhook.stores.sqlite.statements import execute, execute_rows
from offhook.stores.sqlite.transaction import put_issues, put_notices

LOOSE_AT_ONCE = 1_000


class Pruned(NamedTuple):
    """(dedupe key, webhook id) of what was deleted, when the youngest of it was received, and whether there may be more that hangs on none."""

    keys: list[tuple[bytes, str]]
    youngest: float = -math.inf
    more: bool = False


def move_keys(db: apsw.Connection, _changes: Changes, keys: Sequence[Key], complete: int) -> None:
    """Write keys into their table; `complete`, unless 0, is the seq below which it then has all."""
    execute_rows(db, "insert_keys", [(key, seq) for key, seq, _ in keys], KEY_COLUMNS)
    if complete:
        execute(db, "mark_deduped", deduped_below=complete)


def mark_settled(db: apsw.Connection, _changes: Changes, settled_below: int) -> None:
    """The next opening need not look below."""
    execute(db, "mark_settled", settled_below=settled_below)


def prune(db: apsw.Connection, changes: Changes, received_before: float, most: int) -> Pruned:
    """Delete ended webhooks with all that hangs on them, what is as old and hangs on none, and issues that have no more events.

    Of debug events and of notices no more than LOOSE_AT_ONCE: whoever waits for an answer waits for this too. While there are more webhooks,
    what is younger than those deleted stays: a journal that has grown too large must not lose the news of today before webhooks of last week.
    """
    pruned = _prune_webhooks(db, changes, received_before, most)
    before = received_before if len(pruned.keys) < most else min(received_before, pruned.youngest)
    more = _delete_loose(db, changes, before)
    put_issues(db, changes)
    execute(db, "delete_issues", before=before)
    execute(db, "delete_issue_hours", below=int(before // HOUR))
    return pruned._replace(more=more)


def _delete_loose(db: apsw.Connection, changes: Changes, before: float) -> bool:
    """Delete old debug events of no webhook, and old notices; whether there may be more."""
    below, most = id_below("NO", before, changes.lags), LOOSE_AT_ONCE
    execute(db, "delete_loose_events", below=below, before=before, most=most)
    events = db.changes()
    execute(db, "delete_old_notices", before=before, most=most)
    notices = db.changes()
    if events or notices:
        _keep_numbers(db, changes)
    return most in {events, notices}


def _keep_numbers(db: apsw.Connection, changes: Changes) -> None:
    """A number is never given twice, also when the last row goes."""
    numbers = changes.numbers
    execute(db, "mark_next", seq=changes.next_seq, attempt=numbers.attempt, event=numbers.event, notice=numbers.notice)


def _prune_webhooks(db: apsw.Connection, changes: Changes, received_before: float, most: int) -> Pruned:
    below = id_below("WH", received_before, changes.lags)
    rows = execute(db, "old_webhooks", below=below, before=received_before, most=most)
    return _delete(db, changes, rows)


def forget_number(db: apsw.Connection, changes: Changes, number: str, most: int) -> Pruned:
    """Delete webhooks from or to this number, of which the index of words knows; those that are being delivered stay."""
    digits = re.sub(r"\D", "", number)
    return _delete(db, changes, execute(db, "webhooks_of_number", words=f'"{digits}"', number=number, most=most))


def _delete(db: apsw.Connection, changes: Changes, rows: Sequence[Any]) -> Pruned:
    """Webhooks (seq, id, endpoint, state, arrival) with all that hangs on them."""
    if not rows:
        return Pruned([])
    put_notices(db, changes)
    _keep_numbers(db, changes)
    seqs, ids = integers([row[0] for row in rows]), apsw.carray(tuple([row[1] for row in rows]))
    arrivals = [decode_arrival(row[4]) for row in rows]
    keys = [(arrival.dedupe_key, arrival.id) for arrival in arrivals]
    execute(db, "delete_keys", keys=apsw.carray(tuple(sorted(key for key, _ in keys))), seqs=seqs)
    for name in ("delete_webhooks", "delete_arrivals", "delete_attempts"):
        execute(db, name, seqs=seqs)
    forget_words(db, [row[0] for row in rows])
    for name in ("delete_replies", "delete_events", "delete_notices"):
        execute(db, name, ids=ids)
    for _, _, endpoint, state, _ in rows:
        changes.tally[endpoint, State(state)] -= 1
    return Pruned(keys, max(arrival.received_at for arrival in arrivals))
