"""Streams at work: at least once, in order, with a sink that fails in every way."""

import asyncio
from collections import Counter

import pytest

from offhook.errors import JournalError
from offhook.records import EventFilter, Source
from offhook.stores.memory import MemoryJournal
from offhook.streams import worker
from offhook.streams.model import SINKS, SUBSCRIPTIONS, Subscribed
from offhook.streams.shelves import away, parked_shelf
from tests.helpers.journals import Desk, a_message
from tests.helpers.streams import AWAY, REFUSED, Bench, an_event_of


@pytest.fixture
async def bench(request):
    journal = MemoryJournal()
    await journal.open()
    bench = Bench(journal, **getattr(request, "param", {}))
    await bench.streams.start()
    running = asyncio.create_task(bench.streams.run())
    yield bench
    await bench.streams.stop(1.0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_happens_after_a_subscription_goes_to_its_sink_in_order_with_numbers(bench):
    await bench.happen(3)
    sink, _ = await bench.subscribe()
    ids = await bench.happen(25)
    await bench.clock.advance(1.0)
    assert sink.ids == ids
    assert [event.sequence for event in sink.got] == list(range(1, 26))


async def test_a_sink_that_is_away_gets_everything_when_it_is_back_and_nothing_twice(bench):
    sink, sid = await bench.subscribe()
    sink.away = AWAY
    ids = await bench.happen(30)
    await bench.clock.advance(60.0)
    assert sink.got == []
    assert bench.streams.status(sid).last_fault == AWAY
    assert bench.streams.status(sid).lag == 30 + len(await sink_errors(bench))
    sink.away = None
    await bench.clock.advance(300.0)
    assert sink.ids == ids
    assert bench.streams.status(sid).failing_since is None


class Errors:
    """The ids of all debug events, as a set would tell them."""

    def __and__(self, ids):
        return {each for each in ids if each.startswith("NO")}


async def sink_errors(bench, code=91307):
    return await bench.journal.events(EventFilter(code=code), 100)


async def test_failures_of_a_sink_are_told_in_groups_and_never_to_that_sink(bench):
    sink, sid = await bench.subscribe()
    other, _ = await bench.subscribe("other")
    sink.away = AWAY
    ids = await bench.happen(1)
    await bench.clock.advance(3_600.0)
    told = [event for event in await sink_errors(bench) if event.resource_sid == sid]
    assert len(told) == 4  # the first, the tenth, and every twenty minutes
    assert Counter(bench.counted)[sid, "91307", 1] > 15
    assert set(other.ids) == {*ids, *(event.id for event in told)}
    sink.away = None
    await bench.clock.advance(300.0)
    assert sink.ids == ids


async def test_two_sinks_that_refuse_errors_and_take_all_else_do_not_tell_of_each_other_for_ever(bench):
    first, _ = await bench.subscribe("first")
    second, _ = await bench.subscribe("second")
    first.refuses = second.refuses = Errors()
    await bench.happen(1, code=11200)
    desk = Desk(lambda: bench.journal)
    for _ in range(200):
        await desk.keep(a_message())
        await bench.clock.advance(0.05)
    # Each of them the first, and maybe the tenth.
    assert 2 <= len(await sink_errors(bench, REFUSED.code)) <= 4


async def test_what_a_sink_refuses_for_good_is_put_aside_and_the_rest_goes_on(bench):
    sink, sid = await bench.subscribe()
    await bench.clock.advance(1.0)
    ids = await bench.happen(10)
    sink.refuses = {ids[3]}
    await bench.clock.advance(5.0)
    assert sink.ids == ids[:3] + ids[4:]
    assert bench.streams.status(sid).parked == 1


async def test_what_was_put_aside_can_be_handed_over_later(bench):
    sink, sid = await bench.subscribe()
    ids = await bench.happen(10)
    sink.refuses = {ids[3], ids[4], ids[8]}
    await bench.clock.advance(5.0)
    assert bench.streams.status(sid).parked == 3
    assert len(await bench.journal.kept(parked_shelf(sid))) == 2  # two that follow each other are one entry
    sink.refuses = set()
    replay = await bench.streams.replay(sid, None, None, parked=True)
    await bench.clock.advance(5.0)
    assert sink.ids[-3:] == [ids[3], ids[4], ids[8]]
    assert bench.streams.status(sid).parked == 0
    assert replay.state == "waiting"


async def test_what_is_refused_once_more_stays_aside(bench):
    sink, sid = await bench.subscribe()
    ids = await bench.happen(3)
    sink.refuses = {ids[1]}
    await bench.clock.advance(5.0)
    await bench.streams.replay(sid, None, None, parked=True)
    await bench.clock.advance(5.0)
    assert bench.streams.status(sid).parked == 1


async def test_a_stretch_of_time_can_be_handed_over_again(bench):
    sink, sid = await bench.subscribe()
    await bench.happen(5)
    await bench.clock.advance(100.0)
    wanted = await bench.happen(5)
    since = bench.clock.now()
    await bench.clock.advance(100.0)
    await bench.happen(5)
    await bench.clock.advance(1.0)
    sink.got.clear()
    await bench.streams.replay(sid, since, since + 50)
    await bench.clock.advance(5.0)
    assert sink.ids == wanted
    assert {event.sequence for event in sink.got} == {0}


async def test_a_replay_goes_on_when_its_subscription_is_changed_in_the_middle(bench):
    sink, sid = await bench.subscribe()
    ids = await bench.happen(30)
    await bench.clock.advance(1.0)
    sink.got.clear()
    sink.away = AWAY
    await bench.streams.replay(sid, 0.0, None)
    await bench.clock.advance(0.3)
    await bench.change(sid, types=(Subscribed(type="other", schema_version=1),))
    sink.away = None
    await bench.clock.advance(5.0)
    assert [each for each in sink.ids if each in ids] == ids
    assert (await bench.replays())[0].state == "completed"


async def test_a_replay_whose_subscription_is_deleted_has_failed_and_says_why(bench):
    sink, sid = await bench.subscribe()
    await bench.happen(3)
    await bench.clock.advance(1.0)
    sink.away = AWAY
    await bench.streams.replay(sid, 0.0, None)
    await bench.clock.advance(0.3)
    await bench.journal.keep([away(SUBSCRIPTIONS, next(iter(bench.streams._pumps)))])
    await bench.streams.reload()
    (replay,) = await bench.replays()
    assert (replay.state, replay.note) == ("failed", "Its subscription has been deleted.")


async def test_a_replay_waits_for_a_journal_that_cannot_just_now(bench):
    sink, sid = await bench.subscribe()
    ids = await bench.happen(5)
    await bench.clock.advance(1.0)
    sink.got.clear()
    await bench.streams.replay(sid, 0.0, None)
    keep = bench.journal.keep

    async def cannot(*_args):
        raise JournalError("The disk is full.")

    bench.journal.keep = cannot
    await bench.clock.advance(3.0)
    bench.journal.keep = keep
    await bench.clock.advance(3.0)
    assert sink.ids == ids
    assert (await bench.replays())[0].state == "completed"


async def test_part_of_a_batch_that_was_taken_is_not_handed_over_again(bench):
    sink, _ = await bench.subscribe()
    sink.takes = 7
    ids = await bench.happen(10)
    await bench.clock.advance(0.2)
    sink.takes = None
    await bench.clock.advance(10.0)
    assert sink.ids == ids


async def test_a_restart_goes_on_where_the_sink_was_also_in_the_middle_of_a_row(bench):
    desk = Desk(lambda: bench.journal)
    sink, _ = await bench.subscribe()
    sink.takes = 3
    arrivals = [a_message() for _ in range(3)]
    await desk.keep(*arrivals)
    await bench.clock.advance(0.2)
    assert sink.ids == [f"EV{arrivals[0].id[2:]}", f"EZ{arrivals[0].id[2:]}", f"EV{arrivals[1].id[2:]}"]
    await bench.streams.stop(1.0)
    sink.takes = None
    bench.streams = bench.make()
    await bench.streams.start()
    running = asyncio.create_task(bench.streams.run())
    await bench.clock.advance(1.0)
    running.cancel()
    assert sink.ids == [prefix + arrival.id[2:] for arrival in arrivals for prefix in ("EV", "EZ")]
    assert [event.sequence for event in sink.got] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("bench", [{"retry_for": 240.0}], indirect=True)
async def test_what_has_been_tried_for_too_long_is_put_aside_and_the_rest_goes_when_the_sink_is_back(bench):
    sink, sid = await bench.subscribe()
    sink.away = AWAY
    old = await bench.happen(5)
    await bench.clock.advance(200.0)
    new = await bench.happen(5)
    await bench.clock.advance(100.0)
    assert bench.streams.status(sid).parked == 5 + 1  # what was told of its own failure lies in the stretch
    assert len(await bench.journal.kept(parked_shelf(sid))) == 1
    sink.away = None
    await bench.clock.advance(600.0)
    assert sink.ids == new
    assert sink.got[0].sequence > len(old)
    await bench.streams.replay(sid, None, None, parked=True)
    await bench.clock.advance(5.0)
    assert sink.ids[len(new) :] == old


async def test_a_dead_sink_keeps_nothing_from_another(bench):
    dead, _ = await bench.subscribe("dead")
    good, _ = await bench.subscribe("good")
    dead.away = AWAY
    ids = await bench.happen(50)
    await bench.clock.advance(1.0)
    assert [each for each in good.ids if each in ids] == ids


async def test_a_test_that_is_taken_ends_the_wait(bench):
    sink, sid = await bench.subscribe()
    sink.away = AWAY
    ids = await bench.happen(1)
    await bench.clock.advance(2_000.0)
    sink.away = None
    pump = bench.streams._pumps[next(iter(bench.streams._pumps))]
    assert (await bench.streams.test(pump.carrier.sink, an_event_of("ACtest", 0.0))).fault is None
    await bench.clock.advance(0.1)
    assert ids[0] in sink.ids
    assert sid == pump.carrier.sink.sid


async def test_a_sink_that_is_deleted_is_let_go_of_and_one_made_anew_begins_with_now(bench):
    sink, sid = await bench.subscribe()
    await bench.happen(1)
    await bench.clock.advance(1.0)
    subscription = next(iter(bench.streams._pumps))
    await bench.journal.keep([away(SINKS, sid), away(SUBSCRIPTIONS, subscription)])
    await bench.streams.reload()
    assert sink.closed
    await bench.happen(5)
    again, _ = await bench.subscribe("two")
    await bench.clock.advance(1.0)
    assert again.got == []


async def test_a_log_that_nobody_asked_for_is_not_read(bench):
    bench.sources = frozenset({Source.EVENTS})
    desk = Desk(lambda: bench.journal)
    sink, _ = await bench.subscribe()
    await desk.keep(a_message())
    ids = await bench.happen(1)
    await bench.clock.advance(1.0)
    assert sink.ids == ids


async def test_a_sink_that_hangs_does_not_hold_up_the_change_of_another(bench, monkeypatch):
    monkeypatch.setattr(worker, "ENDS_WITHIN", 0.01)
    hanging, sid = await bench.subscribe()
    hanging.deliver = lambda _: asyncio.Event().wait()
    await bench.happen(1)
    await bench.clock.advance(1.0)
    await bench.journal.keep([away(SINKS, sid), away(SUBSCRIPTIONS, next(iter(bench.streams._pumps)))])
    async with asyncio.timeout(5):
        other, _ = await bench.subscribe("other")
    ids = await bench.happen(1)
    await bench.clock.advance(1.0)
    assert other.ids == ids
