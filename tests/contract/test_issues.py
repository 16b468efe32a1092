"""What every journal promises of issues, of searching debug events and of counting them."""

import asyncio
from itertools import pairwise

import pytest

from offhook.errors import JournalError
from offhook.records import Cause, Confidence, EventFilter, Issue, IssueFilter, IssueState, Level, ReplyState, State
from offhook.stores.grouping import issue_id
from tests.helpers.journals import NOON, a_reply, an_arrival, an_event

HOUR, DAY = 3600, 86_400


def a_cause(name="tls.expired", title="The certificate has expired."):
    return Cause(name=name, title=title, confidence=Confidence.CERTAIN)


def of_sms(code=11200, **fields):
    return an_event(code, **({"endpoint": "sms"} | fields))


async def listed(desk, limit=50, before="", **where):
    return list(await desk.journal.issues(IssueFilter(**where), limit, before, now=NOON))


async def the_issue(desk, now=NOON):
    (issue,) = await desk.journal.issues(IssueFilter(), 10, now=now)
    assert await desk.journal.issue(issue.id, now=now) == issue
    return issue


async def counts(desk, start=NOON - DAY, end=NOON + DAY, buckets=4, **where):
    return list(await desk.journal.event_counts(EventFilter(**where), start, end, buckets))


# -- grouping


async def test_the_first_event_opens_an_issue(desk):
    event = of_sms(causes=(a_cause(), a_cause("tls.name")), at=NOON + 60)
    await desk.journal.record([event])
    assert await the_issue(desk, NOON + 120) == Issue(
        id=issue_id("sms", 11200, "tls.expired"),
        endpoint="sms",
        code=11200,
        cause="tls.expired",
        title="The certificate has expired.",
        level=Level.ERROR,
        state=IssueState.OPEN,
        first_seen=NOON + 60,
        last_seen=NOON + 60,
        count=1,
        hours=(*[0] * 23, 1),
        last_event=event.id,
    )


async def test_without_a_cause_the_message_is_the_title(desk):
    await desk.journal.record([of_sms(message="The app answered 502.")])
    issue = await the_issue(desk)
    assert (issue.cause, issue.title) == ("", "The app answered 502.")


async def test_an_id_follows_from_endpoint_code_and_cause_and_has_the_shape_of_an_id():
    made = {issue_id(*of) for of in (("sms", 11200, ""), ("sms", 11200, "a"), ("sms", 11201, ""), ("voice", 11200, ""))}
    assert len(made) == 4
    assert issue_id("sms", 11200, "a") in made
    assert all(len(each) == 34 and each.startswith("IS") and set(each[2:]) <= set("0123456789abcdef") for each in made)


async def test_events_come_together_by_endpoint_code_and_leading_cause(desk):
    events = [
        of_sms(),
        of_sms(),
        of_sms(11210),
        of_sms(endpoint="voice"),
        of_sms(causes=(a_cause(),)),
        of_sms(causes=(a_cause(), a_cause("other"))),
        of_sms(causes=(a_cause("other"), a_cause())),
    ]
    await desk.journal.record(events)
    assert {(issue.endpoint, issue.code, issue.cause): issue.count for issue in await listed(desk)} == {
        ("sms", 11200, ""): 2,
        ("sms", 11210, ""): 1,
        ("voice", 11200, ""): 1,
        ("sms", 11200, "tls.expired"): 2,
        ("sms", 11200, "other"): 1,
    }


async def test_infos_and_events_of_no_endpoint_make_no_issue(desk):
    await desk.journal.record([of_sms(level=Level.INFO), an_event()])
    assert await listed(desk) == []
    await desk.journal.record([of_sms(level=Level.WARNING)])
    assert (await the_issue(desk)).level is Level.WARNING


async def test_events_of_settlements_of_replies_and_of_neither_all_count(desk):
    arrival = an_arrival()
    await desk.settle(arrival, events=(of_sms(webhook_id=arrival.id), of_sms(webhook_id=arrival.id)))
    await desk.journal.settle_reply(a_reply(arrival.id, state=ReplyState.FAILED), [of_sms(webhook_id=arrival.id)])
    await desk.journal.record([of_sms()])
    assert (await the_issue(desk)).count == 4


