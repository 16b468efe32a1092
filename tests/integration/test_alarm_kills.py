"""`kill -9` again and again while errors come in: each firing is there once, at its time, and is told once."""

import asyncio
import random
import sys
import time

from offhook.alarms import shelves
from offhook.alarms.book import AlarmBook
from offhook.alarms.model import OUTBOX, FiringState
from offhook.alarms.past import simulate
from offhook.records import EventFilter, Marks, NoticeType, Source
from offhook.stores.sqlite import SqliteJournal
from offhook.system import TimeSortedIds
from tests.helpers.journals import StillClock, derive
from tests.helpers.processes import Child
from tests.helpers.watched_process import ALARMS, EPOCH, SPEED

LIVES = 10
# Seconds in which nothing runs between two lives, at times: longer than an alarm's window on the fast clock.
DOWN = 1.5
# Seconds of the fast clock after which everything has recovered and has been told.
QUIET = 100.0
# Seconds of the fast clock that a busy machine may keep a commit or a look waiting.
LATE = 20.0


async def test_killed_again_and_again_each_firing_is_there_once_and_told_once(tmp_path):
    file, began = tmp_path / "journal.db", time.time()
    command = [sys.executable, "-m", "tests.helpers.watched_process", str(file), repr(began)]
    for _ in range(LIVES):
        child = Child(command, tmp_path / "log")
        assert child.process.stdout.readline() == b"watching\n", child.log.read_text()
        await asyncio.sleep(random.uniform(0.1, 0.8))
        child.kill()
        await asyncio.sleep(random.choice((0.0, DOWN)))
    last = Child([*command, repr(QUIET)], tmp_path / "log")
    assert last.process.wait(60) == 0, last.log.read_text()
    last.stop()
    await judge(file, EPOCH + (time.time() - began) * SPEED)


async def judge(file, end):
    journal = SqliteJournal(file, StillClock(), derive=derive)
    await journal.open()
    try:
        times = [event.at for event in await journal.events(EventFilter(), 100_000)]
        assert len(times) > 20, "the storms hardly met the process"
        firings = list(reversed(await AlarmBook(journal, StillClock(), TimeSortedIds()).firings(1_000)))
        page = await journal.news(Marks(), 100_000, {Source.NOTICES})
        told = [shelves.decode_notification(data) async for data in shelves.shelf(journal, OUTBOX)]
    finally:
        await journal.close()
    for alarm in ALARMS:
        spans = simulate(alarm, times, end)
        mine = sorted((each for each in firings if each.alarm_sid == alarm.sid), key=lambda each: each.fired_at)
        assert len(mine) == len(spans)
        assert all(firing.state is FiringState.RECOVERED for firing in mine)
        for span, firing in zip(spans, mine, strict=True):
            assert abs(firing.fired_at - span.fired_at) < LATE
            assert abs(firing.recovered_at - span.recovered_at) < LATE
    assert any(firing.alarm_name == "many" for firing in firings)
    expected = sorted((news, firing.id) for firing in firings for news in ("fired", "recovered"))
    assert sorted((each.news.value, each.firing.id) for each in told) == expected
    kinds = {NoticeType.ALARM_FIRED: "fired", NoticeType.ALARM_RECOVERED: "recovered"}
    noticed = [(kinds[row.item.type], row.item.data["firing"]) for row in page.news if row.item.type in kinds]
    assert sorted(noticed) == expected
