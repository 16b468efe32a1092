"""The words of webhooks: put into their index behind the deliveries, a few in a transaction, and looked up."""

from collections.abc import Iterator, Sequence
from typing import Any

import apsw

from offhook.records import Webhook
from offhook.stores.sqlite.bounds import HIGHEST
from offhook.stores.sqlite.codec import read_webhook
from offhook.stores.sqlite.group import Changes
from offhook.stores.sqlite.statements import execute
from offhook.stores.words import SHORT, document, words_of

# A step holds the writer, and the interpreter, for about a millisecond.
ROWS_AT_ONCE = 32
# Arrivals of the same moments may have been stored in another order than that of their ids.
SLACK = 1_000
EVERY = 1 << 62


def index_some(db: apsw.Connection, _changes: Changes, settled_below: int) -> int:
    """Index the next webhooks whose first settlement is through; how many there were."""
    rows = execute(db, "unsearchable", below=settled_below, most=ROWS_AT_ONCE)
    if not rows:
        return 0
    for row in rows:
        execute(db, "add_words", seq=row[0], words=" ".join(document(read_webhook(row[1:]))))
    execute(db, "mark_searchable", below=rows[-1][0] + 1)
    return len(rows)


def forget_words(db: apsw.Connection, seqs: Sequence[int]) -> None:
    """Take the words of deleted webhooks out."""
    (below,) = execute(db, "searchable_below")[0]
    for seq in seqs:
        if seq < below:
            execute(db, "delete_words", seq=seq)


def question(query: str) -> str:
    """What to ask the index: every word, as a beginning unless it is short. "" when there is no word in it."""
    return " AND ".join(f'"{word}"' if len(word) <= SHORT else f'"{word}"*' for word in words_of(query))


def _numbers(db: apsw.Connection, below: str, at_least: str) -> tuple[int, int]:
    """Between which numbers the webhooks with these ids are: a word that a million have is only looked up there."""
    last = execute(db, "last_number_below", id=below) if below != HIGHEST else [(EVERY,)]
    first = execute(db, "first_number_from", id=at_least) if at_least else [(0,)]
    return (last[0][0] if last else 0) + SLACK, (first[0][0] if first else EVERY) - SLACK


def indexed(db: apsw.Connection, values: dict[str, Any], query: str) -> Iterator[Webhook]:
    """The webhooks that the index knows for these words, newest first, page by page."""
    asked = question(query)
    row, floor = _numbers(db, values["below"], values["from"])
    values = {**values, "words": asked, "row": min(row, execute(db, "searchable_below")[0][0]), "floor": floor}
    while asked:
        rows = execute(db, "newest_with_words", **values)
        yield from (read_webhook(row[1:]) for row in rows)
        if len(rows) < values["most"]:
            return
        values["row"] = rows[-1][0]
