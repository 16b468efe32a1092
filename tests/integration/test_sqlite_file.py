"""The journal's file: made private, recognised, migrated, locked; and what the operator is told when it cannot be used."""

import os
import sqlite3
import stat
import subprocess
import sys

import apsw
import pytest
from msgspec.structs import replace

from offhook.errors import UnusableJournalError
from offhook.records import Cause, Confidence, EventFilter, IssueFilter, Kept, Marks, Settlement, Source, State
from offhook.stores.rules import underived
from offhook.stores.sqlite import SqliteJournal, database
from offhook.stores.sqlite.codec import encode, webhook_row
from offhook.system import SystemClock
from tests.helpers.journals import NOON, a_notice, an_arrival, an_attempt, an_event

a_cause = Cause(name="tls.expired", title="The certificate has expired.", confidence=Confidence.CERTAIN)

HOLDER = """
import asyncio, sys
from offhook.stores.sqlite import SqliteJournal
from offhook.system import SystemClock

async def main():
    await SqliteJournal(sys.argv[1], SystemClock()).open()
    print("open", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def a_holder(path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"open\n"
    return holder


def a_journal(path):
    return SqliteJournal(path, SystemClock())


async def opens(path):
    journal = a_journal(path)
    await journal.open()
    await journal.close()


async def refusal(path):
    with pytest.raises(UnusableJournalError) as refused:
        await a_journal(path).open()
    return str(refused.value)


async def test_the_file_and_the_directory_made_for_it_are_private(tmp_path):
    path = tmp_path / "var" / "offhook" / "journal.db"
    journal = a_journal(path)
    await journal.open()
    await journal.record([])
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    assert {"journal.db", "journal.db-wal", "journal.db.lock"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await journal.close()


async def test_a_file_that_another_program_has_locked_is_refused_in_words_and_free_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_MS", 50)
    path = tmp_path / "journal.db"
    await opens(path)
    # By the same library: within one process another one's locks would not be seen.
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE").fetchall()
    said = await refusal(path)
    assert f"Another program has locked {path}" in said
    assert "then start Offhook again" in said
    other.close()
    await opens(path)


async def test_opening_again_migrates_nothing_twice(tmp_path):
    path = tmp_path / "journal.db"
    await opens(path)
    await opens(path)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(database.migrations())
        assert db.execute("PRAGMA application_id").fetchone()[0] == database.APPLICATION_ID
        assert db.execute("SELECT count(*) FROM marks").fetchone()[0] == 1
    db.close()


async def test_an_older_schema_is_brought_forward_a_step_at_a_time(tmp_path, monkeypatch):
    path = tmp_path / "journal.db"
    await opens(path)
    first = database.migrations()
    later = ["CREATE TABLE second (x)", "ALTER TABLE second ADD COLUMN y; INSERT INTO second VALUES (1, 2)"]
    monkeypatch.setattr(database, "migrations", lambda: first + later)
    await opens(path)
    await opens(path)
    db = apsw.Connection(str(path))
    assert db.pragma("user_version") == len(first) + 2
    assert db.execute("SELECT x, y FROM second").fetchall() == [(1, 2)]
    db.close()


def a_file_of_schema(path, version):
    db = apsw.Connection(str(path))
    for script in database.migrations()[:version]:
        db.execute(script).fetchall()
    db.pragma("application_id", database.APPLICATION_ID)
    db.pragma("user_version", version)
    return db


async def test_events_from_before_there_were_issues_are_kept_and_belong_to_none(tmp_path):
    path = tmp_path / "journal.db"
    db = a_file_of_schema(path, 1)
    old, new = (an_event(endpoint="sms", causes=(a_cause,)) for _ in range(2))
    values = (old.id, old.at, old.level, old.code, old.endpoint, "", encode(old))
    db.execute("INSERT INTO debug_events (id, at, level, code, endpoint, webhook, data) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    db.close()
    journal = a_journal(path)
    await journal.open()
    assert await journal.events(EventFilter(), 10) == [old]
    assert await journal.issues(IssueFilter(), 10, now=NOON) == []
    await journal.record([new])
    assert await journal.events(EventFilter(cause="tls.expired"), 10) == [new]
    assert [issue.count for issue in await journal.issues(IssueFilter(), 10, now=NOON)] == [1]
    await journal.close()


async def test_a_migration_that_fails_leaves_the_schema_before_it(tmp_path, monkeypatch):
    path = tmp_path / "journal.db"
    await opens(path)
    first = database.migrations()
    monkeypatch.setattr(database, "migrations", lambda: [*first, "CREATE TABLE half (x); CREATE TABLE webhooks (x)"])
    assert "cannot be opened" in await refusal(path)
    monkeypatch.setattr(database, "migrations", lambda: first)
    await opens(path)
    db = apsw.Connection(str(path))
    assert not db.table_exists("main", "half")
    db.close()


async def test_a_file_of_a_newer_offhook_is_refused(tmp_path):
    path = tmp_path / "journal.db"
    await opens(path)
    db = apsw.Connection(str(path))
    db.pragma("user_version", 99)
    db.close()
    assert "newer Offhook (schema 99" in await refusal(path)


async def test_another_programs_database_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "addresses.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE addresses (name)")
    db.close()
    before = path.read_bytes()
    assert "is not a journal of Offhook's" in await refusal(path)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 500)
    before = path.read_bytes()
    assert "is not a journal of Offhook's" in await refusal(path)
    assert path.read_bytes() == before


async def test_a_refused_file_can_be_opened_once_it_is_replaced(tmp_path):
    path = tmp_path / "journal.db"
    path.write_text("Dear Sir or Madam, " * 500)
    journal = a_journal(path)
    with pytest.raises(UnusableJournalError):
        await journal.open()
    path.unlink()
    await journal.open()
    await journal.close()


@pytest.mark.parametrize("place", ["file/journal.db", "directory"])
async def test_a_place_that_cannot_be_written_is_named(tmp_path, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "directory").mkdir()
    assert f"{tmp_path / place} cannot be written" in await refusal(tmp_path / place)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_directory_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert "cannot be written: Permission denied" in await refusal(tmp_path / "journal.db")
    finally:
        tmp_path.chmod(0o700)


async def test_a_file_that_another_program_holds_locked_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_MS", 20)
    path = tmp_path / "journal.db"
    await opens(path)
    other = apsw.Connection(str(path))
    other.pragma("locking_mode", "exclusive")
    other.execute("BEGIN EXCLUSIVE")
    assert "Another program has locked" in await refusal(path)
    other.close()
    await opens(path)


async def test_two_journals_of_one_process_cannot_share_a_file(tmp_path):
    path = tmp_path / "journal.db"
    journal = a_journal(path)
    await journal.open()
    assert f"(process {os.getpid()})" in await refusal(path)
    await journal.close()
    await opens(path)


async def test_a_second_process_is_told_who_has_the_file_and_gets_it_when_that_one_is_killed(tmp_path):
    path = tmp_path / "journal.db"
    holder = a_holder(path)
    try:
        message = await refusal(path)
        assert f"(process {holder.pid})" in message
        assert f"uses {path}:" in message
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    await opens(path)


async def test_a_file_from_before_there_were_news_tells_those_of_its_rows_and_goes_on_counting(tmp_path):
    path = tmp_path / "journal.db"
    arrivals = [an_arrival(at=NOON + number) for number in range(4)]
    attempts = [an_attempt(arrival.id, at=arrival.received_at) for arrival in arrivals[:3]]
    event = an_event(webhook_id=arrivals[1].id, endpoint="sms", at=NOON + 1.5)
    db = a_file_of_schema(path, 4)
    for seq, arrival in enumerate(arrivals, start=1):
        db.execute("INSERT INTO arrivals VALUES (?, ?)", (seq, encode(arrival)))
    for seq, attempt in enumerate(attempts, start=1):
        row = (*webhook_row(seq, replace(underived(arrivals[seq - 1]), state=State.DELIVERED)), 0)
        db.execute(f"INSERT INTO webhooks VALUES ({', '.join('?' * len(row))})", row)
        db.execute("INSERT INTO attempts (webhook, data) VALUES (?, ?)", (seq, encode(attempt)))
    db.execute(
        "INSERT INTO debug_events (id, at, level, code, endpoint, webhook, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (event.id, event.at, event.level, event.code, event.endpoint, event.webhook_id, encode(event)),
    )
    db.execute("DELETE FROM attempts WHERE seq = 3")
    db.close()
    journal = a_journal(path)
    await journal.open()
    page = await journal.news(Marks(), 100, tuple(Source))
    assert [(row.source.value, row.seq) for row in page.news] == [
        ("arrivals", 1),
        ("attempts", 1),
        ("arrivals", 2),
        ("attempts", 2),
        ("events", 1),
        ("arrivals", 3),
        ("arrivals", 4),
    ]
    assert page.news[-2].item.state is State.DELIVERED
    assert page.news[-1].item == underived(arrivals[3])
    assert page.marks == await journal.marks() == Marks(arrivals=4, attempts=2, events=1)
    assert await journal.marks(NOON + 2) == Marks(arrivals=2, attempts=2, events=1)
    assert await journal.oldest_undelivered("sms") == NOON + 3
    await journal.keep([Kept(shelf="alarms", id="AK1", data=b"1")], [a_notice()])
    await journal.record([an_event()])
    settled = replace(underived(arrivals[3]), state=State.FAILED)
    await journal.settle(Settlement(webhook=settled, attempts=(an_attempt(settled.id, at=NOON + 9),)))
    await journal.close()
    journal = a_journal(path)
    await journal.open()
    assert await journal.marks() == Marks(arrivals=4, attempts=3, events=2, notices=2)
    assert await journal.kept_one("alarms", "AK1") == b"1"
    await journal.close()
