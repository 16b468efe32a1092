"""Debug events come together into issues, whatever keeps them."""

from msgspec.structs import replace

from offhook.stores.grouping import gather, in_buckets, issue_of, merge
from tests.helpers.journals import NOON, an_event


def test_a_storm_is_one_change_to_its_issue_and_one_to_its_hour():
    events = [an_event(endpoint="sms", at=NOON + place / 100) for place in range(5_000)]
    found = gather(events)
    (issue,) = found.issues.values()
    assert (issue.count, issue.last_event) == (5_000, events[-1].id)
    assert found.hours == {(issue.id, int(NOON // 3600)): 5_000}


def test_no_events_are_no_change():
    assert gather([]) == ({}, {})


def test_the_order_of_two_groups_changes_nothing_but_the_words():
    first, second = (gather([an_event(endpoint="sms", at=at)]).issues for at in (NOON, NOON + 1))
    (one,), (other,) = first.values(), second.values()
    assert merge(one, other) == merge(other, one)


def test_an_issue_does_not_hang_on_what_varies_between_its_events():
    event = an_event(endpoint="sms")
    assert issue_of(event) == issue_of(replace(event, id="NO", at=1.0, message="other", webhook_id="WH", request_url="http://x/"))


def test_a_time_that_rounds_up_to_the_end_is_in_the_last_part():
    assert in_buckets([0.3 - 2**-54], 0.0, 0.3, 3) == [0, 0, 1]
