"""When a value fires an alarm, and when that has recovered."""

import pytest

from offhook.alarms.checks import UnusableAlarmError, usable
from offhook.alarms.state import Standing, judge
from tests.helpers.watched import Watch, an_alarm

NOON = 1_763_899_200.0


def run(alarm, *values):
    """F fires, R recovers, - nothing new; a value a second, or (value, seconds since noon)."""
    standing, told = Standing(), ""
    for second, value in enumerate(values):
        value, second = value if isinstance(value, tuple) else (value, second)  # noqa: PLW2901
        standing, fired, recovered = judge(alarm, standing, value, NOON + second)
        told += "F" if fired else "R" if recovered else "-"
    return told


def test_reaching_the_threshold_fires_and_once_only():
    assert run(an_alarm(threshold=5.0), 4, 5, 6, 7, 100) == "-F---"


def test_a_count_of_one_recovers_when_there_is_none():
    assert run(an_alarm(threshold=1.0), 1, 1, 0, 0, 1) == "F-R-F"


def test_it_recovers_at_four_fifths_of_the_threshold_and_not_before():
    assert run(an_alarm(threshold=10.0), 10, 9, 8.5, 8, 10) == "F--RF"


def test_it_recovers_where_the_alarm_says_so():
    assert run(an_alarm(threshold=10.0, recover_below=2.0), 10, 3, 2) == "F-R"


def test_a_level_must_stay_well_for_a_minute():
    alarm = an_alarm(watch=Watch.BACKLOG, threshold=100.0)
    assert run(alarm, (100, 0), (10, 1), (10, 59), (90, 60), (10, 61), (10, 120), (10, 121)) == "F-----R"


def test_nothing_known_fires_nothing():
    assert run(an_alarm(watch=Watch.FAILURE_SHARE, threshold=0.1), None, None, 0.1) == "--F"


def test_nothing_known_ends_a_firing_only_once_its_window_has_gone_by():
    alarm = an_alarm(watch=Watch.FAILURE_SHARE, threshold=0.1, window=300.0)
    assert run(alarm, (0.5, 0), (None, 10), (None, 309), (0.5, 310), (None, 311), (None, 610), (None, 611)) == "F-----R"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "one\ntwo"}, "name"),
        ({"threshold": 0.0}, "threshold"),
        ({"threshold": 2.5}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"watch": Watch.FAILURE_SHARE, "threshold": 10.0}, "threshold"),
        ({"threshold": 5.0, "recover_below": 5.0}, "recover_below"),
        ({"window": 0.0}, "window"),
        ({"window": 90_000.0}, "window"),
        ({"levels": ()}, "levels"),
        ({"watch": Watch.BACKLOG, "codes": (11200,)}, "codes"),
        ({"watch": Watch.SILENCE, "numbers": ("+15550000001",)}, "numbers"),
        ({"percentile": 100}, "percentile"),
        ({"minimum": 0}, "minimum"),
    ],
)
def test_an_alarm_that_cannot_work_is_refused_with_the_field_that_is_wrong(fields, field):
    with pytest.raises(UnusableAlarmError) as refused:
        usable(an_alarm(**fields))
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [field]


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(UnusableAlarmError) as refused:
        usable(an_alarm("", threshold=0.0, window=0.0))
    assert len(refused.value.problems) == 3


def test_where_there_is_nothing_to_measure_the_threshold_is_one():
    assert usable(an_alarm(watch=Watch.SILENCE, threshold=500.0, recover_below=3.0)).threshold == 1.0
