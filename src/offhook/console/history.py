"""What has happened, minute by minute: the metrics' differences, kept on a shelf of the journal so that charts need no counting of webhooks.

Read from the journal once, at the start, and from memory ever after; the minute that is not over comes from the metrics themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

import msgspec

from offhook import logs
from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.ports import Clock, Journal
from offhook.records import Kept, Record

SHELF: Final = "history"
KEEP: Final = 8 * 86_400.0
"""Seconds for which minutes are kept."""
MINUTE: Final = 60
FORGET_EVERY: Final = 3_600.0
_PAGE: Final = 1_000
_DELIVERED, _FAILED = "delivered", "failed"

log = logs.get("history")


class Counts(Record, array_like=True):
    """What has happened in a time. `refusals` are the attempts that failed, `failed` the webhooks that were given up, `replies` those sent.

    `answers` and `deliveries` are how many took how long: a count for each bucket of `offhook_answer_seconds` and of `offhook_journey_seconds`.
    A field may be added at the end.
    """

    received: int = 0
    delivered: int = 0
    failed: int = 0
    attempts: int = 0
    refusals: int = 0
    replies: int = 0
    answers: tuple[int, ...] = ()
    deliveries: tuple[int, ...] = ()

    def plus(self, other: "Counts", sign: int = 1) -> "Counts":
        """Both together; with -1, this without the other."""
        return Counts(
            received=self.received + sign * other.received,
            delivered=self.delivered + sign * other.delivered,
            failed=self.failed + sign * other.failed,
            attempts=self.attempts + sign * other.attempts,
            refusals=self.refusals + sign * other.refusals,
            replies=self.replies + sign * other.replies,
            answers=_plus(self.answers, other.answers, sign),
            deliveries=_plus(self.deliveries, other.deliveries, sign),
        )

    @property
    def is_nothing(self) -> bool:
        """Whether nothing has happened."""
        return not (self.received or self.delivered or self.failed or self.attempts or self.replies or any(self.answers))


NOTHING: Final = Counts()
Rows = Mapping[str, Counts]
"""By endpoint. Replies are nobody's in the metrics: they are counted under ""."""


class Span(NamedTuple):
    """A stretch of time up to now, in parts. `name` is what it is called in a URL; `seconds` and `step` are its length and that of a part."""

    name: str
    words: str
    seconds: int
    step: int


SPANS: Final = (
    Span("1h", "the last hour", 3_600, MINUTE),
    Span("24h", "the last 24 hours", 86_400, 600),
    Span("7d", "the last 7 days", 7 * 86_400, 3_600),
)


class Part(NamedTuple):
    """What has happened from `at` on, for the length of a part."""

    at: float
    counts: Counts


