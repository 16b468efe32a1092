"""The journal in one SQLite file: what the rest of the house sees of it."""

import asyncio
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from offhook.errors import JournalError
from offhook.ports import AllStored, Clock, Outcome, Stored, Written
from offhook.records import (
    Arrival,
    DebugEvent,
    EventFilter,
    Heard,
    Issue,
    IssueFilter,
    IssueState,
    Kept,
    Marks,
    NewsPage,
    Notice,
    Receipt,
    Reply,
    Settlement,
    Source,
    State,
    Webhook,
    WebhookFilter,
    WebhookStory,
)
from offhook.stores.grouping import check_buckets, within
from offhook.stores.rules import Derive, blocks, underived
from offhook.stores.sqlite import claims, debug_events, news, reads, upkeep
from offhook.stores.sqlite.database import ProcessLock
from offhook.stores.sqlite.group import Batch, Group, Pending, Settling, Step
from offhook.stores.sqlite.housekeeping import Housekeeper
from offhook.stores.sqlite.ledger import Ledger
from offhook.stores.sqlite.opening import open_file
from offhook.stores.sqlite.reads import Readers
from offhook.stores.sqlite.transaction import keep, put_events
from offhook.stores.sqlite.writer import Writer, resolve

UNSETTLED_PAGE = 1_000
IDS_AT_ONCE = 500
PRUNED_AT_ONCE = 500
STORED = Receipt()


