"""What Offhook counts, as one table, and the counting itself.

The core adds to plain numbers, since it does so several times for each webhook; a collector turns them into Prometheus families when
somebody asks. Everything runs on the event loop's thread, so nothing here takes a lock.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The media type of what `Metrics.render` returns."""

Labels = tuple[str, ...]
GaugeValues = Mapping[Labels, float]
"""A gauge's values by its labels' values; the key of a gauge without labels is `()`."""


class MetricKind(StrEnum):
    """What may happen to a metric: only grow, go up and down, or collect durations."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """One row of the table. `buckets` are a histogram's upper bounds in seconds, the endless one left out."""

    name: str
    kind: MetricKind
    labels: Labels
    meaning: str
    buckets: tuple[float, ...] = ()


EXCHANGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)
JOURNEY_BUCKETS = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0, 14400.0, 86400.0, 259200.0)

METRICS = (
    Metric(
        "offhook_webhooks_received_total", MetricKind.COUNTER, ("endpoint", "kind"), "Webhooks that were verified and stored."
    ),
    Metric("offhook_duplicates_total", MetricKind.COUNTER, ("endpoint",), "Requests that the journal knew already."),
    Metric("offhook_refused_total", MetricKind.COUNTER, ("reason",), "Requests that were refused, by the reason."),
    Metric(
        "offhook_answer_seconds",
        MetricKind.HISTOGRAM,
        ("endpoint", "source"),
        "From the last byte of the provider's request to the answer, by who the answer came from.",
        EXCHANGE_BUCKETS,
    ),
    Metric(
        "offhook_attempts_total",
        MetricKind.COUNTER,
        ("endpoint", "outcome"),
        "Attempts, by `delivered` or the code of the failure.",
    ),
    Metric(
        "offhook_attempt_seconds",
        MetricKind.HISTOGRAM,
        ("endpoint",),
        "Duration of an attempt, its retries included.",
        EXCHANGE_BUCKETS,
    ),
    Metric(
        "offhook_journey_seconds",
        MetricKind.HISTOGRAM,
        ("endpoint", "state"),
        "From a webhook's arrival until it was delivered, or given up as failed.",
        JOURNEY_BUCKETS,
    ),
    Metric(
        "offhook_journal_commit_seconds",
        MetricKind.HISTOGRAM,
        (),
        "Duration of a transaction of the journal's file until the disk has it: no webhook is acknowledged before.",
        EXCHANGE_BUCKETS,
    ),
    Metric("offhook_replies_total", MetricKind.COUNTER, ("state",), "Replies, by what became of them."),
    Metric("offhook_debug_events_total", MetricKind.COUNTER, ("level", "code"), "Debug events that were logged."),
    Metric(
        "offhook_sink_events_total",
        MetricKind.COUNTER,
        ("sink", "outcome"),
        "Events handed to a sink: `delivered`, `parked` (refused for good, kept for a replay), or the code of each try that failed.",
    ),
    Metric("offhook_sink_lag", MetricKind.GAUGE, ("sink",), "Rows of the journal that a sink has still to be told of, at most."),
    Metric("offhook_webhooks", MetricKind.GAUGE, ("endpoint", "state"), "Webhooks in the journal, by state."),
    Metric("offhook_connections", MetricKind.GAUGE, (), "Open connections on the intake."),
    Metric("offhook_attempts_running", MetricKind.GAUGE, ("endpoint",), "Attempts under way."),
    Metric(
        "offhook_breaker_open", MetricKind.GAUGE, ("endpoint",), "1 while deliveries are held back because the app keeps failing."
    ),
    Metric("offhook_ready", MetricKind.GAUGE, ("part",), "1 while that part works: store (the journal), deliver (the courier)."),
    Metric("offhook_build_info", MetricKind.GAUGE, ("version",), "Always 1; the label tells the version that runs."),
)

_BY_NAME = {metric.name: metric for metric in METRICS}


def bounds_of(name: str) -> tuple[float, ...]:
    """The upper bounds of a histogram's buckets, seconds, the endless one left out."""
    return _BY_NAME[name].buckets