async def test_an_event_that_is_written_again_does_not_count_again(desk):
    event = of_sms()
    await desk.journal.record([event, event])
    await desk.journal.record([event])
    issue = await the_issue(desk)
    assert (issue.count, sum(issue.hours)) == (1, 1)


async def test_a_storm_of_events_written_at_one_time_is_counted_to_the_last(desk):
    arrivals = [an_arrival() for _ in range(400)]
    await asyncio.gather(
        *(
            desk.settle(arrival, State.FAILED, events=tuple(of_sms(webhook_id=arrival.id) for _ in range(3)))
            for arrival in arrivals
        ),
        *(desk.journal.record([of_sms(11210)]) for _ in range(100)),
    )
    assert {issue.code: (issue.count, sum(issue.hours)) for issue in await listed(desk)} == {
        11200: (1200, 1200),
        11210: (100, 100),
    }


async def test_the_newest_event_gives_the_words_whatever_the_order_of_writing(desk):
    first, last, late = of_sms(at=NOON, message="first"), of_sms(at=NOON + 9, message="last"), of_sms(at=NOON - 9, message="late")
    for event in (first, last, late):
        await desk.journal.record([event])
    issue = await the_issue(desk)
    assert (issue.title, issue.last_event, issue.first_seen, issue.last_seen) == ("last", last.id, NOON - 9, NOON + 9)


async def test_issues_outlast_a_restart(desk):
    await desk.journal.record([of_sms()])
    before = await the_issue(desk)
    await desk.restart()
    assert await the_issue(desk) == before
    await desk.journal.record([of_sms()])
    assert (await the_issue(desk)).count == 2


async def test_a_closed_journal_has_no_issues_to_show(desk):
    await desk.journal.close()
    for call in (listed(desk), desk.journal.issue("IS", now=NOON), desk.journal.issue_webhooks("IS", 1), counts(desk)):
        with pytest.raises(JournalError):
            await call


# -- hours


async def test_hours_are_the_last_24_by_the_clock_of_whoever_asks(desk):
    await desk.journal.record([of_sms(at=NOON - 23 * HOUR), of_sms(at=NOON - HOUR), of_sms(at=NOON - 1), of_sms(at=NOON)])
    assert (await the_issue(desk, NOON)).hours == (1, *[0] * 21, 2, 1)
    assert (await the_issue(desk, NOON + HOUR - 1)).hours == (1, *[0] * 21, 2, 1)
    assert (await the_issue(desk, NOON + HOUR)).hours == (*[0] * 21, 2, 1, 0)
    assert (await the_issue(desk, NOON + DAY)).hours == (0,) * 24
    assert (await the_issue(desk, NOON - HOUR)).hours == (0, 1, *[0] * 21, 2)


# -- states


@pytest.mark.parametrize("state", list(IssueState))
async def test_a_state_can_be_set_and_the_issue_comes_back_with_it(desk, state):
    await desk.journal.record([of_sms()])
    issue = await the_issue(desk)
    changed = await desk.journal.set_issue_state(issue.id, state, now=NOON)
    assert changed == await the_issue(desk)
    assert changed.state is state


async def test_the_state_of_an_issue_that_does_not_exist_cannot_be_set(desk):
    assert await desk.journal.set_issue_state("IS" + "0" * 32, IssueState.RESOLVED, now=NOON) is None
    assert await desk.journal.issue("IS" + "0" * 32, now=NOON) is None


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (IssueState.OPEN, IssueState.OPEN),
        (IssueState.RESOLVED, IssueState.REGRESSED),
        (IssueState.REGRESSED, IssueState.REGRESSED),
        (IssueState.ACKNOWLEDGED, IssueState.ACKNOWLEDGED),
        (IssueState.IGNORED, IssueState.IGNORED),
    ],
)
async def test_a_resolved_issue_regresses_with_the_next_event_and_the_others_stay_as_they_are(desk, state, after):
    await desk.journal.record([of_sms()])
    await desk.journal.set_issue_state(issue_id("sms", 11200, ""), state, now=NOON)
    await desk.journal.record([of_sms(11210)])
    assert (await desk.journal.issue(issue_id("sms", 11200, ""), now=NOON)).state is state
    await desk.settle(an_arrival(), events=(of_sms(), of_sms()))
    issue = await desk.journal.issue(issue_id("sms", 11200, ""), now=NOON)
    assert (issue.state, issue.count) == (after, 3)


