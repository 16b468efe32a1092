"""The journal in memory: the whole contract, and nothing left after the process. For tests and for trying things out."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from msgspec.structs import replace

from offhook.errors import JournalError
from offhook.ports import AllStored, Outcome, Stored, Written
from offhook.records import (
    Arrival,
    Attempt,
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
    NoticeType,
    Receipt,
    Reply,
    ReplyState,
    Settlement,
    Source,
    State,
    Tried,
    Webhook,
    WebhookFilter,
    WebhookStory,
)
from offhook.stores.grouping import (
    HOUR,
    Hours,
    check_buckets,
    gather,
    in_buckets,
    issue_of,
    matches_issue,
    merge,
    with_hours,
    within,
)
from offhook.stores.newsreel import notices_of, notices_of_issues, notices_of_reply, numbered, page, row_of, webhook_of
from offhook.stores.rules import (
    CLAIMABLE_REPLIES,
    LOST,
    OPEN_REPLIES,
    REPLAYABLE,
    UNDELIVERED,
    Derive,
    arrival_of,
    blocks,
    codes_of,
    held_up,
    matches,
    matches_event,
    underived,
)

UNSETTLED_PAGE = 1_000


class MemoryJournal:
    """Plain dicts. Closing keeps them, so that opening the same object again is what a restart is to a file."""

    def __init__(self, *, derive: Derive = underived) -> None:
        self._derive = derive
        self._is_open = False
        self._arrivals: dict[str, Arrival] = {}
        self._keys: dict[bytes, str] = {}
        self._former: dict[str, Arrival] = {}
        self._webhooks: dict[str, Webhook] = {}
        self._attempts: dict[str, list[Attempt]] = {}
        self._replies: dict[str, Reply] = {}
        self._events: dict[str, DebugEvent] = {}
        self._issues: dict[str, Issue] = {}
        self._hours: Hours = Counter()
        # Each log's rows by their numbers: ids of arrivals and events, attempts and notices themselves.
        self._logs: dict[Source, dict[int, Any]] = {source: {} for source in Source}
        self._ends: Counter[Source] = Counter()
        # The numbers of arrivals by their webhooks' ids, of debug events by their ids; what notices follow from, by their numbers.
        self._numbers: dict[str, int] = {}
        self._follows: dict[int, Marks] = {}
        self._kept: dict[str, dict[str, bytes]] = {}
        self._hearers: list[Callable[[Heard], None]] = []

    async def open(self) -> None:
        """Whatever an earlier opening has left unsettled is now a former process's."""
        self._is_open = True
        for key, webhook in self._webhooks.items():
            if webhook.state is State.DELIVERING:
                self._webhooks[key] = replace(webhook, due=0.0)
        for key, reply in self._replies.items():
            if reply.state is ReplyState.SENDING:
                self._replies[key] = replace(reply, due=0.0)
        self._former = {key: arrival for key, arrival in self._arrivals.items() if key not in self._webhooks}

    async def close(self) -> None:
        """Take no more."""
        self._is_open = False

    # -- from the intake

    def append(self, arrival: Arrival, stored: Stored) -> None:
        """Keep the arrival and call back in the loop's next round."""
        asyncio.get_running_loop().call_soon(stored, self._append(arrival))

    def append_all(self, arrivals: Sequence[Arrival], stored: AllStored) -> None:
        """Keep the arrivals and call back in the loop's next round."""
        asyncio.get_running_loop().call_soon(stored, [self._append(arrival) for arrival in arrivals])

    def _append(self, arrival: Arrival) -> Outcome:
        if not self._is_open:
            return JournalError("the journal is closed")
        receipt = Receipt(duplicate_of=self._keys.get(arrival.dedupe_key))
        if receipt.duplicate_of is None:
            self._keys[arrival.dedupe_key] = arrival.id
            self._arrivals[arrival.id] = arrival
            self._numbers[arrival.id] = self._log(Source.ARRIVALS, arrival.id)
        return receipt

    # -- from the courier

    async def unsettled(self) -> Sequence[Arrival]:
        """The first of what a former opening left and nobody has settled yet."""
        self._check()
        return list(self._former.values())[:UNSETTLED_PAGE]

    async def settle(self, settlement: Settlement) -> None:
        """Keep the new row and what came with it."""
        self._settle(settlement)

    def put(self, settlement: Settlement, written: Written) -> None:
        """The same; `written` is called in the loop's next round."""
        error: Exception | None = None
        try:
            self._settle(settlement)
        except JournalError as refused:
            error = refused
        asyncio.get_running_loop().call_soon(written, error)

    def _settle(self, settlement: Settlement) -> None:
        self._check()
        webhook = settlement.webhook
        self._former.pop(webhook.id, None)
        if webhook.id not in self._arrivals:
            self._arrivals[webhook.id] = arrival_of(webhook)
            self._numbers[webhook.id] = self._log(Source.ARRIVALS, webhook.id)
            self._keys.setdefault(webhook.dedupe_key, webhook.id)
        before = self._webhooks.get(webhook.id)
        self._webhooks[webhook.id] = webhook
        self._attempts.setdefault(webhook.id, []).extend(settlement.attempts)
        last = max((self._log(Source.ATTEMPTS, attempt) for attempt in settlement.attempts), default=0)
        self._replies.update((reply.id, reply) for reply in settlement.replies)
        self._commit(settlement.events, notices_of(settlement, before.state if before else None), last)

    async def claim(self, endpoint: str, limit: int, now: float, lease: float) -> Sequence[Webhook]:
        """The due ones that nothing in their conversation holds up, earliest due first."""
        self._check()
        blocking = [webhook for webhook in self._all() if blocks(webhook)]
        due = [
            webhook
            for webhook in self._webhooks.values()
            if webhook.endpoint == endpoint
            and webhook.state in UNDELIVERED
            and webhook.due <= now
            and not held_up(webhook, blocking)
        ]
        due.sort(key=lambda webhook: (webhook.due, webhook.id))
        return [self._change(webhook, state=State.DELIVERING, due=now + lease) for webhook in due[:limit]]

    async def hasten(self, endpoint: str, now: float) -> int:
        """Bring far-off due times forward."""
        self._check()
        return self._change_all(
            lambda webhook: webhook.endpoint == endpoint and webhook.state is State.WAITING and webhook.due > now, due=now
        )

    async def blocking(self) -> Sequence[tuple[str, str]]:
        """What holds up its conversation."""
        self._check()
        return [(webhook.conversation, webhook.id) for webhook in self._all() if blocks(webhook)]

    async def requeue(self, ids: Iterable[str], now: float, *, delivered: bool = True) -> int:
        """Replay."""
        self._check()
        wanted, states = set(ids), REPLAYABLE if delivered else LOST
        return self._tell_changed(
            NoticeType.WEBHOOK_REPLAYED,
            now,
            lambda webhook: webhook.id in wanted and webhook.state in states,
            state=State.WAITING,
            due=now,
            failures=0,
            refusals=0,
        )

    async def dismiss(self, ids: Iterable[str], now: float) -> int:
        """Take failed ones off the list."""
        self._check()
        wanted = set(ids)
        return self._tell_changed(
            NoticeType.WEBHOOK_DISMISSED,
            now,
            lambda webhook: webhook.id in wanted and webhook.state is State.FAILED,
            state=State.DISMISSED,
        )

    def _tell_changed(self, told: NoticeType, now: float, wanted: Callable[[Webhook], bool], **fields: object) -> int:
        found = [webhook for webhook in self._webhooks.values() if wanted(webhook)]
        for webhook in found:
            self._change(webhook, **fields)
        self._commit((), [Notice(type=told, at=now, subject=one.id, endpoint=one.endpoint) for one in found])
        return len(found)

    # -- from the replies

    async def claim_replies(self, limit: int, now: float, lease: float) -> Sequence[Reply]:
        """Due replies, of one webhook in the order of their ordinals."""
        self._check()
        lowest: dict[str, int] = {}
        for reply in self._replies.values():
            if reply.state in OPEN_REPLIES:
                lowest[reply.webhook_id] = min(reply.ordinal, lowest.get(reply.webhook_id, reply.ordinal))
        due = [
            reply
            for reply in self._replies.values()
            if reply.state in CLAIMABLE_REPLIES and reply.due <= now and reply.ordinal == lowest[reply.webhook_id]
        ]
        due.sort(key=lambda reply: (reply.due, reply.id))
        claimed = [replace(reply, state=ReplyState.SENDING, due=now + lease) for reply in due[:limit]]
        self._replies.update((reply.id, reply) for reply in claimed)
        return claimed

    async def settle_reply(self, reply: Reply, events: Sequence[DebugEvent] = ()) -> None:
        """Keep the reply's new row and its events."""
        self._check()
        self._replies[reply.id] = reply
        self._commit(events, notices_of_reply(reply))

    async def release_kept(self, now: float) -> int:
        """There are credentials now."""
        self._check()
        kept = [reply for reply in self._replies.values() if reply.state is ReplyState.KEPT]
        self._replies.update((reply.id, replace(reply, state=ReplyState.WAITING, due=now)) for reply in kept)
        return len(kept)

    async def record(self, events: Sequence[DebugEvent]) -> None:
        """Keep debug events of no settlement."""
        self._check()
        self._commit(events, ())

    # -- news

    async def news(self, after: Marks, limit: int, sources: Collection[Source]) -> NewsPage:
        """What has happened since."""
        self._check()
        rows, cut = {}, set()
        for source in sources:
            found = [seq for seq in self._logs[source] if seq > getattr(after, source)]
            rows[source] = [row_of(source, seq, self._logged(source, seq), self._rests(source, seq)) for seq in found[:limit]]
            if len(found) > limit:
                cut.add(source)
        return page(after, await self.marks(), rows, cut, limit)

    async def marks(self, at: float | None = None) -> Marks:
        """The ends of the logs, or places by a time."""
        self._check()
        ends = {source.value: self._ends[source] for source in Source}
        if at is not None:
            for source, log in self._logs.items():
                later = (seq for seq in log if row_of(source, seq, self._logged(source, seq)).news.at >= at)
                ends[source.value] = next(later, self._ends[source] + 1) - 1
        return Marks(**ends)

    def listen(self, hear: Callable[[Heard], None]) -> None:
        """Have this called after each change that adds events or notices."""
        self._hearers.append(hear)

    def _log(self, source: Source, row: Any) -> int:
        self._ends[source] += 1
        self._logs[source][self._ends[source]] = row
        return self._ends[source]

    def _logged(self, source: Source, seq: int) -> Any:
        row = self._logs[source][seq]
        if source is Source.ARRIVALS:
            return self._find(row)
        if source is Source.ATTEMPTS:
            webhook = self._find(row.webhook_id)
            assert webhook is not None
            return Tried(attempt=row, webhook=webhook)
        return self._events[row] if source is Source.EVENTS else row

    def _rests(self, source: Source, seq: int) -> Marks:
        if source is Source.ARRIVALS:
            return Marks()
        arrival = self._numbers.get(webhook_of(self._logged(source, seq)), 0)
        return replace(self._follows.get(seq, Marks()), arrivals=arrival) if source is Source.NOTICES else Marks(arrivals=arrival)

    # -- small records

    async def keep(self, changes: Sequence[Kept], notices: Sequence[Notice] = ()) -> None:
        """Put them on their shelves, or take them off."""
        self._check()
        for change in changes:
            shelf = self._kept.setdefault(change.shelf, {})
            if change.data is None:
                shelf.pop(change.id, None)
            else:
                shelf[change.id] = change.data
        self._commit((), notices)

    async def kept(self, shelf: str, limit: int = 1000, after: str = "") -> Sequence[Kept]:
        """What is on a shelf, by ids."""
        self._check()
        records = self._kept.get(shelf, {})
        found = islice((each for each in sorted(records) if each > after), limit)
        return [Kept(shelf=shelf, id=each, data=records[each]) for each in found]

    async def kept_one(self, shelf: str, identifier: str) -> bytes | None:
        """One of them."""
        self._check()
        return self._kept.get(shelf, {}).get(identifier)

    # -- reads

    async def webhook(self, webhook_id: str) -> Webhook | None:
        """One webhook; derived anew while it is not settled."""
        self._check()
        return self._find(webhook_id)

    async def story(self, webhook_id: str) -> WebhookStory | None:
        """One webhook with all that happened to it."""
        self._check()
        webhook = self._find(webhook_id)
        if webhook is None:
            return None
        replies = [reply for reply in self._replies.values() if reply.webhook_id == webhook_id]
        events = [event for event in self._events.values() if event.webhook_id == webhook_id]
        return WebhookStory(
            webhook=webhook,
            attempts=tuple(self._attempts.get(webhook_id, ())),
            replies=tuple(sorted(replies, key=lambda reply: (reply.ordinal, reply.id))),
            events=tuple(sorted(events, key=lambda event: event.id)),
            notices=tuple(each for each in self._logs[Source.NOTICES].values() if webhook_of(each) == webhook_id),
        )

    async def webhooks(self, where: WebhookFilter, limit: int, before: str = "") -> Sequence[Webhook]:
        """Newest first."""
        self._check()
        found = [webhook for webhook in self._all() if (not before or webhook.id < before) and matches(webhook, where)]
        if where.code:
            coded = {event.webhook_id for event in self._events.values() if where.code in codes_of(event)}
            found = [webhook for webhook in found if webhook.id in coded]
        return sorted(found, key=lambda webhook: webhook.id, reverse=True)[:limit]

    async def events(self, where: EventFilter, limit: int, before: str = "") -> Sequence[DebugEvent]:
        """Newest first."""
        self._check()
        found = [event for event in self._events.values() if (not before or event.id < before) and matches_event(event, where)]
        return sorted(found, key=lambda event: event.id, reverse=True)[:limit]

    async def event(self, event_id: str) -> DebugEvent | None:
        """One debug event."""
        self._check()
        return self._events.get(event_id)

    async def event_counts(self, where: EventFilter, since: float, until: float, buckets: int) -> Sequence[int]:
        """How many debug events in each part of that time."""
        check_buckets(since, until, buckets)
        self._check()
        where = within(where, since, until)
        times = [event.at for event in self._events.values() if matches_event(event, where)]
        return in_buckets(times, since, until, buckets)

    async def issues(self, where: IssueFilter, limit: int, before: str = "", *, now: float) -> Sequence[Issue]:
        """The last seen first."""
        self._check()
        found = [one for one in self._issues.values() if (not before or one.place < before) and self._means(one, where)]
        found.sort(key=lambda one: one.place, reverse=True)
        return [self._with_hours(one, now) for one in found[:limit]]

    def _means(self, issue: Issue, where: IssueFilter) -> bool:
        last = self._events.get(issue.last_event)
        return matches_issue(issue, where, codes_of(last) if last else ())

    async def issue(self, issue_id: str, *, now: float) -> Issue | None:
        """One issue."""
        self._check()
        found = self._issues.get(issue_id)
        return None if found is None else self._with_hours(found, now)

    async def set_issue_state(self, issue_id: str, state: IssueState, *, now: float) -> Issue | None:
        """Say what is being done about an issue."""
        self._check()
        if issue_id in self._issues:
            self._issues[issue_id] = replace(self._issues[issue_id], state=state)
        return await self.issue(issue_id, now=now)

    async def issue_webhooks(self, issue_id: str, limit: int, after: str = "") -> Sequence[str]:
        """Ids of failed and dismissed webhooks of an issue, oldest first."""
        self._check()
        ids = {event.webhook_id for event in self._events.values() if event.webhook_id > after and issue_of(event) == issue_id}
        return sorted(each for each in ids if each in self._webhooks and self._webhooks[each].state in LOST)[:limit]

    async def reply(self, reply_id: str) -> Reply | None:
        """One reply."""
        self._check()
        return self._replies.get(reply_id)

    async def oldest_undelivered(self, endpoint: str) -> float | None:
        """When it came in."""
        self._check()
        waiting = (one for one in self._all() if one.state in UNDELIVERED and (not endpoint or one.endpoint == endpoint))
        return min((one.received_at for one in waiting), default=None)

    async def counts(self) -> dict[str, dict[State, int]]:
        """How many of each endpoint in each state."""
        self._check()
        counted: dict[str, dict[State, int]] = {}
        for webhook in self._all():
            states = counted.setdefault(webhook.endpoint, {})
            states[webhook.state] = states.get(webhook.state, 0) + 1
        return counted

    async def prune(self, received_before: float, limit: int) -> int:
        """Forget what is old and ended, and as old debug events of no webhook."""
        self._check()
        old = [w for w in self._webhooks.values() if w.state not in UNDELIVERED and w.received_at < received_before]
        first = sorted(old, key=lambda webhook: webhook.id)[:limit]
        gone = {webhook.id for webhook in first}
        self._delete(gone)
        if len(old) >= limit:
            # Nothing that is younger goes before these webhooks have all gone.
            received_before = min(received_before, max((webhook.received_at for webhook in first), default=received_before))
        self._events = {key: event for key, event in self._events.items() if event.webhook_id or event.at >= received_before}
        left = {issue_of(event) for event in self._events.values()}
        self._issues = {key: issue for key, issue in self._issues.items() if issue.last_seen >= received_before or key in left}
        hour = int(received_before // HOUR)
        self._hours = Counter({key: count for key, count in self._hours.items() if key[1] >= hour})
        self._delete_from_logs(received_before)
        return len(gone)

    async def forget(self, number: str) -> int:
        """Delete what came from or went to a number."""
        self._check()
        theirs = (w for w in self._webhooks.values() if number in {w.sender, w.recipient} and w.state is not State.DELIVERING)
        gone = {webhook.id for webhook in theirs}
        self._delete(gone)
        self._delete_from_logs(None)
        return len(gone)

    async def size(self) -> int:
        """Nobody counts it."""
        return 0

    def _delete(self, gone: Collection[str]) -> None:
        for webhook_id in gone:
            arrival = self._arrivals.pop(webhook_id)
            if self._keys.get(arrival.dedupe_key) == webhook_id:
                del self._keys[arrival.dedupe_key]
            del self._webhooks[webhook_id]
            self._attempts.pop(webhook_id, None)
        self._replies = {key: reply for key, reply in self._replies.items() if reply.webhook_id not in gone}
        self._events = {key: event for key, event in self._events.items() if event.webhook_id not in gone}

    def _delete_from_logs(self, before: float | None) -> None:
        """Rows of what is no longer there, and notices from before that time."""
        logs = self._logs
        logs[Source.ARRIVALS] = {seq: one for seq, one in logs[Source.ARRIVALS].items() if one in self._arrivals}
        logs[Source.ATTEMPTS] = {seq: one for seq, one in logs[Source.ATTEMPTS].items() if one.webhook_id in self._arrivals}
        logs[Source.EVENTS] = {seq: one for seq, one in logs[Source.EVENTS].items() if one in self._events}
        logs[Source.NOTICES] = {
            seq: one
            for seq, one in logs[Source.NOTICES].items()
            if (before is None or one.at >= before) and (not (webhook := webhook_of(one)) or webhook in self._arrivals)
        }
        self._follows = {seq: rests for seq, rests in self._follows.items() if seq in logs[Source.NOTICES]}
        self._numbers = {key: seq for key, seq in self._numbers.items() if key in self._arrivals or key in self._events}

    def trouble(self) -> str:
        """Memory has none but its end."""
        return "" if self._is_open else "the journal is closed"

    # -- inside

    def _check(self) -> None:
        if not self._is_open:
            raise JournalError("the journal is closed")

    def _commit(self, events: Iterable[DebugEvent], notices: Iterable[Notice], attempt: int = 0) -> None:
        """Write these, and tell those who listen. The notices follow from the attempt with that number, those of issues from the events."""
        fresh, of_issues = self._put_events(events)
        told = []
        follows = [(notice, Marks(attempts=attempt)) for notice in notices]
        follows += [(notice, Marks(events=self._numbers[notice.data["event"]])) for notice in of_issues]
        for notice, rests in follows:
            told.append(numbered(notice, self._ends[Source.NOTICES] + 1))
            self._follows[self._log(Source.NOTICES, told[-1])] = rests
        if fresh or told:
            ends = Marks(events=self._ends[Source.EVENTS], notices=self._ends[Source.NOTICES])
            heard = Heard(events=tuple(fresh), notices=tuple(told), marks=ends)
            for hear in self._hearers:
                hear(heard)

    def _put_events(self, events: Iterable[DebugEvent]) -> tuple[list[DebugEvent], list[Notice]]:
        """Keep them; gives those that are new, and what is to be told of their issues."""
        latest = {event.id: event for event in events}
        fresh = [event for event in latest.values() if event.id not in self._events]
        for event in fresh:
            self._numbers[event.id] = self._log(Source.EVENTS, event.id)
        known = {key: issue_of(self._events[key]) for key in latest if key in self._events}
        self._events.update(latest)
        found = gather(event for event in latest.values() if known.get(event.id) != issue_of(event))
        states = {key: self._issues[key].state for key in found.issues if key in self._issues}
        notices = notices_of_issues(found.issues.values(), states)
        for key, new in found.issues.items():
            self._issues[key] = merge(self._issues[key], new) if key in self._issues else new
        self._hours.update(found.hours)
        return fresh, notices

    def _with_hours(self, issue: Issue, now: float) -> Issue:
        return with_hours(issue, {hour: count for (key, hour), count in self._hours.items() if key == issue.id}, now)

    def _find(self, webhook_id: str) -> Webhook | None:
        if webhook_id in self._webhooks:
            return self._webhooks[webhook_id]
        arrival = self._arrivals.get(webhook_id)
        return self._derive(arrival) if arrival else None

    def _all(self) -> list[Webhook]:
        return [self._webhooks.get(key) or self._derive(arrival) for key, arrival in self._arrivals.items()]

    def _change(self, webhook: Webhook, **fields: object) -> Webhook:
        changed = self._webhooks[webhook.id] = replace(webhook, **fields)
        return changed

    def _change_all(self, wanted: Callable[[Webhook], bool], **fields: object) -> int:
        found = [webhook for webhook in self._webhooks.values() if wanted(webhook)]
        for webhook in found:
            self._change(webhook, **fields)
        return len(found)
