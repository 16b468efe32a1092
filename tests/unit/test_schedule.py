"""When a failed webhook is tried again."""

import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from offhook.delivery import schedule
from offhook.records import Endpoint

ENDPOINT = Endpoint(name="sms", app_url="http://app.example/sms")
MIDDLE = 0.5


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 5), (2, 30), (3, 120), (4, 600), (5, 1800), (6, 3600), (7, 7200), (8, 14400), (9, 14400), (20, 14400)],
)
def test_the_pauses_are_those_of_the_schedule_and_the_last_one_repeats(failures, seconds):
    assert schedule.delay(failures, ENDPOINT.schedule, MIDDLE) == pytest.approx(seconds)


def test_each_pause_is_spread_by_a_fifth_to_both_sides():
    assert schedule.delay(2, ENDPOINT.schedule, 0.0) == pytest.approx(24)
    assert schedule.delay(2, ENDPOINT.schedule, 0.999999) == pytest.approx(36, abs=0.01)


def test_after_three_days_the_schedule_is_exhausted():
    tries, age = 0, 0.0
    while not schedule.exhausted(ENDPOINT, tries + 1, age):
        tries += 1
        age += schedule.step(tries, ENDPOINT.schedule)
    assert age <= 72 * 3600 < age + schedule.step(tries + 1, ENDPOINT.schedule)


def test_tries_that_were_brought_forward_do_not_use_up_the_three_days():
    assert not schedule.exhausted(ENDPOINT, 500, 3600.0)


def test_a_replay_of_an_old_webhook_gets_a_whole_schedule():
    assert not schedule.exhausted(ENDPOINT, 1, 30 * 86400.0)
    assert schedule.exhausted(ENDPOINT, 50, 30 * 86400.0)


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (503, "120", 120),
        (429, " 7 ", 7),
        (503, "99999999999", 86400),
        (503, "-5", 0),
        (503, "soon", 0),
        (500, "120", 0),
        (503, "", 0),
    ],
)
def test_retry_after_in_seconds(status, value, seconds):
    assert schedule.retry_after(status, (("retry-after", value),), 0.0) == seconds


def test_a_date_without_a_zone_is_utc(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        at = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
        headers = (("Retry-After", "Fri May  1 12:00:00 2026"),)
        assert schedule.retry_after(503, headers, at.timestamp() - 90) == pytest.approx(90)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_retry_after_as_a_date():
    at = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
    headers = (("Retry-After", format_datetime(at, usegmt=True)),)
    assert schedule.retry_after(503, headers, at.timestamp() - 90) == pytest.approx(90)
    assert schedule.retry_after(503, headers, at.timestamp() + 90) == 0
