"""Names are asked of a real name server, over UDP and TCP, and of the system's resolver."""

import asyncio
import socket
import time
from ipaddress import ip_address

import pytest

from offhook.net.lookups import Lookups, names_in, servers_in
from offhook.net.nameservers import NameServer as Server
from offhook.net.nameservers import Told, ask, parse_server
from tests.helpers import name_server
from tests.helpers.name_server import NameServer
from tests.helpers.processes import free_port
from tests.helpers.scripted_peer import on_both_loops

ZONE = {
    "app.example.com": [("A", 300, "198.51.100.7"), ("A", 300, "198.51.100.8"), ("AAAA", 120, "2001:db8::7")],
    "four.example.com": [("A", 60, "198.51.100.7")],
    "six.example.com": [("AAAA", 60, "2001:db8::7")],
    "www.example.com": [("CNAME", 30, "edge.example.com.")],
    "edge.example.com": [("CNAME", 900, "four.example.com.")],
    "dangling.example.com": [("CNAME", 30, "gone.example.com.")],
    "loop.example.com": [("CNAME", 30, "loop.example.com.")],
    "mail.example.com": [("MX", 60, "10 mx.example.com.")],
    "once.example.com": [("A", 0, "198.51.100.7")],
    "broken.example.com": "servfail",
    "no.example.com": "refused",
    "lame.example.com": "lame",
    "silent.example.com": "silent",
    "deaf.example.com": "deaf once",
    "garbage.example.com": "garbage",
    "stranger.example.com": "stranger",
    "long.example.com": "cut",
}


def lookups(tmp_path, get_addresses=lambda host, port: ("198.51.100.7",), servers=""):
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n10.1.1.1 Staging.example.com staging # 10.2.2.2 not.example.com\n")
    (tmp_path / "resolv.conf").write_text(servers)
    return Lookups(hosts=tmp_path / "hosts", resolv_conf=tmp_path / "resolv.conf", get_addresses=get_addresses)


async def answer_to(tmp_path, host):
    """What the server with the zone says about a name, both types together; and the server."""
    async with NameServer(ZONE) as server:
        lookup = await lookups(tmp_path).everywhere(host, 443, (server.address,))
        return lookup.servers[0], server


@on_both_loops
async def test_both_types_of_address_and_the_shortest_time_to_live(tmp_path):
    answer, server = await answer_to(tmp_path, "app.example.com")
    assert answer.told is Told.FOUND
    assert answer.public
    assert answer.server == server.address
    assert set(map(str, answer.addresses)) == {"198.51.100.7", "198.51.100.8", "2001:db8::7"}
    assert answer.ttl == 120
    assert answer.chain == answer.troubles == ()
    assert 0 < answer.ms < 2000


async def test_the_chain_of_aliases_in_order(tmp_path):
    answer, _ = await answer_to(tmp_path, "www.example.com")
    assert answer.told is Told.FOUND
    assert answer.chain == ("edge.example.com", "four.example.com")
    assert answer.ttl == 30


async def test_an_alias_that_leads_to_nothing_is_a_name_that_does_not_exist_and_shows_where_it_ends(tmp_path):
    answer, _ = await answer_to(tmp_path, "dangling.example.com")
    assert (answer.told, answer.chain) == (Told.NO_NAME, ("gone.example.com",))


async def test_an_alias_of_itself_ends(tmp_path):
    answer, _ = await answer_to(tmp_path, "loop.example.com")
    assert answer.told is Told.NO_RECORD


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("nowhere.example.com", Told.NO_NAME),
        ("mail.example.com", Told.NO_RECORD),
        ("broken.example.com", Told.FAILED),
        ("no.example.com", Told.REFUSED),
        ("lame.example.com", Told.REFUSED),
        ("garbage.example.com", Told.FAILED),
        ("four.example.com", Told.FOUND),
        ("six.example.com", Told.FOUND),
    ],
)
async def test_what_a_server_says_is_told_apart(tmp_path, host, told):
    answer, _ = await answer_to(tmp_path, host)
    assert answer.told is told


async def test_a_server_that_says_nothing_is_given_up_within_its_time(tmp_path):
    begun = time.monotonic()
    answer, server = await answer_to(tmp_path, "silent.example.com")
    assert answer.told is Told.LATE
    assert time.monotonic() - begun < 3.5
    assert len(server.questions) == 4, "each type was asked twice"


async def test_a_lost_question_is_put_again(tmp_path):
    answer, _ = await answer_to(tmp_path, "deaf.example.com")
    assert answer.told is Told.FOUND


async def test_an_answer_to_another_question_is_passed_over(tmp_path):
    answer, _ = await answer_to(tmp_path, "stranger.example.com")
    assert answer.told is Told.FOUND


@on_both_loops
async def test_an_answer_too_long_for_a_packet_comes_over_tcp(tmp_path):
    answer, server = await answer_to(tmp_path, "long.example.com")
    assert list(map(str, answer.addresses)) == ["192.0.2.77"]
    assert ("long.example.com", "A", "tcp") in server.questions


