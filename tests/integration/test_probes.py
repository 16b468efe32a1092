"""The way to an address is measured with real connections and echoes on loopback."""

import asyncio
import os
import socket
import sys
from contextlib import closing
from ipaddress import ip_address

import pytest

from offhook.net import echoes as echoing
from offhook.net.echoes import checksum
from offhook.net.probes import Ending, Probes, Series
from tests.helpers.processes import free_port
from tests.helpers.scripted_peer import on_both_loops

HERE = ip_address("127.0.0.1")
HERE_6 = ip_address("::1")


@pytest.fixture
def port():
    """A port that listens."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def full():
    """A server whose queue of connections is full: the kernel drops further opening packets, as a firewall would."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        with closing(socket.socket()) as one, closing(socket.socket()) as two:
            for each in (one, two):
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            yield server


@on_both_loops
async def test_each_try_is_timed(port):
    tries = await Probes().connects(HERE, port, Series(tries=5, gap=0.01, timeout=2), trusted=True)
    assert [each.ending for each in tries] == [Ending.CONNECTED] * 5
    assert all(0 < each.ms < 1000 for each in tries)
    if sys.platform == "linux":
        assert [each.repeated for each in tries] == [0] * 5


@on_both_loops
async def test_a_port_where_nothing_listens_refuses():
    tries = await Probes().connects(HERE, free_port(), Series(tries=2, gap=0, timeout=2), trusted=True)
    assert [each.ending for each in tries] == [Ending.REFUSED] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems answer otherwise when the queue is full")
@on_both_loops
async def test_a_dropped_opening_packet_is_a_time_out_and_each_repetition_is_counted(full):
    (one,) = await Probes().connects(HERE, full.getsockname()[1], Series(tries=1, timeout=2.5), trusted=True)
    assert one.ending is Ending.LATE
    assert one.repeated in {1, 2}
    assert 2400 < one.ms < 3500


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count repetitions")
async def test_a_late_success_shows_how_often_it_was_tried(full):
    async def make_room():
        await asyncio.sleep(0.5)
        for _ in range(2):
            (await asyncio.to_thread(full.accept))[0].close()

    (one,), _ = await asyncio.gather(
        Probes().connects(HERE, full.getsockname()[1], Series(tries=1, timeout=5), trusted=True), make_room()
    )
    assert one.ending is Ending.CONNECTED
    assert one.repeated >= 1
    assert one.ms > 900


async def test_ipv6_is_tried_as_well():
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 on loopback")
    with server:
        (one,) = await Probes().connects(HERE_6, server.getsockname()[1], Series(timeout=2), trusted=True)
    assert one.ending is Ending.CONNECTED


async def test_an_address_that_is_not_called_gets_no_packet_unless_it_is_trusted(port):
    (one,) = await Probes().connects(HERE, port, Series(tries=3))
    assert one.ending is Ending.BLOCKED
    assert "loopback" in one.words
    echoes = await Probes().echoes(HERE, Series(tries=3))
    assert echoes.times == ()
    assert "loopback" in echoes.words


async def test_an_address_without_a_way_is_known_before_anything_is_sent():
    assert Probes().has_route(HERE)
    (one,) = await Probes().connects(ip_address("255.255.255.255"), 80, Series(timeout=1), trusted=True)
    assert one.ending in {Ending.NO_ROUTE, Ending.OTHER}
    assert one.words


@pytest.mark.parametrize("address", [HERE, HERE_6], ids=["IPv4", "IPv6"])
@on_both_loops
async def test_echoes_come_back_where_the_system_allows_them(address):
    echoes = await Probes().echoes(address, Series(tries=4, gap=0.02, timeout=1), trusted=True)
    if os.geteuid() == 0 and sys.platform == "linux" and Probes().has_route(address):
        assert not echoes.words
    if echoes.words:
        assert echoes.times == ()
    else:
        assert len(echoes.times) == 4
        assert echoes.lost == 0
        assert all(0 < each < 1000 for each in echoes.times)


async def test_a_system_that_allows_no_echoes_is_said(monkeypatch):
    class Closed:
        def __getattr__(self, name):
            return getattr(socket, name)

        def socket(self, *arguments):
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(echoing, "socket", Closed())
    echoes = await Probes().echoes(HERE, Series(tries=4), trusted=True)
    assert echoes.times == ()
    assert "root" in echoes.words


def test_the_internet_checksum():
    packet = bytes.fromhex("0001f203f4f5f6f7")  # the example of RFC 1071 §3
    assert checksum(packet) == 0xFFFF - 0xDDF2
    assert checksum(b"\x00\x01\x02") == 0xFFFF - 0x0201
