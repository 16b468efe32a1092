"""Which notifications of alarms go together, and when."""

import msgspec
import pytest

from offhook.alarms.grouping import Rules, plan, stories
from offhook.alarms.model import News
from tests.helpers.alarms import START, alarm, firing, notification, recovered, storm

RULES = Rules(wait=5.0)


def planned(notifications, at, rules=RULES):
    return [batch for _, batches in plan(notifications, START + at, rules) for batch in batches]


def test_the_first_of_a_message_waits_for_others_and_all_go_together():
    early, late = notification(due=START), notification(due=START + 4)
    assert planned([early, late], 4.9) == []
    (batch,) = planned([early, late], 5.0)
    assert batch.notifications == (early, late)
    assert (batch.id, batch.repeated) == ("", False)


def test_what_is_not_due_yet_is_left_for_later():
    (batch,) = planned([notification(), notification(due=START + 6)], 5.0)
    assert len(batch.notifications) == 1


def test_each_address_gets_its_own_message():
    batches = planned(
        [notification(address="a@x.org"), notification(address="b@x.org"), notification("apprise", "env:CHAT")], 5.0
    )
    assert [batch.address for batch in batches] == ["env:CHAT", "a@x.org", "b@x.org"]


def test_the_test_button_waits_for_nobody():
    (batch,) = planned([notification(news=News.TEST)], 0.0)
    assert batch.notifications[0].news is News.TEST


def test_a_storm_of_five_hundred_is_one_message_to_each_address():
    many = [*storm(500), *storm(500, address="bob@example.com")]
    assert [len(batch.notifications) for batch in planned(many, 5.0)] == [500, 500]


def test_what_waits_for_its_next_try_goes_along_with_what_is_new():
    tried, new = notification(attempts=3, due=START + 900), notification()
    (batch,) = planned([tried, new], 5.0)
    assert batch.notifications == (tried, new)


def test_alone_it_waits_until_its_next_try_is_due():
    tried = notification(attempts=3, due=START + 900)
    assert planned([tried], 899.0) == []
    assert len(planned([tried], 900.0)) == 1


def test_a_message_that_was_begun_is_repeated_as_it_was_and_nothing_joins_it():
    first, second, new = notification(message="NT1"), notification(message="NT1"), notification()
    repeated, fresh = planned([first, second, new], 5.0)
    assert (repeated.id, repeated.repeated, repeated.notifications) == ("NT1", True, (first, second))
    assert (fresh.id, fresh.notifications) == ("", (new,))


def test_a_webhook_is_one_request_for_each_firing_without_waiting():
    first, second = notification("webhook", "https://x.org/a"), notification("webhook", "https://x.org/a")
    assert [(batch.id, batch.notifications) for batch in planned([second, first], 0.0)] == [
        (first.id, (first,)),
        (second.id, (second,)),
    ]


def test_webhooks_that_were_tried_least_go_first():
    poison, good = notification("webhook", "u", attempts=4), notification("webhook", "u")
    assert [batch.id for batch in planned([poison, good], 0.0)] == [good.id, poison.id]


def test_a_recovery_is_never_told_before_its_firing():
    of = alarm()
    about = firing(of)
    fired = notification("webhook", "u", of=of, about=about, attempts=1, due=START + 60)
    over = notification("webhook", "u", news=News.RECOVERED, of=of, about=recovered(about))
    assert planned([fired, over], 0.0) == []
    assert [batch.id for batch in planned([fired, over], 60.0)] == [fired.id, over.id]


def test_a_phone_gets_one_message_in_five_minutes():
    rules = Rules(wait=5.0, last_sms={"+15551230001": START})
    text = notification("sms", "+15551230001")
    assert planned([text], 299.0, rules) == []
    assert len(planned([text, notification("sms", "+15551230001", due=START + 200)], 300.0, rules)) == 1
    assert len(planned([notification("sms", "+15551230002")], 5.0, rules)) == 1


def test_a_firing_that_recovered_before_it_was_told_is_one_story_of_both():
    of = alarm()
    about = firing(of)
    over = recovered(about)
    (story,) = stories([notification(of=of, about=about), notification(of=of, about=over, news=News.RECOVERED)])
    assert (story.fired, story.recovered, story.firing) == (True, True, over)


def test_what_is_still_going_on_is_told_first():
    gone, going = alarm("Gone"), alarm("Going")
    told = [
        notification(of=gone, about=recovered(firing(gone)), news=News.RECOVERED),
        notification(of=alarm("Trial"), news=News.TEST),
        notification(of=going, about=firing(going, fired_at=START + 9)),
    ]
    assert [story.alarm.name for story in stories(told)] == ["Going", "Gone", "Trial"]


@pytest.mark.parametrize("wait", [0.0, 30.0])
def test_how_long_the_first_waits_is_a_setting(wait):
    assert planned([notification()], wait - 0.1, msgspec.structs.replace(RULES, wait=wait)) == []
    assert planned([notification()], wait, msgspec.structs.replace(RULES, wait=wait))
