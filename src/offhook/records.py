"""The nouns of Offhook, frozen. Imports nothing of ours.

Times are seconds since the epoch (UTC, float) unless a name ends in `_ms`. Ids are two letters and 32 hex digits, the digits a
UUIDv7, so that they sort by time. Header lists keep their order and their spelling. Structs are msgspec's because the fast path
makes several of them for each webhook, and because they turn into JSON without help.
"""

from enum import StrEnum
from typing import Any, dataclass_transform

import msgspec

Headers = tuple[tuple[str, str], ...]
Parameters = tuple[tuple[str, str], ...]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A noun: immutable, compared by value."""


class Kind(StrEnum):
    """What a webhook is about: it decides how it is answered and deduplicated."""

    MESSAGE = "message"
    STATUS = "status"
    VOICE = "voice"
    OTHER = "other"


class AnswerMode(StrEnum):
    """How an endpoint answers its provider: with the app's own answer, or at once."""

    RELAY = "relay"
    ACK = "ack"


class Endpoint(Record):
    """One public address of ours, and where its webhooks go. Durations in seconds.

    `app_url` and `fallback_url` are as the operator wrote them: user:password and the `#fragment` of connection overrides included. `app_url`
    is "" where no app is asked: what comes in is for Offhook itself, as the provider `twilio-debugger` has it.
    """

    name: str
    app_url: str
    fallback_url: str | None = None
    provider: str = "twilio"
    answer: AnswerMode = AnswerMode.RELAY
    hold: float = 10.0
    fallback_twiml: str = "<Response/>"
    acknowledge_with: str = "twiml"
    concurrency: int = 64
    verify_tls: bool = True
    schedule: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 7200, 14400)
    give_up_after: float = 72 * 3600
    reply_within: float = 4 * 3600


class Arrival(Record, array_like=True):
    """One request as the intake received and verified it: what the journal keeps before the answer goes out, without the fields' names.

    A field may be added at the end, with a default: what was written before it is read all the same.

    `head` is the request line and the header lines as received, without the empty line (credentials blanked); `body` is the body with
    any chunking undone. `url` is the public URL that the signature was verified against. `dedupe_key` is 16 bytes.
    """

    id: str
    endpoint: str
    received_at: float
    peer: str
    url: str
    kind: Kind
    dedupe_key: bytes
    head: bytes
    body: bytes


class Receipt(Record):
    """What the journal says of an appended arrival: stored (`duplicate_of` is None) or known already."""

    duplicate_of: str | None = None


class State(StrEnum):
    """Where a webhook is. It leaves `failed` only by replay, dismissal or retention."""

    WAITING = "waiting"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    DISMISSED = "dismissed"


class Answer(Record):
    """What we returned to the provider. `source` is `app`, `fallback` (the app's fallback URL), `ack` or `stand-in` (fallback_twiml)."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    source: str = "ack"
    at: float = 0.0


class Webhook(Record):
    """One request that we received and kept, and what has become of it.

    `due` is when the next attempt may start (or, while delivering, when the lease ends). `failures` counts failed rounds since it was
    received or last replayed, `refusals` those of them in which the request reached somebody; `attempts` counts all attempts ever made. `conversation` is what deliveries must not overlap in ("" for none).
    """

    id: str
    endpoint: str
    received_at: float
    peer: str
    url: str
    kind: Kind
    dedupe_key: bytes
    head: bytes
    body: bytes
    provider_id: str = ""
    account_sid: str = ""
    sender: str = ""
    recipient: str = ""
    conversation: str = ""
    state: State = State.WAITING
    due: float = 0.0
    failures: int = 0
    refusals: int = 0
    attempts: int = 0
    answer: Answer | None = None
    note: str = ""

    @property
    def number(self) -> str:
        """The number of ours that it is about: it received the message or call, or sent the message whose status is told."""
        return self.sender if self.kind is Kind.STATUS else self.recipient


class Timings(Record):
    """Milliseconds from the start of the exchange's phase; None where the phase did not happen. `total` runs from the exchange's start."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    sent: float | None = None
    first_byte: float | None = None
    total: float = 0.0


class Certificate(Record):
    """What the peer proved itself with, as far as the handshake showed it. Dates are seconds since the epoch."""

    version: str = ""
    cipher: str = ""
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: float | None = None
    not_after: float | None = None


class FailureKind(StrEnum):
    """The ways in which an exchange ends without a usable HTTP answer."""

    BAD_URL = "bad_url"
    BLOCKED = "blocked_address"
    DNS = "dns"
    CONNECT_TIMEOUT = "connect_timeout"
    REFUSED = "connect_refused"
    CONNECT = "connect_error"
    TLS = "tls_handshake"
    TLS_NAME = "tls_name"
    TLS_EXPIRED = "tls_expired"
    TLS_UNTRUSTED = "tls_untrusted"
    READ_TIMEOUT = "read_timeout"
    TOTAL_TIMEOUT = "total_timeout"
    PROTOCOL = "protocol"
    RESET = "reset"
    BAD_REDIRECT = "bad_redirect"
    TOO_MANY_REDIRECTS = "too_many_redirects"


