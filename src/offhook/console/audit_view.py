"""The audit log's entries as the page shows them. Pure."""

from typing import Any, Final, NamedTuple

from offhook.api.shapes import iso
from offhook.console.audit import Entry

COLUMNS: Final = ("id", "at", "action", "subject", "who", "peer", "agent")
_PAGES: Final = {"WH": "/webhooks/", "NO": "/errors/", "IS": "/issues/", "AK": "/alarms/", "DG": "/streams/"}
_LONG: Final = 34


class Noted(NamedTuple):
    """One entry. `href` leads to what it was about, "" where there is no page of it."""

    at: float
    action: str
    subject: str
    href: str
    who: str
    peer: str
    agent: str
    is_refusal: bool


def noted(entry: Entry, endpoints: frozenset[str]) -> Noted:
    """An entry for a person. `endpoints` are the names of those that have a page."""
    return Noted(
        at=entry.at,
        action=entry.action,
        subject=entry.subject,
        href=_href(entry.subject, endpoints),
        who=entry.who,
        peer=entry.peer,
        agent=entry.agent,
        is_refusal=entry.action.endswith("refused"),
    )


def data(entry: Entry) -> dict[str, Any]:
    """An entry for a file."""
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "action": entry.action,
        "subject": entry.subject,
        "who": entry.who,
        "peer": entry.peer,
        "agent": entry.agent,
    }


def _href(subject: str, endpoints: frozenset[str]) -> str:
    if subject in endpoints:
        return f"/endpoints/{subject}"
    where = _PAGES.get(subject[:2]) if len(subject) == _LONG and subject[2:].isalnum() else None
    return f"{where}{subject}" if where else ""
