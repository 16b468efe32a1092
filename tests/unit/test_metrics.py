"""What is counted is what Prometheus reads; the table is the only place that names a metric."""

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from offhook.metrics import METRICS, MetricKind, Metrics
from offhook.records import Kind


def samples(metrics, snapshot=None):
    """Every sample of the rendered text: {(name, labels as sorted pairs): value}."""
    text = metrics.render(snapshot).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_each_event_of_the_core_shows_as_one_more_of_its_counter():
    metrics = Metrics()
    metrics.received("sms", Kind.MESSAGE)
    metrics.received("sms", Kind.MESSAGE)
    metrics.received("sms", Kind.STATUS)
    metrics.duplicate("sms")
    metrics.refused("signature")
    metrics.attempt("sms", "delivered", 0.2)
    metrics.attempt("sms", "11217", 0.4)
    metrics.committed(0.03)
    metrics.reply("sent")
    metrics.debug_event("ERROR", 11217)
    seen = samples(metrics)
    assert seen["offhook_webhooks_received_total", (("endpoint", "sms"), ("kind", "message"))] == 2
    assert seen["offhook_webhooks_received_total", (("endpoint", "sms"), ("kind", "status"))] == 1
    assert seen["offhook_duplicates_total", (("endpoint", "sms"),)] == 1
    assert seen["offhook_refused_total", (("reason", "signature"),)] == 1
    assert seen["offhook_attempts_total", (("endpoint", "sms"), ("outcome", "delivered"))] == 1
    assert seen["offhook_attempts_total", (("endpoint", "sms"), ("outcome", "11217"))] == 1
    assert seen["offhook_attempt_seconds_count", (("endpoint", "sms"),)] == 2
    assert seen["offhook_attempt_seconds_sum", (("endpoint", "sms"),)] == pytest.approx(0.6)
    assert seen["offhook_journal_commit_seconds_sum", ()] == pytest.approx(0.03)
    assert seen["offhook_journal_commit_seconds_bucket", (("le", "0.025"),)] == 0
    assert seen["offhook_journal_commit_seconds_bucket", (("le", "0.05"),)] == 1
    assert seen["offhook_replies_total", (("state", "sent"),)] == 1
    assert seen["offhook_debug_events_total", (("code", "11217"), ("level", "ERROR"))] == 1


def test_a_duration_counts_in_its_bucket_and_in_every_wider_one():
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.003, 7.0, 3600.0):
        metrics.answered("sms", "app", seconds)
    seen = samples(metrics)

    def bucket(bound):
        return seen["offhook_answer_seconds_bucket", (("endpoint", "sms"), ("le", bound), ("source", "app"))]

    assert bucket("0.001") == 2
    assert bucket("0.0025") == 2
    assert bucket("0.005") == 3
    assert bucket("5.0") == 3
    assert bucket("10.0") == 4
    assert bucket("60.0") == 4
    assert bucket("+Inf") == 5
    assert seen["offhook_answer_seconds_count", (("endpoint", "sms"), ("source", "app"))] == 5
    assert seen["offhook_answer_seconds_sum", (("endpoint", "sms"), ("source", "app"))] == pytest.approx(3607.0045)


def test_the_end_of_a_journey_is_timed_by_the_state_it_ended_in():
    metrics = Metrics()
    metrics.ended("sms", "delivered", 40.0)
    metrics.ended("sms", "failed", 259_300.0)
    seen = samples(metrics)
    assert seen["offhook_journey_seconds_bucket", (("endpoint", "sms"), ("le", "60.0"), ("state", "delivered"))] == 1
    assert seen["offhook_journey_seconds_bucket", (("endpoint", "sms"), ("le", "259200.0"), ("state", "failed"))] == 0
    assert seen["offhook_journey_seconds_count", (("endpoint", "sms"), ("state", "failed"))] == 1


def test_a_watched_gauge_is_read_anew_for_each_scrape():
    metrics = Metrics()
    open_now = [3]
    metrics.watch("offhook_connections", lambda: {(): open_now[0]})
    assert samples(metrics)["offhook_connections", ()] == 3
    open_now[0] = 5
    assert samples(metrics)["offhook_connections", ()] == 5


def test_a_gauge_that_the_caller_has_just_read_is_shown_once_and_not_kept():
    metrics = Metrics()
    key = ("offhook_webhooks", (("endpoint", "sms"), ("state", "failed")))
    assert samples(metrics, {"offhook_webhooks": {("sms", "failed"): 2}})[key] == 2
    assert key not in samples(metrics)


@pytest.mark.parametrize("name", ["offhook_connectoins", "offhook_refused_total"])
def test_only_a_gauge_of_the_table_can_be_watched(name):
    with pytest.raises(KeyError):
        Metrics().watch(name, dict)


def test_a_label_that_needs_escaping_survives_the_way_to_prometheus():
    metrics = Metrics()
    metrics.refused('odd "reason"\n\\')
    assert samples(metrics)["offhook_refused_total", (("reason", 'odd "reason"\n\\'),)] == 1


def test_two_offhooks_in_one_process_share_no_numbers():
    one, other = Metrics(), Metrics()
    one.refused("signature")
    assert ("offhook_refused_total", (("reason", "signature"),)) not in samples(other)
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("offhook")]


def test_every_metric_has_a_name_by_the_rules_a_meaning_and_buckets_where_it_times():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.name.startswith("offhook_")
        assert metric.name.endswith("_total") == (metric.kind is MetricKind.COUNTER)
        assert metric.name.endswith("_seconds") == (metric.kind is MetricKind.HISTOGRAM)
        assert metric.meaning.endswith(".")
        assert list(metric.buckets) == sorted(set(metric.buckets))
        assert bool(metric.buckets) == (metric.kind is MetricKind.HISTOGRAM)


def test_the_help_and_type_lines_are_those_of_the_table():
    text = Metrics().render({"offhook_build_info": {("1",): 1}}).decode()
    for metric in METRICS:
        if metric.kind is not MetricKind.GAUGE:
            assert f"# HELP {metric.name} {metric.meaning}" in text
            assert f"# TYPE {metric.name} {metric.kind}" in text
    assert "# TYPE offhook_build_info gauge" in text


def test_an_acknowledged_webhook_is_one_received_and_one_answered():
    together, apart = Metrics(), Metrics()
    for seconds in (0.0004, 0.003, 0.3, 1000.0):
        together.acknowledged("sms", "message", "ack", seconds)
        apart.received("sms", "message")
        apart.answered("sms", "ack", seconds)
    assert _ours(together) == _ours(apart)


def _ours(metrics):
    """What Offhook counts itself: the process's own time goes on between two looks."""
    return {key: value for key, value in samples(metrics).items() if key[0].startswith("offhook_")}