async def test_what_was_recorded_before_an_issue_was_resolved_is_no_regression(desk):
    await desk.journal.record([of_sms()])
    recording = asyncio.ensure_future(desk.journal.record([of_sms()]))
    await asyncio.sleep(0)
    resolved = await desk.journal.set_issue_state(issue_id("sms", 11200, ""), IssueState.RESOLVED, now=NOON)
    await recording
    assert (resolved.state, resolved.count) == (IssueState.RESOLVED, 2)
    assert await the_issue(desk) == resolved


# -- listings


async def test_issues_are_listed_last_seen_first_and_page_by_page(desk):
    for place in (3, 0, 4, 1, 2):
        await desk.journal.record([of_sms(11200 + place, at=NOON + place)])
    await desk.journal.record([of_sms(11200, at=NOON + 9)])
    whole = await listed(desk)
    assert [issue.code for issue in whole] == [11200, 11204, 11203, 11202, 11201]
    assert await listed(desk, limit=2) == whole[:2]
    assert await listed(desk, limit=2, before=whole[1].place) == whole[2:4]
    assert await listed(desk, before=whole[4].place) == []


async def test_issues_seen_at_one_time_are_each_on_one_page(desk):
    await desk.journal.record([of_sms(11200 + place) for place in range(5)])
    whole = await listed(desk)
    assert all(one.id > other.id for one, other in pairwise(whole))
    assert [(await listed(desk, limit=1, before=issue.place)) for issue in whole[:-1]] == [[issue] for issue in whole[1:]]


async def test_issues_are_filtered(desk):
    expired, voice, plain = of_sms(causes=(a_cause(),)), of_sms(11210, endpoint="voice"), of_sms()
    for event in (expired, voice, plain):
        await desk.journal.record([event])
    ids = [issue_id("sms", 11200, "tls.expired"), issue_id("voice", 11210, ""), issue_id("sms", 11200, "")]
    await desk.journal.set_issue_state(ids[0], IssueState.IGNORED, now=NOON)

    async def found(**where):
        return {issue.id for issue in await listed(desk, **where)}

    assert await found(states=(IssueState.OPEN,)) == set(ids[1:])
    assert await found(states=(IssueState.IGNORED, IssueState.RESOLVED)) == {ids[0]}
    assert await found(states=(IssueState.RESOLVED,)) == set()
    assert await found(endpoint="voice") == {ids[1]}
    assert await found(code=11200) == {ids[0], ids[2]}
    assert await found(cause="tls.expired") == {ids[0]}
    assert await found(cause="tls.expired", endpoint="voice") == set()


async def test_events_are_found_by_cause_and_by_issue(desk):
    expired, other, plain, info = (
        of_sms(causes=(a_cause(), a_cause("b"))),
        of_sms(causes=(a_cause("b"),), at=NOON + 60),
        of_sms(),
        of_sms(level=Level.INFO),
    )
    await desk.journal.record([expired, other, plain, info])
    assert await desk.listed_events(cause="tls.expired") == [expired.id]
    assert await desk.listed_events(cause="b") == [other.id]
    assert await desk.listed_events(issue=issue_id("sms", 11200, "b")) == [other.id]
    assert await desk.listed_events(issue=issue_id("sms", 11200, "")) == [plain.id]
    assert await desk.listed_events(issue=issue_id("sms", 11200, ""), code=11210) == []
    assert await desk.listed_events(issue=issue_id("sms", 11200, "b"), until=NOON) == []
    assert await desk.listed_events(issue=issue_id("sms", 11200, "b"), limit=1, before=other.id) == []


