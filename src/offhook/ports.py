"""What the core asks of the world. Imports the records, nothing else of ours."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, Protocol

from offhook.records import (
    Arrival,
    DebugEvent,
    EventFilter,
    Exchange,
    Heard,
    HttpRequest,
    Issue,
    IssueFilter,
    IssueState,
    Kept,
    Limits,
    Marks,
    NewsPage,
    Notice,
    Receipt,
    Reply,
    Settlement,
    Source,
    State,
    Webhook,
    WebhookFilter,
    WebhookStory,
)


class Clock(Protocol):
    """Time, passed in so that tests can hold it still or let an hour go by."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""


class Ids(Protocol):
    """Maker of ids that sort by the time they were made."""

    def new(self, prefix: str) -> str:
        """A two-letter prefix and 32 hex digits (a UUIDv7); each greater than the one before."""


class Transport(Protocol):
    """The one door out. Never raises for what the peer, the network or the URL does: that is evidence in the Exchange.

    Redirects are not followed here: the caller sees each hop. Only cancellation leaves it as an exception.
    """

    def exchange(self, request: HttpRequest, limits: Limits, *, trusted: bool = False) -> Coroutine[Any, Any, Exchange]:
        """Resolve once, check every address, connect to a checked one, send, read. `trusted`: the URL is operator configuration."""


Ended = Callable[[Exchange], None]
Asking = tuple[HttpRequest, Limits, Ended]
"""A request of the operator's own configuration, its limits, and who is told of what came of it."""


class KeptAlive(Protocol):
    """A transport that keeps connections open, asked without a task for each request: what nearly every webhook goes by."""

    def begin_all(self, asked: Sequence[Asking]) -> Sequence[Callable[[], None] | None]:
        """`Transport.exchange` for each (trusted), over connections that are open already; None, and nothing has happened, for want of one.

        Its `Ended` is called later with the evidence. What this gives for each is to be called instead of waiting for that, and breaks it off.
        """


Outcome = Receipt | Exception
Stored = Callable[[Outcome], None]
AllStored = Callable[[Sequence[Outcome]], None]
Written = Callable[[Exception | None], None]


