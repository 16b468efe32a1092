"""The doctor at real TLS servers: each fault is told apart, the first one named is the right one, and a good server has none."""

import json
import ssl
import subprocess
import time

import pytest

from tests.helpers.certificates import MISSING, House, Pair, serving
from tests.helpers.node import needed
from tests.helpers.processes import free_port, listens, wait_until
from tests.helpers.tls_servers import Site, TlsServer, nginx, ports

V = ssl.TLSVersion


@pytest.fixture(scope="module")
def house():
    return House()


@pytest.fixture
def examine(run_offhook, house, tmp_path):
    """The doctor's findings about TLS at a port, worst first; `url` may say more of where."""
    ca_file = tmp_path / "root.pem"
    house.root.cert_pem.write_to_path(ca_file)

    def run(port, *flags, url="https://localhost:{port}/sms"):
        done = run_offhook("doctor", url.format(port=port), "--json", "--ca-file", str(ca_file), "--samples", "0", *flags)
        assert done.returncode in {0, 1}, done.stderr
        report = json.loads(done.stdout)
        return [finding for finding in report["findings"] if finding["check"] == "tls"]

    return run


@pytest.fixture
def at(examine, tmp_path):
    """The same at a Python server with this certificate."""

    def run(pair, *flags, url="https://localhost:{port}/sms", **options):
        with TlsServer(serving(pair, tmp_path, **options)) as server:
            return examine(server.port, *flags, url=url)

    return run


def causes(findings, verdict="fault"):
    return [finding["cause"] for finding in findings if finding["verdict"] == verdict]


def said(finding):
    return " ".join((finding["title"], *finding["evidence"], *finding["fix"]))


def test_a_good_chain_has_no_fault_and_is_described(at, house):
    (found,) = at(house.good())
    assert found["verdict"] == "good"
    assert "TLS 1.3" in found["title"]
    assert "Test Middle ← Test Root" in said(found)
    assert "localhost" in said(found)
    figures = found["figures"]
    assert figures["versions"] == ["TLS 1.3", "TLS 1.2"]
    assert figures["days_left"] > 14
    assert len(figures["chain"]) == 2
    assert figures["handshake_ms"] < 1000


def test_an_expired_certificate(at, house):
    (found,) = at(house.expired())
    assert (found["verdict"], found["cause"], found["codes"]) == ("fault", "tls.expired", [11236, 11200])
    assert "expired 3 days ago" in found["title"]


def test_a_certificate_that_is_not_valid_yet(at, house):
    (found,) = at(house.early())
    assert (found["cause"], found["codes"]) == ("tls.expired", [11236, 11200])
    assert "not valid yet" in found["title"]
    assert "clock" in found["fix"][0]


def test_a_certificate_for_another_name_says_which_names_it_has(at, house):
    (found,) = at(house.good("other.example", "*.other.example"))
    assert (found["cause"], found["codes"]) == ("tls.wrong-name", [11235, 11200])
    assert "other.example, *.other.example" in said(found)


def test_a_self_signed_certificate(at, house):
    (found,) = at(house.self_signed())
    assert (found["cause"], found["codes"]) == ("tls.self-signed", [11237, 11200])


def test_an_incomplete_chain_says_what_is_missing_and_where_it_is(at, house):
    (found,) = at(house.incomplete())
    assert (found["cause"], found["codes"]) == ("tls.incomplete-chain", [11237, 11200])
    assert "One certificate came" in said(found)
    assert "signed by Test Middle" in said(found)
    assert MISSING in found["fix"][0]


def test_a_chain_that_is_complete_up_to_an_authority_that_nobody_knows(at, house):
    (found,) = at(house.unknown())
    assert (found["cause"], found["codes"]) == ("tls.unknown-authority", [11237, 11200])
    assert "Test Stranger" in found["title"]
    assert "2 certificates came" in said(found)


def test_a_certificate_that_ends_soon_is_a_warning(at, house):
    (found,) = at(house.ending())
    assert (found["verdict"], found["cause"]) == ("warning", "tls.expires-soon")
    assert "expires in 6 days" in found["title"]


def test_several_faults_at_once_are_all_said(at, house):
    assert causes(at(house.expired("other.example"))) == ["tls.wrong-name", "tls.expired"]
    stranger = house.good("other.example", by=house.stranger)
    assert causes(at(stranger)) == ["tls.incomplete-chain", "tls.wrong-name"]


def test_a_key_that_is_too_weak(at, house):
    (found,) = at(house.weak())
    assert found["cause"] == "tls.unacceptable"
    assert "1024 bits" in said(found)


def test_tls_1_2_alone_is_good_and_1_3_alone_is_a_warning(at, house):
    (old_enough,) = at(house.good(), most=V.TLSv1_2)
    assert (old_enough["verdict"], old_enough["figures"]["versions"]) == ("good", ["TLS 1.2"])
    new = at(house.good(), least=V.TLSv1_3)
    assert causes(new) == []
    assert causes(new, "warning") == ["tls.only-1.3"]


def test_tls_1_0_alone_is_a_fault_that_names_it(at, house):
    (found,) = at(house.good(), least=V.TLSv1, most=V.TLSv1)
    assert (found["verdict"], found["cause"], found["codes"]) == ("fault", "tls.handshake", [11220, 11200])
    assert "TLS 1.0" in found["title"]


def test_weak_ciphers_alone_are_a_fault_that_names_them(at, house):
    (found,) = at(house.made(house.root), most=V.TLSv1_2, ciphers="AES128-SHA:@SECLEVEL=0")
    assert found["cause"] == "tls.handshake"
    assert "AES128-SHA" in said(found)