class Failure(Record):
    """Why an exchange failed. `partial` says that some bytes of an answer had come (such an exchange is never retried by `rp=rt`)."""

    kind: FailureKind
    detail: str = ""
    partial: bool = False


class HttpRequest(Record):
    """One outgoing HTTP/1.1 request. `url` has no fragment and no credentials; `headers` has no Host, Content-Length or Connection."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


class ClientCertificate(Record):
    """What we prove ourselves with to a peer that asks (mutual TLS): the paths of two PEM files, our certificate with its chain, and its key."""

    chain: str
    key: str


class Limits(Record):
    """The deadlines of one exchange, seconds, what is read and kept of its answer, bytes, and how TLS is to be (`spec: limits §2`)."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    server_name: bool = True
    verify_tls: bool = True
    read_cap: int = 256 * 1024
    keep_cap: int = 64 * 1024
    client_certificate: ClientCertificate | None = None


class Exchange(Record):
    """The evidence of one HTTP exchange, or of its failure. Bytes are kept up to the caps of `Limits`.

    `body_size` is the size that was read; `body_cut` says that `body` holds less than the peer sent. `raw` holds the first bytes of an
    answer that was not HTTP. `reused` says that the connection was a kept-alive one. `status` 0 means that no status line came.
    """

    method: str
    url: str
    started_at: float
    timings: Timings
    request_headers: Headers = ()
    peer: str = ""
    reused: bool = False
    certificate: Certificate | None = None
    status: int = 0
    headers: Headers = ()
    body: bytes = b""
    body_size: int = 0
    body_cut: bool = False
    raw: bytes = b""
    failure: Failure | None = None


class Outcome(Record):
    """What an attempt came to. `code` is the precise one, `twilio_code` what Twilio would have logged; both 0 when delivered."""

    delivered: bool
    code: int = 0
    twilio_code: int = 0
    message: str = ""


class Role(StrEnum):
    """Which of the endpoint's two URLs an attempt went to."""

    PRIMARY = "primary"
    FALLBACK = "fallback"


class Attempt(Record):
    """One try to hand a webhook to the app or its fallback: its exchanges (retries and redirects in order) and what they came to."""

    id: str
    webhook_id: str
    number: int
    role: Role
    url: str
    started_at: float
    duration_ms: float
    outcome: Outcome
    exchanges: tuple[Exchange, ...] = ()


class Level(StrEnum):
    """How bad a debug event is: as in Twilio's Debugger."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class Confidence(StrEnum):
    """How sure a diagnosis is: the evidence says so, it fits best, or it is one of several that fit."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Cause(Record):
    """A diagnosis: what probably happened in a sentence, what speaks for it, and what to do, the first step first.

    `name` is stable and tells the family: `ngrok.offline`, `tls.expired`.
    """

    name: str
    title: str
    confidence: Confidence
    evidence: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


class DebugEvent(Record):
    """One logged error, warning or info. `details` are Twilio's `more_info` pairs and ours: small strings, never a secret.

    `causes` are the likeliest first; empty where nothing is known beyond the code. `origin` is who saw it: `offhook`, or `twilio` where
    Twilio told us. `number` is the number of ours that it is about, "" where it is about none.
    """

    id: str
    at: float
    level: Level
    code: int
    twilio_code: int
    message: str
    endpoint: str = ""
    account_sid: str = ""
    webhook_id: str = ""
    attempt_id: str = ""
    reply_id: str = ""
    resource_sid: str = ""
    service_sid: str = ""
    request_method: str = ""
    request_url: str = ""
    product: str = "Programmable Messaging"
    details: dict[str, Any] = {}
    causes: tuple[Cause, ...] = ()
    origin: str = "offhook"
    number: str = ""


class IssueState(StrEnum):
    """What is being done about an issue. `regressed`: it was resolved, and has happened again."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REGRESSED = "regressed"
    IGNORED = "ignored"


class Issue(Record):
    """Debug events of one endpoint, code and leading cause, grouped: one thing to mend. Its id follows from these three.

    `cause` is "" where the code is all that is known. `title` and `level` are the newest event's, `last_event` is that event's id. `hours`
    are the events of the last 24 hours by the clock, the oldest first, the current hour last.
    """

    id: str
    endpoint: str
    code: int
    cause: str
    title: str
    level: Level
    first_seen: float
    last_seen: float
    count: int
    last_event: str
    state: IssueState = IssueState.OPEN
    hours: tuple[int, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands among issues: sorts by the time last seen, then by id. What is listed after it has a lower place."""
        return f"{max(0, int(self.last_seen * 1000)):014}{self.id}"


class ReplyState(StrEnum):
    """Where a reply is. `kept` waits for credentials, `ambiguous` for a person: it may have been sent."""

    INLINE = "inline"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    EXPIRED = "expired"
    KEPT = "kept"


