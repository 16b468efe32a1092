"""What the form of an alarm begins with that an error leads to, and the alarms that count such errors."""

from offhook.alarms.configured import alarm_of
from offhook.alarms.model import Alarm, Watch
from offhook.console.alarm_form import EXAMPLES, read
from offhook.console.error_alarm import answers_of_error, watching
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


def test_it_begins_with_the_errors_code_endpoint_and_cause():
    answers = answers_of_error(EVENT)
    assert (answers["code"], answers["endpoint"], answers["cause"]) == (("11236",), ("sms",), ("tls.expired",))
    assert (answers["name"], answers["at_least"], answers["within"]) == (("11236 It has expired. So.",), ("1",), ("5m",))


def test_as_it_begins_it_is_an_alarm_that_can_be_made():
    said = read({**EXAMPLES, **answers_of_error(EVENT)})
    assert said.wrong == {}
    alarm = alarm_of(said.wanted)
    assert (alarm.codes, alarm.endpoints, alarm.causes, alarm.console) == ((11236,), ("sms",), ("tls.expired",), True)
    assert (alarm.watch, alarm.threshold, alarm.window) == (Watch.EVENTS, 1.0, 300.0)
    assert [each.alarm for each in watching([alarm], EVENT, 0.0)] == [alarm], "the next such error fires it"


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