def test_a_server_that_wants_a_certificate_of_its_caller(examine, house, tmp_path):
    chain, key = house.good().files(tmp_path, "own")
    port = free_port()
    command = [needed("openssl"), "s_server", "-accept", str(port), "-cert", str(chain), "-key", str(key), "-quiet"]
    command += ["-cert_chain", str(chain), "-Verify", "1", "-verify_return_error"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: listens(port))
            (found,) = examine(port)
        finally:
            server.terminate()
    assert (found["cause"], found["codes"]) == ("tls.handshake", [11220, 11200])
    assert "wants its caller to show a certificate too (mutual TLS)" in found["title"]
    assert "X-Twilio-Signature" in found["fix"][0]


def test_a_server_that_hangs_up_on_callers_without_a_certificate(examine, house, tmp_path):
    context = serving(house.good(), tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=house.root.cert_pem.bytes().decode())
    with TlsServer(context) as server:  # asyncio's server sends no alert
        (found,) = examine(server.port)
    assert "seems to want" in found["title"]


def test_plain_http_at_the_port(examine):
    async def refuse(reader, writer):
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with TlsServer(script=refuse) as server:
        (found,) = examine(server.port)
    assert (found["cause"], found["codes"]) == ("tls.plain-port", [11220, 11200])
    assert "HTTP/1.1 400 Bad Request" in said(found)
    assert "http://" in found["fix"][0]


def test_a_port_that_closes_during_the_handshake(examine):
    async def hang_up(reader, writer):
        await reader.read(10)

    with TlsServer(script=hang_up) as server:
        (found,) = examine(server.port)
    assert (found["cause"], found["codes"]) == ("tls.handshake", [11220, 11200])
    assert "closed the connection" in found["title"]


def test_a_handshake_that_hangs_ends_with_the_time_for_connecting(examine):
    async def hang(reader, writer):
        while await reader.read(1000):
            pass

    with TlsServer(script=hang) as server:
        began = time.monotonic()
        (found,) = examine(server.port, url="https://localhost:{port}/sms#ct=500")
        assert time.monotonic() - began < 10
    assert found["cause"] == "tls.handshake"
    assert "in time" in found["title"]


def test_verification_switched_off_makes_a_warning_of_a_bad_certificate(at, house):
    (found,) = at(house.self_signed(), "--no-verify-tls")
    assert (found["verdict"], found["cause"]) == ("warning", "tls.self-signed")


def test_an_http_url_of_this_machine_has_no_tls_to_look_at(examine):
    with TlsServer() as server:
        (found,) = examine(server.port, url="http://localhost:{port}/sms")
    assert found["verdict"] == "not-applicable"


# -- nginx


@pytest.fixture
def behind_nginx(examine, house, tmp_path):
    """The findings at an nginx with this certificate and these lines in its configuration."""

    def run(pair, lines="", *, url="https://localhost:{port}/sms"):
        (port,) = ports(1)
        chain, key = pair.files(tmp_path, "site")
        with nginx(tmp_path, Site(port, chain, key, lines=lines)):
            return examine(port, url=url)

    return run


def test_nginx_with_a_whole_chain_is_good(behind_nginx, house):
    (found,) = behind_nginx(house.good())
    assert found["verdict"] == "good", found


def test_nginx_with_its_own_certificate_alone_is_incomplete(behind_nginx, house):
    whole = house.good()
    alone = Pair(whole.chain.split(b"-----END CERTIFICATE-----")[0] + b"-----END CERTIFICATE-----\n", whole.key)
    (found,) = behind_nginx(alone)
    assert found["cause"] == "tls.incomplete-chain"
    assert "Test Middle" in said(found)


def test_nginx_with_old_protocols_alone(behind_nginx, house):
    (found,) = behind_nginx(house.good(), "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT:@SECLEVEL=0;")
    assert found["cause"] == "tls.handshake"
    assert "TLS 1.1" in found["title"]


def test_nginx_with_old_protocols_besides_is_good_and_says_so(behind_nginx, house):
    found = behind_nginx(house.good(), "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers DEFAULT:@SECLEVEL=0;")
    assert {finding["verdict"] for finding in found} == {"good"}
    assert any("TLS 1.1 is still spoken" in finding["title"] for finding in found)


@pytest.fixture
def by_name(examine, house, tmp_path):
    """The findings at an nginx that has another certificate for whoever says no name, or none at all (`rejects`)."""

    def run(url, *, rejects=False):
        (port,) = ports(1)
        own, other = (
            pair.files(tmp_path, name) for name, pair in (("own", house.good()), ("other", house.good("other.example")))
        )
        first = (
            Site(port, lines="ssl_reject_handshake on;", first=True)
            if rejects
            else Site(port, *other, name="other.example", first=True)
        )
        with nginx(tmp_path, first, Site(port, *own, name="localhost")):
            return examine(port, url=url)

    return run


@pytest.mark.parametrize("rejects", [False, True])
def test_certificates_by_server_name_are_good_and_the_need_for_it_is_said(by_name, rejects):
    (found,) = by_name("https://localhost:{port}/sms", rejects=rejects)
    assert found["verdict"] == "good"
    assert ("no handshake is done" if rejects else "for other.example") in said(found)


@pytest.mark.parametrize("rejects", [False, True])
def test_certificates_by_server_name_are_a_fault_where_the_url_forbids_it(by_name, rejects):
    (found,) = by_name("https://localhost:{port}/sms#sni=n", rejects=rejects)
    assert (found["verdict"], found["cause"]) == ("fault", "tls.handshake" if rejects else "tls.wrong-name")
    assert "#sni=n" in found["title"]
    assert found["fix"] == ["Take sni=n out of the URL's fragment."]


def test_a_server_that_needs_no_name_is_good_with_a_url_that_forbids_it(at, house):
    (found,) = at(house.good(), url="https://localhost:{port}/sms#sni=n")
    assert found["verdict"] == "good"
