"""Which debug events an alarm counts."""

import pytest

from offhook.alarms.rules import Matcher, Scope, key_of, key_of_notice
from offhook.alarms.tally import Tally
from offhook.records import Level
from tests.helpers.journals import NOON, an_event
from tests.helpers.watched import Watch, a_cause, an_alarm

OURS, OTHERS = "+15559999999", "+15558888888"


@pytest.mark.parametrize(
    ("scope", "event", "counted"),
    [
        ({}, {}, True),
        ({}, {"level": Level.WARNING}, True),
        ({}, {"level": Level.INFO}, False),
        ({"levels": (Level.WARNING,)}, {}, False),
        ({"levels": (Level.INFO,)}, {"level": Level.INFO}, True),
        ({"codes": (11200,)}, {}, True),
        ({"codes": (11205, 12100)}, {}, False),
        ({"codes": (11205,)}, {"code": 11205, "twilio_code": 11200}, True),
        ({"codes": (11200,)}, {"code": 11205, "twilio_code": 11200}, True),
        ({"except_codes": (11200,)}, {}, False),
        ({"except_codes": (11200,)}, {"code": 11205, "twilio_code": 11200}, False),
        ({"except_codes": (12100,)}, {}, True),
        ({"endpoints": ("sms",)}, {}, True),
        ({"endpoints": ("voice", "shop")}, {}, False),
        ({"numbers": (OURS,)}, {"number": OURS}, True),
        ({"numbers": (OURS,)}, {"number": OTHERS}, False),
        ({"numbers": (OURS,)}, {}, False),
        ({"numbers": (OURS,)}, {"number": f"whatsapp:{OURS}"}, True),
        ({"numbers": (f"whatsapp:{OURS}",)}, {"number": OURS}, False),
        ({"causes": ("ngrok.offline",)}, {"causes": (a_cause(), a_cause("tls.expired"))}, True),
        ({"causes": ("tls.expired",)}, {"causes": (a_cause(), a_cause("tls.expired"))}, False),
        ({"causes": ("tls.expired",)}, {}, False),
    ],
)
def test_an_alarm_counts_what_is_in_its_scope(scope, event, counted):
    key = key_of(an_event(**({"endpoint": "sms"} | event)))
    assert Scope(an_alarm(**scope)).counts(key) is counted


def test_a_key_is_asked_for_once_and_gives_all_that_count_it():
    one, other = an_alarm(sid="AK1"), an_alarm(sid="AK2", codes=(12100,))
    matcher = Matcher([one, other, an_alarm(sid="AK3", watch=Watch.BACKLOG)])
    key = key_of(an_event())
    assert matcher.of(key) == ("AK1",)
    assert matcher.of(key) is matcher.of(key)
    assert matcher.of(key_of(an_event(12100))) == ("AK1", "AK2")


def test_numbers_that_no_alarm_asks_for_make_no_keys_of_their_own():
    tally = Tally(Matcher([an_alarm(sid="AK1", numbers=(OURS,))]))
    tally.add([an_event(number=f"+1555000{n:04}") for n in range(1000)] + [an_event(number=OURS)], NOON)
    ((_, counted),) = tally.take().items()
    assert sorted((key.number, count) for key, count, _ in counted) == [("", 1000), (OURS, 1)]


def test_events_are_counted_at_the_seconds_at_which_they_happened_and_not_in_the_future():
    tally = Tally(Matcher([an_alarm(sid="AK1")]))
    tally.add([an_event(at=NOON - 7.5), an_event(at=NOON + 0.9), an_event(at=NOON + 500)], NOON)
    assert {second: counted[0][1] for second, counted in tally.take().items()} == {NOON - 8: 1, NOON: 2}
    assert tally.take() == {}


def test_without_an_alarm_nothing_is_counted():
    tally = Tally(Matcher())
    tally.add([an_event()], NOON)
    assert tally.take() == {}


def test_what_a_notice_tells_of_an_issue_is_enough_where_the_event_is_gone():
    key = key_of_notice({"code": 11200, "level": "WARNING", "cause": "ngrok.offline"}, "sms")
    assert (key.code, key.level, key.endpoint, key.cause) == (11200, Level.WARNING, "sms", "ngrok.offline")
    assert key_of_notice({}, "").level is Level.ERROR
