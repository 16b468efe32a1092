"""When the disk is full, fails, or somebody holds the file: no false acknowledgement, a plain sentence, and on again where that is safe."""

import asyncio
import gc
import json
import random
import time
import weakref

import apsw
import pytest
from msgspec.structs import replace

from offhook import logs
from offhook.errors import JournalError
from offhook.records import Arrival, Kept, Kind, Marks, Settlement, State, WebhookFilter
from offhook.stores.rules import underived
from offhook.stores.sqlite import SqliteJournal, database, ledger, news, opening, reads, writer
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.door import until
from tests.helpers.journals import a_notice, an_event
from tests.integration.powercut import Disk

ids = TimeSortedIds()


def an_arrival(key=b"", body=b"Body=hi"):
    identifier = ids.new("WH")
    return Arrival(
        id=identifier,
        endpoint="sms",
        received_at=time.time(),
        peer="192.0.2.7:4711",
        url="https://hooks.example/sms",
        kind=Kind.MESSAGE,
        dedupe_key=key or bytes.fromhex(identifier[2:]),
        head=b"POST /sms HTTP/1.1\r\n",
        body=body,
    )


def settled(arrival, state=State.DELIVERED):
    return Settlement(webhook=replace(underived(arrival), state=state))


def append(journal, arrival):
    stored = asyncio.get_running_loop().create_future()
    journal.append(arrival, stored.set_result)
    return stored


@pytest.fixture
def disk():
    disk = Disk(f"disk-{random.random()}")
    yield disk
    disk.close()


@pytest.fixture
async def journal(tmp_path, disk, monkeypatch):
    monkeypatch.setattr(database, "BUSY_MS", 20)
    journal = SqliteJournal(tmp_path / "journal.db", SystemClock(), vfs=disk.name)
    await journal.open()
    yield journal
    await journal.close()


async def test_a_full_disk_fails_what_waits_says_so_and_storing_goes_on_once_there_is_room(journal, disk):
    kept = an_arrival()
    assert (await append(journal, kept)).duplicate_of is None
    disk.full_above = 0
    refused = an_arrival(b"k" * 16)
    first, twin = append(journal, refused), append(journal, an_arrival(b"k" * 16))
    for outcome in (await first, await twin):
        assert isinstance(outcome, JournalError)
        assert "is full. Free some space" in str(outcome)
    with pytest.raises(JournalError):
        await journal.settle(settled(kept))
    assert "is full" in journal.trouble()
    assert disk.seen["full"] > 0
    assert (await journal.webhook(kept.id)).id == kept.id
    assert await journal.webhook(refused.id) is None
    disk.full_above = None
    assert (await append(journal, an_arrival(b"k" * 16))).duplicate_of is None
    await journal.settle(settled(kept))
    assert journal.trouble() == ""
    assert await journal.counts() == {"sms": {State.DELIVERED: 1, State.WAITING: 1}}


@pytest.mark.parametrize("what", ["sync", "write"])
async def test_after_a_failed_write_or_fsync_nothing_is_acknowledged_any_more(journal, disk, what, tmp_path):
    kept = an_arrival()
    await append(journal, kept)
    disk.failing = {what}
    assert isinstance(await append(journal, an_arrival()), JournalError)
    assert disk.seen["failed"] > 0
    disk.failing = set()
    again = await append(journal, an_arrival())
    assert isinstance(again, JournalError)
    assert "restart Offhook" in str(again)
    assert "restart Offhook" in journal.trouble()
    with pytest.raises(JournalError):
        await journal.settle(settled(kept))
    await journal.close()
    disk.restore(tmp_path)
    reopened = SqliteJournal(tmp_path / "journal.db", SystemClock())
    await reopened.open()
    assert [arrival.id for arrival in await reopened.unsettled()][:1] == [kept.id]
    await reopened.close()


async def test_a_file_locked_by_another_program_is_waited_for_then_refused_then_used_again(journal, tmp_path):
    other = apsw.Connection(str(tmp_path / "journal.db"))
    other.execute("BEGIN IMMEDIATE")
    outcome = await append(journal, an_arrival())
    assert isinstance(outcome, JournalError)
    assert "Another program has locked" in journal.trouble()
    other.execute("ROLLBACK")
    other.close()
    assert (await append(journal, an_arrival())).duplicate_of is None
    assert journal.trouble() == ""