class Metrics:
    """The numbers of one Offhook. The methods are for the core; `render` is for `/metrics`."""

    def __init__(self) -> None:
        self._counters: dict[str, defaultdict[Labels, int]] = {}
        self._histograms: dict[str, dict[Labels, list[float]]] = {}
        self._watched: dict[str, Callable[[], GaugeValues]] = {}
        for metric in METRICS:
            if metric.kind is MetricKind.COUNTER:
                self._counters[metric.name] = defaultdict(int)
            elif metric.kind is MetricKind.HISTOGRAM:
                self._histograms[metric.name] = {}
        self._received = self._counters["offhook_webhooks_received_total"]
        self._duplicates = self._counters["offhook_duplicates_total"]
        self._refused = self._counters["offhook_refused_total"]
        self._attempts = self._counters["offhook_attempts_total"]
        self._replies = self._counters["offhook_replies_total"]
        self._debug_events = self._counters["offhook_debug_events_total"]
        self._sink_events = self._counters["offhook_sink_events_total"]
        self._answer_seconds = self._histograms["offhook_answer_seconds"]
        self._attempt_seconds = self._histograms["offhook_attempt_seconds"]
        self._journey_seconds = self._histograms["offhook_journey_seconds"]
        self._commit_seconds = self._histograms["offhook_journal_commit_seconds"]

    def received(self, endpoint: str, kind: str) -> None:
        """A webhook was verified and stored."""
        self._received[endpoint, kind] += 1

    def acknowledged(self, endpoint: str, kind: str, source: str, seconds: float, count: int = 1) -> None:
        """`received` and `answered` at once, for as many as came and were answered together."""
        self._received[endpoint, kind] += count
        _observe(self._answer_seconds, (endpoint, source), EXCHANGE_BUCKETS, seconds, count)

    def duplicate(self, endpoint: str) -> None:
        """A verified request turned out to be known already."""
        self._duplicates[endpoint,] += 1

    def refused(self, reason: str) -> None:
        """A request was refused. `reason` is one of a few fixed words, never anything that the sender wrote."""
        self._refused[reason,] += 1

    def answered(self, endpoint: str, source: str, seconds: float) -> None:
        """The provider got its answer, that long after its request was complete. `source` as in `records.Answer`."""
        _observe(self._answer_seconds, (endpoint, source), EXCHANGE_BUCKETS, seconds)

    def attempt(self, endpoint: str, outcome: str, *seconds: float) -> None:
        """Attempts ended: `delivered`, or the code of their failure in digits. Each took that long."""
        self._attempts[endpoint, outcome] += len(seconds)
        _observe_all(self._attempt_seconds, (endpoint,), EXCHANGE_BUCKETS, seconds)

    def ended(self, endpoint: str, state: str, *seconds: float) -> None:
        """Journeys of webhooks ended as `delivered` or `failed`, that long after each had come in."""
        _observe_all(self._journey_seconds, (endpoint, state), JOURNEY_BUCKETS, seconds)

    def committed(self, seconds: float) -> None:
        """A transaction of the journal's is on the disk, which took that long."""
        _observe(self._commit_seconds, (), EXCHANGE_BUCKETS, seconds)

    def reply(self, state: str) -> None:
        """A reply reached this state (`records.ReplyState`)."""
        self._replies[state,] += 1

    def debug_event(self, level: str, code: int) -> None:
        """A debug event was logged."""
        self._debug_events[level, str(code)] += 1

    def sink_events(self, sink: str, outcome: str, count: int) -> None:
        """So many events came to this at a sink: `delivered`, `parked`, or a code in digits."""
        self._sink_events[sink, outcome] += count

    def watch(self, name: str, read: Callable[[], GaugeValues]) -> None:
        """Have `read` called for that gauge whenever somebody asks for the metrics. Raises KeyError for a gauge not in the table."""
        if _BY_NAME[name].kind is not MetricKind.GAUGE:
            raise KeyError(name)
        self._watched[name] = read

    def counted(self, name: str) -> Mapping[Labels, int]:
        """What a counter of the table has come to, by its labels' values: as it is, to be read and not kept."""
        return self._counters[name]

    def durations(self, name: str) -> Mapping[Labels, Sequence[float]]:
        """A histogram's rows by its labels' values: a count for each bucket (the endless one last), then the sum. As it is, to be read and not kept."""
        return self._histograms[name]

    def render(self, snapshot: Mapping[str, GaugeValues] | None = None) -> bytes:
        """Prometheus text. `snapshot` holds gauges that the caller has just read, besides the watched ones."""
        gauges = {name: read() for name, read in self._watched.items()} | dict(snapshot or {})
        registry = CollectorRegistry()
        registry.register(_Snapshot(self._counters, self._histograms, gauges))
        ProcessCollector(registry=registry)
        return generate_latest(registry)


Row = list[float]
"""A histogram's: a count for each bucket, one for what exceeds the last bound, and the sum."""


def _observe(table: dict[Labels, Row], labels: Labels, bounds: tuple[float, ...], seconds: float, count: int = 1) -> None:
    """Add a duration, so many times."""
    row = table.get(labels) or _new_row(table, labels, bounds)
    row[bisect_left(bounds, seconds)] += count
    row[-1] += count * seconds


def _observe_all(table: dict[Labels, Row], labels: Labels, bounds: tuple[float, ...], durations: Sequence[float]) -> None:
    row = table.get(labels) or _new_row(table, labels, bounds)
    for seconds in durations:
        row[bisect_left(bounds, seconds)] += 1
    row[-1] += sum(durations)


def _new_row(table: dict[Labels, Row], labels: Labels, bounds: tuple[float, ...]) -> Row:
    row = table[labels] = [0.0] * (len(bounds) + 2)
    return row


class _Snapshot(Collector):
    """The numbers at one moment, as the families that Prometheus knows, in the table's order."""

    def __init__(
        self,
        counters: Mapping[str, Mapping[Labels, int]],
        histograms: Mapping[str, Mapping[Labels, list[float]]],
        gauges: Mapping[str, GaugeValues],
    ) -> None:
        self._counters = counters
        self._histograms = histograms
        self._gauges = gauges

    def collect(self) -> Iterator[Family]:
        """Every metric of the table that anything is known about."""
        for metric in METRICS:
            if metric.kind is MetricKind.COUNTER:
                yield _counter(metric, self._counters[metric.name])
            elif metric.kind is MetricKind.HISTOGRAM:
                yield _histogram(metric, self._histograms[metric.name])
            elif metric.name in self._gauges:
                yield _gauge(metric, self._gauges[metric.name])


def _counter(metric: Metric, rows: Mapping[Labels, int]) -> Family:
    family = CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, count in rows.items():
        family.add_metric(labels, count)
    return family


def _gauge(metric: Metric, rows: GaugeValues) -> Family:
    family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in rows.items():
        family.add_metric(labels, value)
    return family


def _histogram(metric: Metric, rows: Mapping[Labels, list[float]]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    names = [*(repr(bound) for bound in metric.buckets), "+Inf"]
    for labels, row in rows.items():
        running = 0.0
        buckets = []
        for name, count in zip(names, row, strict=False):
            running += count
            buckets.append((name, running))
        family.add_metric(labels, buckets, row[-1])
    return family
