"""What has happened by the minute: sampled from the metrics, kept on a shelf, read back after a restart."""

import asyncio

import pytest

from offhook.console.figures import as_data, figures, row_of
from offhook.console.history import FORGET_EVERY, KEEP, SHELF, SPANS, Counts, History, Part
from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.stores.memory import MemoryJournal
from tests.helpers.clock import ManualClock

HOUR, DAY, WEEK = SPANS


class Journal(MemoryJournal):
    broken = False

    async def keep(self, changes, notices=()):
        if self.broken:
            raise JournalError("the disk is full")
        await super().keep(changes, notices)


class House:
    """A history over a journal in memory, and a clock that stands at the beginning of an hour."""

    def __init__(self, journal=None, clock=None):
        self.journal = journal or Journal()
        self.clock = clock or ManualClock()
        self.metrics = Metrics()
        self.history = History(self.metrics, self.journal, self.clock)

    async def open(self):
        await self.journal.open()
        await self.history.start()
        return self

    def work(self, count=1, endpoint="sms", *, seconds=0.1):
        for _ in range(count):
            self.metrics.acknowledged(endpoint, "message", "app", seconds)
            self.metrics.attempt(endpoint, "delivered", seconds)
            self.metrics.ended(endpoint, "delivered", seconds)

    async def minute(self):
        """Let the minute end as the worker does."""
        await self.clock.advance(60 - self.clock.now() % 60)
        await self.history.sample()

    def seen(self, span=HOUR, endpoint=""):
        return [part.counts.received for part in self.history.parts(span, endpoint)]


@pytest.fixture
async def house():
    made = House()
    await made.clock.advance(3600 - made.clock.now() % 3600)
    made.history = History(made.metrics, made.journal, made.clock)
    return await made.open()


async def restarted(house):
    return await House(house.journal, house.clock).open()


async def test_the_minute_that_is_not_over_comes_from_memory(house):
    house.work(3)
    assert house.seen()[-1] == 3
    assert sum(house.seen()) == 3
    assert not await house.journal.kept(SHELF)


async def test_a_minute_that_is_over_is_kept_and_counted_once(house):
    house.work(3)
    await house.minute()
    house.work(2)
    assert house.seen()[-2:] == [3, 2]
    assert len(await house.journal.kept(SHELF)) == 1


async def test_a_minute_in_which_nothing_happened_takes_no_room(house):
    await house.minute()
    await house.minute()
    assert not await house.journal.kept(SHELF)


async def test_what_happened_survives_a_restart(house):
    house.work(3)
    await house.minute()
    house.work(2)
    await house.history.stop()
    again = await restarted(house)
    assert again.seen()[-2:] == [3, 2]
    again.work(4)
    assert again.seen()[-1] == 6
    await again.minute()
    assert (await restarted(again)).seen()[-3:] == [3, 6, 0]


async def test_longer_spans_have_longer_parts(house):
    for _ in range(70):
        house.work(1)
        await house.minute()
    assert sum(house.seen(HOUR)) == 59
    assert house.seen(DAY)[-8:] == [10] * 7 + [0]
    assert house.seen(WEEK)[-2:] == [60, 10]
    assert [len(house.history.parts(span)) for span in SPANS] == [60, 144, 168]


async def test_the_parts_begin_at_round_times_and_end_with_the_present(house):
    for span in SPANS:
        times = [part.at for part in house.history.parts(span)]
        assert all(each % span.step == 0 for each in times)
        assert times[-1] <= house.clock.now() < times[-1] + span.step


async def test_endpoints_are_told_apart(house):
    house.work(3, "sms")
    house.work(1, "voice")
    await house.minute()
    assert sum(house.seen(endpoint="voice")) == 1
    assert sum(house.seen()) == 4


async def test_everything_that_the_charts_show_is_counted(house):
    house.work(2, seconds=0.2)
    house.metrics.attempt("sms", "11217", 0.1)
    house.metrics.ended("sms", "failed", 9000.0)
    house.metrics.reply("sent")
    house.metrics.reply("failed")
    counts = house.history.parts(HOUR)[-1].counts
    assert (counts.received, counts.delivered, counts.failed) == (2, 2, 1)
    assert (counts.attempts, counts.refusals, counts.replies) == (3, 1, 1)
    assert sum(counts.answers) == 2
    assert sum(counts.deliveries) == 2


async def test_what_the_journal_cannot_take_is_written_with_the_next_minute(house):
    house.journal.broken = True
    house.work(3)
    await house.minute()
    house.journal.broken = False
    house.work(1)
    await house.minute()
    assert (await restarted(house)).seen()[-3:] == [3, 1, 0]


async def test_a_journal_that_was_away_for_longer_than_an_hour_loses_no_minute(house):
    house.journal.broken = True
    house.work(5)
    await house.minute()
    for _ in range(90):
        await house.minute()
    house.journal.broken = False
    await house.minute()
    assert sum((await restarted(house)).seen(DAY)) == 5


@pytest.fixture
async def worker(house):
    task = asyncio.create_task(house.history.run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("worker")
async def test_the_worker_samples_when_a_minute_is_over(house):
    house.work(3)
    await house.clock.advance(59)
    assert not await house.journal.kept(SHELF)
    await house.clock.advance(1)
    assert len(await house.journal.kept(SHELF)) == 1
    assert house.seen()[-2:] == [3, 0]


async def test_a_night_in_which_the_machine_slept_counts_for_its_end(house):
    house.work(3)
    await house.clock.advance(8 * 3600)
    await house.history.sample()
    assert house.seen()[-2:] == [3, 0]


async def test_minutes_are_forgotten_after_eight_days(house):
    house.work(3)
    await house.minute()
    await house.clock.advance(KEEP + FORGET_EVERY)
    await house.history.sample()
    assert not await house.journal.kept(SHELF)
    assert sum(house.seen(WEEK)) == 0


async def test_when_something_was_last_delivered_is_known_after_a_restart_too(house):
    assert house.history.last_delivered("sms") is None
    house.work(1)
    assert house.history.last_delivered("sms") == house.clock.now()
    await house.minute()
    at = house.clock.now()
    await house.minute()
    assert house.history.last_delivered("sms") == at
    assert (await restarted(house)).history.last_delivered("sms") == at - 60
    assert house.history.last_delivered("voice") is None


# -- figures


def test_a_part_in_figures():
    answers = (0,) * 7 + (10,) + (0,) * 9
    row = row_of(Part(60.0, Counts(received=4, delivered=3, failed=1, attempts=8, refusals=2, answers=answers)))
    assert (row.received, row.delivered, row.failed, row.share) == (4, 3, 1, 0.25)
    assert all(0.1 < each <= 0.25 for each in row.answers)
    assert row.deliveries == (None, None, None)


def test_nothing_has_no_share_and_no_percentiles():
    row = row_of(Part(0.0, Counts()))
    assert row.share is None
    assert row.answers == (None, None, None)


async def test_the_table_leaves_out_what_is_empty_and_begins_with_the_newest(house):
    house.work(3)
    await house.minute()
    await house.minute()
    house.work(1)
    shown = figures(HOUR, house.history.parts(HOUR))
    assert [row.received for row in shown.rows] == [1, 3]
    assert shown.total.received == 4
    assert "4 were received, 4 delivered and 0 given up" in shown.volume
    data = as_data(shown.rows[0])
    assert data["from"].endswith("Z")
    assert data["answered_p50"] == pytest.approx(0.075)
    assert list(data)[-1] == "delivered_p99"