async def test_a_settlement_that_is_refused_is_let_go_again(journal):
    class Told:
        async def hear(self):
            told = asyncio.get_running_loop().create_future()
            journal.put(
                Settlement(webhook=replace(underived(an_arrival()), note="\ud800")), lambda error: self and told.set_result(error)
            )
            assert isinstance(await told, JournalError)

    alive = weakref.WeakSet()
    for _ in range(20):
        told = Told()
        alive.add(told)
        await told.hear()
    del told
    await append(journal, an_arrival())
    gc.collect()
    assert len(alive) <= 1  # the last error may still be the thread's


async def test_what_cannot_be_written_fails_alone(journal):
    good, bad, unheard = an_arrival(), an_arrival(), an_arrival()
    assert {(await append(journal, arrival)).duplicate_of for arrival in (good, bad)} == {None}
    unwritable = Settlement(webhook=replace(underived(bad), state=State.DELIVERED, note="\ud800"))
    results = await asyncio.gather(
        journal.settle(settled(good)), journal.settle(unwritable), journal.settle(settled(unheard)), return_exceptions=True
    )
    assert [isinstance(result, JournalError) for result in results] == [False, True, False]
    outcomes = await asyncio.gather(append(journal, an_arrival()), append(journal, replace(an_arrival(), url="\ud800")))
    assert [isinstance(outcome, JournalError) for outcome in outcomes] == [False, True]
    together = asyncio.get_running_loop().create_future()
    journal.append_all([an_arrival(), replace(an_arrival(), url="\ud800"), an_arrival()], together.set_result)
    assert [isinstance(outcome, JournalError) for outcome in await together] == [False, True, False]
    assert (await journal.webhook(bad.id)).state is State.WAITING
    assert journal.trouble() == ""


async def test_a_writer_that_dies_fails_everybody_who_waits_and_everybody_who_comes(journal, monkeypatch):
    def die(*_):
        raise SystemExit("as a bug would")

    monkeypatch.setattr(writer, "write", die)
    kept = [append(journal, an_arrival()) for _ in range(5)]
    settling = asyncio.ensure_future(journal.settle(settled(an_arrival())))
    for outcome in await asyncio.wait_for(asyncio.gather(*kept), 10):
        assert isinstance(outcome, JournalError)
    with pytest.raises(JournalError, match="writer has stopped"):
        await asyncio.wait_for(settling, 10)
    assert isinstance(await asyncio.wait_for(append(journal, an_arrival()), 10), JournalError)
    with pytest.raises(JournalError):
        await asyncio.wait_for(journal.hasten("sms", 0.0), 10)
    assert "Restart Offhook" in journal.trouble()


async def test_what_was_asked_before_the_close_is_finished(tmp_path, journal):
    arrivals = [an_arrival() for _ in range(3_000)]
    stored = [append(journal, arrival) for arrival in arrivals]
    await journal.close()
    assert all(outcome.duplicate_of is None for outcome in await asyncio.gather(*stored))


