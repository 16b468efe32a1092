"""What neither an arrival, an attempt nor a debug event tells: webhooks given up or replayed, replies, issues, breakers, alarms."""

from collections.abc import Mapping
from typing import Any

from offhook.records import News, Notice, NoticeType
from offhook.streams.model import Event
from offhook.streams.shapes.envelope import Context, Facts, conversation, dataschema, part, rfc3339, sealed

NAMES = {kind: f"com.offhook.{kind.value}" for kind in NoticeType}
_FAMILIES = {
    "webhook": ("Offhook.Webhook", "webhook_id", "webhooks"),
    "reply": ("Offhook.Reply", "reply_id", "replies"),
    "issue": ("Offhook.Issue", "issue_id", "issues"),
    "breaker": ("Offhook.Breaker", "endpoint", "endpoints"),
    "alarm": ("Offhook.Alarm", "alarm_sid", "alarms"),
}
_KINDS = {kind: (NAMES[kind], *_FAMILIES[kind.value.partition(".")[0]]) for kind in NoticeType}
SCHEMAS = {kind: _KINDS[kind][1] for kind in NoticeType}
# Notices name other records by what they are; in an event each name says that it is an id.
_RENAMED = {"webhook": "webhook_id", "event": "event_id", "reply": "reply_id", "issue": "issue_id", "firing": "firing_id"}


def events_of(news: News, wanted: Mapping[str, int], _context: Context) -> list[Event]:
    """The event of a notice, if it is wanted."""
    notice = news.item
    assert isinstance(notice, Notice)
    name, schema, about, collection = _KINDS[notice.type]
    version = wanted.get(name, 0)
    if not version:
        return []
    facts = Facts(
        id=f"EV{int(notice.at * 1000) & 0xFFFFFFFFFFFF:012x}7{notice.seq:019x}",
        source=f"/{collection}/{part(notice.subject)}",
        time=notice.at,
        subject=notice.subject,
        partition=_partition(notice),
    )
    return [sealed(name, dataschema(schema, version), facts, _data(notice, about))]


def _data(notice: Notice, about: str) -> dict[str, Any]:
    told = {_RENAMED.get(name, name): value for name, value in notice.data.items()}
    return {
        **told,
        "endpoint": notice.endpoint or told.get("endpoint") or None,
        "at": rfc3339(notice.at),
        about: notice.subject,
    }


def _partition(notice: Notice) -> str:
    """A reply's conversation, the person's number first; else the endpoint."""
    numbers = (notice.data.get("to"), notice.data.get("from"))
    one, other = (number if isinstance(number, str) else "" for number in numbers)
    return conversation(one, other, notice.endpoint or notice.subject)
