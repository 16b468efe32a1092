"""The sentence on top of the console: what it says first, and how bad it is."""

from offhook.console.sentence import Backlog, Failing, State, health, shown
from offhook.records import Cause, Confidence, DebugEvent, Level

NOW = 1_763_899_200.0  # 12:00 UTC
SINCE = NOW - 6 * 3600 - 42 * 60  # 05:18 UTC


def an_event(code=11217, *, status="502", cause="Your app's proxy found nobody behind it."):
    causes = (Cause(name="x", title=cause, confidence=Confidence.CERTAIN),) if cause else ()
    details = {"httpResponse": status} if status else {}
    return DebugEvent(
        id="NO1", at=NOW, level=Level.ERROR, code=code, twilio_code=11200, message="m", details=details, causes=causes
    )


def said(**fields):
    return health(State(**({"total": 100} | fields)), NOW)


def test_nothing_yet_is_neither_well_nor_bad():
    found = said(total=0)
    assert (found.words, found.tone) == ("Nothing has come in yet.", "busy")


def test_all_delivered_is_well():
    assert said().tone == "well"
    assert said().words == "All is well: everything that came in has been delivered."


def test_what_waits_is_told_with_what_the_app_shows_and_since_when():
    found = said(backlogs=[Backlog("sms", 3, SINCE, event=an_event())])
    assert str(found.first) == "3 messages wait for your app, which has answered 502 since 05:18 UTC."
    assert found.tone == "bad"
    assert [str(each) for each in found.more] == ["Your app's proxy found nobody behind it."]
    assert found.more[0].href == "/errors/NO1"


def test_one_message_waits_in_the_singular():
    assert said(backlogs=[Backlog("sms", 1, SINCE)]).words == "1 message waits for your app since 05:18 UTC."


def test_the_app_is_named_where_there_are_several():
    assert "the app behind sms" in said(endpoints=2, backlogs=[Backlog("sms", 3, SINCE)]).words


def test_the_longest_backlog_comes_first_and_the_others_are_counted():
    found = said(endpoints=2, backlogs=[Backlog("a", 1, SINCE), Backlog("b", 7, SINCE, event=an_event())])
    assert str(found.first).startswith("7 messages wait for the app behind b")
    assert "1 message more waits for another endpoint." in found.words


def test_what_has_just_come_in_is_only_on_its_way():
    found = said(backlogs=[Backlog("sms", 2, NOW - 5)])
    assert (found.words, found.tone) == (
        "All is well: 2 messages are on the way, all others have been delivered.",
        "well",
    )


def test_an_open_breaker_is_told_even_when_nothing_waits():
    found = said(backlogs=[Backlog("sms", 0, None, resting=True, event=an_event(11202, status=""))])
    assert str(found.first) == "Your app has refused connections, and is being given a rest."
    assert found.tone == "bad"


def test_lost_messages_lead_to_their_list():
    found = said(failed=1_204)
    assert str(found.first) == "1,204 messages have not reached your app: they can be replayed."
    assert (found.first.href, found.tone) == ("/webhooks?state=failed", "bad")


def test_why_messages_were_lost_is_said_once():
    leading = ("Nobody listens there.", "/issues/IS1")
    found = said(failed=2, leading=leading)
    assert [(str(each), each.href) for each in found.more] == [("Nobody listens there.", "/issues/IS1")]
    told = said(failed=2, leading=leading, backlogs=[Backlog("sms", 3, SINCE, event=an_event())])
    assert "Nobody listens there." not in told.words


def test_alarms_and_sinks_are_named_when_there_is_one_and_counted_when_there_are_more():
    one = said(firings=[Failing("Too many", SINCE, "/alarms/AK1")], sinks=[Failing("archive", SINCE, "/streams/DG1")])
    assert one.words == (
        "The alarm Too many has been firing since 05:18 UTC. Events have not got through to archive since 05:18 UTC."
    )
    assert one.first.href == "/alarms/AK1"
    more = said(firings=[Failing("a", SINCE)] * 2, sinks=[Failing("b", SINCE)] * 3)
    assert more.words == "2 alarms are firing. Events do not get through to 3 sinks."


def test_a_problem_that_lost_nothing_is_a_word_of_caution():
    assert said(problems=1).words == "Nothing is lost, but one problem came up in the last hour."
    assert said(problems=1).tone == "busy"


def test_trouble_of_its_own_comes_before_all_else():
    found = said(trouble="The disk is full.", failed=3)
    assert str(found.first) == "Offhook itself is in trouble: The disk is full."
    assert found.tone == "bad"


def test_what_an_app_shows_follows_from_the_code_or_the_status():
    assert shown(an_event(11236)) == "has had an expired certificate"
    assert shown(an_event(11217, status="503")) == "has answered 503"
    assert shown(an_event(12100, status="")) == ""
    assert shown(an_event(11217, status="<b>")) == ""


def test_an_endpoints_name_is_only_ever_a_value_in_a_link():
    found = said(backlogs=[Backlog("a&b=c", 1, SINCE)])
    assert found.first.href == "/webhooks?state=waiting&endpoint=a%26b%3Dc"