class History:
    """The worker that samples, and what it knows. `run` works until cancelled; `stop` writes what the last minute has come to."""

    def __init__(self, metrics: Metrics, journal: Journal, clock: Clock) -> None:
        self._metrics = metrics
        self._journal = journal
        self._clock = clock
        self._before: Rows = {}
        self._sampled_at = clock.now()
        self._forgot_at = float("-inf")
        # For each length of a part, its parts by their numbers since the epoch.
        self._parts: dict[int, dict[int, dict[str, Counts]]] = {span.step: {} for span in SPANS}
        # The sums of all endpoints, so that many of them do not make the page slow.
        self._sums: dict[int, dict[int, Counts]] = {span.step: {} for span in SPANS}
        self._unwritten: set[int] = set()
        self._delivered_at: dict[str, float] = {}

    # -- the worker

    async def start(self) -> None:
        """Read what former processes have kept. Raises JournalError."""
        after = _place(int((self._clock.now() - KEEP) // MINUTE))
        while found := await self._journal.kept(SHELF, _PAGE, after):
            for each in found:
                if each.data is not None:
                    self._add(int(each.id), msgspec.msgpack.decode(each.data, type=dict[str, Counts]))
            after = found[-1].id
        self._drop_old(self._clock.now())

    async def run(self) -> None:
        """Sample whenever a minute is over."""
        while True:
            await self._clock.sleep(MINUTE - self._clock.now() % MINUTE)
            await self.sample()

    async def stop(self) -> None:
        """Write what is not written yet, as far as the journal can."""
        await self.sample()

    async def sample(self) -> None:
        """Take note of what has happened since the last time, and write it. What the journal cannot take now is written the next time."""
        now = self._clock.now()
        # The minute in which this time began; after a sleep of the whole machine the last one that is over. Never one that is yet to come.
        minute = min(int(now // MINUTE), max(int(self._sampled_at // MINUTE), int((now - MINUTE / 2) // MINUTE)))
        rows = self._news()
        self._before, self._sampled_at = _totals(self._metrics), now
        if rows:
            self._add(minute, rows, now)
            self._unwritten.add(minute)
        self._drop_old(now)
        try:
            await self._write()
            await self._forget(now)
        except JournalError as error:
            log.warning("history.not_written", reason=str(error))

    # -- what there is to see

    def parts(self, span: Span, endpoint: str = "") -> Sequence[Part]:
        """The parts of a span, the oldest first; the last one is not over yet. Of all endpoints where none is named."""
        now = self._clock.now()
        last = int(now // span.step)
        known, sums = self._parts[span.step], self._sums[span.step]
        parts = [
            Part(number * span.step, known.get(number, {}).get(endpoint, NOTHING) if endpoint else sums.get(number, NOTHING))
            for number in range(last + 1 - span.seconds // span.step, last + 1)
        ]
        parts[-1] = Part(parts[-1].at, parts[-1].counts.plus(_sum(self._news(), endpoint)))
        return parts

    def last_delivered(self, endpoint: str) -> float | None:
        """When something was delivered to an endpoint's app for the last time, to the minute. None where that was longer ago than is kept."""
        return self._clock.now() if self._news().get(endpoint, NOTHING).delivered else self._delivered_at.get(endpoint)

    # -- inside

    def _news(self) -> dict[str, Counts]:
        """What has happened since the last sample."""
        found = {}
        for name, total in _totals(self._metrics).items():
            gained = total.plus(self._before.get(name, NOTHING), -1)
            if not gained.is_nothing:
                found[name] = gained
        return found

    def _add(self, minute: int, rows: Rows, now: float | None = None) -> None:
        total = _sum(rows, "")
        for step, parts in self._parts.items():
            number = minute * MINUTE // step
            part, sums = parts.setdefault(number, {}), self._sums[step]
            sums[number] = sums.get(number, NOTHING).plus(total)
            for name, counts in rows.items():
                part[name] = part.get(name, NOTHING).plus(counts)
        for name, counts in rows.items():
            if counts.delivered:
                self._delivered_at[name] = max(self._delivered_at.get(name, 0.0), now or minute * MINUTE)

    async def _write(self) -> None:
        minutes = self._parts[MINUTE]
        writing = sorted(self._unwritten)
        if writing:
            await self._journal.keep(
                [Kept(shelf=SHELF, id=_place(each), data=msgspec.msgpack.encode(minutes.get(each, {}))) for each in writing]
            )
            self._unwritten.difference_update(writing)

    async def _forget(self, now: float) -> None:
        """Take minutes that are too old off the shelf, some at a time."""
        if now - self._forgot_at < FORGET_EVERY:
            return
        self._forgot_at = now
        first = _place(int((now - KEEP) // MINUTE))
        old = [each.id for each in await self._journal.kept(SHELF, _PAGE) if each.id < first]
        if old:
            await self._journal.keep([Kept(shelf=SHELF, id=each) for each in old])

    def _drop_old(self, now: float) -> None:
        for span in SPANS:
            first = int(now // span.step) - span.seconds // span.step
            parts = self._parts[span.step]
            for number in [each for each in parts if each < first and not (span.step == MINUTE and each in self._unwritten)]:
                del parts[number], self._sums[span.step][number]


def _place(minute: int) -> str:
    """A minute's id on the shelf: sorts by time."""
    return f"{max(0, minute):010}"


def _sum(rows: Rows, endpoint: str) -> Counts:
    if endpoint:
        return rows.get(endpoint, NOTHING)
    total = NOTHING
    for counts in rows.values():
        total = total.plus(counts) if total is not NOTHING else counts
    return total


def _plus(one: Sequence[int], other: Sequence[int], sign: int) -> tuple[int, ...]:
    return tuple(a + sign * b for a, b in zip_longest(one, other, fillvalue=0)) if other else tuple(one)


def _totals(metrics: Metrics) -> dict[str, Counts]:
    """What has been counted since the process began, by endpoint."""
    totals: dict[str, Counts] = {}
    for name, counts in _counted(metrics):
        totals[name] = totals.get(name, NOTHING).plus(counts)
    return totals


def _counted(metrics: Metrics) -> Iterator[tuple[str, Counts]]:
    for (endpoint, _), count in metrics.counted("offhook_webhooks_received_total").items():
        yield endpoint, Counts(received=count)
    for (endpoint, outcome), count in metrics.counted("offhook_attempts_total").items():
        yield endpoint, Counts(attempts=count, refusals=0 if outcome == _DELIVERED else count)
    for (state,), count in metrics.counted("offhook_replies_total").items():
        if state in ("sent", "inline"):
            yield "", Counts(replies=count)
    for (endpoint, _), row in metrics.durations("offhook_answer_seconds").items():
        yield endpoint, Counts(answers=_whole(row))
    for (endpoint, state), row in metrics.durations("offhook_journey_seconds").items():
        counts = _whole(row)
        if state == _DELIVERED:
            yield endpoint, Counts(delivered=sum(counts), deliveries=counts)
        elif state == _FAILED:
            yield endpoint, Counts(failed=sum(counts))


def _whole(row: Sequence[float]) -> tuple[int, ...]:
    """A histogram's row without its sum."""
    return tuple(int(count) for count in row[:-1])
