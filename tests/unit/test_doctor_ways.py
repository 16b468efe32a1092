"""What a series of connections and echoes comes to: arithmetic alone."""

from ipaddress import ip_address
from types import SimpleNamespace

import pytest

from offhook.delivery import destination
from offhook.doctor.checks.reach import plan
from offhook.doctor.findings import Verdict
from offhook.doctor.question import Question
from offhook.doctor.reachability import judge
from offhook.doctor.ways import Way, quantile
from offhook.net.echoes import Echoes
from offhook.net.probes import Ending, Try
from offhook.net.urls import Target

FOUR, OTHER, SIX = ip_address("198.41.0.7"), ip_address("198.41.0.8"), ip_address("2a01:7777::2")
URL = "https://app.example.com/sms"
TARGET = Target(
    scheme="https",
    host="app.example.com",
    port=443,
    path_and_query="/sms",
    origin="https://app.example.com",
    authority="app.example.com",
)


def connected(ms=10.0, repeated=0, times=1):
    return (Try(ending=Ending.CONNECTED, ms=ms, repeated=repeated),) * times


def failed(ending, times=20, repeated=0, words=""):
    return (Try(ending=ending, ms=5000.0, repeated=repeated, words=words),) * times


def way(*tries, address=FOUR, echoes=Echoes(words="not allowed")):  # noqa: B008 - a record does not change
    return Way(address=address, tries=tuple(tries), echoes=echoes)


def verdicts(*ways, url=URL):
    return [(each.verdict, each.cause) for each in judge(ways, destination.parse(url), TARGET)]


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.05, 1), (0.5, 10), (0.51, 11), (0.95, 19), (1.0, 20)])
def test_a_quantile_is_the_nearest_rank(share, value):
    assert quantile(list(range(20, 0, -1)), share) == value
    assert quantile([7.0], share) == 7.0


def test_loss_counts_each_opening_packet_and_each_echo():
    measured = way(*connected(times=17), *connected(ms=1010, repeated=1, times=2), *failed(Ending.LATE, 1, repeated=3))
    assert (measured.syns, measured.syns_lost) == (25, 6)
    assert measured.loss == pytest.approx(24.0)
    with_echoes = way(*measured.tries, echoes=Echoes(times=(1.0,) * 15 + (None,) * 5))
    assert with_echoes.loss == pytest.approx(100 * 11 / 45)


def test_a_refusal_is_an_answer_and_not_a_loss():
    assert way(*failed(Ending.REFUSED)).loss == 0


def test_a_host_that_answers_hardly_any_echo_is_told_not_to():
    assert way(*connected(times=20), echoes=Echoes(times=(None,) * 20)).loss == 0
    assert way(*connected(times=20), echoes=Echoes(times=(1.0,) + (None,) * 19)).loss == 0


def test_few_echoes_beside_lost_connections_are_loss():
    tries = (*connected(times=12), *connected(ms=1010, repeated=1, times=8))
    assert way(*tries, echoes=Echoes(times=(1.0,) * 7 + (None,) * 13)).loss == pytest.approx(100 * 21 / 48)


def test_what_is_repeated_on_a_way_longer_than_a_second_came_late_and_was_not_lost():
    measured = way(*connected(ms=1400, repeated=1, times=20))
    assert (measured.syns, measured.syns_lost) == (20, 0)


def test_where_the_system_does_not_count_repetitions_the_time_tells_them():
    measured = way(*connected(repeated=None, times=18), *connected(ms=1012, repeated=None), *connected(ms=3020, repeated=None))
    assert measured.syns_lost == 4


def test_jitter_is_a_wide_spread_without_loss():
    assert way(*connected(20, times=18), *connected(300, times=2)).jittery
    assert not way(*connected(20, times=18), *connected(40, times=2)).jittery
    assert not way(*connected(20, times=18), *connected(1020, repeated=1, times=2)).jittery


def test_figures_and_plots_keep_the_order_and_show_what_was_lost():
    measured = way(*connected(10), *failed(Ending.LATE, 1), *connected(30), echoes=Echoes(times=(1.0, None)))
    figures = measured.figures(443)
    assert (figures["min_ms"], figures["median_ms"], figures["p95_ms"]) == (10, 10, 30)
    assert (figures["family"], figures["timed_out"], figures["echoes_lost"]) == ("IPv4", 1, 1)
    connects, echoes = measured.plots()
    assert connects.values == (10, None, 30)
    assert echoes.values == (1.0, None)


def test_all_is_well():
    assert verdicts(way(*connected(times=20))) == [(Verdict.GOOD, "")]