async def test_a_cancelled_settle_harms_nobody_and_is_written_all_the_same(journal):
    arrival, other = an_arrival(), an_arrival()
    await append(journal, arrival)
    await append(journal, other)
    task = asyncio.ensure_future(journal.settle(settled(arrival, State.WAITING)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(journal.settle(settled(other)), journal.settle(settled(arrival, State.FAILED)))
    assert (await journal.webhook(arrival.id)).state is State.FAILED


async def test_keys_leave_memory_for_their_table_and_are_still_known(tmp_path, monkeypatch, journal):
    monkeypatch.setattr(ledger, "RECENT_KEYS", 100)
    arrivals = [an_arrival(random.randbytes(16)) for _ in range(1_500)]
    for start in range(0, len(arrivals), 50):
        part = arrivals[start : start + 50]
        assert {one.duplicate_of for one in await asyncio.gather(*(append(journal, arrival) for arrival in part))} == {None}
        await asyncio.gather(*(journal.settle(settled(arrival)) for arrival in part))
    assert len(journal._ledger.recent) < 500
    assert journal._ledger.fresh == {}
    for _ in range(2):
        receipts = await asyncio.gather(*(append(journal, replace(one, id=ids.new("WH"))) for one in arrivals))
        assert [receipt.duplicate_of for receipt in receipts] == [arrival.id for arrival in arrivals]
        await journal.close()
        await journal.open()


async def test_a_journal_that_is_opened_often_does_not_keep_ever_more_keys_in_memory(monkeypatch, journal):
    monkeypatch.setattr(ledger, "RECENT_KEYS", 400)
    monkeypatch.setattr(opening, "KEYS_IN_PAGE", 100)
    kept, known = [], []
    for _ in range(8):
        arrivals = [an_arrival(random.randbytes(16)) for _ in range(300)]
        await asyncio.gather(*(append(journal, arrival) for arrival in arrivals))
        await asyncio.gather(*(journal.settle(settled(arrival)) for arrival in arrivals))
        kept += arrivals
        await journal.close()
        await journal.open()
        known.append(len(journal._ledger.recent))
    assert max(known) < 100
    receipts = await asyncio.gather(*(append(journal, replace(one, id=ids.new("WH"))) for one in kept))
    assert [receipt.duplicate_of for receipt in receipts] == [arrival.id for arrival in kept]


async def test_keys_of_one_first_byte_leave_memory_too(monkeypatch, journal):
    monkeypatch.setattr(ledger, "RECENT_KEYS", 100)
    arrivals = [an_arrival(b"same" + random.randbytes(12)) for _ in range(2_500)]
    await asyncio.gather(*(append(journal, arrival) for arrival in arrivals))
    while len(journal._ledger.recent) > 100:
        await append(journal, an_arrival(b"same" + random.randbytes(12)))
    receipts = await asyncio.gather(*(append(journal, replace(one, id=ids.new("WH"))) for one in arrivals))
    assert [receipt.duplicate_of for receipt in receipts] == [arrival.id for arrival in arrivals]


async def test_pruned_keys_are_free_again_wherever_they_were(monkeypatch, journal):
    monkeypatch.setattr(ledger, "RECENT_KEYS", 50)
    arrivals = [an_arrival(random.randbytes(16)) for _ in range(600)]
    await asyncio.gather(*(append(journal, arrival) for arrival in arrivals))
    await asyncio.gather(*(journal.settle(settled(arrival)) for arrival in arrivals))
    assert await journal.prune(time.time() + 1, 10_000) == 600
    again = [replace(arrival, id=ids.new("WH")) for arrival in arrivals]
    assert {one.duplicate_of for one in await asyncio.gather(*(append(journal, arrival) for arrival in again))} == {None}
    receipts = await asyncio.gather(*(append(journal, replace(one, id=ids.new("WH"))) for one in again))
    assert [receipt.duplicate_of for receipt in receipts] == [arrival.id for arrival in again]


async def test_keys_that_could_not_be_moved_are_kept_and_moved_later(monkeypatch, journal, disk):
    arrivals = [an_arrival(random.randbytes(16)) for _ in range(300)]
    await asyncio.gather(*(append(journal, arrival) for arrival in arrivals))
    monkeypatch.setattr(ledger, "RECENT_KEYS", 50)
    await append(journal, an_arrival())
    disk.full_above = 0
    assert isinstance(await append(journal, an_arrival()), JournalError)
    disk.full_above = None
    while len(journal._ledger.recent) > 50:
        await append(journal, an_arrival(random.randbytes(16)))
    await journal.close()
    await journal.open()
    receipts = await asyncio.gather(*(append(journal, replace(one, id=ids.new("WH"))) for one in arrivals))
    assert [receipt.duplicate_of for receipt in receipts] == [arrival.id for arrival in arrivals]


async def test_the_log_is_copied_into_the_file_and_does_not_grow_for_ever(journal, tmp_path):
    for _ in range(60):
        await asyncio.gather(*(append(journal, an_arrival(body=b"x" * 2_000)) for _ in range(60)))
    assert (tmp_path / "journal.db-wal").stat().st_size < 6_000_000
    # The thread copies after it has told of the commit.
    await until(lambda: (tmp_path / "journal.db").stat().st_size > 5_000_000)


async def test_a_question_that_takes_too_long_is_broken_off_in_words(journal, monkeypatch):
    monkeypatch.setattr(reads, "SECONDS", -1.0)
    monkeypatch.setattr(reads, "STEPS_BETWEEN_LOOKS", 10)
    arrival = an_arrival()
    await append(journal, arrival)
    await journal.settle(settled(arrival))
    with pytest.raises(JournalError, match="longer than 5 s: narrow it"):
        await journal.webhooks(WebhookFilter(query="nothing"), 10)


async def test_a_log_that_a_reader_lets_grow_is_an_alarm_and_one_only(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(writer, "LONG_WAL_PAGES", 20)
    logs.configure("warning")
    journal = SqliteJournal(tmp_path / "journal.db", SystemClock())
    await journal.open()
    try:
        reader = apsw.Connection(str(tmp_path / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
        reader.execute("BEGIN").fetchall()
        reader.execute("SELECT count(*) FROM arrivals").fetchall()
        for _ in range(30):
            await append(journal, an_arrival(body=b"x" * 8_000))
        reader.close()
    finally:
        await journal.close()
    said = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in said] == ["journal.log_is_long"]
    assert said[0]["path"].endswith("journal.db-wal")


async def test_each_commit_is_timed_and_a_slow_one_is_an_alarm_and_one_only(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(writer, "SLOW_SECONDS", 0.0)
    logs.configure("warning")
    took = []
    journal = SqliteJournal(tmp_path / "journal.db", SystemClock())
    journal.time_commits(took.append)
    await journal.open()
    try:
        for _ in range(3):
            await append(journal, an_arrival())
    finally:
        await journal.close()
    assert len(took) >= 3
    assert all(0 < seconds < 30 for seconds in took)
    said = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in said] == ["journal.slow_commit"]
    assert said[0]["seconds"] >= 0
    assert "disk" in said[0]["hint"]


async def test_what_could_not_be_written_is_not_heard_and_its_numbers_are_given_to_what_could(journal, disk):
    heard = []
    journal.listen(heard.append)
    await journal.keep((), [a_notice(subject="AK1")])
    disk.full_above = 0
    with pytest.raises(JournalError):
        await journal.keep([Kept(shelf="alarms", id="AK2", data=b"2")], [a_notice(subject="AK2")])
    with pytest.raises(JournalError):
        await journal.record([an_event()])
    assert len(heard) == 1
    disk.full_above = None
    assert await journal.kept_one("alarms", "AK2") is None
    assert await journal.marks() == Marks(notices=1)
    await journal.keep((), [a_notice(subject="AK3")])
    assert [(notice.subject, notice.seq) for one in heard for notice in one.notices] == [("AK1", 1), ("AK3", 2)]
    assert [one.marks.notices for one in heard] == [1, 2]


async def test_a_notice_that_cannot_be_written_fails_alone_with_what_was_to_be_kept_with_it(journal):
    heard = []
    journal.listen(heard.append)
    results = await asyncio.gather(
        journal.keep([Kept(shelf="alarms", id="a", data=b"1")], [a_notice(subject="AK1")]),
        journal.keep([Kept(shelf="alarms", id="b", data=b"1")], [a_notice(subject="AK2", data={"what": object()})]),
        journal.keep([Kept(shelf="alarms", id="c", data=b"1")], [a_notice(subject="AK3")]),
        return_exceptions=True,
    )
    assert [isinstance(result, JournalError) for result in results] == [False, True, False]
    assert [record.id for record in await journal.kept("alarms")] == ["a", "c"]
    assert [(notice.subject, notice.seq) for one in heard for notice in one.notices] == [("AK1", 1), ("AK3", 2)]


async def test_one_who_listens_and_raises_does_not_take_the_news_away_from_the_others(journal):
    complaints, heard = [], []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    journal.listen(lambda _heard: 1 / 0)
    journal.listen(heard.append)
    await journal.record([an_event()])
    assert (len(complaints), len(heard)) == (1, 1)


async def test_a_place_by_a_time_in_a_long_log_may_be_early_and_is_never_late(journal, monkeypatch):
    monkeypatch.setattr(news, "MOST_LOOKED_THROUGH", 20)
    monkeypatch.setattr(news, "PAGE", 10)
    chance, at, times = random.Random(3), 1e9, []
    for _ in range(60):
        group = []
        for _ in range(20):
            at += chance.choice([1, 2, 3])
            times.append(at + chance.random() * 20)
            group.append(replace(an_arrival(), received_at=times[-1]))
        await asyncio.gather(*(append(journal, arrival) for arrival in group))
        at += chance.choice([0, 0, 0, 0, -900, 2_000])
    late, early = 0, []
    for asked in chance.sample(times, 100):
        first = next(place for place, when in enumerate(times) if when >= asked)
        found = (await journal.marks(asked)).arrivals
        late += found > first
        early.append(first - found)
    assert late == 0
    assert max(early) < len(times)


@pytest.mark.parametrize("restarts", [False, True])
async def test_that_the_clock_has_stepped_back_is_known_after_a_restart_and_seen_across_one(journal, monkeypatch, restarts):
    monkeypatch.setattr(news, "MOST_LOOKED_THROUGH", 20)
    monkeypatch.setattr(news, "PAGE", 10)
    times = [1e9 + 60 * minute for minute in range(40)]
    for at in times:
        await append(journal, replace(an_arrival(), received_at=at))
    if restarts:
        await journal.close()
        await journal.open()
    for at in times * 5:
        last = replace(an_arrival(), received_at=at - 86_400)
        await append(journal, last)
    await journal.settle(settled(last))
    await journal.close()
    await journal.open()
    assert (await journal.marks(times[30])).arrivals <= 30
