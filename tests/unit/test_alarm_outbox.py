"""The outbox: nothing lost, nothing told twice under two names, few messages."""

import asyncio
from itertools import pairwise

import msgspec
import pytest

from offhook.alarms.model import OUTBOX, News
from offhook.alarms.notify.base import Later, Never, Told
from offhook.errors import JournalError
from offhook.records import EventFilter, Kept
from offhook.stores.memory import MemoryJournal
from tests.helpers.alarms import Office, Scripted, notification, storm
from tests.helpers.clock import ManualClock
from tests.helpers.door import logged

PHONE = "+15551230001"
DOWN = Later(reason="nobody is there")


async def test_what_was_told_is_off_the_shelf():
    channel = Scripted()
    async with Office(email=channel) as office:
        await office.put(notification())
        await office.after(4.0)
        assert channel.batches == []
        await office.after(1.0)
        assert [len(batch.notifications) for batch in channel.batches] == [1]
        assert await office.waiting() == await office.untold() == []


async def test_a_storm_of_five_hundred_is_one_mail_one_chat_message_and_five_hundred_webhooks():
    mail, chat, hook = Scripted(), Scripted(), Scripted()
    async with Office(email=mail, apprise=chat, webhook=hook) as office:
        await office.put(*storm(500), *storm(500, "apprise", "env:CHAT"), *storm(500, "webhook", "https://x.org/hook"))
        for _ in range(20):
            await office.after(1.0)
        assert [len(batch.notifications) for batch in mail.batches] == [500]
        assert [len(batch.notifications) for batch in chat.batches] == [500]
        assert len(hook.batches) == 500
        assert len({batch.id for batch in hook.batches}) == 500
        assert await office.waiting() == []


async def test_what_fails_is_tried_again_with_growing_pauses_for_a_day_and_then_kept():
    channel = Scripted(DOWN)
    times = []
    async with Office(email=channel) as office:
        await office.put(notification())
        start = office.clock.now()
        while await office.waiting():
            before = len(channel.batches)
            await office.after(5.0 if office.clock.now() < start + 400 else 300.0)
            times += [office.clock.now() - start] * (len(channel.batches) - before)
        assert times[:7] == [5, 10, 20, 40, 80, 160, 320]
        assert max(later - earlier for earlier, later in pairwise(times)) == pytest.approx(900, abs=300)
        assert 24 * 3600 <= times[-1] < 24 * 3600 + 600
        (given_up,) = await office.untold()
        assert given_up.note == "nobody is there"


async def test_a_pause_is_halved_at_most_by_chance():
    async with Office(email=Scripted(DOWN), chance=lambda: 0.0) as office:
        await office.put(notification())
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.due - office.clock.now() == pytest.approx(2.5)


async def test_what_the_receiver_asks_for_is_honoured():
    channel = Scripted(Later(reason="slow down", retry_after=120.0), Told())
    async with Office(webhook=channel) as office:
        await office.put(*storm(2, "webhook", "https://x.org/hook"))
        await office.after(0.0)
        await office.after(119.0)
        assert len(channel.batches) == 1
        await office.after(1.0)
        assert len(channel.batches) == 3
        assert await office.waiting() == []


async def test_an_address_that_is_down_is_not_asked_for_each_of_five_hundred():
    channel = Scripted(DOWN)
    async with Office(webhook=channel) as office:
        await office.put(*storm(500, "webhook", "https://x.org/hook"))
        for _ in range(600):
            await office.after(1.0)
        assert len(channel.batches) < 20


async def test_after_an_outage_of_ten_minutes_all_that_gathered_is_one_mail():
    channel = Scripted(*[DOWN] * 7, Told())
    async with Office(email=channel) as office:
        for _ in range(60):
            await office.put(notification())
            await office.after(10.0)
        while await office.waiting():
            await office.after(10.0)
        told = channel.batches[7:]
        assert sum(len(batch.notifications) for batch in told) == 60
        assert len(channel.batches[7].notifications) > 20


