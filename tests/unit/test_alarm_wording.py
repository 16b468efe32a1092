"""What people read of alarms."""

import html
import re

import pytest

from offhook.alarms.grouping import Story
from offhook.alarms.model import Watch
from offhook.alarms.phrases import ago, clean, span, value_line, watched
from offhook.alarms.wording import data, short, subject, summary, words
from offhook.records import Level
from tests.helpers.alarms import START, alarm, firing, recovered

CONSOLE = "http://127.0.0.1:8081"


def fired(name="Too many errors", of=None, **fields):
    of = of or alarm(name)
    return Story(alarm=of, firing=firing(of, **fields), fired=True)


def over(story, *, both=False, after=300.0, peak=40.0):
    return Story(alarm=story.alarm, firing=recovered(story.firing, after, peak), fired=both, recovered=True)


def test_a_firing_says_what_since_when_how_much_why_and_what_to_do():
    of = alarm(codes=(11200, 11205), endpoints=("sms",), description="Wakes the one on call")
    text = words([fired(of=of)], START + 312, CONSOLE).text
    assert text == (
        "Alarm Too many errors fired\n"
        "\n"
        "Alarm: Too many errors (errors or warnings with code 11200 or 11205 of endpoint sms)\n"
        "Note: Wakes the one on call\n"
        "Value: 12 errors or warnings within 5 min, threshold 10\n"
        "Since: 2023-11-14 22:13:20 UTC (5 min ago)\n"
        "Endpoint: sms\n"
        "Leading cause: code 11200 The app was asleep\n"
        f"Sample event: NO{'1' * 32}\n"
        "\n"
        "What to do:\n"
        "  1. Keep the app awake\n"
        "  2. Answer with ack\n"
        "\n"
        "Look at it: http://127.0.0.1:8081/#errors\n"
    )


def test_events_of_every_level_are_events():
    of = alarm(codes=(11200,), levels=(Level.ERROR, Level.WARNING, Level.INFO))
    assert watched(of) == "events with code 11200"
    assert value_line(of, firing(of)) == "12 events within 5 min, threshold 10"


def test_a_recovery_says_how_long_it_lasted_and_how_bad_it_was():
    said = words([over(fired())], START + 360, CONSOLE)
    assert said.subject == "Alarm Too many errors recovered (12 errors or warnings within 5 min, threshold 10)"
    assert "Recovered: 2023-11-14 22:18:20 UTC (1 min ago), after 5 min\n" in said.text
    assert "Peak: 40\n" in said.text
    assert "What to do" not in said.text


def test_a_firing_that_is_over_already_is_told_as_both():
    assert words([over(fired(), both=True)], START, CONSOLE).text.startswith("Alarm Too many errors fired and recovered\n")


def test_a_test_says_that_it_is_one():
    story = Story(alarm=alarm(), firing=firing(alarm()), test=True)
    assert subject([story]).startswith("Test of alarm Too many errors (")


def test_of_several_alarms_the_subject_says_how_many_and_whose():
    told = [fired("A"), fired("B"), fired("C"), fired("D"), over(fired("E"), both=True), over(fired("F"))]
    assert subject(told[:4]) == "4 alarms fired: A, B, C and 1 more"
    assert subject(told) == "4 alarms fired, 1 fired and recovered, 1 recovered: A, B, C and 3 more"


def test_one_alarm_that_fired_for_several_things_is_one_alarm():
    of = alarm("Issues", watch=Watch.ISSUES)
    told = [fired(of=of, subject="IS1"), fired(of=of, subject="IS2"), over(fired(of=of, subject="IS3"))]
    assert subject(told) == "Alarm Issues: 2 fired, 1 recovered"
    assert short(told, CONSOLE) == f"Alarm Issues: 2 fired, 1 recovered. First 2023-11-14 22:13:20 UTC. {CONSOLE}/"


def test_an_issue_is_named_once():
    of = alarm("Issues", watch=Watch.ISSUES)
    assert "11200 The app was asleep" in subject([fired(of=of)])
    assert short([fired(of=of)], CONSOLE).count("The app was asleep") == 1


def test_ten_are_spelt_out_and_the_others_counted():
    said = words([fired(f"Alarm {number}") for number in range(500)], START, CONSOLE)
    assert said.text.startswith("500 alarms fired: Alarm 0, Alarm 1, Alarm 2 and 497 more\n")
    assert said.text.count("Since: ") == said.html.count("Since") == 10
    assert "… and 490 more: http://127.0.0.1:8081/" in said.text
    assert "… and 490 more" in said.html


