"""The power goes at any write: nothing that was acknowledged may be missing afterwards. The disk is simulated, the journal is the real one."""

import asyncio
import random

import pytest
from msgspec.structs import replace

from offhook.errors import JournalError
from offhook.records import (
    Arrival,
    Attempt,
    Kept,
    Kind,
    Marks,
    Notice,
    NoticeType,
    Outcome,
    Role,
    Settlement,
    Source,
    State,
)
from offhook.stores.rules import underived
from offhook.stores.sqlite import SqliteJournal, ledger
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.journals import an_event
from tests.integration.powercut import Disk

CUTS = 200
ids = TimeSortedIds()


def an_arrival():
    identifier = ids.new("WH")
    return Arrival(
        id=identifier,
        endpoint="sms",
        received_at=1_763_899_200.0,
        peer="192.0.2.7:4711",
        url="https://hooks.example/sms",
        kind=Kind.MESSAGE,
        dedupe_key=bytes.fromhex(identifier[2:]),
        head=b"POST /sms HTTP/1.1\r\nHost: hooks.example\r\n",
        body=b"Body=" + b"x" * 600,
    )


def delivered(arrival):
    attempt = Attempt(
        id=ids.new("AT"),
        webhook_id=arrival.id,
        number=1,
        role=Role.PRIMARY,
        url="http://127.0.0.1:5000/" + "x" * 1_000,
        started_at=arrival.received_at,
        duration_ms=1.0,
        outcome=Outcome(delivered=True),
    )
    return Settlement(webhook=replace(underived(arrival), state=State.DELIVERED, attempts=1), attempts=(attempt,))


class Promises:
    """What the journal has said is safe."""

    def __init__(self):
        self.kept = {}
        self.settled = set()

    async def serve(self, journal):
        """Keep arrivals and settle every other one until the journal fails, as several senders at one time."""
        await asyncio.gather(*(self._sender(journal) for _ in range(6)))

    async def _sender(self, journal):
        for number in range(10_000):
            arrival = an_arrival()
            stored = asyncio.get_running_loop().create_future()
            journal.append(arrival, stored.set_result)
            if isinstance(await stored, Exception):
                return
            self.kept[arrival.id] = arrival
            if number % 2:
                try:
                    await journal.settle(delivered(arrival))
                except JournalError:
                    return
                self.settled.add(arrival.id)

    async def broken(self, journal):
        """How many promises this journal does not keep."""
        unsettled = {arrival.id: arrival for arrival in await journal.unsettled()}
        broken = 0
        for identifier, arrival in self.kept.items():
            story = await journal.story(identifier)
            whole = story is not None and story.webhook.body == arrival.body
            if identifier in self.settled:
                whole = whole and story.webhook.state is State.DELIVERED and len(story.attempts) == 1
            else:
                whole = whole and (identifier in unsettled or story.webhook.state is State.DELIVERED)
            broken += not whole
        return broken

    async def duplicates(self, journal):
        """How many kept arrivals, sent once more, are taken for new ones."""
        receipts = []
        for arrival in self.kept.values():
            stored = asyncio.get_running_loop().create_future()
            journal.append(replace(arrival, id=ids.new("WH")), stored.set_result)
            receipts.append(stored)
        return sum(receipt.duplicate_of is None for receipt in await asyncio.gather(*receipts))


async def run_until_cut(folder, number, *, synchronous="FULL", lying=False):
    """One life of a journal that ends in a power cut, and the next, on what the disk then holds: (promises, broken, taken twice)."""
    disk = Disk(f"disk-{number}", chance=random.Random(number), lying=lying)
    promises = Promises()
    before, after = folder / f"{number}-before", folder / f"{number}-after"
    before.mkdir()
    after.mkdir()
    try:
        journal = SqliteJournal(before / "journal.db", SystemClock(), synchronous=synchronous, vfs=disk.name)
        await journal.open()
        disk.cut_after = random.Random(number).randrange(1, 900)
        await asyncio.wait_for(promises.serve(journal), 20)
        assert disk.is_cut
        assert disk.seen["refused"] > 0, "the fault has to fire"
        assert "restart Offhook" in journal.trouble()
        await journal.close()
        disk.restore(after)
    finally:
        disk.close()
    survivor = SqliteJournal(after / "journal.db", SystemClock(), vfs=None)
    await survivor.open()
    try:
        return len(promises.kept), await promises.broken(survivor), await promises.duplicates(survivor)
    finally:
        await survivor.close()


