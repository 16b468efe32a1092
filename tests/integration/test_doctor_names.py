"""The checks of the name and the address: real name servers, the system's resolver played, and no packet to an address that is not called."""

import socket

import pytest

from offhook.doctor.admission import Tools, admit
from offhook.doctor.checks import CHECKS
from offhook.doctor.examination import Examination
from offhook.doctor.findings import Verdict
from offhook.doctor.question import Question
from offhook.net.handshakes import Handshakes
from offhook.net.lookups import Lookups
from offhook.net.probes import Probes
from offhook.net.transport import HttpTransport
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.name_server import NameServer
from tests.helpers.processes import free_port

HOST = "app.example.com"
GOOD, ELSEWHERE, NEIGHBOUR = "198.41.0.7", "199.7.83.42", "198.41.200.9"
NETWORK = tuple(each for each in CHECKS if each.name in {"url", "dns", "address", "reach"})
NAMES = NETWORK[:3]


class Case:
    """What one examination came to."""

    def __init__(self, patient, report):
        self.patient = patient
        self.rows = report.rows

    def of(self, check):
        return [row.finding for row in self.rows if row.check == check]

    def one(self, check):
        (finding,) = self.of(check)
        return finding


@pytest.fixture
def examine(tmp_path):
    """Examine a URL: what the system knows of its name (addresses, or the error), and the public name servers' zones."""

    async def run(*zones, system=(GOOD,), url=f"http://{HOST}/sms", hosts="", checks=NAMES, **question):
        def get_addresses(host, port):
            if isinstance(system, int):
                raise socket.gaierror(system, "words")
            return system

        (tmp_path / "hosts").write_text(hosts)
        lookups = Lookups(hosts=tmp_path / "hosts", resolv_conf=tmp_path / "none", get_addresses=get_addresses)
        clock = SystemClock()
        doors = [HttpTransport(clock), HttpTransport(clock)]
        provider = Twilio(TwilioSettings(tokens={}))
        tools = Tools(provider, *doors, lookups, Probes(), Handshakes(), clock, TimeSortedIds())
        servers = [NameServer(zone) for zone in zones]
        try:
            for each in servers:
                await each.__aenter__()
            resolvers = tuple(each.address for each in servers) or (f"127.0.0.1:{free_port()}",)
            patient = admit(Question(url=url, tries=3, gap=0.01, **{"resolvers": resolvers, **question}), tools)
            case = Case(patient, await Examination(patient, checks=checks).run())
            case.questions = [question for each in servers for question in each.questions]
            return case
        finally:
            for each in servers:
                await each.__aexit__()
            await tools.close()

    return run


def a(*addresses, ttl=60):
    return {HOST: [("AAAA" if ":" in each else "A", ttl, each) for each in addresses]}


async def test_everybody_agrees(examine):
    case = await examine(a(GOOD), a(GOOD))
    found = case.one("dns")
    assert found.verdict is Verdict.GOOD
    assert GOOD in found.title
    assert list(map(str, case.patient.addresses)) == [GOOD]
    assert case.one("address").verdict is Verdict.GOOD
    assert [each["told"] for each in found.figures["answers"]] == ["found"] * 3


async def test_the_public_dns_does_not_know_a_name_that_this_machine_knows(examine):
    found = (await examine({}, {})).one("dns")
    assert (found.verdict, found.cause, found.codes) == (Verdict.FAULT, "dns.not-public", (11210, 11200))


async def test_nobody_knows_the_name(examine):
    case = await examine({}, system=socket.EAI_NONAME)
    found = case.one("dns")
    assert (found.verdict, found.cause, found.codes) == (Verdict.FAULT, "dns.unknown-host", (11210, 11200))
    assert case.patient.ended
    assert case.one("address").verdict is Verdict.NOT_APPLICABLE


async def test_an_alias_that_leads_to_nothing_is_shown(examine):
    zone = {HOST: [("CNAME", 60, "old-tunnel.example.net.")]}
    found = (await examine(zone, system=socket.EAI_NONAME)).one("dns")
    assert found.cause == "dns.unknown-host"
    assert f"aliases: {HOST} → old-tunnel.example.net" in found.evidence


async def test_this_machine_does_not_know_a_name_that_others_know(examine):
    case = await examine(a(GOOD), system=socket.EAI_NONAME)
    assert (case.one("dns").verdict, case.one("dns").cause) == (Verdict.WARNING, "dns.disagree")
    assert case.patient.ended


async def test_a_system_that_is_slow_is_no_fault_of_the_app_and_the_others_addresses_serve(examine):
    case = await examine(a(GOOD), system=socket.EAI_AGAIN)
    assert case.one("dns").verdict is Verdict.UNKNOWN
    assert not case.patient.ended
    assert list(map(str, case.patient.addresses)) == [GOOD]


async def test_nobody_answers_so_nothing_is_known(examine):
    case = await examine(system=socket.EAI_AGAIN)
    assert case.one("dns").verdict is Verdict.UNKNOWN
    assert case.patient.ended


async def test_public_servers_that_are_not_reached_are_only_mentioned(examine):
    found = (await examine()).one("dns")
    assert found.verdict is Verdict.GOOD
    assert any("cannot be asked from here" in each for each in found.evidence)


