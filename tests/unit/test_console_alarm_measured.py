"""What alarms that measure would have seen."""

from offhook.alarms.model import Alarm, Watch
from offhook.alarms.series import ANSWER_BOUNDS
from offhook.console.alarm_measured import measured, seen, span_of
from offhook.console.history import SPANS, Counts, Part

SHARE = Alarm(sid="AK1", name="x", watch=Watch.FAILURE_SHARE, threshold=0.5, window=300.0, minimum=10)


def tried(attempts, refusals):
    return Counts(attempts=attempts, refusals=refusals)


def test_a_share_is_of_all_that_was_tried_within_the_window():
    assert measured(SHARE, [tried(10, 0), tried(10, 10), tried(20, 20), tried(0, 0)], 2) == [None, 0.5, 1.0, 1.0]


def test_too_few_say_nothing():
    assert measured(SHARE, [tried(4, 4), tried(5, 5), tried(5, 5)], 2) == [None, None, 1.0]


def test_a_latency_is_the_percentile_of_what_was_measured_within_the_window():
    alarm = Alarm(sid="AK1", name="x", watch=Watch.ANSWER_LATENCY, threshold=1.0, minimum=1, percentile=95)
    quick = Counts(answers=(100, *[0] * len(ANSWER_BOUNDS)))
    slow = Counts(answers=(*[0] * (len(ANSWER_BOUNDS) - 1), 100, 0))
    first, then = measured(alarm, [quick, slow], 1)
    assert first <= ANSWER_BOUNDS[0]
    assert then > ANSWER_BOUNDS[-2]


def test_a_short_window_is_looked_at_by_the_minute_and_a_long_one_over_a_week():
    assert [span_of(Alarm(sid="AK1", name="x", window=window)) for window in (300.0, 900.0, 3600.0, 43_200.0)] == [
        SPANS[0],
        SPANS[0],
        SPANS[1],
        SPANS[2],
    ]


def test_it_is_told_how_often_the_threshold_was_reached():
    parts = [Part(60.0 * place, tried(10, 10 if place == 30 else 0)) for place in range(60)]
    found = seen(Alarm(sid="AK1", name="x", watch=Watch.FAILURE_SHARE, threshold=0.1, window=300.0, minimum=10), parts, SPANS[0])
    assert found.said == (
        "In the last hour, looked at minute by minute, it reached the threshold 5 of 56 times. The most was 20 %."
    )
    assert 'class="threshold"' in found.chart
    assert seen(SHARE, parts[:3], SPANS[0]).said == "In the last hour there was too little to measure."
