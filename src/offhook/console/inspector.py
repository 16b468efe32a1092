"""A webhook with all that happened to it, as its page tells it: from a story to a timeline. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from offhook.api.shapes import parameters_of, without_credentials
from offhook.console.bodies import MOST_SHOWN, Body, answer_faults, body_of
from offhook.console.waterfall import Bar, waterfall
from offhook.console.wording import duration
from offhook.providers import raw
from offhook.records import (
    Answer,
    Attempt,
    Certificate,
    DebugEvent,
    Exchange,
    Headers,
    Kind,
    Notice,
    NoticeType,
    Parameters,
    Reply,
    ReplyState,
    Role,
    State,
    Webhook,
    WebhookStory,
)

HIDDEN: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-twilio-signature"})
"""Headers whose values are not shown: whoever has a signature can send its request again."""
MOST_ATTEMPTS: Final = 60
"""More than that are counted, and not shown one by one: the newest are."""
MOST_WHOLE: Final = 6
"""Of so many attempts, the newest, and of so many exchanges of each, the bodies are shown as far as bodies are; of others the beginnings."""
BEGINNING: Final = 600
SOURCES: Final = {
    "app": "your app's own answer, passed on",
    "fallback": "the answer of your fallback URL, passed on",
    "ack": "at once by Offhook, as the endpoint is set",
    "stand-in": "by Offhook itself, because your app had no usable answer in time",
}
REPLIES: Final = {
    ReplyState.INLINE: "sent to the provider in the answer itself",
    ReplyState.WAITING: "waits to be sent by REST",
    ReplyState.SENDING: "is being sent by REST",
    ReplyState.SENT: "sent by REST",
    ReplyState.FAILED: "could not be sent",
    ReplyState.AMBIGUOUS: "may have been sent: nobody knows, so it is not sent again by itself",
    ReplyState.EXPIRED: "was too old to be sent",
    ReplyState.KEPT: "waits for credentials to send it with",
}
SENDABLE: Final = frozenset({ReplyState.KEPT, ReplyState.FAILED, ReplyState.EXPIRED, ReplyState.AMBIGUOUS})
_NAMES: Final = {Kind.MESSAGE: "message", Kind.STATUS: "status callback", Kind.VOICE: "call", Kind.OTHER: "webhook"}
_NOTICES: Final = {
    NoticeType.WEBHOOK_REPLAYED: "Asked for again: it was set waiting, due at once.",
    NoticeType.WEBHOOK_DISMISSED: "Dismissed: it is off the list of those that failed.",
    NoticeType.WEBHOOK_FAILED: "Given up: it is not tried again by itself.",
}


class Content(NamedTuple):
    """A request or an answer: its headers, secrets hidden, its parameters and its body."""

    headers: Headers
    parameters: Parameters
    body: Body


class Certified(NamedTuple):
    """A certificate in words. `trouble` says what is the matter with its dates at the time of the exchange."""

    seen: Certificate
    trouble: str


class Hop(NamedTuple):
    """One exchange of an attempt. `why` says why it was made after the one before; `failure` in words, "" for none."""

    method: str
    url: str
    why: str
    status: int
    peer: str
    bar: Bar
    sent: Headers
    answer: Content
    certificate: Certified | None
    failure: str
    failure_kind: str
    first_bytes: str
    is_reused: bool


class Entry(NamedTuple):
    """One thing in the timeline. `kind` is received, answered, attempt, reply, event or notice; the fields after `after` go with it.

    `after` is the time since the webhook was received, in words.
    """

    kind: str
    at: float
    after: str
    title: str
    is_bad: bool = False
    is_good: bool = False
    content: Content | None = None
    attempt: Attempt | None = None
    hops: Sequence[Hop] = ()
    reply: Reply | None = None
    event: DebugEvent | None = None


class Facts(NamedTuple):
    """What stands on top of the page."""

    name: str
    says: str
    method: str
    url: str
    lead: str
    tone: str


def facts(webhook: Webhook) -> Facts:
    """A webhook in a few words: what it is, and how it is."""
    text = next((value for name, value in parameters_of(webhook) if name == "Body"), "")
    lead, tone = _standing(webhook)
    return Facts(_NAMES[webhook.kind], text, raw.method(webhook.head), without_credentials(webhook.url), lead, tone)


def _standing(webhook: Webhook) -> tuple[str, str]:
    tries = f"{webhook.attempts} attempt{'' if webhook.attempts == 1 else 's'}"
    why = f" {webhook.note.rstrip('.')}." if webhook.note else ""
    if webhook.state is State.DELIVERED:
        return (f"Your app has taken it, after {tries}." if webhook.attempts else f"It is done.{why}"), "well"
    if webhook.state is State.FAILED:
        return f"Your app has not got it: given up after {tries}.{why}", "bad"
    if webhook.state is State.DISMISSED:
        return f"It was dismissed and not delivered.{why}", "off"
    if webhook.state is State.DELIVERING:
        return f"It is being delivered just now.{why}", "busy"
    return (
        f"It waits for its next attempt, after {tries}.{why}" if webhook.attempts else "It waits for its first attempt."
    ), "busy"


def shown_headers(headers: Headers) -> Headers:
    """Headers with the values of secret ones hidden."""
    return tuple((name, "[hidden]" if name.casefold() in HIDDEN else value) for name, value in headers)


# -- the timeline


def timeline(story: WebhookStory) -> list[Entry]:
    """Everything in the order in which it happened."""
    webhook, began = story.webhook, story.webhook.received_at
    entries = [_received(webhook)]
    if webhook.answer is not None:
        entries.append(_answered(webhook, webhook.answer))
    shown = story.attempts[-MOST_ATTEMPTS:]
    entries += [tried(attempt, webhook, began, recent=place >= len(shown) - MOST_WHOLE) for place, attempt in enumerate(shown)]
    entries += [_replied(reply, began) for reply in story.replies]
    entries += [_told(event, began) for event in story.events]
    entries += list(_noticed(story.notices, began))
    order = {"received": 0, "attempt": 1, "answered": 2, "reply": 3, "event": 4, "notice": 5}
    return sorted(entries, key=lambda entry: (entry.kind != "received", entry.at, order[entry.kind]))


def _after(at: float, began: float) -> str:
    return "" if at <= began else f"+{duration(at - began)}"


def _received(webhook: Webhook) -> Entry:
    headers = raw.headers(webhook.head)
    body = body_of(headers, webhook.body)
    content = Content(shown_headers(headers), parameters_of(webhook), body)
    return Entry("received", webhook.received_at, "", f"Received from {webhook.peer}", content=content)


def _answered(webhook: Webhook, answer: Answer) -> Entry:
    at = answer.at or webhook.received_at
    content = Content(shown_headers(answer.headers), (), body_of(answer.headers, answer.body))
    title = f"Answered {answer.status}: {SOURCES.get(answer.source, answer.source)}"
    return Entry("answered", at, _after(at, webhook.received_at), title, content=content, is_good=answer.status < 300)


def tried(attempt: Attempt, webhook: Webhook, began: float, *, recent: bool = True) -> Entry:
    """One attempt. Of those that are not among the most recent only the beginnings of bodies are shown."""
    outcome = attempt.outcome
    whom = "your app" if attempt.role is Role.PRIMARY else "your fallback URL"
    title = (
        f"Attempt {attempt.number}: {whom} took it" if outcome.delivered else f"Attempt {attempt.number}: {whom} did not take it"
    )
    return Entry(
        "attempt",
        attempt.started_at,
        " · ".join(filter(None, (_after(attempt.started_at, began), f"took {duration(max(0.0, attempt.duration_ms) / 1000)}"))),
        title,
        is_bad=not outcome.delivered,
        is_good=outcome.delivered,
        attempt=attempt,
        hops=hops(attempt, webhook, recent=recent),
    )


def _replied(reply: Reply, began: float) -> Entry:
    bad = reply.state in {ReplyState.FAILED, ReplyState.AMBIGUOUS, ReplyState.EXPIRED}
    title = f"Reply {reply.ordinal + 1}: {REPLIES[reply.state]}"
    good = reply.state in {ReplyState.INLINE, ReplyState.SENT}
    return Entry("reply", reply.created_at, _after(reply.created_at, began), title, is_bad=bad, is_good=good, reply=reply)


def _told(event: DebugEvent, began: float) -> Entry:
    title = f"{event.level.capitalize()} {event.code}: {event.message}"
    return Entry("event", event.at, _after(event.at, began), title, is_bad=event.level == "ERROR", event=event)


def _noticed(notices: Iterable[Notice], began: float) -> Iterable[Entry]:
    for notice in notices:
        if notice.type in _NOTICES:
            bad = notice.type is NoticeType.WEBHOOK_FAILED
            yield Entry("notice", notice.at, _after(notice.at, began), _NOTICES[notice.type], is_bad=bad)


# -- an attempt's exchanges


def hops(attempt: Attempt, webhook: Webhook, *, recent: bool = True) -> list[Hop]:
    """The exchanges of an attempt in their order, each with the reason why it was made."""
    bars = waterfall(attempt.exchanges, attempt.started_at)
    before: list[Exchange | None] = [None, *attempt.exchanges]
    whole = len(attempt.exchanges) - MOST_WHOLE if recent else len(attempt.exchanges)
    made = zip(attempt.exchanges, before, bars, strict=False)
    return [
        _hop(each, last, bar, webhook.kind, MOST_SHOWN if place >= whole else BEGINNING)
        for place, (each, last, bar) in enumerate(made)
    ]


def _hop(exchange: Exchange, before: Exchange | None, bar: Bar, kind: Kind, most: int) -> Hop:
    failure = exchange.failure
    wrong = answer_faults(kind, exchange)
    body = body_of(exchange.headers, exchange.body, is_cut=exchange.body_cut, faults=wrong, most=most)
    return Hop(
        method=exchange.method,
        url=without_credentials(exchange.url),
        why=_reason(exchange, before),
        status=exchange.status,
        peer=exchange.peer,
        bar=bar,
        sent=shown_headers(exchange.request_headers),
        answer=Content(shown_headers(exchange.headers), (), body),
        certificate=None if exchange.certificate is None else Certified(exchange.certificate, _dates(exchange)),
        failure="" if failure is None else (failure.detail or failure.kind.value),
        failure_kind="" if failure is None else failure.kind.value,
        first_bytes=exchange.raw.decode("utf-8", "replace")[:2000],
        is_reused=exchange.reused,
    )


def _reason(exchange: Exchange, before: Exchange | None) -> str:
    if before is None:
        return ""
    if before.failure is None and 300 <= before.status < 400:
        elsewhere = urlsplit(before.url).netloc != urlsplit(exchange.url).netloc
        return f"redirected by a {before.status}{' to another host' if elsewhere else ''}"
    if before.status == 401:
        return "once more, with the user and password of the URL"
    return "tried again, as the connection overrides say"


def _dates(exchange: Exchange) -> str:
    seen = exchange.certificate
    if seen is not None and seen.not_after is not None and seen.not_after < exchange.started_at:
        return "It had expired."
    if seen is not None and seen.not_before is not None and seen.not_before > exchange.started_at:
        return "It was not valid yet."
    return ""
