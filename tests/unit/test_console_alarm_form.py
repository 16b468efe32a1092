"""The form of an alarm: what is answered becomes the alarm, and the alarm the answers."""

import pytest
from msgspec.structs import replace

from offhook.alarms.configured import alarm_of
from offhook.alarms.model import Alarm, Channels, Watch
from offhook.console.alarm_form import EXAMPLES, Known, answers_from, kept, name_of_copy, read, refused, sections, without_secrets
from offhook.console.alarm_questions import WATCHES
from offhook.records import Level

EVERY = (Level.ERROR, Level.WARNING, Level.INFO)
ALARMS = (
    Alarm(sid="AK1", name="Errors", threshold=5.0, window=900.0),
    Alarm(sid="AK1", name="Codes", codes=(11200, 11205), except_codes=(11217,), levels=EVERY, recover_below=0.0),
    Alarm(sid="AK1", name="Warnings of codes", codes=(11200,), levels=(Level.WARNING,), numbers=("+15551234567",)),
    Alarm(sid="AK1", name="Infos", levels=(Level.INFO,), causes=("tls.expired",), endpoints=("sms", "voice")),
    Alarm(sid="AK1", name="Share", watch=Watch.FAILURE_SHARE, threshold=0.1, minimum=50, recover_below=0.05),
    Alarm(sid="AK1", name="Answers", watch=Watch.ANSWER_LATENCY, threshold=1.5, percentile=99, window=3600.0),
    Alarm(sid="AK1", name="Deliveries", watch=Watch.DELIVERY_LATENCY, threshold=0.8, percentile=50),
    Alarm(sid="AK1", name="Backlog", watch=Watch.BACKLOG, threshold=100.0, endpoints=("sms",)),
    Alarm(sid="AK1", name="Age", watch=Watch.BACKLOG_AGE, threshold=600.0, recover_below=60.0),
    Alarm(sid="AK1", name="Silence", watch=Watch.SILENCE, window=7200.0),
    Alarm(sid="AK1", name="Breaker", watch=Watch.BREAKER),
    Alarm(sid="AK1", name="Issues", watch=Watch.ISSUES, codes=(11200,), levels=EVERY, window=86_400.0),
    Alarm(
        sid="AK1",
        name="Told",
        description="Call Ann.",
        console=True,
        channels=Channels(
            email=("a@example.com", "b@example.com"),
            webhook="https://hooks.example/alarm",
            webhook_format="standard",
            webhook_secret="env:SECRET",
            apprise=("env:SLACK_URL", "file:/run/secrets/teams"),
            sms=("+15551234567",),
        ),
    ),
)


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_a_form_that_is_sent_as_it_was_filled_in_changes_nothing(alarm):
    said = read({**EXAMPLES, **answers_from(alarm), "enabled": ("true",)})
    assert said.wrong == {}
    assert alarm_of(said.wanted, alarm) == alarm


@pytest.mark.parametrize("watch", Watch)
def test_what_a_new_form_begins_with_needs_no_more_than_a_name(watch):
    said = read({**EXAMPLES, "watch": (watch.value,), "name": ("x",)})
    assert said.wrong == {}
    assert said.wanted.watch == watch


def test_every_watch_has_a_name():
    assert set(WATCHES) == set(Watch)


def test_an_unticked_switch_makes_an_alarm_that_is_off():
    assert read({**EXAMPLES, "name": ("x",), "new": ("yes",)}).wanted.enabled
    assert not read(
        {**{key: each for key, each in EXAMPLES.items() if key != "enabled"}, "name": ("x",), "new": ("yes",)}
    ).wanted.enabled


def test_each_question_has_its_own_problem():
    typed = {
        "watch": ("answer-latency",),
        "latency": ("soon",),
        "minimum": ("0",),
        "recover_below": ("x",),
        "email": ("a@example.com, nobody",),
        "webhook": ("",),
        "webhook_secret": ("env:SECRET",),
    }
    wrong = read(typed).wrong
    assert {"name", "latency", "minimum", "email", "webhook_secret"} <= set(wrong)
    assert "'nobody' is not a mail address" in wrong["email"][0]
    assert wrong["latency"][0].endswith(".")


def test_a_recovery_above_the_threshold_is_refused_at_its_question():
    wrong = read({"watch": ("backlog",), "name": ("x",), "backlog": ("10",), "recover_below": ("20",)}).wrong
    assert list(wrong) == ["recover_below"]


def test_what_another_watch_was_asked_is_kept_beside_the_form():
    answers = {"watch": ("backlog",), "code": ("11200",), "failure_share": ("10%",), "backlog": ("5",)}
    shown = sections(answers, {}, Known(("sms",)), new=True)
    assert kept(answers, shown) == [("code", "11200"), ("failure_share", "10%")]


def test_an_endpoint_that_is_not_configured_any_more_can_still_be_unticked():
    shown = sections({"endpoint": ("former",)}, {}, Known(("sms",)), new=False)
    (question,) = [each for each in shown["watch"].questions if each.name == "endpoint"]
    assert [value for value, _ in question.choices] == ["sms", "former"]
    assert question.values == ("former",)


def test_only_references_come_back_where_secrets_belong():
    shown = without_secrets(
        {
            "notify": ("env:SLACK_URL, https://hooks.slack.example/T0/B0/secret",),
            "webhook_secret": ("whsec_secret",),
            "webhook": ("https://ann:hunter2@hooks.example/",),
        }
    )
    assert shown["notify"] == ("env:SLACK_URL",)
    assert shown["webhook_secret"] == ("",)
    assert shown["webhook"] == ("",)


def test_what_the_book_refuses_stands_at_its_question():
    assert refused(["codes: at most 200.", "There are 1,000 alarms: delete one before another is made."]) == {
        "code": ("At most 200.",),
        "": ("There are 1,000 alarms: delete one before another is made.",),
    }


def test_the_switches_of_an_alarm_that_is_there_are_not_the_forms():
    answers = answers_from(replace(ALARMS[0], enabled=False, muted=True))
    assert "enabled" not in answers
    assert "muted" not in answers


def test_a_copy_has_a_name_that_no_alarm_has_yet():
    alarm = Alarm(sid="AK1", name="App down")
    assert name_of_copy(alarm, [alarm]) == "Copy of App down"
    taken = [alarm, Alarm(sid="AK2", name="copy of app down"), Alarm(sid="AK3", name="Copy of App down 2")]
    assert name_of_copy(alarm, taken) == "Copy of App down 3"
    long = Alarm(sid="AK4", name="x" * 64)
    (first, second) = ("Copy of " + "x" * 56, "Copy of " + "x" * 54 + " 2")
    assert name_of_copy(long, [Alarm(sid="AK5", name=first)]) == second
