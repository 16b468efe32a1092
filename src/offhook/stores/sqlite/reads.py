"""Reads: on connections and threads of their own, and never for longer than five seconds (a held reader lets the log grow: limits §4)."""

import asyncio
import contextlib
import heapq
import sys
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import apsw
from msgspec.structs import replace

from offhook.errors import JournalError
from offhook.ports import Clock
from offhook.records import Reply, State, Webhook, WebhookFilter
from offhook.stores.rules import Derive, matches
from offhook.stores.sqlite import search
from offhook.stores.sqlite.bounds import EVER, FEW, HIGHEST, PAGE, Lags, id_below, id_from
from offhook.stores.sqlite.claims import arrivals_at
from offhook.stores.sqlite.codec import decode_attempt, decode_event, decode_notice, read_reply, read_webhook
from offhook.stores.sqlite.database import open_reader
from offhook.stores.sqlite.sieve import BUCKETS, bucket_bits
from offhook.stores.sqlite.statements import execute
from offhook.stores.sqlite.troubles import StorageError, diagnose
from offhook.stores.words import mentions

THREADS = 2
SECONDS = 5.0
STEPS_BETWEEN_LOOKS = 5_000

Result = TypeVar("Result")


class Readers:
    """Runs questions in a few threads, each with a connection that reads."""

    def __init__(self, path: Path, clock: Clock, *, vfs: str | None) -> None:
        self._path = path
        self._clock = clock
        self._vfs = vfs
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="offhook-reads")
        self._own = threading.local()
        self._all: list[apsw.Connection] = []
        self._closing = False

    async def ask(self, question: Callable[..., Result], *values: Any) -> Result:
        """The answer of `question(connection, *values)`. Raises JournalError when it takes too long or cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, question, *values)

    async def close(self) -> None:
        """Break off what runs, then close the connections."""
        self._closing = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._all:
            # Nothing of a reader's can be lost, and the writer must be closed whatever happens here.
            with contextlib.suppress(apsw.Error):
                connection.close()

    def _ask(self, question: Callable[..., Result], *values: Any) -> Result:
        deadline = self._clock.monotonic() + SECONDS
        try:
            db = self._connection()
            db.set_progress_handler(lambda: self._closing or self._clock.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
            return question(db, *values)
        except apsw.InterruptError:
            why = "the journal is closed" if self._closing else "it took longer than 5 s: narrow it by time, endpoint or state"
            raise JournalError(f"the question was broken off: {why}") from None
        except apsw.Error as error:
            trouble = diagnose(error, str(self._path))
            raise StorageError(trouble.sentence if trouble else f"the journal cannot be read: {error}") from error

    def _connection(self) -> apsw.Connection:
        if not hasattr(self._own, "db"):
            self._own.db = open_reader(self._path, vfs=self._vfs)
            self._all.append(self._own.db)
        return self._own.db  # type: ignore[no-any-return]


# -- questions


def webhook(db: apsw.Connection, webhook_id: str) -> Webhook | None:
    """One webhook that has been settled."""
    rows = execute(db, "one_webhook", id=webhook_id)
    return read_webhook(rows[0]) if rows else None


def unsettled(db: apsw.Connection, seqs: Sequence[int], derive: Derive, where: WebhookFilter, limit: int) -> list[Webhook]:
    """The first that match of the arrivals with these numbers, which have no row yet and whose ids fall; read a page at a time."""
    found: list[Webhook] = []
    for at in range(0, len(seqs), PAGE):
        page = [derive(arrival) for arrival in arrivals_at(db, seqs[at : at + PAGE])]
        found += sorted((one for one in page if matches(one, where) and _coded(db, one, where.code)), key=_id, reverse=True)
        if len(found) >= limit:
            break
    return found[:limit]


def history(db: apsw.Connection, webhook_id: str) -> dict[str, Any]:
    """What hangs on a webhook: the fields of a story, all as of one moment."""
    fields: dict[str, Any] = {}
    with db:
        fields["webhook"] = webhook(db, webhook_id)
        fields["attempts"] = tuple(decode_attempt(row[0]) for row in execute(db, "attempts_of", id=webhook_id))
        fields["replies"] = tuple(read_reply(row) for row in execute(db, "replies_of", id=webhook_id))
        fields["events"] = tuple(decode_event(row[0]) for row in execute(db, "events_of", id=webhook_id))
        fields["notices"] = tuple(replace(decode_notice(row[1]), seq=row[0]) for row in execute(db, "notices_of", id=webhook_id))
    return fields


def webhooks(db: apsw.Connection, where: WebhookFilter, limit: int, before: str, lags: Lags) -> list[Webhook]:
    """Settled webhooks, newest first."""
    states = where.states or ("",)
    values: dict[str, Any] = {
        "from": id_from("WH", where.since, lags),
        "below": min(before or HIGHEST, id_below("WH", where.until, lags)),
        "endpoint": where.endpoint,
        "since": -EVER if where.since is None else where.since,
        "until": EVER if where.until is None else where.until,
        "most": PAGE if where.query else limit,
    }
    if where.code and (not where.query or execute(db, "few_with_code", code=where.code, few=FEW)[0][0]):
        return list(islice(_with_code(db, values, where), limit))
    pages = (_pages(db, values | {"state": state}, where.query) for state in states)
    merged = heapq.merge(*pages, key=_id, reverse=True)
    return list(islice((one for one in merged if _coded(db, one, where.code)), limit))


def _pages(db: apsw.Connection, values: dict[str, Any], query: str) -> Iterator[Webhook]:
    """Those in a state, newest first. Few are read through rather than looked for among all that have the words."""
    if not query:
        return _in_state(db, values)
    indexed_state = values["state"] not in {"", State.DELIVERED}
    if indexed_state and execute(db, "few_in_state", state=values["state"], few=FEW)[0][0]:
        return (one for one in _in_state(db, values) if mentions(one, query))
    return _with_words(db, values, query)


def _coded(db: apsw.Connection, found: Webhook, code: int) -> bool:
    return not code or bool(execute(db, "has_code", code=code, id=found.id))


def _with_code(db: apsw.Connection, values: dict[str, Any], where: WebhookFilter) -> Iterator[Webhook]:
    """Those with an event of that code, which are looked at one by one: errors are few beside webhooks."""
    below = values["below"]
    while rows := execute(db, "webhooks_with_code", code=where.code, below=below, most=PAGE, **{"from": values["from"]}):
        for (webhook_id,) in rows:
            found = webhook(db, webhook_id)
            if found and matches(found, where):
                yield found
        below = rows[-1][0]


def _id(found: Webhook) -> str:
    return found.id


def _with_words(db: apsw.Connection, values: dict[str, Any], query: str) -> Iterator[Webhook]:
    """First those that the index of words does not know yet, then what it finds: the order of their numbers is that of their ids."""
    below = values["below"]
    while rows := execute(db, "newest_unsearchable", **values):
        found = [read_webhook(row) for row in rows]
        yield from (one for one in found if mentions(one, query))
        if len(found) < values["most"]:
            break
        values["below"] = min(one.id for one in found)
    yield from search.indexed(db, {**values, "below": below}, query)


def _in_state(db: apsw.Connection, values: dict[str, Any]) -> Iterator[Webhook]:
    """Page by page."""
    name = "newest_webhooks" if values["state"] in ("", State.DELIVERED) else "newest_webhooks_in_state"
    while rows := execute(db, name, **values):
        found = [read_webhook(row) for row in rows]
        yield from found
        if len(found) < values["most"]:
            return
        values["below"] = found[-1].id


def size(db: apsw.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, page_size = execute(db, "pages_in_use")[0]
    return int(pages * page_size)


def key_bits(db: apsw.Connection, bucket: int) -> bytes:
    """The sieve's bits for the keys of one bucket that the table holds."""
    # A longer blob is greater than its beginning: "" is below every key, and sixteen bytes and one more are above.
    bounds = {"from": bytes([bucket]) if bucket else b"", "below": bytes([bucket + 1]) if bucket + 1 < BUCKETS else b"\xff" * 17}
    digits = execute(db, "key_places", **bounds)[0][0] or ""
    places = array("I", bytes.fromhex(digits))
    if sys.byteorder == "little":
        places.byteswap()
    return bucket_bits(places)


def blocking(db: apsw.Connection) -> list[tuple[str, str]]:
    """Settled webhooks that hold up their conversations."""
    return [(conversation, identifier) for conversation, identifier in execute(db, "blocking")]


def reply(db: apsw.Connection, reply_id: str) -> Reply | None:
    """One reply."""
    rows = execute(db, "one_reply", id=reply_id)
    return read_reply(rows[0]) if rows else None
