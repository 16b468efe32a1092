"""How a group becomes rows: few calls of SQLite for any number of items."""

from collections.abc import Iterable, Mapping, Sequence

import apsw

from offhook.records import DebugEvent, IssueState, Kept, Notice, Reply, State
from offhook.stores.grouping import gather, issue_of
from offhook.stores.newsreel import ended_at, notices_of, notices_of_issues, numbered
from offhook.stores.rules import arrival_of
from offhook.stores.sqlite.codec import (
    ATTEMPT_COLUMNS,
    EVENT_COLUMNS,
    ISSUE_COLUMNS,
    ISSUE_HOUR_COLUMNS,
    KEPT_COLUMNS,
    KEY_COLUMNS,
    NOTICE_COLUMNS,
    REPLY_COLUMNS,
    SHELF_COLUMNS,
    TALLY_COLUMNS,
    UPDATED_COLUMNS,
    WEBHOOK_COLUMNS,
    attempt_row,
    decode_arrival,
    encode,
    event_row,
    issue_row,
    notice_row,
    reply_row,
    updated_row,
    webhook_row,
)
from offhook.stores.sqlite.group import Changes, Group, Pending, Settling, Told
from offhook.stores.sqlite.statements import SQL, execute, execute_rows


def write(db: apsw.Connection, group: Group, changes: Changes) -> None:
    """Write the group and commit. Raises whatever SQLite or a record raises; the caller rolls back."""
    if not group.settlements and not group.works:
        # One statement is a transaction of its own: two calls of SQLite fewer on the path of the answer.
        write_arrivals(db, group.appends, changes)
        return
    db.execute(SQL["begin"])
    if group.appends:
        write_arrivals(db, group.appends, changes)
    if group.settlements:
        write_settlements(db, group.settlements, changes)
    for work in group.works:
        work.result = work.step(db, changes)
    _write_changes(db, changes)
    db.execute(SQL["commit"])


def write_arrivals(db: apsw.Connection, appends: Sequence[Pending], changes: Changes) -> None:
    """Number the arrivals whose keys are new and store them; tell the others whose duplicates they are."""
    asked = [pending for pending in appends if pending.may_be_known]
    if asked and (known := _find_keys(db, asked)):
        for pending in asked:
            pending.duplicate_of = known.get(pending.arrival.dedupe_key)
        appends = [pending for pending in appends if pending.duplicate_of is None]
    if appends:
        # One of a group is enough: they have come within milliseconds of each other.
        if changes.arrivals_pace.see(appends[0].arrival.received_at):
            changes.slowed = True
        _insert_arrivals(db, [encode(pending.arrival) for pending in appends], changes.next_seq)
        for seq, pending in enumerate(appends, start=changes.next_seq):
            pending.seq = seq
        changes.next_seq += len(appends)


def _find_keys(db: apsw.Connection, asked: Sequence[Pending]) -> dict[bytes, str]:
    keys = tuple([pending.arrival.dedupe_key for pending in asked])
    return {key: decode_arrival(data).id for key, data in execute(db, "find_keys", keys=apsw.carray(keys))}


def _insert_arrivals(db: apsw.Connection, records: Iterable[bytes], first: int) -> None:
    execute(db, "insert_arrivals", before=first - 1, records=apsw.carray(tuple(records)))


def write_settlements(db: apsw.Connection, items: Sequence[Settling], changes: Changes) -> None:
    """Insert the webhooks that have no row yet, update the others, and add what came with them."""
    seqs = {item.settlement.webhook.id: item.seq for item in items if item.seq}
    states: dict[str, State] = {}
    old = [item for item in items if not item.seq]
    if old:
        seqs |= _write_known(db, old, changes, states)
    rows = []
    for item in items:
        if item.seq:
            webhook = item.settlement.webhook
            rows.append(webhook_row(item.seq, webhook))
            changes.tally[webhook.endpoint, webhook.state] += 1
            changes.place(webhook.id, webhook.received_at)
    execute_rows(db, "insert_webhooks", rows, WEBHOOK_COLUMNS)
    last = _put_attempts(db, items, seqs, changes)
    put_replies(db, [reply for item in items for reply in item.settlement.replies])
    put_events(db, [event for item in items for event in item.settlement.events], changes)
    for item in items:
        settlement = item.settlement
        # Nearly all are deliveries without a reply of ours, which have nothing to tell.
        if settlement.webhook.state is State.FAILED or settlement.replies:
            identifier = settlement.webhook.id
            notices = notices_of(settlement, states.get(identifier))
            changes.notices += [Told(notice, last.get(identifier, 0)) for notice in notices]


def _put_attempts(db: apsw.Connection, items: Sequence[Settling], seqs: Mapping[str, int], changes: Changes) -> dict[str, int]:
    """Number the attempts and insert them; gives the number of each webhook's last."""
    rows, last, number = [], {}, changes.numbers.attempt
    for item in items:
        identifier = item.settlement.webhook.id
        for attempt in item.settlement.attempts:
            rows.append(attempt_row(number, seqs[identifier], attempt))
            last[identifier] = number
            number += 1
            if changes.attempts_pace.see(ended_at(attempt)):
                changes.slowed = True
    changes.numbers.attempt = number
    execute_rows(db, "insert_attempts", rows, ATTEMPT_COLUMNS)
    return last


