"""The table of sinks, and what their configurations have in common."""

import pytest

from offhook.streams import carrier
from offhook.streams.model import Delivery, Fault
from offhook.streams.sinks import config, http, portions
from offhook.streams.sinks.portions import Bounds, in_portions
from offhook.streams.sinks.table import BY_NAME, KINDS


def test_every_kind_has_a_name_of_its_own_and_says_what_it_and_each_of_its_fields_is():
    assert len(BY_NAME) == len(KINDS)
    for kind in KINDS:
        assert kind.meaning
        assert 1 <= kind.batch <= 250, "three crashes in 100,000 events must repeat fewer than one in a hundred"
        assert len({field.name for field in kind.fields}) == len(kind.fields)
        assert all(field.meaning for field in kind.fields)


def test_twilios_own_kinds_come_first():
    assert [kind.name for kind in KINDS][:3] == ["webhook", "kinesis", "segment"]


def test_a_default_reads_as_itself():
    for kind in KINDS:
        for field in kind.fields:
            if field.default not in (None, ""):
                assert field.read(field.default) == field.default, (kind.name, field.name)


def test_every_kind_refuses_an_empty_configuration_with_the_name_of_what_is_missing():
    for kind in KINDS:
        needed = next(field.name for field in kind.fields if field.required and field.default is None)
        with pytest.raises(ValueError, match=f"{needed} is missing"):
            config.read_all(kind.fields, {})


@pytest.mark.parametrize("value", ["env:X", "file:/run/secret", "kept:abc"])
def test_a_reference_says_where_a_secret_is(value):
    assert config.is_reference(value)
    assert not config.is_reference(value.partition(":")[2])


async def pieces(sizes, bounds, faults=(), late=None):
    """What is sent, piece by piece, and what comes of it; `faults` are by request."""
    sent, given = [], list(faults)

    async def send(part):
        sent.append(list(range(len(sizes)))[part])
        came = given.pop(0) if given else None
        return came or Delivery(taken=len(sent[-1]))

    return sent, await in_portions(sizes, bounds, send, late or (lambda: False))


async def test_requests_are_as_full_as_they_may_be_and_in_order():
    sent, came = await pieces([3, 3, 3, 9, 1, 1, 1, 1], Bounds(most=3, total=10, each=10, overhead=0))
    assert sent == [[0, 1, 2], [3, 4], [5, 6, 7]]
    assert came == Delivery(taken=8)


async def test_what_fits_into_no_request_is_refused_once_all_before_it_is_taken():
    sent, came = await pieces([3, 3, 11, 3], Bounds(most=3, total=10, each=10, overhead=0))
    assert sent == [[0, 1]]
    assert (came.taken, came.refused, came.fault.code, came.fault.retry) == (2, 1, 91305, False)


async def test_a_piece_that_only_its_overhead_makes_too_large_is_refused_too():
    sent, came = await pieces([10], Bounds(most=3, total=10, each=10))
    assert (sent, came.refused) == ([], 1)


async def test_after_a_fault_nothing_more_is_sent_and_what_was_taken_before_it_counts():
    fault = Fault(code=91306, message="down", retry=True)
    sent, came = await pieces([5] * 6, Bounds(most=2, total=99, each=9), [None, Delivery(taken=1, fault=fault)])
    assert sent == [[0, 1], [2, 3]]
    assert came == Delivery(taken=3, fault=fault)


async def test_nothing_to_send_is_nothing_sent():
    assert await pieces([], Bounds(most=2, total=9, each=9)) == ([], Delivery(taken=0))


async def test_when_it_is_late_what_was_taken_is_told_before_the_rest_is_sent():
    sent, came = await pieces([5] * 6, Bounds(most=2, total=99, each=9), late=iter([False, True]).__next__)
    assert sent == [[0, 1], [2, 3]]
    assert came == Delivery(taken=4)


async def test_however_late_it_is_something_is_tried():
    sent, came = await pieces([5] * 3, Bounds(most=2, total=99, each=9), late=lambda: True)
    assert (sent, came) == ([[0, 1]], Delivery(taken=2))


def test_a_client_that_asks_two_slow_servers_comes_to_an_end_before_its_carrier_gives_it_up():
    slowest = http.limits(config.timeout("10s"))
    assert portions.PATIENCE + 2 * slowest.total < carrier.HAND_OVER_WITHIN
    with pytest.raises(ValueError, match="10s"):
        config.timeout("11s")


@pytest.mark.parametrize("host", ["169.254.169.254", "metadata.google.internal", "[fd00:ec2::254]"])
def test_a_sink_at_a_clouds_metadata_service_is_refused_when_it_is_made(host):
    with pytest.raises(ValueError, match="metadata"):
        config.address(f"http://{host}/latest")


def test_header_fields_that_are_no_table_are_shown_how_to_be_one_also_on_the_command_line():
    with pytest.raises(ValueError, match=r"headers\.X-Name=env:NAME"):
        config.headers("env:HEADERS")
