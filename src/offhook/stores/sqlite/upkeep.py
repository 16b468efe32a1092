"""The steps of housekeeping, inside the writer's transaction: keys into their table, marks, and what is too old."""

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
from offhook.stores.sqlite.transaction import put_issues


class Pruned(NamedTuple):
    """(dedupe key, webhook id) of what was deleted."""

    keys: list[tuple[bytes, str]]


def move_keys(db: apsw.Connection, _changes: Changes, keys: Sequence[Key], complete: int) -> None:
    """Write keys into their table; `complete`, unless 0, is the seq below which it then has all."""
    execute_rows(db, "insert_keys", [(key, seq) for key, seq, _ in keys], KEY_COLUMNS)
    if complete:
        execute(db, "mark_deduped", deduped_below=complete)


def mark_settled(db: apsw.Connection, _changes: Changes, settled_below: int) -> None:
    """The next opening need not look below."""
    execute(db, "mark_settled", settled_below=settled_below)


def prune(db: apsw.Connection, changes: Changes, received_before: float, most: int) -> Pruned:
    """Delete ended webhooks with all that hangs on them, as many debug events of no webhook that are as old, and issues that have no more."""
    pruned = _prune_webhooks(db, changes, received_before, most)
    execute(db, "delete_loose_events", below=id_below("NO", received_before, changes.lags), before=received_before, most=most)
    put_issues(db, changes)
    execute(db, "delete_issues", before=received_before)
    execute(db, "delete_issue_hours", below=int(received_before // HOUR))
    return pruned


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
    # A number is never given twice, also when the last row goes.
    execute(db, "mark_next", next_seq=changes.next_seq)
    seqs, ids = integers([row[0] for row in rows]), apsw.carray(tuple([row[1] for row in rows]))
    keys = [(decode_arrival(data).dedupe_key, identifier) for _, identifier, _, _, data in rows]
    execute(db, "delete_keys", keys=apsw.carray(tuple(sorted(key for key, _ in keys))), seqs=seqs)
    for name in ("delete_webhooks", "delete_arrivals", "delete_attempts"):
        execute(db, name, seqs=seqs)
    forget_words(db, [row[0] for row in rows])
    for name in ("delete_replies", "delete_events"):
        execute(db, name, ids=ids)
    for _, _, endpoint, state, _ in rows:
        changes.tally[endpoint, State(state)] -= 1
    return Pruned(keys)