@pytest.mark.parametrize(
    "query",
    ["gateway", "GATEWAY bad", "SM0042", "app.example", "APP.example:8443/sms", "AC77", "8443 sm0042", "MG1", "  gateway  "],
)
async def test_a_search_finds_events_by_words_in_the_message_the_sids_and_the_url(desk, query):
    wanted = of_sms(
        message="The app answered 502 Bad Gateway.",
        resource_sid="SM0042",
        account_sid="AC77",
        service_sid="MG1",
        request_url="https://bob:hunter2@app.example:8443/sms?id=1",
    )
    other = of_sms(message="No answer.", request_url="https://other.test/", resource_sid="SM1")
    await desk.journal.record([other, wanted])
    assert await desk.listed_events(query=query) == [wanted.id]
    assert await desk.listed_events(query=query, endpoint="voice") == []
    assert sum(await counts(desk, query=query)) == 1


async def test_a_search_finds_events_by_their_ids_and_never_by_a_password(desk):
    arrival = an_arrival()
    event = of_sms(webhook_id=arrival.id, request_url="https://bob:hunter2@app.example/sms")
    await desk.journal.record([of_sms(), event])
    assert await desk.listed_events(query=event.id.lower()) == [event.id]
    assert await desk.listed_events(query=arrival.id) == [event.id]
    assert await desk.listed_events(query="hunter2") == []
    assert await desk.listed_events(query="app.example gateway") == []


async def test_a_search_looks_through_many_events_page_by_page(desk):
    events = [of_sms(message=f"number <{place}>") for place in range(700)]
    await desk.journal.record(events)
    assert await desk.listed_events(query="number <3>") == [events[3].id]
    assert await desk.listed_events(query="number", limit=2, before=events[2].id) == [events[1].id, events[0].id]
    assert await counts(desk, NOON, NOON + 1, 1, query="number") == [700]


# -- counting


async def test_events_are_counted_by_parts_of_a_time(desk):
    times = (-1, 0, 0, 59.9, 60, 239.9, 240)
    await desk.journal.record([of_sms(at=NOON + at) for at in times])
    assert await counts(desk, NOON, NOON + 240, 4) == [3, 1, 0, 1]
    assert await counts(desk, NOON, NOON + 240, 1) == [5]
    assert await counts(desk, NOON + 300, NOON + 400, 3) == [0, 0, 0]
    assert await counts(desk, NOON, NOON + 240, 4, since=NOON + 60, until=NOON + 100) == [0, 1, 0, 0]
    assert await counts(desk, NOON, NOON + 240, 4, until=NOON) == [0, 0, 0, 0]
    assert sum(await counts(desk, NOON - 0.3, NOON + 0.1, 499)) == 2


async def test_what_is_counted_is_what_the_filter_means(desk):
    arrival = an_arrival()
    await desk.journal.record(
        [
            of_sms(webhook_id=arrival.id, level=Level.WARNING),
            of_sms(11210),
            of_sms(causes=(a_cause(),)),
            of_sms(endpoint="voice"),
            an_event(level=Level.INFO),
        ]
    )
    plain = issue_id("sms", 11200, "")
    wanted = {
        5: {},
        4: {"code": 11200},
        3: {"endpoint": "sms"},
        1: {"cause": "tls.expired"},
        2: {"code": 11200, "endpoint": "sms"},
        0: {"issue": plain, "level": Level.ERROR},
    }
    for number, where in wanted.items():
        assert sum(await counts(desk, **where)) == number, where
    one = ({"level": Level.INFO}, {"webhook_id": arrival.id}, {"issue": plain}, {"issue": plain, "level": Level.WARNING})
    for where in (*one, {"issue": plain, "endpoint": "sms", "code": 11200}):
        assert sum(await counts(desk, **where)) == 1, where
    for where in (
        {"issue": plain, "endpoint": "voice"},
        {"issue": plain, "code": 11210},
        {"issue": plain, "cause": "tls.expired"},
    ):
        assert sum(await counts(desk, **where)) == 0, where


