"""`kill -9` while news are written: what was acknowledged is told, records agree with their notices, and the numbers go on."""

import random
import subprocess
import sys
import threading

from offhook.records import Kept, Marks, Notice, NoticeType, Source
from offhook.stores.sqlite import SqliteJournal
from offhook.system import SystemClock
from tests.helpers.journals import an_event

KILLS = 8

TELLER = """
import asyncio, sys
from offhook.records import Kept, Notice, NoticeType
from offhook.stores.sqlite import SqliteJournal
from offhook.system import SystemClock
from tests.helpers.journals import an_event

async def main():
    journal = SqliteJournal(sys.argv[1], SystemClock())
    await journal.open()
    count = int(await journal.kept_one("watch", "count") or 0)
    while True:
        count += 1
        notice = Notice(type=NoticeType.ALARM_FIRED, at=float(count), subject=f"AK{count}")
        await journal.keep([Kept(shelf="watch", id="count", data=b"%d" % count)], [notice])
        print(count, flush=True)
        await journal.record([an_event(endpoint="sms", code=count % 50 + 1, at=float(count))])
        if count % 20 == 0:
            # All but the youngest: the numbers must outlive the rows.
            await journal.prune(count - 5.0, 10)

asyncio.run(main())
"""


def killed_at_some_time(path):
    """The last count that a teller acknowledged before it was killed."""
    teller = subprocess.Popen([sys.executable, "-c", TELLER, str(path)], stdout=subprocess.PIPE)
    try:
        first = int(teller.stdout.readline())
        threading.Event().wait(random.uniform(0.0, 0.2))
        teller.kill()
        rest = teller.stdout.read().splitlines(keepends=True)
    finally:
        teller.kill()
        teller.wait()
        teller.stdout.close()
    # The kill may have cut the last line short.
    return max([first, *(int(line) for line in rest if line.endswith(b"\n"))])


async def test_a_kill_loses_no_news_and_gives_no_number_twice(tmp_path):
    path, ends, acknowledged = tmp_path / "journal.db", Marks(), 0
    for _ in range(KILLS):
        acknowledged = killed_at_some_time(path)
        journal = SqliteJournal(path, SystemClock())
        await journal.open()
        count = int(await journal.kept_one("watch", "count"))
        assert acknowledged <= count <= acknowledged + 1
        page = await journal.news(Marks(), 10_000, (Source.NOTICES,))
        fired = [row.item.subject for row in page.news if row.item.type is NoticeType.ALARM_FIRED]
        assert fired == [f"AK{number}" for number in range(count - len(fired) + 1, count + 1)]
        numbers = [row.seq for row in page.news]
        assert numbers == sorted(set(numbers))
        marks = await journal.marks()
        assert numbers[-1] == marks.notices > ends.notices
        assert marks.events >= ends.events
        # The next life begins with the highest rows gone.
        await journal.keep([Kept(shelf="watch", id="count", data=b"%d" % count)], [])
        await journal.record([an_event(at=-1.0)])
        await journal.keep((), [Notice(type=NoticeType.ALARM_RECOVERED, at=-1.0, subject="AK0")])
        await journal.prune(0.0, 10)
        ends = await journal.marks()
        assert (ends.notices, ends.events) == (marks.notices + 1, marks.events + 1)
        await journal.close()
    assert acknowledged > KILLS * 2, "the kills hardly met the news"
