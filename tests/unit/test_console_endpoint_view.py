"""An endpoint in words."""

import pytest

from offhook.console.endpoint_view import called, facts, timeline, tries_in_all
from offhook.delivery import schedule
from offhook.records import AnswerMode, Endpoint

SMS = Endpoint(name="sms", app_url="https://app.example/sms")


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        ((5, 30, 120, 600, 1800, 3600, 7200, 14400), 72 * 3600),
        ((5,), 1),
        ((5,), 5),
        ((5,), 26),
        ((1, 2, 3), 6),
        ((1, 2, 3), 5.5),
        ((1, 2, 3), 12),
        ((60, 60), 59),
    ],
)
def test_tries_are_counted_as_the_schedule_ends_them(steps, most):
    endpoint = Endpoint(name="sms", app_url="http://a", schedule=steps, give_up_after=most)
    last = next(failures for failures in range(1, 1000) if schedule.waited(failures, steps) > most)
    assert tries_in_all(endpoint) == last
    assert timeline(endpoint)[-1].number == last


def test_the_timeline_has_each_step_and_the_repetitions_as_one():
    short = Endpoint(name="sms", app_url="http://a", schedule=(5.0, 90.0), give_up_after=300)
    assert [tuple(each) for each in timeline(short)] == [
        (1, "", "", False),
        (2, "5 s", "5 s", False),
        (3, "1 min 30 s", "1 min 35 s", False),
        (5, "1 min 30 s", "4 min 35 s", True),
    ]


def test_what_is_answered_depends_on_the_mode():
    ack = Endpoint(name="sms", app_url="http://a", answer=AnswerMode.ACK, acknowledge_with="202")
    assert facts(ack)[0].words.startswith("At once with an empty 202.")
    assert "Twilio is kept waiting for up to 10 s" in facts(SMS)[0].words


def test_each_url_is_decoded_by_itself():
    both = Endpoint(name="sms", app_url="https://u:p@a.example/sms#rp=4xx,rt&sni=n", fallback_url="https://b.example/")
    app, fallback = called(both)
    assert (app.url, app.has_password, app.fragment) == ("https://a.example/sms", True, "rp=4xx,rt&sni=n")
    assert {each.key: each.means for each in app.asked if each.is_given} == {
        "rp": "It is called again after an answer of 4xx or no answer in time.",
        "sni": "No host name is sent with TLS (SNI).",
    }
    assert (fallback.has_password, [each for each in fallback.asked if each.is_given]) == (False, [])