def _write_known(db: apsw.Connection, items: Sequence[Settling], changes: Changes, states: dict[str, State]) -> dict[str, int]:
    """Update those that have a row, and take in those that no arrival ever announced; gives the seqs of all, and the `states` before."""
    ids = tuple({item.settlement.webhook.id for item in items})
    found = {row[0]: row[1:] for row in execute(db, "find_settled", ids=apsw.carray(ids))}
    seqs = {identifier: row[0] for identifier, row in found.items()}
    updates, conversations = [], set()
    for item in items:
        webhook = item.settlement.webhook
        if webhook.id not in found:
            continue
        seq, endpoint, state = found[webhook.id]
        updates.append(updated_row(seq, webhook))
        conversations.add(webhook.conversation)
        states[webhook.id] = State(state)
        changes.tally[endpoint, State(state)] -= 1
        changes.tally[endpoint, webhook.state] += 1
    if updates:
        execute_rows(db, "update_webhooks", updates, UPDATED_COLUMNS)
        let_pass(db, conversations)
    return seqs | _adopt(db, [item for item in items if item.settlement.webhook.id not in found], changes)


def _adopt(db: apsw.Connection, items: Sequence[Settling], changes: Changes) -> dict[str, int]:
    if not items:
        return {}
    webhooks = [item.settlement.webhook for item in items]
    first = changes.next_seq
    _insert_arrivals(db, [encode(arrival_of(webhook)) for webhook in webhooks], first)
    rows = [(webhook.dedupe_key, seq) for seq, webhook in enumerate(webhooks, start=first)]
    execute_rows(db, "insert_keys", rows, KEY_COLUMNS)
    execute_rows(
        db, "insert_webhooks", [webhook_row(seq, webhook) for seq, webhook in enumerate(webhooks, first)], WEBHOOK_COLUMNS
    )
    for webhook in webhooks:
        changes.tally[webhook.endpoint, webhook.state] += 1
        changes.place(webhook.id, webhook.received_at)
    changes.next_seq += len(webhooks)
    return {webhook.id: seq for seq, webhook in enumerate(webhooks, first)}


def let_pass(db: apsw.Connection, conversations: Iterable[str]) -> None:
    """Have the next claim look again at what was behind in these conversations."""
    named = tuple(conversation for conversation in conversations if conversation)
    if named:
        execute(db, "let_pass", conversations=apsw.carray(named))


def put_replies(db: apsw.Connection, replies: Sequence[Reply]) -> None:
    """Insert or replace replies."""
    execute_rows(db, "put_replies", [reply_row(reply) for reply in replies], REPLY_COLUMNS)


def put_events(db: apsw.Connection, events: Sequence[DebugEvent], changes: Changes) -> None:
    """Insert or replace debug events, and remember the new ones for their issues."""
    if not events:
        return
    for event in events:
        changes.place(event.id, event.at)
    latest = {event.id: event for event in events}
    known = dict(execute(db, "known_events", ids=apsw.carray(tuple(latest))))
    rows = []
    for event in latest.values():
        number = None
        if event.id not in known:
            number = changes.numbers.event
            changes.numbers.event += 1
            changes.fresh[event.id] = number, event
        rows.append(event_row(event, number))
    execute_rows(db, "put_events", rows, EVENT_COLUMNS)
    changes.events += [event for event in latest.values() if known.get(event.id) != issue_of(event)]


def put_issues(db: apsw.Connection, changes: Changes) -> None:
    """Bring the issues of the events up to date that this transaction has written so far."""
    found = gather(changes.events)
    changes.events = []
    if not found.issues:
        return
    states = {key: IssueState(state) for key, state in execute(db, "states_of_issues", ids=apsw.carray(tuple(found.issues)))}
    for notice in notices_of_issues(found.issues.values(), states):
        changes.notices.append(Told(notice, event=changes.fresh.get(notice.data["event"], (0,))[0]))
    execute_rows(db, "put_issues", [issue_row(issue) for issue in found.issues.values()], ISSUE_COLUMNS)
    hours = [(identifier, hour, count) for (identifier, hour), count in found.hours.items()]
    execute_rows(db, "put_issue_hours", hours, ISSUE_HOUR_COLUMNS)


def put_notices(db: apsw.Connection, changes: Changes) -> None:
    """Number the notices that this transaction has to write so far, and write them."""
    rows = []
    for notice, attempt, event in changes.notices:
        written = numbered(notice, changes.numbers.notice)
        changes.numbers.notice += 1
        changes.told.append(written)
        rows.append(notice_row(written, attempt, event))
    changes.notices = []
    execute_rows(db, "insert_notices", rows, NOTICE_COLUMNS)


def keep(db: apsw.Connection, changes: Changes, kept: Sequence[Kept], notices: Sequence[Notice]) -> None:
    """Put small records on their shelves, or take them off; of one that is named twice, the last counts."""
    latest = {(record.shelf, record.id): record.data for record in kept}
    gone = [place for place, data in latest.items() if data is None]
    execute_rows(db, "put_kept", [(*place, data) for place, data in latest.items() if data is not None], KEPT_COLUMNS)
    execute_rows(db, "delete_kept", gone, SHELF_COLUMNS)
    changes.notices += map(Told, notices)


def _write_changes(db: apsw.Connection, changes: Changes) -> None:
    if changes.events:
        put_issues(db, changes)
    if changes.notices:
        put_notices(db, changes)
    rows = [(endpoint, state, count) for (endpoint, state), count in changes.tally.items() if count]
    execute_rows(db, "add_to_tally", rows, TALLY_COLUMNS)
    if changes.widened:
        least, most = changes.lags
        execute(db, "widen_lags", least=least, most=most)
    if changes.slowed:
        execute(db, "widen_paces", arrivals=changes.arrivals_pace.behind, attempts=changes.attempts_pace.behind)
        changes.slowed_written = True
