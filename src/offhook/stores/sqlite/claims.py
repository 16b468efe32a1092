"""The steps that take, bring forward, put back and take off the list: each runs inside the writer's transaction."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import apsw

from offhook.records import Arrival, DebugEvent, Issue, IssueState, Notice, NoticeType, Reply, State, Webhook
from offhook.stores.newsreel import notices_of_reply
from offhook.stores.rules import LOST, REPLAYABLE, Derive, blocks
from offhook.stores.sqlite.codec import decode_arrival, read_reply, read_webhook
from offhook.stores.sqlite.debug_events import issue
from offhook.stores.sqlite.group import Changes, Told
from offhook.stores.sqlite.statements import execute
from offhook.stores.sqlite.transaction import put_events, put_issues, put_replies

LOOK_AHEAD = 256
MOST_AT_ONCE = 1_000


class Claim(NamedTuple):
    """What is asked for. `unsettled` are the arrivals that have no row yet, seq by id; the webhooks that they are may hold up others."""

    endpoint: str
    limit: int
    now: float
    lease: float
    unsettled: Mapping[str, int]
    derive: Derive


class Claimed(NamedTuple):
    """What was got, and whether a further look may find more."""

    webhooks: list[Webhook]
    more: bool


def claim(db: apsw.Connection, changes: Changes, asked: Claim) -> Claimed:
    """Lease the due webhooks that nothing holds up; mark the others `behind`, so that the next claim need not look at them again."""
    most = asked.limit + LOOK_AHEAD
    due = execute(db, "due_webhooks", endpoint=asked.endpoint, now=asked.now, most=most)
    behind = [seq for seq, _, _, _, is_behind in due if is_behind]
    if behind:
        execute(db, "put_behind", seqs=integers(behind))
    free = _free(db, due, asked)[: asked.limit]
    if not free:
        return Claimed([], more=bool(behind) and len(due) == most)
    rows = execute(db, "lease_webhooks", until=asked.now + asked.lease, seqs=integers([row[0] for row in free]))
    for _, _, state, _, _ in free:
        changes.tally[asked.endpoint, State(state)] -= 1
    changes.tally[asked.endpoint, State.DELIVERING] += len(free)
    leased = {webhook.id: webhook for webhook in map(read_webhook, rows)}
    return Claimed([leased[row[1]] for row in free], more=bool(behind) and len(due) == most)


def _free(db: apsw.Connection, due: Sequence[tuple[Any, ...]], asked: Claim) -> list[tuple[Any, ...]]:
    """Those that nothing holds up: no webhook with a row, and none without."""
    free = [row for row in due if not row[4]]
    latest = max((row[1] for row in free if row[3]), default="")
    # Only the unsettled that are earlier than a candidate are worth reading; beside an old backlog there are none.
    earlier = [seq for identifier, seq in asked.unsettled.items() if identifier < latest]
    first: dict[str, str] = {}
    for webhook in filter(blocks, map(asked.derive, arrivals_at(db, earlier))):
        first[webhook.conversation] = min(webhook.id, first.get(webhook.conversation, webhook.id))
    return [row for row in free if not row[3] or row[1] <= first.get(row[3], row[1])]


def arrivals_at(db: apsw.Connection, seqs: Sequence[int]) -> list[Arrival]:
    """The arrivals with these numbers."""
    return [decode_arrival(row[0]) for row in execute(db, "arrivals_at", seqs=integers(seqs))] if seqs else []


def hasten(db: apsw.Connection, _changes: Changes, endpoint: str, now: float) -> int:
    """Bring up to a thousand due times forward."""
    execute(db, "hasten", endpoint=endpoint, now=now, most=MOST_AT_ONCE)
    return db.changes()


def requeue(db: apsw.Connection, changes: Changes, ids: Sequence[str], now: float, *, delivered: bool) -> int:
    """Set ended webhooks waiting, delivered ones only where asked."""
    counted = _count(db, changes, ids, REPLAYABLE if delivered else LOST, State.WAITING)
    found = execute(db, "requeue", ids=apsw.carray(tuple(ids)), now=now, delivered=delivered)
    _tell(changes, NoticeType.WEBHOOK_REPLAYED, now, found)
    return counted


def dismiss(db: apsw.Connection, changes: Changes, ids: Sequence[str], now: float) -> int:
    """Take failed webhooks off the list."""
    counted = _count(db, changes, ids, {State.FAILED}, State.DISMISSED)
    found = execute(db, "dismiss", ids=apsw.carray(tuple(ids)))
    _tell(changes, NoticeType.WEBHOOK_DISMISSED, now, found)
    return counted


def _tell(changes: Changes, told: NoticeType, now: float, found: Iterable[tuple[str, str]]) -> None:
    """Of each (id, endpoint), the earliest webhook first."""
    for identifier, endpoint in sorted(found):
        changes.notices.append(Told(Notice(type=told, at=now, subject=identifier, endpoint=endpoint)))


def _count(db: apsw.Connection, changes: Changes, ids: Sequence[str], old: Iterable[State], new: State) -> int:
    counted = 0
    for endpoint, state, count in execute(db, "count_states", ids=apsw.carray(tuple(ids))):
        if State(state) in old:
            changes.tally[endpoint, State(state)] -= count
            changes.tally[endpoint, new] += count
            counted += count
    return counted


def claim_replies(db: apsw.Connection, _changes: Changes, limit: int, now: float, lease: float) -> list[Reply]:
    """Lease the due replies, of one webhook the lowest open ordinal only."""
    ids = [row[0] for row in execute(db, "due_replies", now=now, most=limit)]
    if not ids:
        return []
    rows = execute(db, "lease_replies", until=now + lease, ids=apsw.carray(tuple(ids)))
    leased = {reply.id: reply for reply in map(read_reply, rows)}
    return [leased[identifier] for identifier in ids]


def settle_reply(db: apsw.Connection, changes: Changes, reply: Reply, events: Sequence[DebugEvent]) -> None:
    """Put the reply and its events."""
    put_replies(db, [reply])
    put_events(db, events, changes)
    changes.notices += map(Told, notices_of_reply(reply))


def set_issue_state(db: apsw.Connection, changes: Changes, issue_id: str, state: IssueState, now: float) -> Issue | None:
    """Set an issue's state, after the events that this transaction has written before."""
    put_issues(db, changes)
    execute(db, "set_issue_state", id=issue_id, state=state)
    return issue(db, issue_id, now)


def release_kept(db: apsw.Connection, _changes: Changes, now: float) -> int:
    """Set kept replies waiting."""
    execute(db, "release_kept", now=now)
    return db.changes()


def integers(values: Sequence[int]) -> "apsw.CArrayBinding":
    """For a statement that asks for `carray`."""
    return apsw.carray(array("q", values))
