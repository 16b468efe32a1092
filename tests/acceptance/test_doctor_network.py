"""The doctor tells the network's troubles apart, with the right figures, on real links between namespaces."""

import pytest

from tests.helpers.networks import OTHER, PORT, THERE, THERE_6, Network, needed

URL = f"http://{THERE}:{PORT}/sms"
NEW = "tcp flags & (syn | ack) == syn"
HOST = "app.example.com"
NAMED = f"http://{HOST}:{PORT}/sms"


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    needed()
    with Network(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture
def network(wire):
    """A link without rules and with nothing behind it."""
    wire.rules()
    yield wire
    wire.end_children()


def figures(finding, address=THERE):
    return next(each for each in finding["figures"]["addresses"] if each["address"] == address)


def test_a_healthy_app_on_a_good_link(network):
    network.start_app()
    seen = network.examine(URL)
    assert seen.one("address")["verdict"] == "good"
    reach = seen.one("reach")
    assert reach["verdict"] == "good"
    measured = figures(reach)
    assert (measured["tries"], measured["connected"], measured["syns_sent"], measured["syns_lost"]) == (20, 20, 20, 0)
    assert measured["loss_percent"] == 0
    assert 0 < measured["min_ms"] <= measured["median_ms"] <= measured["p95_ms"]
    assert measured["median_ms"] < 100
    assert (measured["echoes_sent"], measured["echoes_lost"]) == (20, 0)
    connects, echoes = reach["plots"]
    assert len(connects["values"]) == len(echoes["values"]) == 20
    assert None not in connects["values"]


def test_an_app_that_does_not_run_refuses(network):
    seen = network.examine(URL)
    reach = seen.one("reach")
    assert (seen.exit_code, reach["verdict"], reach["cause"]) == (1, "fault", "app.nothing-listens")
    assert list(reach["codes"]) == [11202, 11200]
    assert figures(reach)["refused"] == 20


def test_a_firewall_that_drops_is_told_from_one_that_refuses(network):
    network.start_app()
    network.rules(f"tcp dport {PORT} {NEW} drop")
    seen = network.examine(URL)
    reach = seen.one("reach")
    assert (seen.exit_code, reach["verdict"], reach["cause"]) == (1, "fault", "net.connect-timeout")
    assert list(reach["codes"]) == [11201, 11200]
    measured = figures(reach)
    assert (measured["connected"], measured["timed_out"]) == (0, 20)
    assert measured["syns_sent"] == measured["syns_lost"] >= 60, (
        "in five seconds each try repeats its opening packet at least twice"
    )
    assert measured["echoes_lost"] == 0
    assert reach["plots"][0]["values"] == [None] * 20
    assert seen.took < 15


def test_the_tries_wait_as_long_as_the_urls_connect_timeout_says(network):
    network.rules("drop")
    seen = network.examine(URL + "#ct=500")
    reach = seen.one("reach")
    assert reach["cause"] == "net.connect-timeout"
    assert any("ct=500" in each for each in reach["evidence"])
    assert seen.took < 8


def test_a_firewall_that_says_no_is_no_route(network):
    network.start_app()
    network.rules(f"tcp dport {PORT} reject with icmpx type admin-prohibited")
    reach = network.examine(URL + "#ct=2000").one("reach")
    assert (reach["verdict"], reach["cause"]) == ("fault", "net.no-route")
    assert list(reach["codes"]) == [11205, 11200]
    measured = figures(reach)
    assert measured["connected"] == 0
    # A host sends only so many refusals a second (ICMP rate limit): the other tries hear nothing.
    assert measured["no_route"] >= 1


def test_a_link_that_loses_three_of_ten_packets(network):
    network.start_app()
    # Every third of ten in turn, not by chance: the figures can be foretold.
    network.rules(f"{NEW} numgen inc mod 10 < 3 drop", "icmp type echo-request numgen inc mod 10 < 3 drop")
    seen = network.examine(URL)
    (reach,) = [each for each in seen.of("reach") if each["cause"] == "net.loss"]
    assert (seen.exit_code, reach["verdict"]) == (1, "fault")
    measured = figures(reach)
    assert measured["echoes_lost"] == 6
    assert measured["syns_sent"] - measured["syns_lost"] == measured["connected"]
    assert 6 <= measured["syns_lost"] <= 12
    assert 25 <= measured["loss_percent"] <= 37
    assert f"{measured['loss_percent']:.0f} %" in reach["title"]
    assert measured["p95_ms"] > 900, "a repeated opening packet costs a second"
    assert measured["median_ms"] < 100


def test_a_link_that_loses_packets_by_chance(network):
    network.start_app()
    network.rules(
        f"{NEW} numgen random mod 100 < 40 counter drop", "icmp type echo-request numgen random mod 100 < 40 counter drop"
    )
    (reach,) = [each for each in network.examine(URL).of("reach") if each["cause"] == "net.loss"]
    assert reach["verdict"] == "fault"
    measured = figures(reach)
    assert 12 <= measured["loss_percent"] <= 68
    opening, echoes = network.dropped()
    assert measured["echoes_lost"] == echoes
    assert measured["syns_lost"] <= opening, "later requests lose theirs, too"


def test_a_link_that_loses_one_packet_in_twenty_is_a_warning(network):
    network.start_app()
    network.rules(f"{NEW} numgen inc mod 25 < 1 drop", "icmp type echo-request numgen inc mod 25 < 1 drop")
    seen = network.examine(URL)
    (reach,) = [each for each in seen.of("reach") if each["cause"] == "net.loss"]
    assert reach["verdict"] == "warning"
    measured = figures(reach)
    assert (measured["syns_lost"], measured["echoes_lost"]) == (1, 1)
    assert 4 <= measured["loss_percent"] <= 6


def test_a_host_that_answers_no_echoes_loses_nothing(network):
    network.start_app()
    network.rules("icmp type echo-request drop")
    reach = network.examine(URL).one("reach")
    assert reach["verdict"] == "good"
    assert figures(reach)["loss_percent"] == 0
    assert any("stand in" in each for each in reach["evidence"])


def test_a_slow_link(tmp_path):
    needed()
    with Network(tmp_path, slow=130) as network:
        network.start_app()
        seen = network.examine(URL)
    (reach,) = seen.of("reach")
    assert (reach["verdict"], reach["cause"]) == ("warning", "net.slow")
    measured = figures(reach)
    assert 260 <= measured["min_ms"] <= measured["median_ms"] < 340
    assert measured["loss_percent"] == 0


def test_a_link_so_slow_that_opening_packets_are_repeated_loses_none(tmp_path):
    needed()
    with Network(tmp_path, slow=520) as network:
        network.start_app()
        seen = network.examine(URL)
    (reach,) = seen.of("reach")
    assert reach["cause"] == "net.slow"
    assert figures(reach)["syns_lost"] == 0


def test_one_of_two_addresses_is_dead(network):
    network.start_app()
    network.start_name_server({HOST: [["A", 60, THERE], ["A", 60, OTHER]]})
    network.rules(f"ip daddr {OTHER} tcp dport {PORT} drop")
    seen = network.examine(NAMED + "#ct=2000")
    assert seen.one("dns")["verdict"] == "good"
    (reach,) = [each for each in seen.of("reach") if each["cause"] == "net.one-address-dead"]
    assert reach["verdict"] == "fault"
    assert OTHER in reach["title"]
    assert figures(reach)["connected"] == 20
    assert figures(reach, OTHER)["connected"] == 0


def test_an_app_that_listens_on_ipv4_alone_while_the_dns_has_an_ipv6_address(network):
    network.start_app("0.0.0.0")
    network.start_name_server({HOST: [["A", 60, THERE], ["AAAA", 60, THERE_6]]})
    (reach,) = network.examine(NAMED).of("reach")
    assert (reach["verdict"], reach["cause"]) == ("warning", "net.ipv6-dead")
    assert figures(reach, THERE_6)["refused"] == 20


def test_a_machine_without_ipv6_blames_nobody_for_it(network):
    network.start_app("0.0.0.0")
    network.start_name_server({HOST: [["A", 60, THERE], ["AAAA", 60, "2a02:8888::1"]]})
    reach = network.examine(NAMED).one("reach")
    assert reach["verdict"] == "good"
    assert any("no way to it" in each for each in reach["evidence"])


def test_ipv6_is_measured_as_ipv4_is(network):
    network.start_app()
    reach = network.examine(f"http://[{THERE_6}]:{PORT}/sms").one("reach")
    assert reach["verdict"] == "good"
    measured = figures(reach, THERE_6)
    assert (measured["family"], measured["connected"], measured["echoes_lost"]) == ("IPv6", 20, 0)


@pytest.mark.parametrize("host", [THERE, THERE_6])
def test_echoes_by_the_sockets_that_a_system_allows_to_everybody(network, host):
    network.start_app()
    with network.echoes_for_everybody():
        reach = network.examine(f"http://{f'[{host}]' if ':' in host else host}:{PORT}/sms").one("reach")
    assert reach["verdict"] == "good"
    assert (figures(reach, host)["echoes_sent"], figures(reach, host)["echoes_lost"]) == (20, 0)


def test_a_name_that_nobody_has(network):
    network.start_name_server({})
    seen = network.examine(NAMED)
    dns = seen.one("dns")
    assert (seen.exit_code, dns["verdict"], dns["cause"]) == (1, "fault", "dns.unknown-host")
    assert list(dns["codes"]) == [11210, 11200]
    assert seen.one("reach")["verdict"] == "not-applicable"


def test_a_name_that_this_machine_alone_has(network):
    network.start_app()
    network.start_name_server({HOST: [["A", 60, THERE]]})
    network.start_name_server({}, port=5353)
    dns = network.examine(NAMED, "--resolver", f"{THERE}:5353").one("dns")
    assert (dns["verdict"], dns["cause"]) == ("fault", "dns.not-public")


def test_public_name_servers_that_cannot_be_reached_are_said_and_no_fault(network):
    network.start_app()
    network.start_name_server({HOST: [["A", 60, THERE]]})
    seen = network.examine(NAMED, "--resolver", "11.99.0.1", "--resolver", "11.99.0.2")
    dns = seen.one("dns")
    assert dns["verdict"] == "good"
    assert any("cannot be asked" in each for each in dns["evidence"])
    assert seen.took < 15


def test_a_black_hole_ends_in_time(network):
    seen = network.examine("https://11.99.0.1/sms")
    reach = seen.one("reach")
    assert (seen.exit_code, reach["cause"]) == (1, "net.connect-timeout")
    assert seen.took < 30


def test_name_servers_that_say_nothing_at_all_are_not_the_apps_fault(network):
    network.start_name_server({HOST: "silent"})
    seen = network.examine(NAMED)
    assert seen.one("dns")["verdict"] == "could-not-tell"
    assert seen.took < 30
