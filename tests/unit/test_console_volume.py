"""How many debug events there were over a time."""

import pytest

from offhook.console.volume import DAY, HOUR, day_of_hours, period, volume

NOW = 1_763_899_200.0


def test_without_filters_it_is_the_last_day():
    found = period({}, "", NOW)
    assert (found.since, found.until, found.words) == (NOW - DAY, NOW, "in the last 24 hours")


def test_a_chosen_length_ends_now():
    found = period({}, "7d", NOW)
    assert (found.since, found.until, found.buckets) == (NOW - 7 * DAY, NOW, 56)


def test_a_time_that_is_given_counts_before_a_chosen_length():
    found = period({"since": NOW - 120, "until": NOW - 60}, "7d", NOW)
    assert (found.since, found.until, found.step) == (NOW - 120, NOW - 60, 1.0)


def test_a_beginning_alone_goes_until_now_and_an_end_alone_begins_a_day_before():
    assert period({"since": NOW - 60}, "", NOW)[:2] == (NOW - 60, NOW)
    assert period({"until": NOW - 60}, "", NOW)[:2] == (NOW - 60 - DAY, NOW - 60)


def test_a_beginning_that_is_still_to_come_has_an_hour():
    assert period({"since": NOW + 60}, "", NOW)[:2] == (NOW + 60, NOW + 60 + HOUR)


def test_a_time_that_ends_before_it_begins_is_none():
    with pytest.raises(ValueError, match="before 'until'"):
        period({"since": NOW, "until": NOW}, "", NOW)


def test_the_chart_says_what_it_shows_and_the_table_has_what_is_not_nothing():
    over = period({}, "1h", NOW)
    found = volume([0] * 58 + [1, 1200], over, NOW)
    assert found.total == 1201
    assert "There were 1,201 in the last hour, at most 1,200 in 1 min." in found.chart
    assert [(part.until, part.many) for part in found.parts] == [(NOW, 1200), (NOW - 60, 1)]


def test_nothing_at_all_is_said_too():
    found = volume([0] * 60, period({}, "1h", NOW), NOW)
    assert "There were none in the last hour." in found.chart
    assert found.parts == []


def test_hours_are_those_of_the_clock_and_the_current_one_is_the_last():
    found = day_of_hours([0] * 23 + [4], NOW + 90)
    assert [(part.since, part.many) for part in found.parts] == [(NOW, 4)]
    assert found.period.words == "in the last 24 hours"
