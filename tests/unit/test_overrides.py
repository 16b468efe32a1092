"""Connection overrides in a URL's fragment (spec: twilio-delivery §1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.delivery.overrides import Overrides, parse


def test_no_fragment_means_twilios_defaults():
    assert parse("") == Overrides(connect_ms=5000, read_ms=15000, total_ms=15000, retries=1, policies=frozenset({"ct"}))


def test_every_key_is_read():
    asked = parse("ct=500&rt=800&tt=3000&rc=3&rp=5xx,ct,rt&sni=n&e=dublin,tokyo")
    assert (asked.connect_ms, asked.read_ms, asked.total_ms, asked.retries) == (500, 800, 3000, 3)
    assert asked.policies == {"5xx", "ct", "rt"}
    assert asked.server_name is False
    assert asked.edges == ("dublin", "tokyo")
    assert asked.problems == ()


def test_all_is_all_four_policies():
    assert parse("rp=all").policies == {"4xx", "5xx", "ct", "rt"}


def test_a_percent_encoded_fragment_is_read_too():
    assert parse("rp=4xx%2C5xx").policies == {"4xx", "5xx"}


@pytest.mark.parametrize(
    ("fragment", "code", "used"),
    [
        ("e=mars", 11240, "ashburn"),
        ("e=", 11240, "ashburn"),
        ("e=roaming", 11241, "ashburn"),
        ("e=dublin,london-ix", 11242, "dublin"),
        ("rp=6xx", 11243, "ct"),
        ("rp=5xx,never", 11243, "5xx"),
        ("rp=", 11243, "ct"),
        ("ct=50", 0, "100 ms"),
        ("ct=20000", 0, "10000 ms"),
        ("tt=15001", 0, "15000 ms"),
        ("rt=soon", 0, "15000 ms"),
        ("rc=9", 0, "5"),
        ("rc=-1", 0, "1"),
        ("sni=maybe", 0, "y"),
        ("timeout=5", 0, "nothing"),
    ],
)
def test_a_wrong_value_is_named_with_twilios_code_and_with_what_is_used_instead(fragment, code, used):
    (problem,) = parse(fragment).problems
    assert (problem.code, problem.used) == (code, used)


def test_the_total_bounds_an_exchange_and_each_phase_keeps_its_own_limit():
    limits = parse("ct=500&rt=800").limits(2.5, verify_tls=False)
    assert (limits.connect, limits.read, limits.total, limits.verify_tls) == (0.5, 0.8, 2.5, False)


@given(st.text(alphabet="ctrpsnie=&,-x0123456789%all", max_size=60))
def test_whatever_the_fragment_the_result_is_within_twilios_limits(fragment):
    asked = parse(fragment)
    assert 100 <= asked.connect_ms <= 10_000
    assert 100 <= asked.read_ms <= 15_000
    assert 100 <= asked.total_ms <= 15_000
    assert 0 <= asked.retries <= 5
    assert asked.policies
    assert asked.edges
