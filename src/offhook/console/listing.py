"""The list of webhooks as a page shows it: from records and filters to rows, tabs and links. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from offhook.api.shapes import body_preview, iso, iso_or_none, parameters_of
from offhook.records import Kind, Parameters, State, Webhook, WebhookFilter

TABS: Final = (
    ("All", ()),
    ("Failed", (State.FAILED,)),
    ("Waiting", (State.WAITING, State.DELIVERING)),
    ("Delivered", (State.DELIVERED,)),
    ("Dismissed", (State.DISMISSED,)),
)
UNDELIVERED: Final = frozenset({State.WAITING, State.DELIVERING})
_STATES: Final = {
    State.WAITING: "wait",
    State.DELIVERING: "are on their way",
    State.DELIVERED: "were delivered",
    State.FAILED: "failed",
    State.DISMISSED: "were dismissed",
}
COLUMNS: Final = (
    "id",
    "received_at",
    "state",
    "endpoint",
    "kind",
    "from",
    "to",
    "body",
    "provider_id",
    "account_sid",
    "attempts",
    "failures",
    "due",
    "note",
    "answer_status",
    "answer_source",
    "peer",
)
"""The columns of an exported list."""

Counts = Mapping[str, Mapping[State, int]]


class Tab(NamedTuple):
    """One of the states to choose from. `many` is None where nobody has counted what the other filters leave."""

    name: str
    href: str
    many: int | None
    is_here: bool


class Row(NamedTuple):
    """A webhook for people. `says` is the start of its text, or in plain words what it is; `next_at` when it is tried again."""

    id: str
    href: str
    at: float
    state: str
    says: str
    is_text: bool
    sender: str
    recipient: str
    endpoint: str
    attempts: int
    next_at: float | None
    why: str


def rows(webhooks: Iterable[Webhook], keep: str = "") -> list[Row]:
    """The rows of a list. `keep` is the query by which the pages of single webhooks know the list that they are in."""
    return [row(webhook, keep) for webhook in webhooks]


def row(webhook: Webhook, keep: str = "") -> Row:
    """One row."""
    text = body_preview(webhook)
    return Row(
        id=webhook.id,
        href=f"/webhooks/{webhook.id}{'?' if keep else ''}{keep}",
        at=webhook.received_at,
        state=webhook.state.value,
        says=text or described(webhook),
        is_text=bool(text),
        sender=webhook.sender,
        recipient=webhook.recipient,
        endpoint=webhook.endpoint,
        attempts=webhook.attempts,
        next_at=webhook.due if webhook.state is State.WAITING and webhook.due else None,
        why="" if webhook.state is State.DELIVERED else webhook.note,
    )


def described(webhook: Webhook) -> str:
    """What a webhook without a text is, in a few words."""
    given = dict(parameters_of(webhook))
    if webhook.kind is Kind.STATUS:
        status = given.get("MessageStatus") or given.get("SmsStatus") or "changed"
        code = given.get("ErrorCode", "")
        return f"a message is {status[:40]}" + (f" (error {code[:10]})" if code else "")
    if webhook.kind is Kind.VOICE:
        return f"a call: {given.get('CallStatus', 'ringing')[:40]}"
    if webhook.kind is Kind.MESSAGE:
        count = given.get("NumMedia", "")
        return f"{count} picture{'s' if count != '1' else ''} without words" if count.isdecimal() and count != "0" else "no words"
    return "another webhook"


def tabs(path: str, given: Parameters, where: WebhookFilter, counts: Counts) -> list[Tab]:
    """The states to choose from, with how many there are where that is known without looking."""
    others = [(name, value) for name, value in given if name not in {"state", "cursor", "format"}]
    counted = not (where.query or where.code or where.since is not None or where.until is not None)
    known = [states for name, states in counts.items() if not where.endpoint or name == where.endpoint]
    made = []
    for name, states in TABS:
        query = urlencode([*others, *((("state", ",".join(states)),) if states else ())])
        count = sum(each.get(state, 0) for each in known for state in states or State) if counted else None
        made.append(Tab(name, f"{path}?{query}" if query else path, count, set(states) == set(where.states)))
    return made


def kept_query(given: Parameters) -> str:
    """The filters of a list as a query, without its page."""
    return urlencode([(name, value) for name, value in given if value and name not in {"cursor", "format", "said", "ids"}])


def filter_fields(where: WebhookFilter) -> dict[str, str]:
    """A filter as the parameters that mean it, each time to the millisecond."""
    fields = {
        "state": ",".join(where.states),
        "endpoint": where.endpoint,
        "code": str(where.code or ""),
        "since": "" if where.since is None else repr(where.since),
        "until": "" if where.until is None else repr(where.until),
        "q": where.query,
    }
    return {name: value for name, value in fields.items() if value}


def filter_words(where: WebhookFilter) -> str:
    """A filter in plain words, to be read after "webhooks"."""
    words = [f"that {' or '.join(_STATES[state] for state in where.states)}"] if where.states else []
    if where.endpoint:
        words.append(f"of the endpoint {where.endpoint}")
    if where.code:
        words.append(f"with the error {where.code}")
    if where.since is not None:
        words.append(f"received from {told(where.since)} on")
    if where.until is not None:
        words.append(f"received before {told(where.until)}")
    if where.query:
        words.append(f"with the words “{where.query}”")
    return ", ".join(words)


def told(at: float) -> str:
    """A time in a sentence."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def as_input(at: float | None) -> str:
    """A time as a form's field for times has it (in UTC), "" for none."""
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"


def exported(webhook: Webhook) -> dict[str, Any]:
    """A webhook as a row of a file: `COLUMNS`."""
    answer = webhook.answer
    return {
        "id": webhook.id,
        "received_at": iso(webhook.received_at),
        "state": webhook.state.value,
        "endpoint": webhook.endpoint,
        "kind": webhook.kind.value,
        "from": webhook.sender,
        "to": webhook.recipient,
        "body": next((value for name, value in parameters_of(webhook) if name == "Body"), ""),
        "provider_id": webhook.provider_id,
        "account_sid": webhook.account_sid,
        "attempts": webhook.attempts,
        "failures": webhook.failures,
        "due": iso_or_none(webhook.due) if webhook.state in UNDELIVERED else None,
        "note": webhook.note,
        "answer_status": answer.status if answer else None,
        "answer_source": answer.source if answer else None,
        "peer": webhook.peer,
    }


def ids_in(given: Sequence[str]) -> tuple[str, ...]:
    """Ids, each once, in their order."""
    return tuple(dict.fromkeys(each for each in given if each))
