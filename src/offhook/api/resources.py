"""What the API shows, as types: the OpenAPI document is made from them, and `shapes` makes values of them.

Times are ISO 8601 in UTC with milliseconds. `…_encoding` says how bytes became text: `utf-8`, or `base64` where they are not UTF-8.
"""

from typing import Any, TypedDict

from offhook.records import AnswerMode, Confidence, FailureKind, IssueState, Kind, Level, ReplyState, Role, State


class Pair(TypedDict):
    """A header or a parameter; lists of them keep the order in which they came."""

    name: str
    value: str


WebhookCore = TypedDict(
    "WebhookCore",
    {
        "id": str,
        "endpoint": str,
        "kind": Kind,
        "state": State,
        "received_at": str,
        "from": str,
        "to": str,
        "provider_id": str,
        "account_sid": str,
        "failures": int,
        "due": str | None,
        "note": str,
        "body_preview": str,
        "answer_status": int | None,
        "answer_source": str | None,
    },
)


class ReceivedRequest(TypedDict):
    """The provider's request as it came in."""

    method: str
    url: str
    peer: str
    headers: list[Pair]
    parameters: list[Pair]
    body: str
    body_encoding: str


class Outcome(TypedDict):
    """What an attempt came to; both codes are 0 when it was delivered."""

    delivered: bool
    code: int
    twilio_code: int
    message: str


class Timings(TypedDict):
    """Milliseconds; null where the phase did not happen."""

    dns: float | None
    connect: float | None
    tls: float | None
    sent: float | None
    first_byte: float | None
    total: float


class Certificate(TypedDict):
    """What the peer proved itself with."""

    version: str
    cipher: str
    subject: str
    issuer: str
    names: list[str]
    not_before: str | None
    not_after: str | None


class Failure(TypedDict):
    """Why an exchange has no usable answer."""

    kind: FailureKind
    detail: str
    partial: bool


class Exchange(TypedDict):
    """One HTTP exchange of an attempt. `status` 0: no status line came. `raw`: the first bytes of what was not HTTP."""

    method: str
    url: str
    started_at: str
    request_headers: list[Pair]
    status: int
    headers: list[Pair]
    body: str
    body_encoding: str
    body_size: int
    body_cut: bool
    raw: str
    raw_encoding: str
    peer: str
    reused: bool
    certificate: Certificate | None
    timings: Timings
    failure: Failure | None


class Attempt(TypedDict):
    """One try to hand a webhook over, its retries and redirects in order."""

    id: str
    number: int
    role: Role
    url: str
    started_at: str
    duration_ms: float
    outcome: Outcome
    exchanges: list[Exchange]


class Answer(TypedDict):
    """What the provider was answered. `source`: app, fallback, ack or stand-in."""

    status: int
    headers: list[Pair]
    body: str
    body_encoding: str
    source: str
    at: str


Reply = TypedDict(
    "Reply",
    {
        "id": str,
        "webhook_id": str,
        "ordinal": int,
        "state": ReplyState,
        "created_at": str,
        "account_sid": str,
        "to": str,
        "from": str,
        "messaging_service_sid": str,
        "body": str,
        "media": list[str],
        "status_callback": str,
        "due": str | None,
        "expires_at": str | None,
        "attempts": int,
        "message_sid": str,
        "code": int,
        "note": str,
    },
)


class Cause(TypedDict):
    """A diagnosis: what probably happened, how sure that is (certain, likely, possible), what speaks for it, and what to do, in order."""

    name: str
    title: str
    confidence: Confidence
    evidence: list[str]
    steps: list[str]


class Error(TypedDict):
    """One debug event. `code` is the precise one, `twilio_code` what Twilio would have logged, or has where `origin` is twilio: then it told us. `causes`: the likeliest first."""

    sid: str
    at: str
    level: Level
    code: int
    twilio_code: int
    message: str
    endpoint: str
    account_sid: str
    webhook_id: str
    attempt_id: str
    reply_id: str
    resource_sid: str
    service_sid: str
    request_method: str
    request_url: str
    product: str
    more_info: dict[str, Any]
    causes: list[Cause]
    origin: str


