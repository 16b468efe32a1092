"""Records to columns and back. Whatever is not asked for in SQL is one msgpack record with the names of its fields, so that fields can be added."""

from typing import Any

import msgspec
from msgspec.structs import replace

from offhook.records import (
    Answer,
    Arrival,
    Attempt,
    DebugEvent,
    Issue,
    IssueState,
    Level,
    Notice,
    Reply,
    ReplyState,
    State,
    Webhook,
)
from offhook.stores.grouping import issue_of, leading_cause
from offhook.stores.newsreel import webhook_of

WEBHOOK_COLUMNS = 16
UPDATED_COLUMNS = 8
ATTEMPT_COLUMNS = 3
REPLY_COLUMNS = 6
EVENT_COLUMNS = 11
ISSUE_COLUMNS = 12
ISSUE_HOUR_COLUMNS = 3
KEPT_COLUMNS = 3
KEY_COLUMNS = 2
NOTICE_COLUMNS = 7
SHELF_COLUMNS = 2
TALLY_COLUMNS = 3

encode = msgspec.msgpack.Encoder().encode
decode_arrival = msgspec.msgpack.Decoder(Arrival).decode
decode_attempt = msgspec.msgpack.Decoder(Attempt).decode
decode_event = msgspec.msgpack.Decoder(DebugEvent).decode
decode_notice = msgspec.msgpack.Decoder(Notice).decode
_decode_reply = msgspec.msgpack.Decoder(Reply).decode
_decode_answer = msgspec.msgpack.Decoder(Answer).decode

Row = tuple[Any, ...]


def webhook_row(seq: int, webhook: Webhook) -> Row:
    """All columns of a webhook's first row."""
    return (
        seq,
        webhook.id,
        webhook.endpoint,
        webhook.received_at,
        webhook.state,
        webhook.due,
        webhook.failures,
        webhook.refusals,
        webhook.attempts,
        webhook.conversation,
        webhook.provider_id,
        webhook.account_sid,
        webhook.sender,
        webhook.recipient,
        webhook.note,
        None if webhook.answer is None else encode(webhook.answer),
    )


def updated_row(seq: int, webhook: Webhook) -> Row:
    """The columns that later settlements change."""
    answer = None if webhook.answer is None else encode(webhook.answer)
    return (seq, webhook.state, webhook.due, webhook.failures, webhook.refusals, webhook.attempts, webhook.note, answer)


def read_webhook(row: Row) -> Webhook:
    """A webhook from its columns and its arrival."""
    state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data = row
    arrival = decode_arrival(data)
    return Webhook(
        id=arrival.id,
        endpoint=arrival.endpoint,
        received_at=arrival.received_at,
        peer=arrival.peer,
        url=arrival.url,
        kind=arrival.kind,
        dedupe_key=arrival.dedupe_key,
        head=arrival.head,
        body=arrival.body,
        provider_id=provider_id,
        account_sid=account_sid,
        sender=sender,
        recipient=recipient,
        conversation=conversation,
        state=State(state),
        due=due,
        failures=failures,
        refusals=refusals,
        attempts=attempts,
        answer=None if answer is None else _decode_answer(answer),
        note=note,
    )


def attempt_row(seq: int, webhook: int, attempt: Attempt) -> Row:
    """Its number, the webhook's, and the evidence."""
    return (seq, webhook, encode(attempt))


def reply_row(reply: Reply) -> Row:
    """What replies are claimed and found by, and the reply."""
    return (reply.id, reply.webhook_id, reply.ordinal, reply.state, reply.due, encode(reply))


def read_reply(row: Row) -> Reply:
    """A reply as it stands now."""
    state, due, data = row
    return replace(_decode_reply(data), state=ReplyState(state), due=due)


def event_row(event: DebugEvent, seq: int | None) -> Row:
    """What debug events are found by, and the event. One that is there already keeps its number: None."""
    found_by = (event.id, event.at, event.level, event.code, event.endpoint, event.webhook_id)
    alias = event.twilio_code if event.twilio_code != event.code else 0
    return (*found_by, encode(event), leading_cause(event), issue_of(event), alias, seq)


def notice_row(notice: Notice, attempt: int, event: int) -> Row:
    """All columns of a notice, which has its number."""
    return (notice.seq, notice.at, webhook_of(notice), attempt, event, notice.type, encode(notice))


def issue_row(issue: Issue) -> Row:
    """All columns of an issue."""
    what = (issue.id, issue.endpoint, issue.code, issue.cause, issue.title, issue.level, issue.state)
    return (*what, issue.first_seen, issue.last_seen, issue.count, issue.last_event, issue.place)


def read_issue(row: Row) -> Issue:
    """An issue, without its hours."""
    identifier, endpoint, code, cause, title, level, first_seen, last_seen, count, last_event, state = row
    return Issue(
        id=identifier,
        endpoint=endpoint,
        code=code,
        cause=cause,
        title=title,
        level=Level(level),
        first_seen=first_seen,
        last_seen=last_seen,
        count=count,
        last_event=last_event,
        state=IssueState(state),
    )