class SqliteJournal:
    """One file, one writer thread, group commit. All of its own state lives on the event loop.

    `synchronous` is SQLite's; anything but FULL loses acknowledged webhooks in a power cut, and is for the tests that show it. `vfs` names
    a registered SQLite VFS. `derive` reads an arrival that has not been settled yet.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        clock: Clock,
        *,
        derive: Derive = underived,
        synchronous: str = "FULL",
        vfs: str | None = None,
    ) -> None:
        self._path = Path(path).absolute()
        self._clock = clock
        self._derive = derive
        self._synchronous = synchronous
        self._vfs = vfs
        self._time_commit: Callable[[float], None] | None = None
        self._lock = ProcessLock(self._path)
        self._is_open = False
        self._hearers: list[Callable[[Heard], None]] = []
        self._settling: dict[str, tuple[tuple[Settlement, Written], ...]] = {}
        self._loop: asyncio.AbstractEventLoop
        self._ledger: Ledger
        self._writer: Writer
        self._readers: Readers
        self._keeper: Housekeeper

    async def open(self) -> None:
        """Open, migrate, and take the write lock. Raises UnusableJournalError when the file is foreign, newer, damaged or in use."""
        db, self._ledger = await asyncio.to_thread(
            open_file, self._path, self._lock, synchronous=self._synchronous, vfs=self._vfs
        )
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(db, str(self._path), self._ledger.changes, self._deliver)
        self._readers = Readers(self._path, self._clock, vfs=self._vfs)
        self._writer.start()
        self._is_open = True
        self._keeper = Housekeeper(self._ledger, self._writer, self._readers)
        self._keeper.start()

    async def close(self) -> None:
        """Finish what was asked, then close. Safe to call twice."""
        if not self._is_open:
            return
        self._is_open = False
        self._keeper.stop()
        try:
            # The writer last: whoever closes last copies the log into the file, and a reader may not.
            await self._readers.close()
            await self._writer.stop()
        finally:
            self._lock.release()

    def time_commits(self, told: Callable[[float], None]) -> None:
        """Have that called with the seconds that each transaction took until it was on the disk."""
        self._time_commit = told

    def trouble(self) -> str:
        """Why the journal cannot store just now."""
        return self._writer.trouble if self._is_open else "the journal is closed"

    # -- from the intake

    def append(self, arrival: Arrival, stored: Stored) -> None:
        """Keep the arrival; `stored` is called once it is durable, or with the reason why it is not."""
        self.append_all((arrival,), lambda outcomes: stored(outcomes[0]))

    def append_all(self, arrivals: Sequence[Arrival], stored: AllStored) -> None:
        """Keep the arrivals; `stored` is called once each of them is durable, or cannot be."""
        if not self._is_open:
            closed = [JournalError("the journal is closed") for _ in arrivals]
            asyncio.get_running_loop().call_soon(stored, closed)
            return
        recent, may_hold = self._ledger.recent, self._ledger.sieve.may_hold
        outcomes: list[Outcome] = [STORED] * len(arrivals)
        batch = Batch(stored, outcomes, len(arrivals))
        new = []
        for at, arrival in enumerate(arrivals):
            key = arrival.dedupe_key
            first = recent.get(key)
            if first is None:
                recent[key] = pending = Pending(arrival, batch, at, may_hold(key))
                new.append(pending)
            elif isinstance(first, str):
                batch.settle(at, Receipt(duplicate_of=first))
            elif first.followers is None:
                first.followers = [(batch, at)]
            else:
                first.followers.append((batch, at))
        if new:
            self._writer.append(new)
        if not batch.left:
            self._loop.call_soon(self._call, batch)

    # -- from the courier

    async def unsettled(self) -> Sequence[Arrival]:
        """Arrivals of former processes that nobody has settled yet: the first up to 1,000."""
        self._check()
        return list(islice(self._ledger.former.values(), UNSETTLED_PAGE))

    async def settle(self, settlement: Settlement) -> None:
        """Write the webhook's new row and what came with it, in one transaction."""
        self._check()
        done: asyncio.Future[None] = self._loop.create_future()
        self.put(settlement, lambda error: resolve(done, None, error))
        await done

    def put(self, settlement: Settlement, written: Written) -> None:
        """The same; `written` is called."""
        if not self._is_open:
            self._loop.call_soon(written, JournalError("the journal is closed"))
            return
        identifier = settlement.webhook.id
        if identifier in self._settling:
            # One at a time: whether it has a row already is known once the earlier one is through.
            self._settling[identifier] = (*self._settling[identifier], (settlement, written))
            return
        self._settling[identifier] = ()
        known = self._ledger.fresh.get(identifier)
        if known is None:
            # A webhook that no arrival announced brings a key of its own to the table.
            self._ledger.sieve.add(settlement.webhook.dedupe_key)
        self._writer.settlements.append(Settling(settlement, known or 0, written))
        self._writer.kick()

    async def claim(self, endpoint: str, limit: int, now: float, lease: float) -> Sequence[Webhook]:
        """Take up to `limit` due webhooks of one endpoint."""
        got: list[Webhook] = []
        more = True
        while more and len(got) < limit:
            unsettled = self._ledger.fresh.copy() if self._is_open else {}
            asked = claims.Claim(endpoint, limit - len(got), now, lease, unsettled, self._derive)
            claimed: claims.Claimed = await self._write(partial(claims.claim, asked=asked))
            got.extend(claimed.webhooks)
            more = claimed.more
        return got

    async def hasten(self, endpoint: str, now: float) -> int:
        """Bring the due times of an endpoint forward, a thousand in a transaction, so that answers need not wait for a long one."""
        total = 0
        while hastened := await self._write(partial(claims.hasten, endpoint=endpoint, now=now)):
            total += hastened
        return total

    async def blocking(self) -> Sequence[tuple[str, str]]:
        """(conversation, webhook id) of whatever holds up its conversation."""
        self._check()
        unsettled = await self._unsettled(WebhookFilter(), len(self._ledger.fresh))
        found = dict.fromkeys(await self._readers.ask(reads.blocking))
        return list(found | {(webhook.conversation, webhook.id): None for webhook in unsettled if blocks(webhook)})

    async def requeue(self, ids: Iterable[str], now: float, *, delivered: bool = True) -> int:
        """Replay."""
        steps = [partial(claims.requeue, ids=part, now=now, delivered=delivered) for part in _parts(ids)]
        return sum([await self._write(step) for step in steps])

    async def dismiss(self, ids: Iterable[str], now: float) -> int:
        """Take failed webhooks off the list."""
        return sum([await self._write(partial(claims.dismiss, ids=part, now=now)) for part in _parts(ids)])

    # -- from the replies

    async def claim_replies(self, limit: int, now: float, lease: float) -> Sequence[Reply]:
        """Take due replies."""
        claimed: list[Reply] = await self._write(partial(claims.claim_replies, limit=limit, now=now, lease=lease))
        return claimed

    async def settle_reply(self, reply: Reply, events: Sequence[DebugEvent] = ()) -> None:
        """Write a reply's new row and its debug events."""
        await self._write(partial(claims.settle_reply, reply=reply, events=events))

    async def release_kept(self, now: float) -> int:
        """Set kept replies waiting, due now."""
        released: int = await self._write(partial(claims.release_kept, now=now))
        return released

    async def record(self, events: Sequence[DebugEvent]) -> None:
        """Write debug events that belong to no settlement."""
        await self._write(lambda db, changes: put_events(db, events, changes))

    # -- news, and small records

    async def news(self, after: Marks, limit: int, sources: Collection[Source]) -> NewsPage:
        """What has happened since."""
        self._check()
        asked = news.Asked(after, limit, sources, self._derive, self._ledger.fresh.get)
        return await self._readers.ask(news.news, asked)

    async def marks(self, at: float | None = None) -> Marks:
        """The ends of the logs, from memory; or places by a time."""
        self._check()
        changes = self._ledger.changes
        if at is None:
            return changes.ends
        return await self._readers.ask(news.marks_at, at, changes.arrivals_pace.behind, changes.attempts_pace.behind)

    def listen(self, hear: Callable[[Heard], None]) -> None:
        """Have this called after each commit that has added debug events or notices."""
        self._hearers.append(hear)

    async def keep(self, changes: Sequence[Kept], notices: Sequence[Notice] = ()) -> None:
        """Put small records on their shelves, or take them off, and write notices with them."""
        await self._write(partial(keep, kept=changes, notices=notices))

    async def kept(self, shelf: str, limit: int = 1000, after: str = "") -> Sequence[Kept]:
        """What is on a shelf, by ids."""
        self._check()
        return await self._readers.ask(news.kept, shelf, limit, after)

    async def kept_one(self, shelf: str, identifier: str) -> bytes | None:
        """One of them."""
        self._check()
        return await self._readers.ask(news.kept_one, shelf, identifier)

    # -- reads

    async def webhook(self, webhook_id: str) -> Webhook | None:
        """One webhook, also when it is not settled yet."""
        self._check()
        return await self._not_settled(webhook_id) or await self._readers.ask(reads.webhook, webhook_id)

    async def story(self, webhook_id: str) -> WebhookStory | None:
        """One webhook with its attempts, replies and debug events."""
        self._check()
        unsettled = await self._not_settled(webhook_id)
        history = await self._readers.ask(reads.history, webhook_id)
        if history["webhook"] is None:
            history["webhook"] = unsettled
        return WebhookStory(**history) if history["webhook"] is not None else None

    async def webhooks(self, where: WebhookFilter, limit: int, before: str = "") -> Sequence[Webhook]:
        """Newest first, ids below `before`; the unsettled ones among them."""
        self._check()
        unsettled = await self._unsettled(where, limit, before)
        settled = await self._readers.ask(reads.webhooks, where, limit, before, self._ledger.changes.lags)
        found = {webhook.id: webhook for webhook in (*unsettled, *settled)}
        return [found[identifier] for identifier in sorted(found, reverse=True)[:limit]]

    async def events(self, where: EventFilter, limit: int, before: str = "") -> Sequence[DebugEvent]:
        """Debug events, newest first."""
        self._check()
        return await self._readers.ask(debug_events.events, where, limit, before, self._ledger.changes.lags)

    async def event(self, event_id: str) -> DebugEvent | None:
        """One debug event."""
        self._check()
        return await self._readers.ask(debug_events.event, event_id)

    async def event_counts(self, where: EventFilter, since: float, until: float, buckets: int) -> Sequence[int]:
        """How many debug events in each part of that time."""
        check_buckets(since, until, buckets)
        self._check()
        lags = self._ledger.changes.lags
        return await self._readers.ask(debug_events.event_counts, within(where, since, until), buckets, (since, until), lags)

    async def issues(self, where: IssueFilter, limit: int, before: str = "", *, now: float) -> Sequence[Issue]:
        """Issues, the last seen first."""
        self._check()
        return await self._readers.ask(debug_events.issues, where, limit, before, now)

    async def issue(self, issue_id: str, *, now: float) -> Issue | None:
        """One issue."""
        self._check()
        return await self._readers.ask(debug_events.issue, issue_id, now)

    async def set_issue_state(self, issue_id: str, state: IssueState, *, now: float) -> Issue | None:
        """Say what is being done about an issue."""
        found: Issue | None = await self._write(partial(claims.set_issue_state, issue_id=issue_id, state=state, now=now))
        return found

    async def issue_webhooks(self, issue_id: str, limit: int, after: str = "") -> Sequence[str]:
        """Ids of failed and dismissed webhooks of an issue, oldest first."""
        self._check()
        return await self._readers.ask(debug_events.issue_webhooks, issue_id, limit, after)

    async def reply(self, reply_id: str) -> Reply | None:
        """One reply."""
        self._check()
        return await self._readers.ask(reads.reply, reply_id)

    async def oldest_undelivered(self, endpoint: str) -> float | None:
        """When the oldest webhook that waits or is being delivered was received."""
        self._check()
        return await self._readers.ask(news.oldest_undelivered, endpoint, *self._ledger.undelivered(endpoint))

    async def counts(self) -> dict[str, dict[State, int]]:
        """How many webhooks each endpoint has in each state; from memory."""
        self._check()
        return self._ledger.counts()

    # -- upkeep

    async def prune(self, received_before: float, limit: int) -> int:
        """Delete ended webhooks received before that time, five hundred in a transaction."""
        total = 0
        while total < limit:
            most = min(PRUNED_AT_ONCE, limit - total)
            pruned: upkeep.Pruned = await self._write(partial(upkeep.prune, received_before=received_before, most=most))
            self._ledger.forget(pruned.keys)
            total += len(pruned.keys)
            if len(pruned.keys) < most and not pruned.more:
                break
        return total

    async def forget(self, number: str) -> int:
        """Delete whatever came from or went to this number and is not being delivered just now."""
        while await self.index():
            pass
        total = 0
        while keys := (await self._write(partial(upkeep.forget_number, number=number, most=PRUNED_AT_ONCE))).keys:
            self._ledger.forget(keys)
            total += len(keys)
        return total

    async def size(self) -> int:
        """Bytes of the file that hold something."""
        self._check()
        return await self._readers.ask(reads.size)

    async def index(self) -> int:
        """Put the words of the next few webhooks into their index; how many there were."""
        self._check()
        return await self._keeper.index()

    # -- inside

    def _check(self) -> None:
        if not self._is_open:
            raise JournalError("the journal is closed")

    async def _not_settled(self, webhook_id: str) -> Webhook | None:
        seq = self._ledger.fresh.get(webhook_id)
        found = await self._readers.ask(reads.unsettled, [seq], self._derive, WebhookFilter(), 1) if seq else ()
        return found[0] if found else None

    async def _unsettled(self, where: WebhookFilter, limit: int, before: str = "") -> Sequence[Webhook]:
        """The newest that match: no more of them are read than are asked for, unless their text has to be searched."""
        fresh = self._ledger.fresh
        seqs = [fresh[each] for each in sorted((each for each in fresh if not before or each < before), reverse=True)]
        return await self._readers.ask(reads.unsettled, seqs, self._derive, where, limit) if seqs and limit else ()

    async def _write(self, step: Step) -> Any:
        self._check()
        return await self._writer.work(step)

    def _deliver(self, group: Group) -> None:
        """A group is durable, or has failed: bring the ledger up to date first, then tell everybody."""
        if group.changes is None:
            self._ledger.failed(group)
        else:
            self._ledger.committed(group)
            if self._time_commit is not None:
                self._time_commit(group.seconds)
            if self._hearers and (heard := group.changes.heard()):
                self._spread(heard)
        for pending in group.appends:
            batch = pending.batch
            if pending.followers is None and pending.error is None and pending.duplicate_of is None:
                batch.left -= 1  # it is stored, which is what its place says already
            else:
                self._tell(pending)
            if not batch.left:
                self._call(batch)
        for settling in group.settlements:
            self._tell_settled(settling)
        for work in group.works:
            work.done(work.result, work.error)
        if group.changes is not None and self._is_open:
            self._keeper.after(len(group.settlements))

    def _spread(self, heard: Heard) -> None:
        for hear in self._hearers:
            try:
                hear(heard)
            except Exception as error:  # noqa: BLE001 - whoever has asked for the commit must hear of it
                self._complain(error)

    def _tell(self, pending: Pending) -> None:
        """Note its outcome and those of its duplicates; whoever hears of the arrival itself is called by `_deliver`."""
        if pending.error is not None:
            outcome: Outcome = pending.error
        elif pending.duplicate_of is None:
            outcome = STORED
        else:
            outcome = Receipt(duplicate_of=pending.duplicate_of)
        pending.batch.settle(pending.at, outcome)
        if pending.followers:
            repeated = outcome if pending.error else Receipt(duplicate_of=pending.duplicate_of or pending.arrival.id)
            for batch, at in pending.followers:
                if batch.settle(at, repeated) and batch is not pending.batch:
                    self._call(batch)

    def _tell_settled(self, settling: Settling) -> None:
        for waiting in self._settling.pop(settling.settlement.webhook.id, ()):
            self.put(*waiting)
        try:
            settling.written(settling.error)
        except Exception as error:  # noqa: BLE001 - the others of the group must hear of theirs
            self._complain(error)

    def _call(self, batch: Batch) -> None:
        try:
            batch.stored(batch.outcomes)
        except Exception as error:  # noqa: BLE001 - the others of the group must hear of theirs
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        self._loop.call_exception_handler({"message": "a callback of the journal's failed", "exception": error})


def _parts(ids: Iterable[str]) -> Iterable[list[str]]:
    remaining = iter(dict.fromkeys(ids))
    while part := list(islice(remaining, IDS_AT_ONCE)):
        yield part