async def test_a_closed_port_is_known_at_once(tmp_path):
    begun = time.monotonic()
    lookup = await lookups(tmp_path).everywhere("app.example.com", 443, (f"127.0.0.1:{free_port()}",))
    assert lookup.servers[0].told is Told.UNREACHABLE
    assert time.monotonic() - begun < 1


async def test_a_server_over_ipv6():
    try:
        server = NameServer(ZONE, "::1")
        await server.__aenter__()
    except OSError:
        pytest.skip("this machine has no IPv6 on loopback")
    try:
        reply = await ask(parse_server(server.address), "app.example.com", "A")
    finally:
        await server.__aexit__()
    assert reply.told is Told.FOUND


async def test_one_type_that_fails_beside_the_other_is_a_trouble(tmp_path):
    class Half(NameServer):
        def _answer(self, query, name, what, way):
            four = query.question[0].rdtype == name_server.dns.rdatatype.A
            return super()._answer(query, name, what if four else "servfail", way)

    async with Half({"app.example.com": [("A", 60, "198.51.100.7")]}) as server:
        lookup = await lookups(tmp_path).everywhere("app.example.com", 443, (server.address,))
    (answer,) = lookup.servers
    assert answer.told is Told.FOUND
    assert answer.troubles == ("AAAA: servfail",)


async def test_all_servers_are_asked_at_the_same_time_and_silent_ones_cost_no_more_than_one(tmp_path):
    begun = time.monotonic()
    async with NameServer({"app.example.com": "silent"}) as one, NameServer({"app.example.com": "silent"}) as two:
        lookup = await lookups(tmp_path).everywhere("app.example.com", 443, (one.address, two.address))
    assert [each.told for each in lookup.public] == [Told.LATE, Told.LATE]
    assert time.monotonic() - begun < 3


async def test_a_name_that_the_dns_cannot_hold_is_no_name():
    reply = await ask(parse_server("127.0.0.1:1"), "a" * 70 + ".example.com", "A")
    assert reply.told is Told.NO_NAME


async def test_the_system_gives_its_addresses_in_its_order(tmp_path):
    given = ("2001:db8::7", "198.51.100.7", "198.51.100.7")
    answer = await lookups(tmp_path, lambda host, port: given).by_system("app.example.com", 443)
    assert list(map(str, answer.addresses)) == ["2001:db8::7", "198.51.100.7"]


@pytest.mark.parametrize(
    ("number", "told"),
    [(socket.EAI_NONAME, Told.NO_NAME), (socket.EAI_AGAIN, Told.LATE), (socket.EAI_FAIL, Told.FAILED), (-999, Told.FAILED)],
)
async def test_how_the_system_fails_is_told_apart(tmp_path, number, told):
    def fail(host, port):
        raise socket.gaierror(number, "words")

    answer = await lookups(tmp_path, fail).by_system("app.example.com", 443)
    assert (answer.told, answer.words) == (told, "words")


def test_a_resolver_of_the_system_that_hangs_holds_up_nobody_not_even_the_end_of_the_loop(tmp_path):
    begun = time.monotonic()
    answer = asyncio.run(lookups(tmp_path, lambda host, port: time.sleep(6) or ()).by_system("app.example.com", 443))
    assert answer.told is Told.LATE
    assert time.monotonic() - begun < 5


async def test_the_system_resolves_localhost_by_itself():
    answer = await Lookups().by_system("localhost", 80)
    assert answer.told is Told.FOUND
    assert all(each.is_loopback for each in answer.addresses)


async def test_a_name_of_the_hosts_file_is_known_whatever_its_spelling(tmp_path):
    asked = lookups(tmp_path)
    assert asked.is_listed("STAGING.example.com.")
    assert asked.is_listed("staging")
    assert not asked.is_listed("not.example.com")
    assert not Lookups(hosts=tmp_path / "none").is_listed("localhost")


def test_the_names_and_servers_of_the_systems_files():
    assert names_in("::1 a B # c\n\n# d e\n127.0.0.1\n") == {"a", "b"}
    text = "# nameserver 9.9.9.9\nsearch example.com\nnameserver 10.0.0.1\nnameserver nonsense\nnameserver ::1\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n"
    assert list(map(str, servers_in(text))) == ["10.0.0.1", "::1", "10.0.0.3"]


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("1.1.1.1", "1.1.1.1", 53),
        ("127.0.0.1:5353", "127.0.0.1", 5353),
        ("::1", "::1", 53),
        ("[::1]", "::1", 53),
        ("[::1]:5353", "::1", 5353),
    ],
)
def test_a_name_server_as_it_is_written(text, address, port):
    server = parse_server(text)
    assert server == Server(address=ip_address(address), port=port, public=True)
    assert parse_server(str(server)) == server


@pytest.mark.parametrize(
    "text", ["", "dns.example.com", "1.1.1.1:", "1.1.1.1:0", "1.1.1.1:65536", "[::1", "[::1]5353", "1.1.1.1:+53", "1.1.1"]
)
def test_what_is_no_address_of_a_name_server_is_refused(text):
    with pytest.raises(ValueError, match="not the address of a name server"):
        parse_server(text)
