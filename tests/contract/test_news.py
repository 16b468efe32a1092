"""What every journal promises of its news: what is told, in which order, to whom, and what is kept beside it."""

import asyncio
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from offhook.errors import JournalError
from offhook.records import (
    Answer,
    DebugEvent,
    IssueFilter,
    IssueState,
    Kept,
    Marks,
    Notice,
    NoticeType,
    ReplyState,
    Source,
    State,
    Tried,
    Webhook,
)
from offhook.stores.memory import MemoryJournal
from offhook.stores.sqlite import SqliteJournal
from tests.helpers.journals import (
    ALICE,
    ALL,
    BOB,
    NOON,
    NOTHING,
    Desk,
    StillClock,
    a_message,
    a_notice,
    a_reply,
    an_arrival,
    an_attempt,
    an_event,
    derive,
)

MINUTE, HOUR, DAY = 60, 3_600, 86_400
CAUSED = (NoticeType.ISSUE_OPENED, NoticeType.ISSUE_REGRESSED)


def places(rows):
    return [(row.source, row.seq) for row in rows]


def times(rows):
    return [row.at - NOON for row in rows]


async def fails(desk, arrival, at=NOON, **fields):
    """An attempt that fails for good, as the courier has it written."""
    attempt = an_attempt(arrival.id, delivered=False, at=at)
    event = an_event(webhook_id=arrival.id, at=at + 0.01)
    return await desk.settle(arrival, State.FAILED, attempts=(attempt,), events=(event,), **fields)


# -- what is told


async def test_where_nothing_has_happened_there_is_no_news(desk):
    page = await desk.journal.news(NOTHING, 10, ALL)
    assert (page.news, page.marks) == ((), NOTHING)
    assert await desk.journal.marks() == NOTHING


async def test_an_arrival_is_told_as_the_webhook_that_it_is_and_later_as_it_stands(desk):
    arrival = an_arrival(at=NOON + 5)
    await desk.keep(arrival)
    ((row,), _) = await desk.told()
    assert (row.source, row.seq, row.at, row.item) == (Source.ARRIVALS, 1, NOON + 5, derive(arrival))
    webhook = await desk.settle(arrival, State.FAILED, note="The app answered 502.", answer=Answer(status=200, at=NOON + 6))
    rows, _ = await desk.told(sources=(Source.ARRIVALS,))
    assert [row.item for row in rows] == [webhook]
    await desk.restart()
    rows, _ = await desk.told(sources=(Source.ARRIVALS,))
    assert [row.item for row in rows] == [webhook]


async def test_a_webhook_that_no_arrival_announced_is_told_too(desk):
    webhook = await desk.settle(an_arrival())
    rows, _ = await desk.told(sources=(Source.ARRIVALS,))
    assert [row.item for row in rows] == [webhook]