class DetailedError(Error):
    """One debug event with what it is about: the request as it was received, and the attempt with its answer and timings; null where there is none."""

    request: ReceivedRequest | None
    attempt: Attempt | None


class WebhookRow(WebhookCore):
    """One webhook in a listing; `attempts` counts them all, those before a replay too."""

    attempts: int


class Webhook(WebhookCore):
    """One webhook with all that happened to it, oldest first."""

    request: ReceivedRequest
    answer: Answer | None
    attempts: list[Attempt]
    replies: list[Reply]
    errors: list[Error]


class WebhookPage(TypedDict):
    """Webhooks, newest first. `next_cursor` is null on the last page."""

    webhooks: list[WebhookRow]
    next_cursor: str | None


class ErrorPage(TypedDict):
    """Debug events, newest first. `next_cursor` is null on the last page."""

    errors: list[Error]
    next_cursor: str | None


class ErrorCounts(TypedDict):
    """How many debug events there were in each of the equal parts of a time, `seconds` long each, from `since` to before `until`."""

    since: str
    until: str
    seconds: float
    counts: list[int]


class Issue(TypedDict):
    """Debug events of one endpoint, code and likeliest cause. `title`, `level` and `last_event` are the newest one's; `cause` may be empty.

    `hours`: how many there were in each of the last 24 hours by the clock, the current hour last. `count`: all there have been.
    """

    id: str
    endpoint: str
    code: int
    cause: str
    title: str
    level: Level
    state: IssueState
    first_seen: str
    last_seen: str
    count: int
    hours: list[int]
    last_event: str


class DetailedIssue(Issue):
    """One issue with its newest debug event, null when that one is no longer kept."""

    last_error: Error | None


class IssuePage(TypedDict):
    """Issues, the last seen first. `next_cursor` is null on the last page."""

    issues: list[Issue]
    next_cursor: str | None


class IssueReplayed(TypedDict):
    """How many webhooks were set waiting; in a dry run, how many would be."""

    replayed: int
    dry_run: bool


class Counts(TypedDict):
    """How many webhooks are in each state."""

    waiting: int
    delivering: int
    delivered: int
    failed: int
    dismissed: int


class Endpoint(TypedDict):
    """One configured endpoint; credentials in its URLs are left out. `app_url` is empty where Offhook itself reads what comes in. Durations in seconds."""

    name: str
    provider: str
    app_url: str
    fallback_url: str | None
    answer: AnswerMode
    hold: float
    acknowledge_with: str
    concurrency: int
    verify_tls: bool
    give_up_after: float
    reply_within: float
    counts: Counts


class FormerEndpoint(TypedDict):
    """An endpoint that the journal has webhooks of, but the settings do not name any more."""

    name: str
    counts: Counts


class Endpoints(TypedDict):
    """All endpoints, in the order of the settings."""

    endpoints: list[Endpoint]
    former: list[FormerEndpoint]


class Replayed(TypedDict):
    """How many webhooks were set waiting."""

    replayed: int


class Hastened(TypedDict):
    """How many webhooks were to wait longer, and are due now."""

    hastened: int


class Deleted(TypedDict):
    """How many webhooks were deleted for good."""

    deleted: int


class Dismissed(TypedDict):
    """How many webhooks were taken off the list."""

    dismissed: int


class Queued(TypedDict):
    """How many replies were set to be sent."""

    queued: int


class LoginLink(TypedDict):
    """The path of a page that logs in once, and for how many seconds it does."""

    path: str
    expires_in: int


class Health(TypedDict):
    """Offhook runs."""

    alive: bool
    version: str


class Readiness(TypedDict):
    """Whether each part works: "" when it does, else what the trouble is."""

    ready: bool
    checks: dict[str, str]


class Unready(TypedDict):
    """The error that says what does not work: the fields of every error, and those of `Readiness`."""

    code: int
    message: str
    more_info: str
    status: int
    ready: bool
    checks: dict[str, str]


class Problem(TypedDict):
    """An error of the API: all of them have this shape."""

    code: int
    message: str
    more_info: str
    status: int