async def test_a_refusal_ends_it_and_is_kept_for_the_page_but_makes_no_debug_event():
    async with Office(email=Scripted(Never(reason="550 no such mailbox"))) as office:
        with logged() as lines:
            await office.put(notification())
            await office.after(5.0)
            (line,) = lines("alarm.not_told")
        assert (line["to"], line["why"], line["level"]) == ("a•••@example.com", "550 no such mailbox", "error")
        (kept,) = await office.untold()
        assert kept.note == "550 no such mailbox"
        assert await office.waiting() == []
        assert await office.journal.events(EventFilter(), 10) == []


async def test_what_ends_while_the_shelf_is_read_is_not_told_again():
    class Slow(MemoryJournal):
        async def kept(self, *asked):
            found = await super().kept(*asked)
            answer.set()
            await ManualClock.settle()
            return found

    class Answering(Scripted):
        async def tell(self, batch):
            await answer.wait()
            return await super().tell(batch)

    answer, channel = asyncio.Event(), Answering()
    async with Office(Slow(), email=channel) as office:
        await office.put(*storm(2))
        await office.clock.advance(5.0)
        await office.outbox.begin(office.clock.now())
        answer.clear()
        await ManualClock.settle()
        await office.outbox.begin(office.clock.now())
        await office.outbox.idle()
        assert len(channel.batches) == 1
        assert await office.waiting() == []


async def test_one_receiver_that_hangs_holds_up_nobody_else():
    class Hanging:
        async def tell(self, batch):
            await asyncio.Event().wait()

    mail = Scripted()
    async with Office(email=mail, webhook=Hanging()) as office:
        await office.put(notification("webhook", "https://x.org/hook"), notification())
        await office.clock.advance(5.0)
        await office.outbox.begin(office.clock.now())
        await office.clock.settle()
        assert len(mail.batches) == 1
        assert [each.channel for each in await office.waiting()] == ["webhook"]


async def test_after_a_kill_the_same_message_goes_again_and_new_ones_do_not_join_it():
    class Dying:
        async def tell(self, batch):
            self.batch = batch
            await asyncio.Event().wait()

    dying, channel = Dying(), Scripted()
    async with Office(email=dying) as office:
        await office.put(*storm(3))
        await office.clock.advance(5.0)
        await office.outbox.begin(office.clock.now())
        await office.clock.settle()
        await office.outbox.stop(0.0)
        next_process = office.again(email=channel)
        await next_process.put(notification())
        await next_process.after(5.0)
        again, new = channel.batches
        assert (again.id, again.repeated) == (dying.batch.id, True)
        assert again.notifications == dying.batch.notifications
        assert (len(new.notifications), new.repeated) == (1, False)
        assert new.id != again.id
        assert await office.waiting() == []


async def test_a_message_that_may_have_got_there_keeps_its_id_until_it_has_and_nothing_joins_it():
    channel = Scripted(Later(reason="lost", perhaps=True), DOWN, Told())
    async with Office(email=channel) as office:
        await office.put(notification())
        await office.after(5.0)
        await office.after(5.0)
        await office.put(notification(due=office.clock.now()))
        await office.after(60.0)
        first, second, third, other = channel.batches
        assert first.id == second.id == third.id != other.id
        assert first.notifications[0].id == third.notifications[0].id
        assert [len(batch.notifications) for batch in channel.batches] == [1, 1, 1, 1]


async def test_a_message_that_has_not_got_there_makes_room_for_others():
    channel = Scripted(DOWN, Told())
    async with Office(email=channel) as office:
        await office.put(notification())
        await office.after(5.0)
        await office.put(notification(due=office.clock.now()))
        await office.after(5.0)
        first, second = channel.batches
        assert first.id != second.id
        assert (len(second.notifications), second.repeated) == (2, False)


async def test_a_phone_is_written_to_once_in_five_minutes_also_across_a_restart():
    channel = Scripted()
    async with Office(sms=channel) as office:
        await office.put(notification("sms", PHONE))
        await office.after(5.0)
        await office.put(*storm(40, "sms", PHONE))
        next_process = office.again()
        for _ in range(299):
            await next_process.after(1.0)
        assert len(channel.batches) == 1
        await next_process.after(1.0)
        assert [len(batch.notifications) for batch in channel.batches] == [1, 40]