async def test_servers_that_fail_everybody(examine):
    found = (await examine({HOST: "servfail"}, system=socket.EAI_AGAIN)).one("dns")
    assert (found.verdict, found.cause) == (Verdict.FAULT, "dns.servfail")


async def test_servers_that_fail_public_resolvers_alone(examine):
    found = (await examine({HOST: "servfail"})).one("dns")
    assert (found.verdict, found.cause) == (Verdict.WARNING, "dns.servfail")


@pytest.mark.parametrize(
    "zones", [(a(GOOD), a(ELSEWHERE)), (a(GOOD), {}), (a(ELSEWHERE),)], ids=["two public", "one has none", "system"]
)
async def test_disagreement_is_a_warning_with_each_ones_answer(examine, zones):
    found = (await examine(*zones)).one("dns")
    assert (found.verdict, found.cause) == (Verdict.WARNING, "dns.disagree")
    assert sum(": " in each for each in found.evidence) >= 1 + len(zones)


async def test_other_addresses_of_the_same_network_are_how_big_hosts_answer(examine):
    assert (await examine(a(GOOD), a(NEIGHBOUR))).one("dns").verdict is Verdict.GOOD


async def test_a_private_address_in_the_public_dns(examine):
    found = (await examine(a(GOOD, "10.0.0.5"))).one("dns")
    assert (found.verdict, found.cause, found.codes) == (Verdict.FAULT, "dns.private-in-public", (11205, 11200))
    assert "10.0.0.5" in found.title


async def test_a_name_with_ipv6_addresses_only(examine):
    found = (await examine(a("2a01:7777::2"), system=("2a01:7777::2",))).one("dns")
    assert (found.verdict, found.cause) == (Verdict.WARNING, "dns.ipv6-only")


async def test_odd_times_to_live_and_a_long_chain_are_only_noted(examine):
    zone = {f"a{n}.example.com": [("CNAME", 0, f"a{n + 1}.example.com.")] for n in range(5)}
    zone |= {HOST: [("CNAME", 0, "a0.example.com.")], "a5.example.com": [("A", 0, GOOD)]}
    found = (await examine(zone, a(GOOD, ttl=200_000))).one("dns")
    assert found.verdict is Verdict.GOOD
    said = " ".join(found.evidence)
    assert "time to live is 0" in said
    assert "2.3 days" in said
    assert "6 aliases" in said


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "x.localhost", "listed.example.com"])
async def test_names_of_this_machine_are_asked_of_nobody(examine, host):
    case = await examine({}, url=f"http://{host}/sms", hosts="127.0.0.1 listed.example.com\n", system=("127.0.0.1",))
    assert case.one("dns").verdict is Verdict.GOOD
    assert case.questions == []
    assert (case.one("address").verdict, case.one("address").cause) == (Verdict.WARNING, "net.private-address")
    assert not case.patient.ended


@pytest.mark.parametrize("host", ["app", "app.internal", "printer.local"])
async def test_a_name_of_this_network_alone_is_not_told_to_public_servers(examine, host):
    case = await examine({}, url=f"http://{host}:5000/sms", system=("10.1.1.1",))
    assert case.one("dns").verdict is Verdict.GOOD
    assert case.questions == []


async def test_a_literal_address_has_no_name(examine):
    case = await examine({}, url=f"http://{GOOD}/sms")
    assert case.one("dns").verdict is Verdict.NOT_APPLICABLE
    assert case.questions == []
    assert list(map(str, case.patient.addresses)) == [GOOD]


@pytest.mark.parametrize(
    ("url", "system"),
    [
        ("http://127.0.0.1:{port}/", ()),
        ("http://localhost:{port}/", ("127.0.0.1",)),
        ("http://metadata.google.internal:{port}/", ("127.0.0.1",)),
        ("http://app.example.com:{port}/", ("127.0.0.1",)),
        ("http://app.example.com:{port}/", (GOOD, "127.0.0.1")),
        ("http://[::ffff:127.0.0.1]:{port}/", ()),
    ],
)
async def test_an_address_that_is_not_called_gets_no_byte_when_nobody_here_named_it(examine, url, system):
    with socket.create_server(("127.0.0.1", 0)) as app:
        app.setblocking(False)
        url = url.format(port=app.getsockname()[1])
        case = await examine(a(GOOD), url=url, system=system, trusted=False, checks=NETWORK)
        with pytest.raises(BlockingIOError):
            app.accept()
    found = case.one("address")
    assert (found.verdict, found.cause, found.codes) == (Verdict.FAULT, "net.private-address", (11205, 11200))
    assert case.patient.ended
    assert case.one("reach").verdict is Verdict.NOT_APPLICABLE


async def test_an_address_that_a_person_named_is_tested_with_a_warning(examine):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as app:
        case = await examine(url=f"http://127.0.0.1:{app.getsockname()[1]}/", checks=NETWORK)
    assert case.one("address").verdict is Verdict.WARNING
    assert case.one("reach").verdict is Verdict.GOOD
    assert list(map(str, case.patient.reachable)) == ["127.0.0.1"]


async def test_nothing_listens_at_an_address_that_a_person_named(examine):
    case = await examine(url=f"http://127.0.0.1:{free_port()}/", checks=NETWORK)
    assert (case.one("reach").verdict, case.one("reach").cause) == (Verdict.FAULT, "app.nothing-listens")
    assert case.patient.ended