async def test_no_power_cut_loses_what_was_acknowledged(tmp_path, monkeypatch):
    promised = 0
    for number in range(CUTS):
        # In every other life keys go to their table all the time, in the others not before 65,536 have come.
        monkeypatch.setattr(ledger, "RECENT_KEYS", 20 if number % 2 else 65_536)
        kept, broken, twice = await run_until_cut(tmp_path, number)
        assert (broken, twice) == (0, 0), f"cut {number} lost {broken} of {kept} and took {twice} twice"
        promised += kept
    assert promised > CUTS * 10, "a cut has to have something to lose"


@pytest.mark.parametrize("control", [{"synchronous": "NORMAL"}, {"lying": True}], ids=["synchronous=NORMAL", "a lying fsync"])
async def test_the_same_cuts_show_what_unsafe_storing_loses(tmp_path, control):
    lost = 0
    for number in range(12):
        try:
            lost += (await run_until_cut(tmp_path, number, **control))[1]
        except JournalError:
            # A file too damaged to be opened or read has lost everything.
            lost += 1
    assert lost > 0


class Watcher:
    """Keeps a count on a shelf, and writes a notice with each; a third of the time a debug event too, and prunes now and then."""

    def __init__(self):
        self.kept = 0
        self.heard = []

    async def serve(self, journal):
        journal.listen(self.heard.append)
        for number in range(1, 10_000):
            try:
                notice = Notice(type=NoticeType.ALARM_FIRED, at=float(number), subject=f"AK{number}")
                await journal.keep([Kept(shelf="watch", id="count", data=b"%d" % number)], [notice])
                self.kept = number
                if number % 3 == 0:
                    await journal.record([an_event(at=float(number))])
                if number % 7 == 0:
                    await journal.prune(float(number), 10)
            except JournalError:
                return

    async def check(self, journal, number):
        """The count and its notice are both there or neither; nothing that was heard is missing; numbers go on where they were."""
        count = int(await journal.kept_one("watch", "count") or 0)
        assert self.kept <= count <= self.kept + 1, f"cut {number}"
        marks = await journal.marks()
        assert marks.notices == count
        last = self.heard[-1].marks if self.heard else Marks()
        assert (marks.notices, marks.events) >= (last.notices, last.events)
        page = await journal.news(Marks(), 10_000, (Source.NOTICES,))
        assert [row.item.subject for row in page.news] == [f"AK{each}" for each in range(count - len(page.news) + 1, count + 1)]
        await journal.keep((), [Notice(type=NoticeType.ALARM_RECOVERED, at=0.0, subject="AK0")])
        assert await journal.marks() == replace(marks, notices=count + 1)


async def test_no_power_cut_parts_a_record_from_its_notice_or_gives_a_number_twice(tmp_path):
    kept = 0
    for number in range(60):
        disk = Disk(f"news-{number}", chance=random.Random(number))
        before, after = tmp_path / f"{number}-before", tmp_path / f"{number}-after"
        before.mkdir()
        after.mkdir()
        watcher = Watcher()
        try:
            journal = SqliteJournal(before / "journal.db", SystemClock(), vfs=disk.name)
            await journal.open()
            disk.cut_after = random.Random(number).randrange(1, 400)
            await asyncio.wait_for(watcher.serve(journal), 20)
            assert disk.is_cut
            await journal.close()
            disk.restore(after)
        finally:
            disk.close()
        survivor = SqliteJournal(after / "journal.db", SystemClock())
        await survivor.open()
        await watcher.check(survivor, number)
        await survivor.close()
        kept += watcher.kept
    assert kept > 600, "a cut has to have something to lose"
