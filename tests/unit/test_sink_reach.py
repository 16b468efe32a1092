"""Where a broker is: how its address is written, and which addresses are never called."""

import pytest

from offhook.streams.model import Fault
from offhook.streams.sinks import reach
from offhook.streams.sinks.broker import BrokerClient, FaultError, Tally
from offhook.streams.sinks.faults import refused
from offhook.streams.sinks.reach import Server, UnreachableError, addresses_of, read_server, read_servers
from tests.helpers.sinks import make_events

PORTS = {"redis": 6379, "rediss": 6380}


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("redis://host", Server("redis", "host", 6379)),
        ("host:7000", Server("redis", "host", 7000)),
        ("REDISS://Host.Example:1/0", Server("rediss", "host.example", 1, "0")),
        ("rediss://[2001:db8::1]/", Server("rediss", "2001:db8::1", 6380)),
        ("redis://[::1]:80", Server("redis", "::1", 80)),
        (" redis://10.0.0.1:80 ", Server("redis", "10.0.0.1", 80)),
    ],
)
def test_an_address_is_read_with_the_usual_port_of_its_scheme(written, server):
    assert read_server(PORTS)(written) == server


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "redis://host:6379"),
        (None, "redis://host:6379"),
        ("http://host", "redis, rediss"),
        ("redis://", "no host"),
        ("redis://me:geheim@host", "env:NAME"),
        ("redis://host?password=geheim", "no .options"),
        ("redis://host:99999", "65535"),
        ("redis://127.1", "canonical"),
        ("redis://ho st", "space"),
    ],
)
def test_what_is_no_address_is_refused_with_what_to_write(written, words):
    with pytest.raises(ValueError, match=words) as refusal:
        read_server(PORTS)(written)
    assert "geheim" not in str(refusal.value)


def test_several_addresses_come_as_a_list_or_with_commas():
    both = (Server("redis", "a", 6379), Server("redis", "b", 7))
    assert read_servers(PORTS)("a, b:7") == both
    assert read_servers(PORTS)(["a", "redis://b:7"]) == both


@pytest.mark.parametrize("host", ["169.254.169.254", "fd00:ec2::254", "metadata.google.internal", "::ffff:169.254.169.254"])
async def test_a_clouds_metadata_service_is_not_called_even_for_the_operator(host):
    with pytest.raises(UnreachableError, match="metadata"):
        await addresses_of(Server("redis", host, 6379))


async def test_a_name_with_one_address_that_may_not_be_called_is_not_called_at_all(monkeypatch):
    async def resolve(host, port):
        return ["10.0.0.1", "169.254.169.254"]

    monkeypatch.setattr(reach, "resolve_by_system", resolve)
    with pytest.raises(UnreachableError, match="metadata"):
        await addresses_of(Server("redis", "rebound.example", 6379))


async def test_an_operators_own_network_may_be_called():
    assert await addresses_of(Server("redis", "127.0.0.1", 6379)) == ["127.0.0.1"]


class OneAfterTheOther:
    """A broker that takes events up to the one at `until`, and says why."""

    def __init__(self, until=None, error=None):
        self.until, self.error, self.lines, self.closed = until, error, [], 0

    async def connect(self, server, address):
        if server.host == "127.0.0.9":
            raise ConnectionRefusedError(111, "refused")
        self.lines.append((server.host, address))
        return len(self.lines)

    async def send(self, line, events, tally: Tally):
        for at, _ in enumerate(events):
            if at == self.until:
                raise self.error
            tally.taken += 1

    async def close(self, line):
        self.closed += 1

    def fault_of(self, error) -> Fault | None:
        return None


def client_of(broker, *hosts):
    return BrokerClient(broker, [Server("redis", host, 1) for host in hosts or ("127.0.0.1",)], 5.0)


async def test_one_connection_serves_as_long_as_nothing_goes_wrong():
    broker = OneAfterTheOther()
    client = client_of(broker)
    for _ in range(3):
        assert (await client.deliver(make_events(5))).taken == 5
    await client.close()
    assert broker.lines == [("127.0.0.1", "127.0.0.1")]
    assert broker.closed == 1


async def test_after_a_fault_what_was_confirmed_counts_and_the_connection_is_made_anew():
    broker = OneAfterTheOther(2, ConnectionResetError(104, "reset by somebody with a secret"))
    client = client_of(broker)
    delivery = await client.deliver(make_events(5))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (2, 0, 91307, True)
    assert "secret" not in delivery.fault.message
    await client.deliver(make_events(5))
    assert (len(broker.lines), broker.closed) == (2, 2)


@pytest.mark.parametrize(("whole", "count"), [(False, 1), (True, 3)])
async def test_a_refusal_is_of_one_event_or_of_all_that_are_left(whole, count):
    client = client_of(OneAfterTheOther(2, FaultError(refused("too large"), whole=whole)))
    delivery = await client.deliver(make_events(5))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (2, count, 91305, False)


async def test_what_nobody_has_foreseen_is_tried_again_and_its_words_are_not_told():
    client = client_of(OneAfterTheOther(0, KeyError("a secret")))
    delivery = await client.deliver(make_events(1))
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91304, True)
    assert "secret" not in delivery.fault.message


async def test_the_next_server_is_asked_where_the_first_is_not_there():
    broker = OneAfterTheOther()
    assert (await client_of(broker, "127.0.0.9", "127.0.0.1").deliver(make_events(1))).taken == 1
    delivery = await client_of(broker, "127.0.0.9", "metadata.google.internal").deliver(make_events(1))
    assert (delivery.fault.code, delivery.fault.retry) == (91307, True)
    assert "127.0.0.9:1" in delivery.fault.message
