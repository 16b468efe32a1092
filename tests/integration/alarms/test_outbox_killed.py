"""kill -9 while alarms are being told, by a real process on a real file: nothing is missing, and what comes twice is known again."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import msgspec

from offhook.alarms.model import OUTBOX
from offhook.records import Kept
from offhook.stores.sqlite.journal import SqliteJournal
from offhook.system import SystemClock
from tests.helpers.alarms import ACCOUNT, storm
from tests.helpers.door import until
from tests.helpers.processes import Child
from tests.helpers.receivers import Receiver
from tests.helpers.smtp import MailHost

SCRIPT = Path(__file__).with_name("outbox_process.py")


async def keep(path, *notifications):
    journal = SqliteJournal(path, SystemClock())
    await journal.open()
    await journal.keep([Kept(shelf=OUTBOX, id=each.id, data=msgspec.msgpack.encode(each)) for each in notifications])
    await journal.close()


async def left(path):
    journal = SqliteJournal(path, SystemClock())
    await journal.open()
    found = await journal.kept(OUTBOX)
    await journal.close()
    return found


def process(tmp_path, host):
    env = {"TWILIO_AUTH_TOKEN": "a-token", "TWILIO_ACCOUNT_SID": ACCOUNT}
    return Child([sys.executable, str(SCRIPT), str(tmp_path / "offhook.db"), str(host.port)], tmp_path / "outbox.log", env)


async def test_three_kills_lose_nothing_and_repeat_no_more_than_what_was_under_way(tmp_path):
    now = SystemClock().now()
    async with MailHost() as host, Receiver() as receiver:
        host.faults = ["stall", "stall", "stall"]
        await keep(
            tmp_path / "offhook.db",
            *storm(300, "webhook", receiver.url, due=now),
            *storm(300, due=now),
        )
        for kill in range(1, 4):
            child = process(tmp_path, host)
            try:
                await until(lambda: len(host.mails) >= kill and len(receiver.posts) >= kill * 50, 20.0)  # noqa: B023 - at once
            finally:
                child.kill()
        child = process(tmp_path, host)
        try:
            await until(
                lambda: len(host.mails) >= 4 and len({post.form["IdempotencyToken"] for post in receiver.posts}) == 300, 20.0
            )
            await asyncio.sleep(0.3)  # what came last is being written down
        finally:
            child.kill()
        posts = Counter(post.form["IdempotencyToken"] for post in receiver.posts)
        assert len(posts) == 300
        assert posts.total() - 300 <= 4
        assert [mail["Subject"].split(":")[0] for mail in host.mails] == ["300 alarms fired"] * 4
        assert len({mail["Message-ID"] for mail in host.mails}) == 1
        assert await left(tmp_path / "offhook.db") == []
