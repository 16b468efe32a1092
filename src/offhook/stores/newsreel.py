"""How the journal's logs become one row of news: pure, and the same for every journal."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

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

NOTHING = Marks()
_REPLY_NOTICES = {
    ReplyState.SENT: NoticeType.REPLY_SENT,
    ReplyState.FAILED: NoticeType.REPLY_FAILED,
    ReplyState.AMBIGUOUS: NoticeType.REPLY_AMBIGUOUS,
    ReplyState.EXPIRED: NoticeType.REPLY_EXPIRED,
}


def ended_at(attempt: Attempt) -> float:
    """When an attempt came to its outcome."""
    return attempt.started_at + attempt.duration_ms / 1000


class Row(NamedTuple):
    """A row of a log on its way into a page. `rests` are the numbers that must have been told before it; 0 where it rests on nothing."""

    news: News
    rests: Marks = NOTHING


def row_of(source: Source, seq: int, item: Webhook | Tried | DebugEvent | Notice, rests: Marks = NOTHING) -> Row:
    """A row with the time at which it happened."""
    if isinstance(item, Webhook):
        at = item.received_at
    elif isinstance(item, Tried):
        at = ended_at(item.attempt)
    else:
        at = item.at
    return Row(News(source=source, seq=seq, at=at, item=item), rests)


def webhook_of(item: Tried | DebugEvent | Notice) -> str:
    """The id of the webhook that a row hangs on, "" where on none."""
    if isinstance(item, Tried):
        return item.attempt.webhook_id
    if isinstance(item, DebugEvent):
        return item.webhook_id
    if item.subject.startswith("WH"):
        return item.subject
    return str(item.data.get("webhook") or "")


def page(after: Marks, ends: Marks, rows: Mapping[Source, Sequence[Row]], cut: Collection[Source], limit: int) -> NewsPage:
    """The next page from the next rows of each log that was asked for. `cut` are the logs that hold more than was read.

    Of one log the order is that of the numbers. Between logs it is that of the times, as far as clocks can be trusted; where they cannot, a row
    still comes after what it rests on. Where a log was cut, nothing is told that may come after its next row. A log that has been told whole is
    read to its end, also where its last rows have been deleted.
    """
    reels = [_Reel(source, rows[source], source in cut, getattr(after, source)) for source in Source if source in rows]
    told: list[News] = []
    while len(told) < limit:
        reel = _next(reels)
        if reel is None:
            break
        told.append(reel.tell())
    marks = {source.value: getattr(ends, source) for source in Source}
    marks |= {reel.source.value: reel.mark for reel in reels if reel.left or reel.is_cut}
    return NewsPage(news=tuple(told), marks=Marks(**marks))


class _Reel:
    """One log as it is told, and how far."""

    def __init__(self, source: Source, rows: Sequence[Row], is_cut: bool, mark: int) -> None:
        self.source = source
        self.is_cut = is_cut
        self.mark = mark
        self._rows = rows
        self._place = 0

    @property
    def left(self) -> bool:
        """Whether there is a row yet to be told."""
        return self._place < len(self._rows)

    @property
    def next(self) -> Row:
        """The row that is told next, where there is one."""
        return self._rows[self._place]

    def tell(self) -> News:
        """The next row."""
        news = self._rows[self._place].news
        self.mark = news.seq
        self._place += 1
        return news


def _next(reels: Sequence[_Reel]) -> _Reel | None:
    """The log whose row comes next; None where none does, or where it has not been read."""
    if any(reel.is_cut and not reel.left for reel in reels):
        return None
    # Of rows of one time, that of the log that others rest on.
    found = min((reel for reel in reels if reel.left), key=lambda reel: reel.next.news.at, default=None)
    while found is not None:
        rests = found.next.rests
        first = next((reel for reel in reels if reel.left and reel.next.news.seq <= getattr(rests, reel.source)), None)
        if first is None:
            break
        found = first
    return found


# -- what the journal itself tells of


def notices_of(settlement: Settlement, before: State | None = None) -> list[Notice]:
    """What a settlement has to tell besides its attempts and debug events. `before` is the webhook's state until then, None for none."""
    given_up = _given_up(settlement, before)
    replies = [notice for reply in settlement.replies for notice in notices_of_reply(reply)]
    return [given_up, *replies] if given_up else replies


def _given_up(settlement: Settlement, before: State | None) -> Notice | None:
    """A webhook fails once: what is only written again has been told. A call that nobody could be asked about has no attempt to go by."""
    webhook, attempts = settlement.webhook, settlement.attempts
    if webhook.state is not State.FAILED or (before is State.FAILED and not attempts):
        return None
    data = {"attempts": webhook.attempts, "note": webhook.note, "message_sid": webhook.provider_id}
    answered_at = webhook.answer.at if webhook.answer else 0.0
    at = max((ended_at(attempt) for attempt in attempts), default=answered_at or webhook.received_at)
    return Notice(type=NoticeType.WEBHOOK_FAILED, at=at, subject=webhook.id, endpoint=webhook.endpoint, data=data)


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