class Reply(Record):
    """A message that the app wants sent. `ordinal` is its place among the replies to one webhook; they are sent in that order.

    `tried_at` is when the last try to send it by REST began.
    """

    id: str
    webhook_id: str
    ordinal: int
    state: ReplyState
    created_at: float
    account_sid: str = ""
    to: str = ""
    sender: str = ""
    messaging_service_sid: str = ""
    body: str = ""
    media: tuple[str, ...] = ()
    status_callback: str = ""
    due: float = 0.0
    expires_at: float = 0.0
    attempts: int = 0
    tried_at: float = 0.0
    message_sid: str = ""
    code: int = 0
    note: str = ""


class NoticeType(StrEnum):
    """What a notice tells. Each is also the end of an event type's name: `com.offhook.webhook.failed`."""

    WEBHOOK_FAILED = "webhook.failed"
    WEBHOOK_REPLAYED = "webhook.replayed"
    WEBHOOK_DISMISSED = "webhook.dismissed"
    REPLY_SENT = "reply.sent"
    REPLY_FAILED = "reply.failed"
    REPLY_AMBIGUOUS = "reply.ambiguous"
    REPLY_EXPIRED = "reply.expired"
    ISSUE_OPENED = "issue.opened"
    ISSUE_REGRESSED = "issue.regressed"
    BREAKER_OPENED = "breaker.opened"
    BREAKER_CLOSED = "breaker.closed"
    ALARM_FIRED = "alarm.fired"
    ALARM_RECOVERED = "alarm.recovered"


class Notice(Record):
    """Something that happened, of which neither an arrival, an attempt nor a debug event tells.

    `subject` is the id of what it is about, or the endpoint's name; `data` are small JSON values, never a secret. `seq` is its place among
    the notices once it has been written, 0 before.
    """

    type: NoticeType
    at: float
    subject: str
    endpoint: str = ""
    data: dict[str, Any] = {}
    seq: int = 0


class Source(StrEnum):
    """The journal's four logs, of which all news are made. Each counts its rows from 1, in the order of their commits."""

    ARRIVALS = "arrivals"
    ATTEMPTS = "attempts"
    EVENTS = "events"
    NOTICES = "notices"


class Marks(Record):
    """A place in each of the journal's logs: the highest number that has been read. What comes later has a higher one."""

    arrivals: int = 0
    attempts: int = 0
    events: int = 0
    notices: int = 0


class Tried(Record):
    """An attempt with its webhook as that stands when it is read."""

    attempt: Attempt
    webhook: Webhook


class News(Record):
    """One row of one of the journal's logs: `item` is an arrival's webhook, an attempt, a debug event or a notice. `at` is when it happened."""

    source: Source
    seq: int
    at: float
    item: Webhook | Tried | DebugEvent | Notice


class NewsPage(Record):
    """Some news in the order in which they are told, and where the next page begins."""

    news: tuple[News, ...]
    marks: Marks


class Heard(Record):
    """What one commit has added to the logs of debug events and notices, and the numbers that these have come to."""

    events: tuple[DebugEvent, ...]
    notices: tuple[Notice, ...]
    marks: Marks


class Kept(Record):
    """A small record that some room keeps in the journal: its shelf, its id there, and the bytes that it made of it. None: nothing (more)."""

    shelf: str
    id: str
    data: bytes | None = None


class Settlement(Record):
    """Everything that one round of delivery changed, written in one transaction. `webhook` is the whole new row."""

    webhook: Webhook
    attempts: tuple[Attempt, ...] = ()
    replies: tuple[Reply, ...] = ()
    events: tuple[DebugEvent, ...] = ()


class WebhookFilter(Record):
    """Which webhooks a listing or a bulk replay means: with `code`, those with a debug event that has it.

    Times are received-at bounds, `since` inclusive, `until` exclusive.
    """

    states: tuple[State, ...] = ()
    endpoint: str = ""
    since: float | None = None
    until: float | None = None
    code: int = 0
    query: str = ""


class EventFilter(Record):
    """Which debug events a listing means. `cause` is the leading one's name; `query` are words, each of which an event must hold."""

    code: int = 0
    level: Level | None = None
    endpoint: str = ""
    since: float | None = None
    until: float | None = None
    webhook_id: str = ""
    cause: str = ""
    issue: str = ""
    query: str = ""


class IssueFilter(Record):
    """Which issues a listing means."""

    states: tuple[IssueState, ...] = ()
    endpoint: str = ""
    code: int = 0
    cause: str = ""


class WebhookStory(Record):
    """One webhook with all that happened to it, oldest first. The notices tell when it was given up, replayed or dismissed."""

    webhook: Webhook
    attempts: tuple[Attempt, ...] = ()
    replies: tuple[Reply, ...] = ()
    events: tuple[DebugEvent, ...] = ()
    notices: tuple[Notice, ...] = ()
