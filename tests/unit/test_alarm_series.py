"""What the metrics have gone up by, and percentiles of it."""

import pytest

from offhook.alarms.series import ANSWER_BOUNDS, Series, percentile
from offhook.metrics import Metrics


def test_each_reading_tells_what_is_new():
    metrics = Metrics()
    series = Series(metrics)
    metrics.received("sms", "message")
    metrics.received("sms", "status")
    metrics.attempt("sms", "delivered", 0.1)
    metrics.attempt("sms", "11200", 0.1)
    metrics.attempt("voice", "11205", 0.1)
    first = series.read()
    assert first.received == {"sms": [2]}
    assert first.attempts == {"sms": [1, 2], "voice": [1, 1]}
    metrics.received("sms", "message")
    second = series.read()
    assert second.received == {"sms": [1]}
    assert second.attempts == {}
    assert series.read() == ({}, {}, {}, {})


def test_durations_come_by_their_buckets_and_failed_journeys_are_no_deliveries():
    metrics = Metrics()
    series = Series(metrics)
    metrics.answered("sms", "app", 0.003)
    metrics.answered("sms", "stand-in", 100.0)
    metrics.ended("sms", "delivered", 0.02)
    metrics.ended("sms", "failed", 86_400.0)
    read = series.read()
    assert read.answers["sms"][2] == 1
    assert read.answers["sms"][-1] == 1
    assert sum(read.answers["sms"]) == 2
    assert sum(read.deliveries["sms"]) == 1


def test_of_nothing_there_is_no_percentile():
    assert percentile((1.0, 2.0), [0, 0, 0], 50) is None


@pytest.mark.parametrize(
    ("counts", "percent", "expected"),
    [
        ([10, 0, 0], 50, 0.5),
        ([10, 10, 0], 50, 1.0),
        ([10, 10, 0], 75, 1.5),
        ([0, 10, 0], 10, 1.1),
        ([0, 0, 10], 50, 2.0),
        ([98, 0, 2], 95, 95 / 98),
        ([90, 0, 10], 95, 2.0),
    ],
)
def test_a_percentile_lies_within_its_bucket_and_beyond_the_last_bound_is_that_bound(counts, percent, expected):
    assert percentile((1.0, 2.0), counts, percent) == pytest.approx(expected)


def test_the_percentile_of_many_is_near_the_true_one():
    metrics = Metrics()
    series = Series(metrics)
    for n in range(1000):
        metrics.answered("sms", "app", 0.1 + 0.15 * n / 1000)
    assert percentile(ANSWER_BOUNDS, series.read().answers["sms"], 95) == pytest.approx(0.1 + 0.15 * 0.95, rel=0.01)
