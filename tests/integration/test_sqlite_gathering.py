"""What comes within a few rounds of the loop is one transaction, unless the rounds are long: then nobody waits for more."""

import asyncio

from offhook.stores.sqlite import SqliteJournal, writer
from offhook.system import SystemClock
from tests.helpers.messages import an_arrival


async def commits(tmp_path, rounds):
    """How many transactions it takes to write what comes in so many rounds of the loop, one arrival in each."""
    took = []
    journal = SqliteJournal(tmp_path / "journal.db", SystemClock())
    await journal.open()
    try:
        journal.time_commits(took.append)
        stored = []
        for _ in range(rounds):
            stored.append(asyncio.get_running_loop().create_future())
            journal.append(an_arrival(), stored[-1].set_result)
            await asyncio.sleep(0)
        await asyncio.gather(*stored)
        return len(took)
    finally:
        await journal.close()


async def test_short_rounds_are_gathered(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_SECONDS", 60.0)
    assert await commits(tmp_path, 5) == 1


async def test_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_SECONDS", 60.0)
    assert await commits(tmp_path, 3 * writer.MOST_ROUNDS) > 1


async def test_long_rounds_are_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_SECONDS", 0.0)
    assert await commits(tmp_path, 5) > 1