async def test_while_the_journal_cannot_be_written_nothing_is_told_twice():
    class Stuck(MemoryJournal):
        stuck = False

        async def keep(self, changes, notices=()):
            if self.stuck:
                raise JournalError("the disk is full")
            await super().keep(changes, notices)

    journal = Stuck()

    class Filling(Scripted):
        async def tell(self, batch):
            journal.stuck = True
            return await super().tell(batch)

    channel = Filling()
    async with Office(journal, webhook=channel) as office:
        await office.put(notification("webhook", "https://x.org/hook"))
        for _ in range(10):
            await office.after(60.0)
        assert len(channel.batches) == 1
        journal.stuck = False
        await office.after(1.0)
        assert await office.waiting() == []
        assert len(channel.batches) == 1


async def test_a_mail_that_cannot_be_written_down_as_begun_is_not_sent():
    class Full(MemoryJournal):
        async def keep(self, changes, notices=()):
            if any(change.data and msgspec.msgpack.decode(change.data)["message"] for change in changes):
                raise JournalError("the disk is full")
            await super().keep(changes, notices)

    channel = Scripted()
    async with Office(Full(), email=channel) as office:
        await office.put(notification())
        await office.after(10.0)
        assert channel.batches == []
        assert len(await office.waiting()) == 1


async def test_a_channel_that_breaks_is_tried_again_with_growing_pauses():
    class Broken(Scripted):
        async def tell(self, batch):
            self.batches.append(batch)
            raise RuntimeError("a fault of ours")

    channel = Broken()
    async with Office(email=channel) as office:
        with logged() as lines:
            await office.put(notification())
            for _ in range(30):
                await office.after(1.0)
            assert len(channel.batches) == len(lines("alarm.broken")) == 3
        (left,) = await office.waiting()
        assert (left.attempts, left.note) == (3, "Telling it failed by a fault of Offhook's (RuntimeError).")


async def test_the_worker_wakes_up_at_once_and_stops_in_time():
    channel = Scripted()
    async with Office(webhook=channel) as office:
        working = asyncio.create_task(office.outbox.run())
        await office.clock.settle()
        await office.put(notification("webhook", "https://x.org/hook"))
        office.outbox.wake()
        await office.clock.settle()
        await office.outbox.idle()
        assert len(channel.batches) == 1
        await office.outbox.stop(1.0)
        await working


async def test_only_so_many_that_could_not_be_told_are_kept():
    async with Office(webhook=Scripted(Never(reason="gone"))) as office:
        many = storm(520, "webhook", "https://x.org/hook")
        await office.put(*many)
        await office.after(0.0)
        assert [each.id for each in await office.untold()] == [each.id for each in many[-500:]]


async def test_a_record_of_another_version_stops_nothing():
    channel = Scripted()
    async with Office(email=channel) as office:
        good = notification()
        await office.put(good)
        strange = msgspec.structs.replace(good, id="NT0", channel="pigeon", address="loft")
        await office.put(strange)
        await office.after(5.0)
        assert len(channel.batches) == 1
        assert [each.note for each in await office.untold()] == ["There is no channel pigeon."]


async def test_a_test_goes_at_once():
    channel = Scripted()
    async with Office(email=channel) as office:
        await office.put(notification(news=News.TEST))
        await office.after(0.0)
        assert len(channel.batches) == 1


async def test_a_record_that_cannot_be_read_stops_nothing():
    channel = Scripted()
    async with Office(email=channel) as office:
        await office.journal.keep([Kept(shelf=OUTBOX, id="AN0", data=b"\xc1")])
        await office.put(notification())
        with logged() as lines:
            await office.after(5.0)
            await office.after(5.0)
            assert [line["notification"] for line in lines("alarm.unreadable")] == ["AN0"]
        assert len(channel.batches) == 1


async def test_a_mail_server_that_hangs_with_many_mails_holds_up_no_webhook():
    class Hangs:
        async def tell(self, _batch):
            await asyncio.Event().wait()

    hook = Scripted()
    async with Office(email=Hangs(), webhook=hook) as office:
        await office.put(*(notification("email", f"a{number}@example.com") for number in range(20)))
        await office.clock.advance(5.0)
        await office.outbox.begin(office.clock.now())
        await office.put(notification("webhook", "https://x.org/hook", due=office.clock.now()))
        await office.outbox.begin(office.clock.now())
        async with asyncio.timeout(5.0):
            while not hook.batches:  # noqa: ASYNC110 - what is waited for happens in another task
                await asyncio.sleep(0)