@pytest.mark.parametrize(("until", "buckets"), [(NOON, 10), (NOON - 1, 10), (NOON + 1, 0), (NOON + 1, 501)])
async def test_no_time_and_too_many_parts_are_refused(desk, until, buckets):
    with pytest.raises(ValueError, match="1 to 500 parts"):
        await counts(desk, NOON, until, buckets)


# -- the webhooks of an issue


async def test_the_webhooks_of_an_issue_are_those_that_failed_or_were_dismissed_each_once(desk):
    arrivals = [an_arrival(body=b"") for _ in range(6)]
    states = (State.FAILED, State.DELIVERED, State.DISMISSED, State.WAITING, State.FAILED, State.FAILED)
    for arrival, state in zip(arrivals, states, strict=True):
        events = (of_sms(webhook_id=arrival.id), of_sms(webhook_id=arrival.id), of_sms(11210, webhook_id=arrival.id))
        await desk.settle(arrival, state, events=events if arrival is not arrivals[5] else events[2:])
    await desk.journal.record([of_sms()])
    wanted = [arrivals[0].id, arrivals[2].id, arrivals[4].id]
    plain = issue_id("sms", 11200, "")
    assert list(await desk.journal.issue_webhooks(plain, 10)) == wanted
    assert list(await desk.journal.issue_webhooks(plain, 2)) == wanted[:2]
    assert list(await desk.journal.issue_webhooks(plain, 2, wanted[1])) == wanted[2:]
    assert list(await desk.journal.issue_webhooks(issue_id("sms", 11210, ""), 10)) == [*wanted, arrivals[5].id]
    assert list(await desk.journal.issue_webhooks(issue_id("voice", 11210, ""), 10)) == []


async def test_a_replay_may_leave_out_what_has_been_delivered(desk):
    arrivals = [an_arrival(body=b"") for _ in range(3)]
    for arrival, state in zip(arrivals, (State.FAILED, State.DELIVERED, State.DISMISSED), strict=True):
        await desk.settle(arrival, state)
    assert await desk.journal.requeue([arrival.id for arrival in arrivals], NOON, delivered=False) == 2
    assert [await desk.state(arrival) for arrival in arrivals] == [State.WAITING, State.DELIVERED, State.WAITING]
    assert await desk.journal.counts() == {"sms": {State.WAITING: 2, State.DELIVERED: 1}}


# -- pruning


async def test_an_issue_goes_with_the_last_of_its_events(desk):
    arrival = an_arrival(at=NOON - DAY)
    await desk.settle(arrival, State.WAITING, events=(of_sms(at=NOON - DAY, webhook_id=arrival.id),))
    await desk.journal.prune(NOON, 10)
    assert (await the_issue(desk)).count == 1
    await desk.settle(arrival, State.FAILED)
    await desk.journal.prune(NOON, 10)
    assert await listed(desk) == []
    assert await counts(desk) == [0, 0, 0, 0]


async def test_an_issue_seen_since_or_with_younger_events_stays(desk):
    old = an_arrival(at=NOON - DAY)
    await desk.settle(
        old, State.FAILED, events=(of_sms(at=NOON + 5, webhook_id=old.id), of_sms(11210, at=NOON - DAY, webhook_id=old.id))
    )
    await desk.journal.record([of_sms(11210, at=NOON)])
    assert await desk.journal.prune(NOON, 10) == 1
    assert {issue.code: (issue.count, sum(issue.hours)) for issue in await listed(desk)} == {11200: (1, 1), 11210: (2, 1)}


async def test_an_issue_of_no_webhook_is_pruned_and_opens_anew(desk):
    await desk.journal.record([of_sms(at=NOON - DAY)])
    await desk.journal.set_issue_state(issue_id("sms", 11200, ""), IssueState.RESOLVED, now=NOON)
    await desk.journal.prune(NOON, 10)
    assert await listed(desk) == []
    await desk.journal.record([of_sms()])
    issue = await the_issue(desk)
    assert (issue.state, issue.count) == (IssueState.OPEN, 1)
