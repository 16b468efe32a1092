"""How the journal's logs become one row of news: pure, and the same for every journal."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from msgspec.structs import replace

from offhook.records import (
    Attempt,
    DebugEvent,
    Issue,
    IssueState,
    Marks,
    News,
    NewsPage,
    Notice,
    NoticeType,
    Reply,
    ReplyState,
    Settlement,
    Source,
    State,
    Tried,
    Webhook,
)

ORDER = {source: place for place, source in enumerate(Source)}
_REPLY_NOTICES = {
    ReplyState.SENT: NoticeType.REPLY_SENT,
    ReplyState.FAILED: NoticeType.REPLY_FAILED,
    ReplyState.AMBIGUOUS: NoticeType.REPLY_AMBIGUOUS,
    ReplyState.EXPIRED: NoticeType.REPLY_EXPIRED,
}


def ended_at(attempt: Attempt) -> float:
    """When an attempt came to its outcome."""
    return attempt.started_at + attempt.duration_ms / 1000


def news_of(source: Source, seq: int, item: Webhook | Tried | DebugEvent | Notice) -> News:
    """A row of a log, with the time at which it happened."""
    if isinstance(item, Webhook):
        at = item.received_at
    elif isinstance(item, Tried):
        at = ended_at(item.attempt)
    else:
        at = item.at
    return News(source=source, seq=seq, at=at, item=item)


def page(after: Marks, ends: Marks, rows: Mapping[Source, Sequence[News]], cut: Collection[Source], limit: int) -> NewsPage:
    """The next page from the next rows of each log that was asked for. `cut` are the logs that may hold more than was read.

    Of one log the order is that of the numbers. Between logs it is that of the times, as far as clocks can be trusted; where they cannot, a row of
    a webhook still comes after the webhook's arrival. Where a log was cut, nothing is told that may come after its next row.
    """
    marks = {source.value: getattr(after if source in rows else ends, source) for source in Source}
    unread = {row.item.id for row in rows.get(Source.ARRIVALS, ()) if isinstance(row.item, Webhook)}
    queue: list[tuple[float, int, int]] = []
    for source, found in rows.items():
        if found:
            queue.append((found[0].at, ORDER[source], 0))
    heapify(queue)
    told: list[News] = []
    while queue and len(told) < limit:
        at, place, index = heappop(queue)
        source = tuple(Source)[place]
        row = rows[source][index]
        if source is not Source.ARRIVALS and _webhook_of(row) in unread:
            # Its arrival is among the next rows: they come first, whatever the clock said.
            arrivals = next(entry for entry in queue if entry[1] == ORDER[Source.ARRIVALS])
            queue.remove(arrivals)
            heapify(queue)
            heappush(queue, (max(at, arrivals[0]), place, index))
            _, place, index = arrivals
            source, row = Source.ARRIVALS, rows[Source.ARRIVALS][index]
        told.append(row)
        unread.discard(row.item.id if isinstance(row.item, Webhook) else "")
        marks[source.value] = row.seq
        if index + 1 < len(rows[source]):
            heappush(queue, (max(at, rows[source][index + 1].at), place, index + 1))
        elif source in cut:
            break
    return NewsPage(news=tuple(told), marks=Marks(**marks))


def _webhook_of(row: News) -> str:
    item = row.item
    if isinstance(item, Tried):
        return item.attempt.webhook_id
    if isinstance(item, DebugEvent):
        return item.webhook_id
    return item.subject if isinstance(item, Notice) else ""


# -- what the journal itself tells of


def notices_of(settlement: Settlement) -> list[Notice]:
    """What a settlement has to tell besides its attempts and debug events."""
    webhook = settlement.webhook
    replies = [notice for reply in settlement.replies for notice in notices_of_reply(reply)]
    if webhook.state is not State.FAILED or not settlement.attempts:
        return replies
    data = {"attempts": webhook.attempts, "note": webhook.note, "message_sid": webhook.provider_id}
    at = max(ended_at(attempt) for attempt in settlement.attempts)
    given_up = Notice(type=NoticeType.WEBHOOK_FAILED, at=at, subject=webhook.id, endpoint=webhook.endpoint, data=data)
    return [given_up, *replies]


def notices_of_reply(reply: Reply) -> list[Notice]:
    """What a reply's new state has to tell: that it has come to its end."""
    told = _REPLY_NOTICES.get(reply.state)
    if told is None:
        return []
    data = {
        "webhook": reply.webhook_id,
        "message_sid": reply.message_sid,
        "to": reply.to,
        "from": reply.sender or reply.messaging_service_sid,
        "code": reply.code,
        "note": reply.note,
        "attempts": reply.attempts,
    }
    return [Notice(type=told, at=reply.tried_at or reply.created_at, subject=reply.id, data=data)]


def notices_of_issues(found: Iterable[Issue], known: Mapping[str, IssueState]) -> list[Notice]:
    """What new events have to tell of their issues: that one is new, or is back. `known` are the states of those that there were."""
    told = []
    for issue in found:
        state = known.get(issue.id)
        if state is not None and state is not IssueState.RESOLVED:
            continue
        kind = NoticeType.ISSUE_OPENED if state is None else NoticeType.ISSUE_REGRESSED
        data = {
            "code": issue.code,
            "cause": issue.cause,
            "title": issue.title,
            "level": issue.level.value,
            "event": issue.last_event,
        }
        told.append(Notice(type=kind, at=issue.first_seen, subject=issue.id, endpoint=issue.endpoint, data=data))
    return told


def numbered(notice: Notice, seq: int) -> Notice:
    """A notice with its place."""
    return replace(notice, seq=seq)