@pytest.mark.parametrize(
    ("ending", "cause"),
    [
        (Ending.REFUSED, "app.nothing-listens"),
        (Ending.LATE, "net.connect-timeout"),
        (Ending.NO_ROUTE, "net.no-route"),
        (Ending.OTHER, "net.no-route"),
    ],
)
def test_no_address_takes_a_connection(ending, cause):
    assert verdicts(way(*failed(ending, words="words"))) == [(Verdict.FAULT, cause)]


def test_a_refusal_at_one_address_says_more_than_silence_at_the_other():
    found = verdicts(way(*failed(Ending.LATE)), way(*failed(Ending.REFUSED), address=OTHER))
    assert found == [(Verdict.FAULT, "app.nothing-listens")]


def test_one_dead_address_is_a_fault_and_a_dead_ipv6_beside_a_living_ipv4_a_warning():
    assert verdicts(way(*connected(times=20)), way(*failed(Ending.LATE), address=OTHER)) == [
        (Verdict.FAULT, "net.one-address-dead")
    ]
    assert verdicts(way(*connected(times=20)), way(*failed(Ending.LATE), address=SIX)) == [(Verdict.WARNING, "net.ipv6-dead")]
    assert verdicts(way(*failed(Ending.LATE)), way(*connected(times=20), address=SIX)) == [
        (Verdict.FAULT, "net.one-address-dead")
    ]


def test_the_other_address_of_localhost_is_not_looked_for():
    """Node listens on ::1 alone, others on 127.0.0.1 alone: a name of the machine itself leads to both."""
    both = ip_address("127.0.0.1"), ip_address("::1")
    for living, dead in (both, both[::-1]):
        found = verdicts(way(*connected(times=20), address=living), way(*failed(Ending.REFUSED), address=dead))
        assert found == [(Verdict.GOOD, "")]


def test_opening_packets_that_are_lost_within_a_machine_tell_of_a_full_queue():
    tries = (*connected(times=16), *connected(ms=1010, repeated=1, times=4))
    assert verdicts(way(*tries, address=ip_address("127.0.0.1"))) == [(Verdict.WARNING, "app.full-queue")]
    assert verdicts(way(*tries)) == [(Verdict.FAULT, "net.loss")]


def test_an_address_that_this_machine_has_no_way_to_is_nobodys_fault():
    assert verdicts(way(*connected(times=20)), Way(address=SIX, routed=False)) == [(Verdict.GOOD, "")]
    assert verdicts(Way(address=SIX, routed=False)) == [(Verdict.UNKNOWN, "")]


def test_some_refusals_among_connections_are_a_fault():
    found = verdicts(way(*connected(times=15), *failed(Ending.REFUSED, 5)))
    assert found == [(Verdict.FAULT, "net.sometimes-refused")]


@pytest.mark.parametrize(
    ("repeated", "verdict"), [(0, Verdict.GOOD), (1, Verdict.WARNING), (2, Verdict.WARNING), (3, Verdict.FAULT)]
)
def test_the_limits_of_loss(repeated, verdict):
    """One of 21 is 4.8 %, two of 22 are 9.1 %, three of 23 are 13 %."""
    found = verdicts(way(*connected(times=20 - repeated), *connected(ms=1010, repeated=1, times=repeated)))
    assert [each for each, _ in found] == [verdict]


def test_echoes_alone_make_no_fault():
    found = verdicts(way(*connected(times=20), echoes=Echoes(times=(1.0,) * 10 + (None,) * 10)))
    assert found == [(Verdict.WARNING, "net.loss")]


@pytest.mark.parametrize(("ms", "verdict"), [(199.0, Verdict.GOOD), (200.0, Verdict.WARNING)])
def test_the_limit_of_slowness(ms, verdict):
    assert [each for each, _ in verdicts(way(*connected(ms, times=20)))] == [verdict]


def test_a_short_connect_timeout_is_named():
    (found,) = judge([way(*failed(Ending.LATE))], destination.parse(URL + "#ct=200"), TARGET)
    assert any("ct=200" in each for each in found.evidence)


@pytest.mark.parametrize(
    ("fragment", "time_left", "tries", "expected"),
    [
        ("", 28, 20, (20, 5.0)),
        ("#ct=1000", 28, 20, (20, 1.0)),
        ("#ct=10000", 28, 20, (20, 8.0)),
        ("", 28, 500, (51, 5.0)),
        ("", 2, 20, (4, 1.44)),
    ],
)
def test_the_tries_fit_into_the_time(fragment, time_left, tries, expected):
    patient = SimpleNamespace(
        time_left=time_left, destination=destination.parse(URL + fragment), question=Question(url=URL, tries=tries)
    )
    series = plan(patient)
    assert (series.tries, pytest.approx(series.timeout)) == expected
    assert (series.tries - 1) * series.gap + series.timeout <= min(10, time_left)