async def test_an_attempt_is_told_when_it_ended_with_its_webhook_as_it_stands(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    first, second = an_attempt(arrival.id, delivered=False, at=NOON + 1), an_attempt(arrival.id, 2, at=NOON + 9)
    await desk.settle(arrival, State.WAITING, attempts=(first,))
    webhook = await desk.settle(arrival, attempts=(second,))
    rows, _ = await desk.told(sources=(Source.ATTEMPTS,))
    assert [row.item for row in rows] == [Tried(attempt=first, webhook=webhook), Tried(attempt=second, webhook=webhook)]
    assert times(rows) == pytest.approx([1.004, 9.004], abs=1e-5)


async def test_an_event_that_is_written_again_is_told_as_it_was_written_last_in_its_first_place(desk):
    first, second = an_event(), an_event()
    await desk.journal.record([first, second])
    await desk.journal.record([replace(first, message="It is mended.")])
    rows, _ = await desk.told(sources=(Source.EVENTS,))
    assert [(row.seq, row.item.message) for row in rows] == [(1, "It is mended."), (2, "It broke.")]


async def test_a_notice_is_told_with_its_place_and_its_data(desk):
    notice = a_notice(NoticeType.ALARM_RECOVERED, endpoint="sms", data={"value": 1.5, "steps": ["Look."], "more": {"a": None}})
    await desk.journal.keep((), [notice])
    await desk.restart()
    rows, _ = await desk.told()
    assert [(row.at, row.item) for row in rows] == [(NOON, replace(notice, seq=1))]


# -- in which order


async def test_news_of_all_logs_come_in_the_order_of_their_times(desk):
    early, late = an_arrival(at=NOON), an_arrival(at=NOON + 2)
    await desk.keep(early, late)
    await fails(desk, early, at=NOON + 1)
    await fails(desk, late, at=NOON + 3)
    await desk.journal.keep((), [a_notice(at=NOON + 4)])
    rows, _ = await desk.told()
    assert [row.source.value for row in rows] == [
        *("arrivals", "attempts", "notices", "events"),
        *("arrivals", "attempts", "notices", "events"),
        "notices",
    ]
    assert times(rows) == sorted(times(rows))


async def test_what_happened_at_one_time_is_told_in_the_order_of_cause_and_effect(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    attempt = an_attempt(arrival.id, delivered=False)
    event = an_event(webhook_id=arrival.id, endpoint="sms", at=NOON + 0.004)
    await desk.settle(arrival, State.FAILED, attempts=(replace(attempt, duration_ms=4.0),), events=(event,))
    rows, _ = await desk.told()
    assert [row.source for row in rows if row.source is not Source.EVENTS][:2] == [Source.ARRIVALS, Source.ATTEMPTS]
    assert [getattr(row.item, "type", "") for row in rows][-2:] == [NoticeType.WEBHOOK_FAILED, NoticeType.ISSUE_OPENED]


async def test_rows_of_one_log_come_in_the_order_of_their_numbers_also_when_the_clock_has_stepped_back(desk):
    at = [NOON, NOON + 9, NOON - HOUR, NOON + 10, NOON + 1]
    for when in at:
        await desk.keep(an_arrival(at=when))
    rows, _ = await desk.told()
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert [row.at for row in rows] == at


@pytest.mark.parametrize("limit", [1, 2, 3, 1_000])
async def test_an_arrival_comes_before_whatever_hangs_on_it_though_the_clock_says_otherwise(desk, limit):
    others = [an_arrival(at=NOON + HOUR) for _ in range(5)]
    last = an_arrival(at=NOON + HOUR)
    await desk.keep(*others, last)
    await fails(desk, last, at=NOON)
    await desk.journal.requeue([last.id], NOON - 1)
    rows, _ = await desk.told(limit=limit)
    assert places(rows)[:6] == [(Source.ARRIVALS, number) for number in range(1, 7)]
    assert len(rows) == 10


async def test_an_arrival_that_is_not_settled_comes_before_its_events_too(desk):
    arrivals = [an_arrival(at=NOON + HOUR) for _ in range(4)]
    await desk.keep(*arrivals)
    await desk.journal.record([an_event(webhook_id=arrivals[-1].id, at=NOON)])
    rows, _ = await desk.told(limit=2)
    assert [row.source.value for row in rows] == ["arrivals"] * 4 + ["events"]


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_a_notice_comes_after_the_attempt_or_the_event_that_it_follows_from(desk, limit):
    slow, quick = an_arrival(), an_arrival()
    await desk.keep(slow, quick)
    await desk.settle(slow, State.WAITING, attempts=(an_attempt(slow.id, delivered=False, at=NOON + 60),))
    await desk.journal.record([an_event(at=NOON + 60)])
    await desk.settle(quick, State.FAILED, attempts=(an_attempt(quick.id, delivered=False, at=NOON + 1),))
    await desk.journal.record([an_event(endpoint="sms", at=NOON + 2)])
    rows, _ = await desk.told(limit=limit)
    assert places(rows) == [
        (Source.ARRIVALS, 1),
        (Source.ARRIVALS, 2),
        (Source.ATTEMPTS, 1),
        (Source.ATTEMPTS, 2),
        (Source.NOTICES, 1),
        (Source.EVENTS, 1),
        (Source.EVENTS, 2),
        (Source.NOTICES, 2),
    ]


# -- by pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_pages_of_any_size_tell_everything_once_and_in_one_order(desk, limit):
    arrivals = [an_arrival(at=NOON + 10 * number) for number in range(10)]
    await desk.keep(*arrivals)
    for number, arrival in enumerate(arrivals):
        await fails(desk, arrival, at=NOON + 10 * number + 1)
    everything = await desk.journal.news(NOTHING, 1_000, ALL)
    assert len(everything.news) == 40
    rows, marks = await desk.told(limit=limit)
    assert rows == list(everything.news)
    assert marks == everything.marks == await desk.journal.marks()


async def test_what_is_written_between_two_pages_is_told(desk):
    await desk.keep(an_arrival(at=NOON), an_arrival(at=NOON + 1))
    page = await desk.journal.news(NOTHING, 1, ALL)
    await desk.keep(an_arrival(at=NOON - DAY))
    rows, _ = await desk.told(page.marks)
    assert [row.seq for row in rows] == [2, 3]


async def test_marks_of_logs_that_are_not_asked_for_move_to_their_ends(desk):
    arrivals = [an_arrival() for _ in range(3)]
    await desk.keep(*arrivals)
    await fails(desk, arrivals[0])
    await desk.journal.keep((), [a_notice(), a_notice()])
    page = await desk.journal.news(NOTHING, 1, [Source.NOTICES])
    assert places(page.news) == [(Source.NOTICES, 1)]
    assert page.marks == Marks(arrivals=3, attempts=1, events=1, notices=1)
    page = await desk.journal.news(Marks(notices=3), 10, (Source.NOTICES,))
    assert page.news == ()
    assert page.marks == Marks(arrivals=3, attempts=1, events=1, notices=3)
    page = await desk.journal.news(NOTHING, 10, ())
    assert (page.news, page.marks) == ((), Marks(arrivals=3, attempts=1, events=1, notices=3))


async def test_a_log_named_twice_is_told_once(desk):
    await desk.keep(an_arrival())
    page = await desk.journal.news(NOTHING, 10, [Source.ARRIVALS, Source.ARRIVALS])
    assert len(page.news) == 1


# -- after deletions


async def test_rows_that_were_deleted_are_passed_over_and_the_marks_still_reach_the_ends(desk):
    old, young = an_arrival(at=NOON - DAY), an_arrival(at=NOON)
    await desk.keep(young, old)
    await fails(desk, young)
    await fails(desk, old, at=NOON - DAY)
    before, ends = await desk.told()
    assert await desk.journal.prune(NOON - HOUR, 10) == 1
    rows, marks = await desk.told(limit=1)
    assert rows == [row for row in before if row.seq == 1]
    assert marks == ends == await desk.journal.marks()


async def add(desk, source, at):
    """One more row of a log that hangs on nothing young."""
    if source in {Source.ARRIVALS, Source.ATTEMPTS}:
        arrival = an_arrival(at=at)
        await desk.keep(arrival)
        await desk.settle(arrival, attempts=(an_attempt(arrival.id, at=at),))
    elif source is Source.EVENTS:
        await desk.journal.record([an_event(at=at)])
    else:
        await desk.journal.keep((), [a_notice(at=at)])


@pytest.mark.parametrize("source", ALL)
@pytest.mark.parametrize("restarts", [False, True])
async def test_a_number_is_never_given_twice_also_when_the_last_row_was_deleted(desk, source, restarts):
    for _ in range(3):
        await add(desk, source, NOON - DAY)
    ends = await desk.journal.marks()
    assert getattr(ends, source) == 3
    await desk.journal.prune(NOON, 10)
    assert await desk.told() == ([], ends)
    if restarts:
        await desk.restart()
        await desk.restart()
    assert await desk.journal.marks() == ends
    await add(desk, source, NOON)
    rows, _ = await desk.told(ends, sources=(source,))
    assert [row.seq for row in rows] == [4]


async def test_forgetting_a_number_takes_the_news_of_it_away_and_gives_no_number_twice(desk):
    alice, bob = a_message(ALICE), a_message(BOB)
    await desk.keep(bob, alice)
    for arrival in (bob, alice):
        await fails(desk, arrival)
        await desk.journal.settle_reply(a_reply(arrival.id, state=ReplyState.SENT, to=derive(arrival).sender))
    ends = await desk.journal.marks()
    assert await desk.journal.forget(ALICE) == 1
    rows, marks = await desk.told()
    assert marks == ends
    assert ALICE not in repr(rows)
    assert alice.id not in repr(rows)
    assert [row.seq for row in rows if row.source is Source.NOTICES] == [1, 2]
    await desk.restart()
    await fails(desk, an_arrival())
    rows, _ = await desk.told(ends)
    assert [row.seq for row in rows] == [3, 3, 5, 3]


async def test_pruning_takes_old_notices_whatever_their_number_and_leaves_young_ones(desk):
    await desk.journal.keep((), [a_notice(at=NOON - DAY) for _ in range(2_500)] + [a_notice(at=NOON)])
    assert await desk.journal.prune(NOON, 5) == 0
    rows, _ = await desk.told()
    assert [row.seq for row in rows] == [2_501]


async def test_what_is_younger_than_the_webhooks_that_were_pruned_stays_while_there_are_more_of_them(desk):
    arrivals = [an_arrival(at=NOON - 10 * DAY), an_arrival(at=NOON - 9 * DAY), an_arrival(at=NOON - 8 * DAY)]
    await desk.keep(*arrivals)
    for arrival in arrivals:
        await desk.settle(arrival)
    await desk.journal.keep((), [a_notice(at=NOON - days * DAY) for days in (9.5, 8.5, 0)])
    await desk.journal.record([an_event(at=NOON - days * DAY, endpoint="sms") for days in (9.5, 8.5, 0)])

    async def left():
        rows, _ = await desk.told(sources=(Source.EVENTS, Source.NOTICES))
        return [(row.source.value, row.seq) for row in rows if getattr(row.item, "type", None) not in CAUSED]

    assert await desk.journal.prune(NOON + 1, 2) == 2
    assert sorted(await left()) == [("events", 2), ("events", 3), ("notices", 2), ("notices", 3)]
    assert await desk.journal.prune(NOON - 5 * DAY, 2) == 1
    assert sorted(await left()) == [("events", 3), ("notices", 3)]
    assert await desk.journal.prune(NOON + 1, 2) == 0
    assert await left() == []


# -- places by a time


async def test_a_place_by_a_time_is_before_the_first_row_of_that_time_or_later(desk):
    for minute in range(5):
        at = NOON + minute * MINUTE
        arrival = an_arrival(at=at)
        await desk.keep(arrival)
        attempt = replace(an_attempt(arrival.id, at=at), duration_ms=0.0)
        await desk.settle(arrival, attempts=(attempt,), events=(an_event(at=at),))
        await desk.journal.keep((), [a_notice(at=at)])
    every = [await desk.journal.marks(NOON + seconds) for seconds in (-DAY, 0, 1, 60, 61, 239, 240, 241, DAY)]
    expected = [0, 0, 1, 1, 2, 4, 4, 5, 5]
    assert every == [Marks(arrivals=each, attempts=each, events=each, notices=each) for each in expected]


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_place_by_a_time_is_never_late_whatever_the_clock_has_done(desk, restarts):
    chance, at = random.Random(6), NOON
    written = []
    for _ in range(120):
        at += chance.choice([1, 1, 1, 1, 30, -1, -20, -HOUR, HOUR, 2 * DAY, -DAY])
        written.append(at)
        arrival = an_arrival(at=at)
        await desk.keep(arrival)
        attempt = replace(an_attempt(arrival.id, at=at), duration_ms=0.0)
        await desk.settle(arrival, attempts=(attempt,), events=(an_event(at=at),))
        await desk.journal.keep((), [a_notice(at=at)])
        if restarts and chance.random() < 0.2:
            await desk.restart()
    for asked in (*chance.sample(written, 30), NOON - 10 * DAY, NOON + 100 * DAY):
        marks = await desk.journal.marks(asked)
        first = next((place for place, when in enumerate(written) if when >= asked), len(written))
        assert max(marks.arrivals, marks.attempts, marks.events, marks.notices) <= first, asked - NOON
        assert marks == Marks(arrivals=first, attempts=first, events=first, notices=first), "few rows are looked through"


async def test_a_place_by_a_time_is_found_among_rows_of_which_many_have_been_deleted(desk):
    for number in range(12):
        arrival = an_arrival(at=NOON + number * MINUTE - (DAY if number % 3 else 0))
        await desk.keep(arrival)
        await desk.settle(arrival)
    assert await desk.journal.prune(NOON - HOUR, 100) == 8
    assert (await desk.journal.marks(NOON + 3 * MINUTE)).arrivals == 3
    assert (await desk.journal.marks(NOON + 4 * MINUTE)).arrivals == 6
    assert (await desk.journal.marks(NOON + HOUR)).arrivals == 12


# -- listening


@pytest.fixture
def heard(desk):
    told = []
    desk.journal.listen(told.append)
    return told


async def test_whoever_listens_hears_of_debug_events_and_notices_before_the_call_returns(desk, heard):
    event = an_event()
    await desk.journal.record([event])
    assert [(one.events, one.notices) for one in heard] == [((event,), ())]
    await desk.journal.keep((), [a_notice()])
    assert heard[-1].notices == (replace(a_notice(), seq=1),)
    assert heard[-1].events == ()


async def test_arrivals_and_deliveries_that_succeed_are_not_heard(desk, heard):
    arrival = an_arrival()
    await desk.keep(arrival)
    await desk.settle(arrival, attempts=(an_attempt(arrival.id),))
    await desk.claim()
    await desk.journal.record([])
    await desk.journal.keep([Kept(shelf="alarms", id="AK1", data=b"1")])
    await desk.journal.prune(NOON, 10)
    assert heard == []


async def test_what_is_heard_is_what_the_news_tell_in_their_order_with_the_numbers_that_they_have_come_to(desk, heard):
    arrivals = [an_arrival() for _ in range(40)]
    await desk.keep(*arrivals)
    await asyncio.gather(
        *(fails(desk, arrival, note=str(place)) for place, arrival in enumerate(arrivals)),
        *(desk.journal.record([an_event(endpoint="sms", code=11200 + place)]) for place in range(20)),
        *(desk.journal.keep((), [a_notice(subject=f"AK{place}")]) for place in range(20)),
    )
    rows, marks = await desk.told()
    events = [row.item for row in rows if row.source is Source.EVENTS]
    notices = sorted((row.item for row in rows if row.source is Source.NOTICES), key=lambda notice: notice.seq)
    assert [event.id for one in heard for event in one.events] == [event.id for event in events]
    assert [notice for one in heard for notice in one.notices] == notices
    for source in ("events", "notices"):
        ends = [getattr(one.marks, source) for one in heard]
        assert ends == sorted(ends)
        assert ends[-1] == getattr(marks, source) > 0
    counted = [(one.marks.events, sum(len(each.events) for each in heard[: place + 1])) for place, one in enumerate(heard)]
    assert all(end == count for end, count in counted)


async def test_an_event_that_is_written_again_is_not_heard_again(desk, heard):
    event = an_event()
    await desk.journal.record([event])
    await desk.journal.record([replace(event, message="It is mended.")])
    assert len(heard) == 1
    other = an_event()
    await desk.journal.record([event, other])
    assert heard[-1].events == (other,)
    await desk.restart()
    later = []
    desk.journal.listen(later.append)
    await desk.journal.record([event])
    assert later == []


async def test_what_could_not_be_written_is_not_heard(desk, heard):
    await desk.journal.close()
    for call in (desk.journal.record([an_event()]), desk.journal.keep((), [a_notice()])):
        with pytest.raises(JournalError):
            await call
    assert heard == []


async def test_everybody_who_listens_hears_it(desk, heard):
    second = []
    desk.journal.listen(second.append)
    await desk.journal.record([an_event()])
    assert heard == second != []


# -- what the journal itself tells


async def test_a_webhook_given_up_is_noticed_once_with_why(desk):
    arrival = a_message()
    await desk.keep(arrival)
    attempt = an_attempt(arrival.id, delivered=False, at=NOON + 7)
    webhook = await desk.settle(arrival, State.FAILED, attempts=(attempt,), note="The app answered 502.")
    await desk.journal.settle_reply(a_reply(arrival.id))
    ((row,), _) = await desk.told(sources=(Source.NOTICES,))
    assert row.item == Notice(
        type=NoticeType.WEBHOOK_FAILED,
        at=attempt.started_at + 0.004,
        subject=webhook.id,
        endpoint="sms",
        data={"attempts": 0, "note": "The app answered 502.", "message_sid": ""},
        seq=1,
    )
    await desk.settle(arrival, State.FAILED, note="Told again.")
    assert len(await desk.noticed()) == 1


async def test_a_call_that_nobody_could_be_asked_about_is_given_up_too(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    await desk.settle(arrival, State.FAILED, answer=Answer(status=200, at=NOON + 1))
    rows, _ = await desk.told(sources=(Source.NOTICES,))
    assert [(row.item.type, row.item.subject, row.at) for row in rows] == [(NoticeType.WEBHOOK_FAILED, arrival.id, NOON + 1)]


async def test_webhooks_that_wait_or_are_delivered_are_not_noticed(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    await desk.settle(arrival, State.WAITING, attempts=(an_attempt(arrival.id, delivered=False),))
    await desk.settle(arrival, attempts=(an_attempt(arrival.id, 2),))
    assert await desk.noticed() == []


async def test_replays_and_dismissals_are_noticed_each_with_its_own_webhook(desk):
    failed, dismissed, delivered, waiting = arrivals = [an_arrival(endpoint=name) for name in ("a", "b", "c", "d")]
    await desk.keep(*arrivals)
    await fails(desk, failed)
    await fails(desk, dismissed)
    await desk.settle(delivered)
    await desk.settle(waiting, State.WAITING)
    marks = await desk.journal.marks()
    everyone = [arrival.id for arrival in arrivals]
    assert await desk.journal.dismiss([dismissed.id, delivered.id, "WH0"], NOON + 1) == 1
    assert await desk.journal.requeue(everyone, NOON + 2, delivered=False) == 2
    assert await desk.journal.requeue(everyone, NOON + 3) == 1
    rows, _ = await desk.told(marks, sources=(Source.NOTICES,))
    assert [(row.item.type, row.item.subject, row.item.endpoint, row.at - NOON) for row in rows] == [
        (NoticeType.WEBHOOK_DISMISSED, dismissed.id, "b", 1),
        (NoticeType.WEBHOOK_REPLAYED, failed.id, "a", 2),
        (NoticeType.WEBHOOK_REPLAYED, dismissed.id, "b", 2),
        (NoticeType.WEBHOOK_REPLAYED, delivered.id, "c", 3),
    ]


async def test_a_webhook_that_fails_again_after_a_replay_is_noticed_again(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    await fails(desk, arrival)
    await desk.journal.requeue([arrival.id], NOON + 1)
    await fails(desk, arrival, at=NOON + 2)
    assert [told for told, _ in await desk.noticed()] == [
        NoticeType.WEBHOOK_FAILED,
        NoticeType.WEBHOOK_REPLAYED,
        NoticeType.WEBHOOK_FAILED,
    ]


@pytest.mark.parametrize("state", ReplyState)
async def test_a_reply_that_came_to_its_end_is_noticed_and_no_other(desk, state):
    ends = {
        ReplyState.SENT: NoticeType.REPLY_SENT,
        ReplyState.FAILED: NoticeType.REPLY_FAILED,
        ReplyState.AMBIGUOUS: NoticeType.REPLY_AMBIGUOUS,
        ReplyState.EXPIRED: NoticeType.REPLY_EXPIRED,
    }
    arrival = an_arrival()
    await desk.keep(arrival)
    reply = a_reply(arrival.id, to=ALICE, tried_at=NOON + 3, message_sid="SM9", code=21610)
    await desk.settle(arrival, replies=(replace(reply, state=ReplyState.WAITING),))
    await desk.journal.settle_reply(replace(reply, state=state))
    expected = [(ends[state], reply.id)] if state in ends else []
    assert await desk.noticed() == expected
    rows, _ = await desk.told(sources=(Source.NOTICES,))
    for row in rows:
        assert row.at == NOON + 3
        assert row.item.data["webhook"] == arrival.id
        assert (row.item.data["to"], row.item.data["message_sid"], row.item.data["code"]) == (ALICE, "SM9", 21610)


async def test_an_issue_is_noticed_when_it_opens_and_when_it_is_back_and_not_between(desk):
    def of_sms(at):
        return an_event(endpoint="sms", at=at)

    first = of_sms(NOON)
    await desk.journal.record([first, of_sms(NOON + 1)])
    await desk.journal.record([of_sms(NOON + 2)])
    (issue,) = await desk.journal.issues(IssueFilter(), 10, now=NOON)
    for state in (IssueState.ACKNOWLEDGED, IssueState.IGNORED):
        await desk.journal.set_issue_state(issue.id, state, now=NOON)
        await desk.journal.record([of_sms(NOON + 3)])
    assert await desk.noticed() == [(NoticeType.ISSUE_OPENED, issue.id)]
    await desk.journal.set_issue_state(issue.id, IssueState.RESOLVED, now=NOON)
    back = of_sms(NOON + 4)
    await desk.journal.record([back])
    await desk.journal.record([of_sms(NOON + 5)])
    rows, _ = await desk.told(sources=(Source.NOTICES,))
    assert [(row.item.type, row.item.subject, row.item.endpoint, row.at - NOON) for row in rows] == [
        (NoticeType.ISSUE_OPENED, issue.id, "sms", 0),
        (NoticeType.ISSUE_REGRESSED, issue.id, "sms", 4),
    ]
    assert rows[1].item.data["event"] == back.id


async def test_a_storm_opens_its_issue_once(desk):
    events = [an_event(endpoint="sms") for _ in range(300)]
    await asyncio.gather(*(desk.journal.record([event]) for event in events))
    assert len(await desk.noticed()) == 1


async def test_notices_survive_a_restart_and_are_not_written_again(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    await fails(desk, arrival)
    before = await desk.told()
    await desk.restart()
    assert await desk.told() == before


# -- small records


def on(shelf, identifier, data=b"data"):
    return Kept(shelf=shelf, id=identifier, data=data)


async def test_small_records_are_kept_by_shelf_and_id_and_survive_a_restart(desk):
    await desk.journal.keep([on("alarms", "b"), on("alarms", "a", b""), on("sinks", "a", b"other")])
    await desk.restart()
    assert await desk.journal.kept("alarms") == [on("alarms", "a", b""), on("alarms", "b")]
    assert await desk.journal.kept("sinks") == [on("sinks", "a", b"other")]
    assert await desk.journal.kept("nothing") == []
    assert await desk.journal.kept_one("sinks", "a") == b"other"
    assert await desk.journal.kept_one("alarms", "a") == b""
    assert await desk.journal.kept_one("alarms", "c") is None
    assert await desk.journal.kept_one("nothing", "a") is None


async def test_a_shelf_is_read_by_pages_from_the_lowest_id_on(desk):
    names = [f"{number:04}" for number in range(2_300)]
    await desk.journal.keep([on("firings", name) for name in random.Random(1).sample(names, len(names))])
    found, after = [], ""
    while page := await desk.journal.kept("firings", 1_000, after):
        assert len(page) <= 1_000
        found += [record.id for record in page]
        after = page[-1].id
    assert found == names
    assert [record.id for record in await desk.journal.kept("firings", 2, "0007")] == ["0008", "0009"]
    assert len(await desk.journal.kept("firings")) == 1_000


async def test_a_record_is_replaced_and_without_data_deleted_and_the_last_word_counts(desk):
    await desk.journal.keep([on("alarms", each) for each in "abcde"])
    await desk.journal.keep([on("alarms", "a", b"new"), on("alarms", "b", None), on("alarms", "x", None)])
    await desk.journal.keep(
        [on("alarms", "c", None), on("alarms", "c", b"back"), on("alarms", "d", b"new"), on("alarms", "d", None)]
    )
    assert await desk.journal.kept("alarms") == [on("alarms", "a", b"new"), on("alarms", "c", b"back"), on("alarms", "e")]


async def test_records_and_notices_are_written_together(desk, heard):
    notices = [a_notice(subject="AK1"), a_notice(NoticeType.ALARM_RECOVERED, subject="AK2")]
    await desk.journal.keep([on("alarms", "AK1")], notices)
    assert await desk.noticed() == [(notice.type, notice.subject) for notice in notices]
    assert [notice.seq for notice in heard[0].notices] == [1, 2]
    assert len(heard) == 1


async def test_nothing_that_is_pruned_takes_small_records_with_it(desk):
    await desk.journal.keep([on("alarms", "AK1")])
    await desk.journal.prune(NOON + DAY, 10)
    await desk.journal.forget(ALICE)
    assert await desk.journal.kept("alarms") == [on("alarms", "AK1")]


# -- the oldest that waits


async def test_the_oldest_undelivered_is_the_first_received_that_waits_or_is_being_delivered(desk):
    assert await desk.journal.oldest_undelivered("") is None
    waiting, delivered, voice = (
        an_arrival(at=NOON + 2),
        an_arrival(at=NOON + 1),
        an_arrival(at=NOON + 3, endpoint="voice"),
    )
    await desk.keep(delivered, waiting, voice)
    assert await desk.journal.oldest_undelivered("") == NOON + 1
    assert await desk.journal.oldest_undelivered("voice") == NOON + 3
    assert await desk.journal.oldest_undelivered("fax") is None
    await desk.settle(delivered)
    assert await desk.journal.oldest_undelivered("sms") == NOON + 2
    await desk.settle(waiting, State.WAITING)
    await desk.restart()
    assert await desk.journal.oldest_undelivered("sms") == NOON + 2
    assert await desk.claim(now=NOON + 9) == [waiting.id]
    assert await desk.journal.oldest_undelivered("sms") == NOON + 2
    assert await desk.journal.oldest_undelivered("voice") == NOON + 3
    await desk.settle(waiting, State.FAILED)
    assert await desk.journal.oldest_undelivered("sms") is None
    assert await desk.journal.oldest_undelivered("") == NOON + 3
    await desk.journal.requeue([waiting.id], NOON)
    assert await desk.journal.oldest_undelivered("") == NOON + 2


async def test_an_endpoints_oldest_is_found_behind_many_of_another(desk):
    await desk.keep(*(an_arrival(at=NOON) for _ in range(600)), an_arrival(at=NOON + 9, endpoint="voice"))
    assert await desk.journal.oldest_undelivered("voice") == NOON + 9


# -- any story

steps = st.lists(
    st.tuples(
        st.sampled_from(["arrive", "fail", "deliver", "event", "notice", "replay", "prune", "restart"]), st.integers(-90, 90)
    ),
    max_size=30,
)


async def act(desk, done, step):
    what, shift = step
    arrivals, at = done.setdefault("arrivals", []), NOON + shift
    open_ones = done.setdefault("open", [])
    if what == "arrive":
        arrivals.append(an_arrival(at=at))
        open_ones.append(arrivals[-1])
        await desk.keep(arrivals[-1])
    elif what in {"fail", "deliver"} and open_ones:
        arrival = open_ones.pop(shift % len(open_ones))
        if what == "fail":
            await fails(desk, arrival, at=at)
        else:
            await desk.settle(arrival, attempts=(an_attempt(arrival.id, at=at),))
    elif what == "event":
        await desk.journal.record([an_event(at=at, endpoint="sms", code=11200 + shift % 3)])
    elif what == "notice":
        await desk.journal.keep((), [a_notice(at=at)])
    elif what == "replay" and arrivals:
        await desk.journal.requeue([arrivals[shift % len(arrivals)].id], at)
    elif what == "prune":
        await desk.journal.prune(NOON - 60, 100)
    elif what == "restart":
        await desk.restart()


async def follow(desk, story, limit, sources):
    """Tell the story, reading a page now and then; gives what was read, and the logs as they are in the end."""
    done, read, marks = {}, [], NOTHING
    for place, step in enumerate(story):
        await act(desk, done, step)
        if place % 3 == 0:
            page = await desk.journal.news(marks, limit, sources)
            read += page.news
            marks = page.marks
    rest, marks = await desk.told(marks, limit=limit, sources=sources)
    assert marks == await desk.journal.marks()
    kept, _ = await desk.told(sources=sources)
    assert (await desk.told(limit=limit, sources=sources))[0] == kept, "the order is the same by pages of any size"
    return read + rest, kept


def check(read, kept, story):
    for source in Source:
        numbers = [row.seq for row in read if row.source is source]
        assert numbers == sorted(set(numbers)), "once each, in order"
        left = {row.seq for row in kept if row.source is source}
        assert left <= set(numbers), "everything that is still there was read"
        if not any(what == "prune" for what, _ in story):
            assert numbers == list(range(1, len(numbers) + 1))
    arrived = set()
    for row in read:
        if isinstance(row.item, Webhook):
            arrived.add(row.item.id)
        elif isinstance(row.item, Tried):
            assert row.item.attempt.webhook_id in arrived
        elif isinstance(row.item, DebugEvent) and row.item.webhook_id:
            assert row.item.webhook_id in arrived
        elif isinstance(row.item, Notice) and row.item.subject.startswith("WH"):
            assert row.item.subject in arrived


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(max_examples=40, deadline=None)
@given(story=steps, limit=st.integers(1, 5))
def test_any_story_is_told_whole_once_and_in_order_by_pages_of_any_size(kind, story, limit):
    async def tell(folder):
        in_memory = MemoryJournal(derive=derive)
        makers = {
            "memory": lambda: in_memory,
            "sqlite": lambda: SqliteJournal(folder / "journal.db", StillClock(), derive=derive, synchronous="OFF"),
        }
        desk = Desk(makers[kind])
        await desk.journal.open()
        try:
            read, kept = await follow(desk, story, limit, ALL)
        finally:
            await desk.journal.close()
        check(read, kept, story)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(Path(folder)))