class Journal(Protocol):
    """The durable store. Whatever has returned, or has called back without an error, survives `kill -9` and a power cut.

    One process writes. Notices of what other methods change (a webhook given up, replayed or dismissed; a reply that came to its end; an
    issue opened or regressed) are written by the journal itself, in the same transaction. Every method raises JournalError when it could not do its work; nothing has changed then.
    """

    async def open(self) -> None:
        """Open, migrate, take the write lock, and end the leases that a dead process held.

        Raises UnusableJournalError when the file is foreign, newer, or in use.
        """

    async def close(self) -> None:
        """Finish what was asked, then close. Safe to call twice."""

    def append(self, arrival: Arrival, stored: Stored) -> None:
        """Keep the arrival; `stored` is called on the event loop once it is durable, or with the reason why it is not.

        Exact deduplication by `dedupe_key`: of any number of arrivals with one key, at any time, one gets `duplicate_of=None`.
        """

    def append_all(self, arrivals: Sequence[Arrival], stored: AllStored) -> None:
        """`append` for several: `stored` is called when that is settled for each of them, with the outcomes in the order of the arrivals."""

    async def unsettled(self) -> Sequence[Arrival]:
        """Arrivals that were stored before this process opened the journal and never settled: the next up to 1,000; empty when done."""

    async def settle(self, settlement: Settlement) -> None:
        """Write the webhook's new row (insert or update), its new attempts, replies and debug events, in one transaction."""

    def put(self, settlement: Settlement, written: Written) -> None:
        """`settle` without anybody waiting: `written` is called on the event loop once it is durable, or with the reason why it is not."""

    async def claim(self, endpoint: str, limit: int, now: float, lease: float) -> Sequence[Webhook]:
        """Take up to `limit` due webhooks of one endpoint, earliest due first, as `delivering` until `now + lease`.

        Due: waiting with `due <= now`, or delivering with a lease that has ended. Left out: those with an earlier undelivered webhook of
        the same non-empty conversation that has been refused fewer than three times.
        """

    async def hasten(self, endpoint: str, now: float) -> int:
        """Bring the due time of every waiting webhook of the endpoint forward to `now`; returns how many."""

    async def blocking(self) -> Sequence[tuple[str, str]]:
        """(conversation, webhook id) of every undelivered webhook refused fewer than three times, for the courier to start from."""

    async def requeue(self, ids: Iterable[str], now: float, *, delivered: bool = True) -> int:
        """Replay: set these webhooks (failed, dismissed or delivered) waiting, due now, failures and refusals 0; returns how many changed.

        Unless `delivered`, those that have been delivered stay so.
        """

    async def dismiss(self, ids: Iterable[str], now: float) -> int:
        """Take failed webhooks off the list without delivering them; returns how many changed."""

    async def claim_replies(self, limit: int, now: float, lease: float) -> Sequence[Reply]:
        """Take due replies (waiting and due, or sending with an ended lease) as `sending`; of one webhook only the lowest ordinal not yet ended."""

    async def settle_reply(self, reply: Reply, events: Sequence[DebugEvent] = ()) -> None:
        """Write a reply's new row and its debug events."""

    async def release_kept(self, now: float) -> int:
        """Set replies that were `kept` for want of credentials waiting, due now; returns how many."""

    async def record(self, events: Sequence[DebugEvent]) -> None:
        """Write debug events that belong to no settlement (a refused signature, say)."""

    async def webhook(self, webhook_id: str) -> Webhook | None:
        """One webhook, also when it is stored but not yet settled."""

    async def story(self, webhook_id: str) -> WebhookStory | None:
        """One webhook with its attempts, replies, debug events and notices."""

    async def webhooks(self, where: WebhookFilter, limit: int, before: str = "") -> Sequence[Webhook]:
        """Newest first, ids below `before`; the bodies included. The not yet settled ones are among them."""

    async def events(self, where: EventFilter, limit: int, before: str = "") -> Sequence[DebugEvent]:
        """Debug events, newest first, ids below `before`."""

    async def event(self, event_id: str) -> DebugEvent | None:
        """One debug event."""

    async def event_counts(self, where: EventFilter, since: float, until: float, buckets: int) -> Sequence[int]:
        """How many debug events there were in each of up to 500 equal parts of that time, `since` inclusive, `until` exclusive.

        Raises ValueError where there is no such time, or are more parts.
        """

    async def issues(self, where: IssueFilter, limit: int, before: str = "", *, now: float) -> Sequence[Issue]:
        """Issues, last seen newest first, with a place (`Issue.place`) below `before`; their hours are those up to `now`.

        An issue is written with its events: it opens with the first, and one that was resolved has regressed with the next. Events of no
        endpoint and those of level INFO make none.
        """

    async def issue(self, issue_id: str, *, now: float) -> Issue | None:
        """One issue."""

    async def set_issue_state(self, issue_id: str, state: IssueState, *, now: float) -> Issue | None:
        """Say what is being done about an issue; returns it as it is then, None where there is none."""

    async def issue_webhooks(self, issue_id: str, limit: int, after: str = "") -> Sequence[str]:
        """Ids of the failed and dismissed webhooks that an issue's events are about, oldest first, above `after`."""

    async def reply(self, reply_id: str) -> Reply | None:
        """One reply."""

    async def news(self, after: Marks, limit: int, sources: Collection[Source]) -> NewsPage:
        """What has happened since: at most `limit` rows of these logs (at least one where there is any), and the marks to go on from.

        Rows of one log come in the order of their numbers, each once. Between the logs the order is that of the times at which things happened, and
        what a row rests on comes before it: an arrival before its attempts. Marks of logs that are not asked for move to their ends.
        Rows that have been deleted are passed over.
        """

    async def marks(self, at: float | None = None) -> Marks:
        """The ends of the logs; or, with `at`, the places before the first rows of that time or later."""

    def listen(self, hear: Callable[[Heard], None]) -> None:
        """Have `hear` called on the event loop after each commit that has added debug events or notices, in the order of the commits.

        It must be quick and may not raise. An event that is written again under its id is not heard again.
        """

    async def keep(self, changes: Sequence[Kept], notices: Sequence[Notice] = ()) -> None:
        """Write these small records (delete those without data), and these notices, in one transaction."""

    async def kept(self, shelf: str, limit: int = 1000, after: str = "") -> Sequence[Kept]:
        """Records of a shelf by their ids, from the lowest above `after` on."""

    async def kept_one(self, shelf: str, identifier: str) -> bytes | None:
        """One record of a shelf."""

    async def oldest_undelivered(self, endpoint: str) -> float | None:
        """When the oldest webhook that waits or is being delivered was received; of all endpoints where none is named."""

    async def counts(self) -> dict[str, dict[State, int]]:
        """How many webhooks each endpoint has in each state."""

    async def prune(self, received_before: float, limit: int) -> int:
        """Delete up to `limit` delivered, failed or dismissed webhooks received before that time, with all that hangs on them.

        Debug events and notices from before then that hang on no webhook go too, and issues that no event is left of and that were last seen
        before then; where more webhooks may be left, only what is older than those deleted.
        """

    async def forget(self, number: str) -> int:
        """Delete every webhook from or to this number, with all that hangs on it; returns how many. Those under way stay."""

    async def size(self) -> int:
        """Bytes that the journal takes up; 0 where it cannot tell."""

    def trouble(self) -> str:
        """Why the journal cannot store just now, in a sentence for the operator; empty when it can."""
