"""How a group becomes rows: few calls of SQLite for any number of items."""

from collections.abc import Iterable, Sequence

import apsw

from offhook.records import DebugEvent, Reply, State
from offhook.stores.grouping import gather, issue_of
from offhook.stores.rules import arrival_of
from offhook.stores.sqlite.codec import (
    ATTEMPT_COLUMNS,
    EVENT_COLUMNS,
    ISSUE_COLUMNS,
    ISSUE_HOUR_COLUMNS,
    KEY_COLUMNS,
    REPLY_COLUMNS,
    TALLY_COLUMNS,
    UPDATED_COLUMNS,
    WEBHOOK_COLUMNS,
    attempt_row,
    decode_arrival,
    encode,
    event_row,
    issue_row,
    reply_row,
    updated_row,
    webhook_row,
)
from offhook.stores.sqlite.group import Changes, Group, Pending, Settling
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
    old = [item for item in items if not item.seq]
    if old:
        seqs |= _write_known(db, old, changes)
    rows = []
    for item in items:
        if item.seq:
            webhook = item.settlement.webhook
            rows.append(webhook_row(item.seq, webhook))
            changes.tally[webhook.endpoint, webhook.state] += 1
            changes.place(webhook.id, webhook.received_at)
    execute_rows(db, "insert_webhooks", rows, WEBHOOK_COLUMNS)
    attempts = [attempt_row(seqs[item.settlement.webhook.id], tried) for item in items for tried in item.settlement.attempts]
    execute_rows(db, "insert_attempts", attempts, ATTEMPT_COLUMNS)
    put_replies(db, [reply for item in items for reply in item.settlement.replies])
    put_events(db, [event for item in items for event in item.settlement.events], changes)


def _write_known(db: apsw.Connection, items: Sequence[Settling], changes: Changes) -> dict[str, int]:
    """Update those that have a row, and take in those that no arrival ever announced; gives the seqs of all."""
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
    execute_rows(db, "put_events", [event_row(event) for event in latest.values()], EVENT_COLUMNS)
    changes.events += [event for event in latest.values() if known.get(event.id) != issue_of(event)]


def put_issues(db: apsw.Connection, changes: Changes) -> None:
    """Bring the issues of the events up to date that this transaction has written so far."""
    found = gather(changes.events)
    changes.events = []
    execute_rows(db, "put_issues", [issue_row(issue) for issue in found.issues.values()], ISSUE_COLUMNS)
    hours = [(identifier, hour, count) for (identifier, hour), count in found.hours.items()]
    execute_rows(db, "put_issue_hours", hours, ISSUE_HOUR_COLUMNS)


def _write_changes(db: apsw.Connection, changes: Changes) -> None:
    if changes.events:
        put_issues(db, changes)
    rows = [(endpoint, state, count) for (endpoint, state), count in changes.tally.items() if count]
    execute_rows(db, "add_to_tally", rows, TALLY_COLUMNS)
    if changes.widened:
        least, most = changes.lags
        execute(db, "widen_lags", least=least, most=most)