@pytest.mark.parametrize(
    ("watch", "fields", "line"),
    [
        (Watch.EVENTS, {"value": 1.0, "threshold": 1.0}, "1 error or warning within 5 min, threshold 1"),
        (Watch.FAILURE_SHARE, {"value": 0.185, "threshold": 0.1}, "18.5 % of the deliveries failed within 5 min, threshold 10 %"),
        (
            Watch.ANSWER_LATENCY,
            {"value": 0.45, "threshold": 0.25},
            "answers to the provider took 450 ms (p95) within 5 min, threshold 250 ms",
        ),
        (Watch.DELIVERY_LATENCY, {"value": 2.31, "threshold": 2.0}, "deliveries took 2.3 s (p95) within 5 min, threshold 2 s"),
        (Watch.BACKLOG, {"value": 120.0, "threshold": 100.0}, "120 webhooks wait for delivery, threshold 100"),
        (
            Watch.BACKLOG_AGE,
            {"value": 750.0, "threshold": 600.0},
            "the oldest undelivered webhook has waited for 12 min 30 s, threshold 10 min",
        ),
        (Watch.SILENCE, {"value": 7200.0, "threshold": 7200.0}, "nothing has been received for 2 h"),
        (Watch.BREAKER, {"subject": "sms"}, "the breaker of endpoint sms is open: its app is not called for now"),
        (Watch.ISSUES, {}, "a new issue, or one that is back after it was resolved: 11200 The app was asleep"),
    ],
)
def test_each_watch_has_its_own_words_and_units(watch, fields, line):
    of = alarm(watch=watch)
    assert value_line(of, firing(of, **fields)) == line
    assert len(watched(of)) > 5


def test_what_an_alarm_watches_names_its_levels_codes_exclusions_and_scope():
    of = alarm(
        levels=(Level.ERROR,),
        except_codes=(30003,),
        numbers=("+15551234567",),
        causes=("cold-start",),
        endpoints=("sms", "status"),
    )
    expected = "errors but for code 30003 of endpoint sms or status about +1555•••4567 caused by cold-start"
    assert watched(of) == expected


def test_phone_numbers_are_masked_wherever_they_stand():
    of = alarm("Calls to +15551234567", numbers=("+15551234568",), description="ask whatsapp:+15551234569")
    story = fired(of=of, cause_title="No answer from +15551234560", steps=("Call +15551234561",), subject="+15551234562")
    said = words([story], START, CONSOLE)
    for text in (said.subject, said.text, said.html, said.short, str(data(story, CONSOLE)), summary(story)):
        assert not re.search(r"\+1555123456", text)
    assert "+1555•••4567" in said.subject


def test_text_from_outside_is_only_text():
    evil = "x\r\nBcc: eve@example.com\u202egnp.\x07\x00<script>alert(1)</script>"
    story = fired(of=alarm(evil, description=evil), cause_title=evil, steps=(evil,), subject=evil, endpoint=evil)
    said = words([story], START, CONSOLE)
    assert "\n" not in said.subject
    assert "\r" not in said.text + said.html
    assert not any(unseen in said.text + said.html + said.short + said.subject for unseen in "\u202e\x07\x00")
    assert "<script>" not in said.html
    assert html.escape("<script>") in said.html
    assert not any(line.startswith("Bcc:") for line in said.text.splitlines())


def test_a_text_message_fits_into_320_plain_characters():
    one = short([fired("Nächte " + "x" * 300, steps=(), cause_title="y" * 400)], CONSOLE)
    many = short([fired(f"A rather long name of an alarm {number}") for number in range(500)], CONSOLE)
    assert len(one) <= 320
    assert len(many) <= 320
    assert "•" not in one + many
    assert "…" not in one + many
    assert many.startswith("500 alarms fired: A rather long name of an alarm 0, ")


def test_a_short_text_message_has_cause_and_link():
    assert short([fired()], CONSOLE) == (
        "Alarm Too many errors fired since 2023-11-14 22:13:20 UTC: 12 errors or warnings within 5 min, threshold 10."
        " The app was asleep. http://127.0.0.1:8081/"
    )


def test_programs_get_the_numbers_and_the_times_as_they_are():
    found = data(over(fired()), CONSOLE)
    assert found["firing"]["fired_at"] == "2023-11-14T22:13:20.000Z"
    assert found["firing"]["recovered_at"] == "2023-11-14T22:18:20.000Z"
    assert (found["firing"]["state"], found["firing"]["peak"], found["firing"]["code"]) == ("recovered", 40.0, 11200)
    assert found["summary"] == (
        "Alarm Too many errors recovered: 12 errors or warnings within 5 min, threshold 10; it lasted 5 min, peak 40"
    )


@pytest.mark.parametrize(
    ("seconds", "words_"),
    [(0, "0 ms"), (0.45, "450 ms"), (59, "59 s"), (2.34, "2.3 s"), (60, "1 min"), (5400, "1 h 30 min"), (90061, "1 d 1 h")],
)
def test_lengths_of_time_have_at_most_two_units(seconds, words_):
    assert span(seconds) == words_


def test_how_long_ago_is_said_in_one_unit_and_never_of_the_future():
    assert [ago(START, START + late) for late in (-5, 0.4, 59, 3599, 7300, 200_000)] == [
        "just now",
        "just now",
        "59 s ago",
        "59 min ago",
        "2 h ago",
        "2 d ago",
    ]


def test_long_text_is_cut_and_says_so():
    assert clean("x" * 301) == "x" * 299 + "…"
