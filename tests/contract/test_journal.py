"""What every journal promises: the same stories for all of them."""

import asyncio

import pytest
from msgspec.structs import replace

from offhook.errors import JournalError
from offhook.records import Answer, EventFilter, IssueFilter, Level, NoticeType, ReplyState, Settlement, State
from tests.helpers.journals import (
    ALICE,
    BOB,
    NOON,
    SHOP,
    a_message,
    a_reply,
    an_arrival,
    an_attempt,
    an_event,
    derive,
)

# -- appending


async def test_an_arrival_is_kept_as_it_came_and_waits(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    assert await desk.journal.webhook(arrival.id) == derive(arrival)
    assert await desk.journal.counts() == {"sms": {State.WAITING: 1}}


async def test_append_calls_back_later_never_at_once(desk):
    stored = []
    desk.journal.append(an_arrival(), stored.append)
    desk.journal.append(an_arrival(b"twin"), stored.append)
    assert stored == []
    await desk.append(an_arrival())
    assert len(stored) == 2


async def test_of_many_arrivals_with_one_key_at_one_time_exactly_one_is_kept(desk):
    twins = [an_arrival(b"twin") for _ in range(50)]
    receipts = await asyncio.gather(*(desk.append(twin) for twin in twins))
    firsts = [twin for twin, receipt in zip(twins, receipts, strict=True) if receipt.duplicate_of is None]
    assert len(firsts) == 1
    assert {receipt.duplicate_of for receipt in receipts} == {None, firsts[0].id}
    assert await desk.listed() == [firsts[0].id]


async def test_a_duplicate_is_known_while_the_first_waits_after_it_is_settled_and_after_a_restart(desk):
    first = an_arrival(b"twin")
    await desk.keep(first)
    assert (await desk.append(an_arrival(b"twin"))).duplicate_of == first.id
    await desk.settle(first)
    assert (await desk.append(an_arrival(b"twin"))).duplicate_of == first.id
    await desk.restart()
    assert (await desk.append(an_arrival(b"twin"))).duplicate_of == first.id
    await desk.restart()
    assert (await desk.append(an_arrival(b"twin"))).duplicate_of == first.id
    assert await desk.journal.counts() == {"sms": {State.DELIVERED: 1}}


async def test_arrivals_that_come_together_have_each_its_own_outcome_in_their_order(desk):
    old = an_arrival(b"old")
    await desk.keep(old)
    arrivals = [an_arrival(), an_arrival(b"twin"), an_arrival(b"old"), an_arrival(b"twin"), an_arrival()]
    receipts = await desk.append_all(arrivals)
    assert [receipt.duplicate_of for receipt in receipts] == [None, None, old.id, arrivals[1].id, None]
    assert await desk.listed() == [arrivals[4].id, arrivals[1].id, arrivals[0].id, old.id]


async def test_of_twins_in_several_batches_at_one_time_exactly_one_is_kept(desk):
    batches = [[an_arrival(b"twin"), an_arrival(b"%d" % number), an_arrival(b"twin")] for number in range(20)]
    answers = await asyncio.gather(*(desk.append_all(batch) for batch in batches))
    receipts = [receipt for answer in answers for receipt in answer]
    assert [receipt.duplicate_of for receipt in receipts[1::3]] == [None] * 20
    twins = [twin for batch in batches for twin in (batch[0], batch[2])]
    outcomes = [outcome for answer in answers for outcome in (answer[0], answer[2])]
    [first] = [twin for twin, outcome in zip(twins, outcomes, strict=True) if outcome.duplicate_of is None]
    assert {outcome.duplicate_of for outcome in outcomes} == {None, first.id}


async def test_a_batch_of_nothing_but_duplicates_is_told_so(desk):
    first = an_arrival(b"twin")
    await desk.keep(first)
    assert [receipt.duplicate_of for receipt in await desk.append_all([an_arrival(b"twin"), an_arrival(b"twin")])] == [
        first.id
    ] * 2


async def test_a_closed_journal_says_so_for_each_of_a_batch(desk):
    await desk.journal.close()
    outcomes = await desk.append_all([an_arrival(), an_arrival()])
    assert [type(outcome) for outcome in outcomes] == [JournalError] * 2


async def test_keys_that_differ_in_their_last_byte_are_not_duplicates(desk):
    await desk.keep(an_arrival(b"0123456789abcdeA"), an_arrival(b"0123456789abcdeB"))


async def test_a_callback_that_raises_does_not_take_the_others_callbacks_away(desk):
    loop = asyncio.get_running_loop()
    complaints = []
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    desk.journal.append(an_arrival(), lambda _receipt: 1 / 0)
    assert (await desk.append(an_arrival())).duplicate_of is None
    assert len(complaints) == 1


async def test_a_closed_journal_says_so_and_keeps_nothing(desk):
    await desk.journal.close()
    await desk.journal.close()
    assert isinstance(await desk.append(an_arrival()), JournalError)
    assert "closed" in desk.journal.trouble()
    for call in (desk.journal.webhook("WH"), desk.journal.unsettled(), desk.journal.counts(), desk.journal.dismiss(["WH"], NOON)):
        with pytest.raises(JournalError):
            await call


async def test_an_open_journal_has_no_trouble(desk):
    await desk.keep(an_arrival())
    assert desk.journal.trouble() == ""


# -- settling


async def test_a_settlement_is_told_whole_by_the_story(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    attempts = (an_attempt(arrival.id, 1, delivered=False), an_attempt(arrival.id, 2))
    replies = (
        a_reply(arrival.id, 1, ReplyState.INLINE),
        a_reply(arrival.id, 0, ReplyState.INLINE, media=("https://x.example/a.png",)),
    )
    events = (an_event(webhook_id=arrival.id), an_event(12300, level=Level.WARNING, webhook_id=arrival.id))
    answer = Answer(status=200, headers=(("Content-Type", "text/xml"),), body=b"<Response/>", source="app", at=NOON + 1)
    webhook = await desk.settle(arrival, attempts=attempts, replies=replies, events=events, answer=answer, failures=0, note="ok")
    await desk.restart()
    story = await desk.journal.story(arrival.id)
    assert story.webhook == webhook
    assert story.attempts == attempts
    assert story.replies == (replies[1], replies[0])
    assert story.events == events


async def test_later_settlements_change_the_state_and_add_to_the_evidence(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    await desk.settle(arrival, State.WAITING, attempts=(an_attempt(arrival.id, 1, delivered=False),), failures=1, due=NOON + 5)
    webhook = replace(derive(arrival), state=State.DELIVERED, attempts=2, answer=Answer(status=204), note="second try")
    await desk.journal.settle(Settlement(webhook=webhook, attempts=(an_attempt(arrival.id, 2),)))
    story = await desk.journal.story(arrival.id)
    assert story.webhook == webhook
    assert [attempt.number for attempt in story.attempts] == [1, 2]
    assert await desk.journal.counts() == {"sms": {State.DELIVERED: 1}}


async def test_the_story_tells_when_it_was_given_up_replayed_and_dismissed(desk):
    arrival, other = an_arrival(b"one"), an_arrival(b"two")
    for each in (arrival, other):
        await desk.keep(each)
        await desk.settle(each, State.FAILED, attempts=(an_attempt(each.id, 1, delivered=False),))
    await desk.journal.requeue([arrival.id], NOON + 60)
    await desk.journal.dismiss([other.id], NOON + 90)
    await desk.restart()
    told = (await desk.journal.story(arrival.id)).notices
    assert [each.type for each in told] == [NoticeType.WEBHOOK_FAILED, NoticeType.WEBHOOK_REPLAYED]
    assert (told[1].at, told[1].subject) == (NOON + 60, arrival.id)
    assert [each.type for each in (await desk.journal.story(other.id)).notices][-1] is NoticeType.WEBHOOK_DISMISSED


async def test_settlements_of_one_webhook_at_one_time_are_written_in_their_order(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    await asyncio.gather(*(desk.settle(arrival, State.WAITING, failures=failures) for failures in range(5)))
    assert (await desk.journal.webhook(arrival.id)).failures == 4
    assert await desk.journal.counts() == {"sms": {State.WAITING: 1}}


async def test_what_is_put_is_written_when_it_is_said_to_be_and_in_its_order(desk):
    arrival, other = an_arrival(), an_arrival(b"other")
    await desk.keep(arrival, other)
    loop = asyncio.get_running_loop()
    told = []

    async def put(each, failures):
        written = loop.create_future()
        webhook = replace(derive(each), failures=failures)
        desk.journal.put(Settlement(webhook=webhook, attempts=(an_attempt(each.id, failures),)), written.set_result)
        assert await written is None
        told.append((each.id, failures, (await desk.journal.webhook(each.id)).failures))

    await asyncio.gather(*(put(arrival, failures) for failures in range(1, 5)), put(other, 7))
    assert [failures for identifier, failures, _ in told if identifier == arrival.id] == [1, 2, 3, 4]
    assert all(read >= failures for _, failures, read in told)
    await desk.restart()
    assert [attempt.number for attempt in (await desk.journal.story(arrival.id)).attempts] == [1, 2, 3, 4]
    assert await desk.journal.counts() == {"sms": {State.WAITING: 2}}


async def test_what_is_put_into_a_closed_journal_is_refused_in_its_callback(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    await desk.journal.close()
    refused = asyncio.get_running_loop().create_future()
    desk.journal.put(Settlement(webhook=derive(arrival)), refused.set_result)
    assert isinstance(await refused, JournalError)
    await desk.journal.open()


async def test_a_settlement_without_an_arrival_is_kept_and_its_key_known(desk):
    stranger = an_arrival(b"stranger")
    await desk.settle(stranger, State.FAILED, attempts=(an_attempt(stranger.id),))
    assert (await desk.append(an_arrival(b"stranger"))).duplicate_of == stranger.id
    assert len((await desk.journal.story(stranger.id)).attempts) == 1


async def test_many_settlements_at_one_time_are_all_kept(desk):
    arrivals = [an_arrival() for _ in range(300)]
    await desk.keep(*arrivals)
    await asyncio.gather(*(desk.settle(arrival, attempts=(an_attempt(arrival.id),)) for arrival in arrivals))
    assert await desk.journal.counts() == {"sms": {State.DELIVERED: 300}}
    assert await desk.listed(limit=1000) == [arrival.id for arrival in reversed(arrivals)]
    assert len((await desk.journal.story(arrivals[299].id)).attempts) == 1


# -- after a restart


async def test_what_a_former_process_never_settled_is_handed_out_until_it_is(desk):
    settled, first, second = an_arrival(), an_arrival(), an_arrival()
    await desk.keep(settled, first, second)
    assert await desk.journal.unsettled() == []
    await desk.settle(settled)
    await desk.restart()
    assert await desk.journal.unsettled() == [first, second]
    await desk.settle(first, State.WAITING)
    assert await desk.journal.unsettled() == [second]
    await desk.settle(second)
    assert await desk.journal.unsettled() == []
    assert await desk.journal.counts() == {"sms": {State.DELIVERED: 2, State.WAITING: 1}}


async def test_the_unsettled_of_a_former_process_come_a_thousand_at_a_time(desk):
    arrivals = [an_arrival() for _ in range(1_100)]
    await desk.keep(*arrivals)
    await desk.restart()
    page = await desk.journal.unsettled()
    assert page == arrivals[:1_000]
    await asyncio.gather(*(desk.settle(arrival) for arrival in page))
    assert await desk.journal.unsettled() == arrivals[1_000:]


async def test_this_processs_own_unsettled_are_not_handed_out(desk):
    await desk.restart()
    await desk.keep(an_arrival())
    assert await desk.journal.unsettled() == []


# -- claiming


async def test_due_webhooks_are_claimed_earliest_due_first_and_leased(desk):
    late, early, later = an_arrival(body=b""), an_arrival(body=b""), an_arrival(body=b"")
    await desk.keep(late, early, later)
    for arrival, due in ((late, NOON - 1), (early, NOON - 2), (later, NOON + 1)):
        await desk.settle(arrival, State.WAITING, due=due)
    claimed = await desk.journal.claim("sms", 10, NOON, 60.0)
    assert [webhook.id for webhook in claimed] == [early.id, late.id]
    assert [(webhook.state, webhook.due) for webhook in claimed] == [(State.DELIVERING, NOON + 60)] * 2
    assert claimed[0].body == early.body
    assert await desk.state(early) is State.DELIVERING
    assert await desk.journal.counts() == {"sms": {State.DELIVERING: 2, State.WAITING: 1}}


async def test_a_claim_takes_no_more_than_its_limit_and_only_of_its_endpoint(desk):
    await desk.park(*(an_arrival(body=b"") for _ in range(5)))
    await desk.park(an_arrival(body=b"", endpoint="voice"))
    assert len(await desk.claim(limit=3)) == 3
    assert len(await desk.claim(limit=3)) == 2
    assert len(await desk.claim(endpoint="voice")) == 1


async def test_a_lease_that_has_ended_may_be_claimed_again_and_one_that_has_not_may_not(desk):
    (webhook,) = await desk.park(an_arrival())
    assert await desk.claim(lease=60.0) == [webhook.id]
    assert await desk.claim(now=NOON + 59) == []
    await desk.restart()
    assert await desk.claim(now=NOON + 60) == [webhook.id]


async def test_after_a_restart_what_was_under_way_is_due_at_once(desk):
    (webhook,) = await desk.park(an_arrival())
    assert await desk.claim(lease=3600.0) == [webhook.id]
    await desk.restart()
    assert await desk.claim(now=NOON + 1) == [webhook.id]


async def test_what_is_delivered_failed_or_dismissed_is_not_claimed(desk):
    for state in (State.DELIVERED, State.FAILED, State.DISMISSED):
        arrival = an_arrival()
        await desk.keep(arrival)
        await desk.settle(arrival, state)
    assert await desk.claim(now=NOON + 1e6) == []


async def test_in_a_conversation_the_earlier_goes_first_and_the_later_when_it_is_done(desk):
    first, second, third = a_message(), a_message(), a_message()
    await desk.park(first, second, third)
    assert await desk.claim() == [first.id]
    assert await desk.claim() == []
    await desk.settle(first)
    assert await desk.claim() == [second.id]
    await desk.settle(second, State.FAILED)
    assert await desk.claim() == [third.id]


async def test_the_later_waits_also_while_the_earlier_is_not_due(desk):
    first, second = a_message(), a_message()
    await desk.keep(first, second)
    await desk.settle(first, State.WAITING, failures=1, due=NOON + 30)
    await desk.settle(second, State.WAITING, due=NOON)
    assert await desk.claim() == []
    assert await desk.claim(now=NOON + 30) == [first.id]


async def test_the_later_waits_also_for_an_earlier_one_that_is_not_settled_yet(desk):
    first, second = a_message(), a_message()
    await desk.keep(first)
    await desk.park(second)
    assert await desk.claim() == []
    await desk.settle(first)
    assert await desk.claim() == [second.id]


async def test_the_later_waits_also_for_an_earlier_one_that_a_former_process_left(desk):
    first, second = a_message(), a_message()
    await desk.keep(first)
    await desk.park(second)
    await desk.restart()
    assert await desk.claim() == []
    await desk.settle(first)
    assert await desk.claim() == [second.id]


async def test_after_three_failures_a_message_steps_aside(desk):
    first, second, third = a_message(), a_message(), a_message()
    await desk.keep(first, second, third)
    await desk.settle(first, State.WAITING, refusals=2, due=NOON + 30)
    await desk.settle(second, State.WAITING, refusals=5, due=NOON)
    await desk.settle(third, State.WAITING, due=NOON)
    assert await desk.claim() == []
    await desk.settle(first, State.WAITING, refusals=3, due=NOON + 30)
    assert sorted(await desk.claim()) == [second.id, third.id]
    assert await desk.claim(now=NOON + 30) == [first.id]


async def test_other_conversations_and_none_at_all_are_not_held_up(desk):
    alice, alice_again, bob = a_message(ALICE), a_message(ALICE), a_message(BOB)
    loose = [an_arrival(body=b""), an_arrival(body=b"")]
    await desk.park(alice, alice_again, bob, *loose)
    assert sorted(await desk.claim()) == [alice.id, bob.id, *(arrival.id for arrival in loose)]


async def test_one_long_conversation_in_front_hides_nothing_behind_it(desk):
    crowd = [a_message(ALICE) for _ in range(700)]
    bob = a_message(BOB)
    await desk.keep(*crowd, bob)
    await asyncio.gather(*(desk.settle(arrival, State.WAITING, due=NOON - 10) for arrival in crowd))
    await desk.settle(bob, State.WAITING, due=NOON)
    assert await desk.claim(limit=2) == [crowd[0].id, bob.id]
    await desk.settle(crowd[0])
    assert await desk.claim(limit=2) == [crowd[1].id]


async def test_hasten_brings_forward_what_waits_and_leaves_leases_alone(desk):
    waiting, leased, elsewhere = an_arrival(body=b""), an_arrival(body=b""), an_arrival(body=b"", endpoint="voice")
    await desk.park(leased, due=NOON)
    assert await desk.claim(lease=3600.0) == [leased.id]
    await desk.park(waiting, elsewhere, due=NOON + 3600)
    behind = a_message()
    await desk.park(a_message(), behind, due=NOON + 60)
    assert await desk.journal.hasten("sms", NOON) == 3
    assert await desk.journal.hasten("sms", NOON) == 0
    assert (await desk.journal.webhook(behind.id)).due == NOON
    assert waiting.id in await desk.claim()
    assert await desk.claim(endpoint="voice") == []
    assert (await desk.journal.webhook(leased.id)).due == NOON + 3600


async def test_hasten_reaches_thousands(desk):
    arrivals = [an_arrival(body=b"") for _ in range(2_300)]
    await desk.keep(*arrivals)
    await asyncio.gather(*(desk.settle(arrival, State.WAITING, due=NOON + 60) for arrival in arrivals))
    assert await desk.journal.hasten("sms", NOON) == 2_300


async def test_blocking_names_what_holds_up_a_conversation(desk):
    waiting, tired, done, fresh, loose = a_message(ALICE), a_message(BOB), a_message(), a_message(BOB), an_arrival(body=b"")
    await desk.park(waiting, loose)
    await desk.park(tired, refusals=3)
    await desk.keep(done, fresh)
    await desk.settle(done)
    assert sorted(await desk.journal.blocking()) == sorted([(f"{ALICE} {SHOP}", waiting.id), (f"{BOB} {SHOP}", fresh.id)])


# -- replay and dismissal


async def test_replay_sets_failed_dismissed_and_delivered_ones_waiting_and_no_others(desk):
    arrivals = [an_arrival(body=b"") for _ in range(5)]
    await desk.keep(*arrivals)
    states = (State.FAILED, State.DISMISSED, State.DELIVERED, State.WAITING)
    for arrival, state in zip(arrivals, states, strict=False):
        await desk.settle(arrival, state, failures=9, refusals=4, due=NOON - 60)
    assert await desk.journal.requeue([*(arrival.id for arrival in arrivals), arrivals[0].id, "WH-unknown"], NOON) == 3
    for arrival in arrivals[:3]:
        webhook = await desk.journal.webhook(arrival.id)
        assert (webhook.state, webhook.due, webhook.failures) == (State.WAITING, NOON, 0)
    assert (await desk.journal.webhook(arrivals[3].id)).failures == 9
    assert await desk.journal.counts() == {"sms": {State.WAITING: 5}}
    assert len(await desk.claim()) == 4


async def test_a_replayed_message_holds_up_the_later_ones_again(desk):
    first, second = a_message(), a_message()
    await desk.keep(first, second)
    await desk.settle(first, State.FAILED)
    await desk.settle(second, State.WAITING, due=NOON)
    assert await desk.journal.requeue([first.id], NOON) == 1
    assert await desk.claim() == [first.id]


async def test_only_failed_ones_can_be_dismissed(desk):
    failed, delivered = an_arrival(), an_arrival()
    await desk.keep(failed, delivered)
    await desk.settle(failed, State.FAILED)
    await desk.settle(delivered)
    assert await desk.journal.dismiss([failed.id, delivered.id], NOON) == 1
    assert await desk.journal.dismiss([failed.id], NOON) == 0
    assert await desk.journal.counts() == {"sms": {State.DISMISSED: 1, State.DELIVERED: 1}}


async def test_replaying_and_dismissing_nothing_changes_nothing(desk):
    assert await desk.journal.requeue([], NOON) == 0
    assert await desk.journal.dismiss(iter(()), NOON) == 0


# -- replies


async def test_replies_to_one_webhook_are_claimed_one_after_the_other(desk):
    arrival = an_arrival()
    await desk.keep(arrival)
    replies = tuple(a_reply(arrival.id, ordinal, due=NOON) for ordinal in range(3))
    await desk.settle(arrival, replies=replies)
    (claimed,) = await desk.journal.claim_replies(10, NOON, 30.0)
    assert claimed == replace(replies[0], state=ReplyState.SENDING, due=NOON + 30)
    assert await desk.journal.claim_replies(10, NOON, 30.0) == []
    await desk.journal.settle_reply(replace(replies[0], state=ReplyState.SENT, message_sid="SM1"))
    assert [reply.ordinal for reply in await desk.journal.claim_replies(10, NOON, 30.0)] == [1]
    assert (await desk.journal.reply(replies[0].id)).message_sid == "SM1"


@pytest.mark.parametrize(
    "state", [ReplyState.SENT, ReplyState.FAILED, ReplyState.AMBIGUOUS, ReplyState.EXPIRED, ReplyState.INLINE]
)
async def test_an_ended_reply_lets_the_next_one_pass(desk, state):
    arrival = an_arrival()
    await desk.settle(arrival, replies=(a_reply(arrival.id, 0, state), a_reply(arrival.id, 1, due=NOON)))
    assert [reply.ordinal for reply in await desk.journal.claim_replies(10, NOON, 30.0)] == [1]


async def test_a_kept_reply_holds_up_the_next_until_it_is_released(desk):
    arrival, other = an_arrival(), an_arrival()
    await desk.settle(arrival, replies=(a_reply(arrival.id, 0, ReplyState.KEPT), a_reply(arrival.id, 1, due=NOON)))
    await desk.settle(other, replies=(a_reply(other.id, 0, due=NOON + 5),))
    assert await desk.journal.claim_replies(10, NOON, 30.0) == []
    assert await desk.journal.release_kept(NOON) == 1
    assert [reply.ordinal for reply in await desk.journal.claim_replies(10, NOON, 30.0)] == [0]
    assert [reply.webhook_id for reply in await desk.journal.claim_replies(10, NOON + 5, 30.0)] == [other.id]


async def test_a_reply_whose_lease_has_ended_is_claimed_again(desk):
    arrival = an_arrival()
    await desk.settle(arrival, replies=(a_reply(arrival.id, 0, due=NOON),))
    assert len(await desk.journal.claim_replies(10, NOON, 30.0)) == 1
    assert await desk.journal.claim_replies(10, NOON + 29, 30.0) == []
    assert len(await desk.journal.claim_replies(10, NOON + 30, 30.0)) == 1


async def test_replies_are_claimed_up_to_the_limit_earliest_due_first(desk):
    arrivals = [an_arrival() for _ in range(3)]
    for place, arrival in enumerate(arrivals):
        await desk.settle(arrival, replies=(a_reply(arrival.id, due=NOON - place),))
    claimed = await desk.journal.claim_replies(2, NOON, 30.0)
    assert [reply.webhook_id for reply in claimed] == [arrivals[2].id, arrivals[1].id]


async def test_a_settled_reply_brings_its_events(desk):
    arrival = an_arrival()
    reply = a_reply(arrival.id)
    await desk.settle(arrival, replies=(reply,))
    event = an_event(20429, webhook_id=arrival.id, reply_id=reply.id)
    await desk.journal.settle_reply(replace(reply, state=ReplyState.FAILED, code=20429), [event])
    story = await desk.journal.story(arrival.id)
    assert story.events == (event,)
    assert [(one.state, one.code) for one in story.replies] == [(ReplyState.FAILED, 20429)]


async def test_an_unknown_id_is_none(desk):
    assert await desk.journal.webhook("WH" + "0" * 32) is None
    assert await desk.journal.story("WH" + "0" * 32) is None
    assert await desk.journal.reply("RP" + "0" * 32) is None
    assert await desk.journal.event("NO" + "0" * 32) is None


# -- listings


async def test_webhooks_are_listed_newest_first_settled_or_not_page_by_page(desk):
    arrivals = [an_arrival() for _ in range(7)]
    await desk.keep(*arrivals)
    for arrival in arrivals[::2]:
        await desk.settle(arrival)
    newest_first = [arrival.id for arrival in reversed(arrivals)]
    assert await desk.listed(limit=3) == newest_first[:3]
    assert await desk.listed(limit=3, before=newest_first[2]) == newest_first[3:6]
    assert await desk.listed(limit=3, before=newest_first[5]) == newest_first[6:]
    assert await desk.listed(limit=3, before=newest_first[6]) == []


async def test_webhooks_are_filtered_by_state(desk):
    arrivals = [an_arrival(body=b"") for _ in range(6)]
    await desk.keep(*arrivals)
    for arrival, state in zip(arrivals, State, strict=False):
        await desk.settle(arrival, state)
    by_state = {state: arrival.id for arrival, state in zip(arrivals, State, strict=False)}
    fresh = arrivals[5].id
    for state in (State.DELIVERING, State.DELIVERED, State.FAILED, State.DISMISSED):
        assert await desk.listed(states=(state,)) == [by_state[state]]
    assert await desk.listed(states=(State.WAITING,)) == [fresh, by_state[State.WAITING]]
    assert await desk.listed(states=(State.DELIVERED, State.FAILED)) == [by_state[State.FAILED], by_state[State.DELIVERED]]
    assert await desk.listed(states=(State.FAILED, State.DELIVERED), limit=1) == [by_state[State.FAILED]]


async def test_webhooks_are_filtered_by_endpoint_and_time(desk):
    arrivals = [an_arrival(at=NOON + minute * 60, endpoint=f"line{minute % 2}") for minute in range(6)]
    await desk.keep(*arrivals)
    for arrival in arrivals[:4]:
        await desk.settle(arrival)
    wanted = [arrival.id for arrival in reversed(arrivals)]
    assert await desk.listed(endpoint="line1") == wanted[0::2]
    assert await desk.listed(since=NOON + 60, until=NOON + 300) == wanted[1:5]
    assert await desk.listed(since=NOON + 240) == wanted[:2]
    assert await desk.listed(until=NOON + 60) == wanted[5:]
    assert await desk.listed(since=NOON + 60, until=NOON + 240, endpoint="line0", states=(State.DELIVERED,)) == [arrivals[2].id]
    assert await desk.listed(since=NOON + 1e6) == []


async def test_times_are_told_apart_also_when_ids_and_clock_disagree(desk):
    future, past = an_arrival(at=NOON + 10 * 365 * 86_400), an_arrival(at=1_000.0)
    odd = replace(an_arrival(at=NOON), id="WH-made-by-hand")
    await desk.keep(future, past)
    await desk.settle(future)
    await desk.settle(past)
    assert await desk.listed(since=NOON) == [future.id]
    assert await desk.listed(until=NOON) == [past.id]
    await desk.keep(odd)
    await desk.settle(odd)
    assert await desk.listed(since=NOON, until=NOON + 1) == [odd.id]


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("query", ["hello world", "HELLO", "wörld & more", "+15550000002", "SM0042", "0000002"])
async def test_a_search_looks_at_ids_numbers_and_the_decoded_text(desk, settled, query):
    wanted = an_arrival(body="Body=Hello+World+wörld%20%26 more&From=%2B15550000002&MessageSid=SM0042".encode())
    other = an_arrival(body=b"Body=bye&MessageSid=SM0041")
    await desk.keep(other, wanted)
    if settled:
        await desk.settle(wanted)
    assert await desk.listed(query=query) == [wanted.id]
    assert await desk.listed(query=wanted.id) == [wanted.id]
    assert await desk.listed(query=SHOP) == [other.id, wanted.id]
    assert await desk.listed(query=query, states=(State.FAILED,)) == []


async def test_a_search_finds_one_among_many(desk):
    arrivals = [an_arrival(body=b"Body=number+%d." % number) for number in range(600)]
    await desk.keep(*arrivals)
    await asyncio.gather(*(desk.settle(arrival) for arrival in arrivals))
    assert await desk.listed(query="number 3.") == [arrivals[3].id]


async def test_webhooks_are_found_by_the_codes_of_their_events(desk):
    first, second, third, quiet, waiting = arrivals = [an_arrival(body=b"Body=hi+%d" % number) for number in range(5)]
    await desk.keep(*arrivals)
    await desk.settle(first, State.FAILED, events=(an_event(webhook_id=first.id), an_event(webhook_id=first.id)))
    await desk.settle(second, events=(an_event(12300, webhook_id=second.id),))
    await desk.settle(third, events=(an_event(webhook_id=third.id),))
    await desk.settle(quiet)
    await desk.journal.record([an_event(webhook_id=waiting.id), an_event()])
    assert await desk.listed(code=11200) == [waiting.id, third.id, first.id]
    assert await desk.listed(code=12300) == [second.id]
    assert await desk.listed(code=11205) == []
    assert await desk.listed(code=11200, limit=1, before=waiting.id) == [third.id]
    assert await desk.listed(code=11200, before=third.id) == [first.id]
    assert await desk.listed(code=11200, states=(State.FAILED, State.DELIVERED)) == [third.id, first.id]
    assert await desk.listed(code=11200, states=(State.FAILED,)) == [first.id]
    assert await desk.listed(code=11200, query="hi 2") == [third.id]
    assert await desk.listed(code=12300, query="hi 2") == []
    assert await desk.listed(code=11200, endpoint="voice") == []
    assert await desk.listed(code=11200, until=NOON) == []


async def test_the_code_that_twilio_would_log_finds_what_has_a_more_exact_one(desk):
    plain, exact = an_arrival(), an_arrival()
    await desk.keep(plain, exact)
    events = [
        an_event(11200, webhook_id=plain.id, endpoint="sms"),
        an_event(11217, twilio_code=11200, webhook_id=exact.id, endpoint="sms"),
        an_event(12300, webhook_id=exact.id, endpoint="sms"),
    ]
    await desk.settle(plain, State.FAILED, events=events[:1])
    await desk.settle(exact, State.FAILED, events=events[1:])
    assert await desk.listed_events(code=11200) == [events[1].id, events[0].id]
    assert await desk.listed_events(code=11200, limit=1) == [events[1].id]
    assert await desk.listed_events(code=11200, before=events[1].id) == [events[0].id]
    assert await desk.listed_events(code=11200, webhook_id=exact.id) == [events[1].id]
    assert await desk.listed_events(code=11217) == [events[1].id]
    assert await desk.listed(code=11200) == [exact.id, plain.id]
    assert await desk.listed(code=11200, limit=1, before=exact.id) == [plain.id]
    assert await desk.listed(code=11217) == [exact.id]
    found = await desk.journal.issues(IssueFilter(code=11200), 10, now=NOON)
    assert {issue.code for issue in found} == {11200, 11217}
    (issue,) = await desk.journal.issues(IssueFilter(code=11217), 10, now=NOON)
    span = (NOON - 60, NOON + 60, 1)
    assert list(await desk.journal.event_counts(EventFilter(code=11200), *span)) == [2]
    assert list(await desk.journal.event_counts(EventFilter(code=11200, issue=issue.id), *span)) == [1]
    assert list(await desk.journal.event_counts(EventFilter(code=12300, issue=issue.id), *span)) == [0]


async def test_debug_events_are_listed_newest_first_and_filtered(desk):
    arrival = an_arrival()
    old = an_event(11200, endpoint="sms", at=NOON - 60)
    warning = an_event(12300, level=Level.WARNING, endpoint="sms", webhook_id=arrival.id)
    voice = an_event(11200, endpoint="voice", at=NOON + 60)
    await desk.journal.record([old])
    await desk.settle(arrival, events=(warning,))
    await desk.journal.record([voice])
    assert await desk.listed_events() == [voice.id, warning.id, old.id]
    assert await desk.listed_events(limit=1, before=voice.id) == [warning.id]
    assert await desk.listed_events(code=11200) == [voice.id, old.id]
    assert await desk.listed_events(code=11200, endpoint="sms") == [old.id]
    assert await desk.listed_events(level=Level.WARNING) == [warning.id]
    assert await desk.listed_events(since=NOON) == [voice.id, warning.id]
    assert await desk.listed_events(until=NOON) == [old.id]
    assert await desk.listed_events(webhook_id=arrival.id) == [warning.id]
    assert await desk.journal.event(warning.id) == warning


async def test_an_event_of_an_unsettled_webhook_is_in_its_story(desk):
    arrival = an_arrival()
    event = an_event(webhook_id=arrival.id)
    await desk.keep(arrival)
    await desk.journal.record([event])
    story = await desk.journal.story(arrival.id)
    assert (story.webhook, story.events) == (derive(arrival), (event,))


async def test_recording_no_events_is_no_work(desk):
    await desk.journal.record([])
    assert await desk.listed_events() == []


async def test_counts_tell_endpoints_and_states_apart_also_after_a_restart(desk):
    await desk.park(an_arrival(), an_arrival(), an_arrival(endpoint="voice"))
    done = an_arrival(endpoint="voice")
    await desk.keep(done, an_arrival(endpoint="fresh"))
    await desk.settle(done)
    counted = {"sms": {State.WAITING: 2}, "voice": {State.WAITING: 1, State.DELIVERED: 1}, "fresh": {State.WAITING: 1}}
    assert await desk.journal.counts() == counted
    await desk.restart()
    assert await desk.journal.counts() == counted


# -- pruning


async def test_pruning_deletes_old_ended_webhooks_with_all_that_hangs_on_them(desk):
    old, young = an_arrival(b"old", at=NOON - 100), an_arrival(b"young", at=NOON)
    for arrival in (old, young):
        await desk.keep(arrival)
        await desk.settle(
            arrival,
            attempts=(an_attempt(arrival.id),),
            replies=(a_reply(arrival.id, state=ReplyState.SENT),),
            events=(an_event(webhook_id=arrival.id),),
        )
    story = await desk.journal.story(old.id)
    assert await desk.journal.prune(NOON, 10) == 1
    assert await desk.journal.story(old.id) is None
    assert await desk.journal.reply(story.replies[0].id) is None
    assert await desk.journal.event(story.events[0].id) is None
    assert await desk.journal.counts() == {"sms": {State.DELIVERED: 1}}
    assert len((await desk.journal.story(young.id)).attempts) == 1
    assert await desk.journal.prune(NOON, 10) == 0


async def test_a_pruned_key_is_free_again_and_a_kept_one_is_not(desk):
    old, young = an_arrival(b"old", at=NOON - 100), an_arrival(b"young")
    await desk.keep(old, young)
    await desk.settle(old)
    await desk.settle(young)
    await desk.journal.prune(NOON, 10)
    again = an_arrival(b"old")
    assert (await desk.append(again)).duplicate_of is None
    assert (await desk.append(an_arrival(b"old"))).duplicate_of == again.id
    assert (await desk.append(an_arrival(b"young"))).duplicate_of == young.id
    await desk.restart()
    assert (await desk.append(an_arrival(b"old"))).duplicate_of == again.id


async def test_pruning_keeps_to_its_limit_oldest_first_and_spares_the_undelivered(desk):
    arrivals = [an_arrival(body=b"", at=NOON - 100 + place) for place in range(6)]
    await desk.keep(*arrivals)
    states = (State.WAITING, State.DELIVERED, State.FAILED, State.DISMISSED, State.DELIVERING)
    for arrival, state in zip(arrivals, states, strict=False):
        await desk.settle(arrival, state)
    assert await desk.journal.prune(NOON, 2) == 2
    assert await desk.listed() == [arrivals[place].id for place in (5, 4, 3, 0)]
    assert await desk.journal.prune(NOON, 5) == 1
    assert await desk.listed() == [arrivals[place].id for place in (5, 4, 0)]


async def test_pruning_everything_does_not_confuse_what_comes_after(desk):
    arrivals = [an_arrival(at=NOON - 1) for _ in range(3)]
    await desk.keep(*arrivals)
    for arrival in arrivals:
        await desk.settle(arrival)
    assert await desk.journal.prune(NOON, 10) == 3
    await desk.restart()
    fresh = an_arrival()
    await desk.keep(fresh)
    await desk.settle(fresh, attempts=(an_attempt(fresh.id),))
    assert len((await desk.journal.story(fresh.id)).attempts) == 1
    assert await desk.listed() == [fresh.id]


async def test_pruning_takes_old_events_of_no_webhook_along(desk):
    old, young = an_event(at=NOON - 1), an_event(at=NOON)
    await desk.journal.record([old, young])
    assert await desk.journal.prune(NOON, 10) == 0
    assert await desk.listed_events() == [young.id]


async def test_pruning_thousands_reaches_its_limit(desk):
    arrivals = [an_arrival(at=NOON - 1) for _ in range(1_300)]
    await desk.keep(*arrivals)
    await asyncio.gather(*(desk.settle(arrival) for arrival in arrivals))
    assert await desk.journal.prune(NOON, 1_200) == 1_200
    assert await desk.journal.counts() == {"sms": {State.DELIVERED: 100}}
