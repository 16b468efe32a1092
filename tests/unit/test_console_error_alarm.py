"""The form with which an error becomes an alarm."""

import pytest

from offhook.alarms.model import Alarm, Watch
from offhook.api.alarms import read_wanted
from offhook.api.problems import Problem
from offhook.console.error_alarm import blank, keys, refused, typed, watching
from offhook.records import Cause, Confidence, DebugEvent, Level

CAUSE = Cause(name="tls.expired", title="x", confidence=Confidence.CERTAIN)
EVENT = DebugEvent(
    id="NO1",
    at=0.0,
    level=Level.ERROR,
    code=11236,
    twilio_code=11200,
    message="It has expired.\nSo.",
    endpoint="sms",
    causes=(CAUSE,),
)


def refusal(form):
    given = keys(form)
    with pytest.raises(Problem) as caught:
        read_wanted(given.pop("name", ""), given)
    return refused(form, str(caught.value))


def test_it_begins_with_the_errors_code_endpoint_and_cause():
    values = blank(EVENT).values
    assert (values["code"], values["endpoint"], values["cause"]) == ("11236", "sms", "tls.expired")
    assert (values["name"], values["at_least"], values["within"]) == ("11236 It has expired. So.", "1", "5m")


def test_as_it_begins_it_is_an_alarm_that_can_be_made():
    given = keys(blank(EVENT))
    wanted = read_wanted(given.pop("name"), given)
    assert (wanted.codes, wanted.endpoints, wanted.causes, wanted.console) == ((11236,), ("sms",), ("tls.expired",), True)


def test_what_is_left_empty_narrows_nothing():
    assert keys(typed([("name", "n"), ("code", " "), ("endpoint", ""), ("csrf", "secret")])) == {"name": "n"}


def test_each_fault_stands_at_its_field():
    form = refusal(typed([("name", "app: down at_least"), ("at_least", "0"), ("within", "3m"), ("email", "x")]))
    assert set(form.faults) == {"at_least", "within", "email"}
    assert form.trouble == []


def test_a_name_that_is_missing_or_too_long_is_a_fault_of_the_name():
    assert set(refusal(typed([("code", "11200")])).faults) == {"name"}
    assert set(refusal(typed([("name", "n" * 80)])).faults) == {"name"}


def test_what_belongs_to_no_field_is_told_for_the_whole():
    form = refused(blank(EVENT), "There are 1,000 alarms: delete one before another is made.")
    assert form.trouble == ["There are 1,000 alarms: delete one before another is made."]


def test_alarms_that_count_such_errors_are_those_that_would():
    alarms = [
        Alarm(sid="AK1", name="any"),
        Alarm(sid="AK2", name="its code", codes=(11236,)),
        Alarm(sid="AK3", name="as Twilio has it", codes=(11200,), muted=True),
        Alarm(sid="AK4", name="another code", codes=(11217,)),
        Alarm(sid="AK5", name="another cause", causes=("ngrok.offline",)),
        Alarm(sid="AK6", name="warnings", levels=(Level.WARNING,)),
        Alarm(sid="AK7", name="new issues", watch=Watch.ISSUES, enabled=False),
        Alarm(sid="AK8", name="backlog", watch=Watch.BACKLOG),
        Alarm(sid="AK9", name="asleep", snoozed_until=50.0),
    ]
    assert [(each.alarm.sid, each.state) for each in watching(alarms, EVENT, 10.0)] == [
        ("AK1", "on"),
        ("AK2", "on"),
        ("AK3", "muted"),
        ("AK7", "off"),
        ("AK9", "snoozed"),
    ]
