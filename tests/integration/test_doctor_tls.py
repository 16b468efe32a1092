"""The check "tls" by itself: several addresses, what it leaves on the patient, and URLs without TLS."""

import asyncio
import time
from ipaddress import ip_address

import pytest

from offhook.doctor.admission import admit
from offhook.doctor.checks import tls
from offhook.doctor.configured import doctor_tools
from offhook.doctor.findings import Verdict
from offhook.doctor.hello import read_hello
from offhook.doctor.question import Question
from offhook.net.urls import parse_target
from offhook.settings import load
from tests.helpers.certificates import House, serving
from tests.helpers.tls_servers import TlsServer

FIRST, SECOND = "127.0.0.1", "127.0.0.2"


async def pump(reader, writer):
    while data := await reader.read(4096):
        writer.write(data)
    writer.close()


@pytest.fixture(scope="module")
def house():
    return House("app.example")


@pytest.fixture
def examined(house, tmp_path):
    """The patient after the check, and its findings. `addresses` are those that took a connection."""
    ca_file = tmp_path / "root.pem"
    house.root.cert_pem.write_to_path(ca_file)

    async def run(url, *addresses, **asked):
        tools = doctor_tools(load({"ca_file": str(ca_file)}, {}, None))
        patient = admit(Question(url=url, **asked), tools)
        patient.target = parse_target(patient.destination.url)
        patient.addresses = patient.reachable = [ip_address(each) for each in addresses]
        try:
            return patient, await tls.run(patient)
        finally:
            await tools.close()

    return run


async def test_the_address_whose_certificate_is_bad_is_named(examined, house, tmp_path):
    with (
        TlsServer(serving(house.good(), tmp_path)) as right,
        TlsServer(serving(house.expired(), tmp_path), host=SECOND, port=right.port),
    ):
        patient, (fault, good) = await examined(f"https://app.example:{right.port}/", FIRST, SECOND)
    assert (fault.verdict, fault.cause) == (Verdict.FAULT, "tls.expired")
    assert fault.title.startswith(f"At {SECOND}:{right.port}: ")
    assert good.verdict is Verdict.GOOD
    assert (patient.verify_tls, patient.ended) == (False, "")


async def test_one_fault_of_all_addresses_is_said_once(examined, house, tmp_path):
    context = serving(house.expired(), tmp_path)
    with TlsServer(context) as first, TlsServer(context, host=SECOND, port=first.port):
        _, (fault,) = await examined(f"https://app.example:{first.port}/", FIRST, SECOND)
    assert SECOND not in fault.title


async def test_a_bad_certificate_ends_the_examination_of_a_url_with_credentials(examined, house, tmp_path):
    with TlsServer(serving(house.self_signed(), tmp_path)) as server:
        patient, (fault,) = await examined(f"https://bob:secret@app.example:{server.port}/", FIRST)
    assert fault.cause == "tls.self-signed"
    assert "credentials" in patient.ended
    assert patient.verify_tls
    assert "secret" not in str(fault)


async def test_a_handshake_that_fails_ends_the_examination(examined):
    async def hang_up(reader, writer):
        await reader.read(10)

    with TlsServer(script=hang_up) as server:
        patient, (fault,) = await examined(f"https://app.example:{server.port}/", FIRST)
    assert fault.cause == "tls.handshake"
    assert patient.ended


async def test_a_good_host_leaves_the_patient_as_it_was(examined, house, tmp_path):
    with TlsServer(serving(house.good(), tmp_path)) as server:
        patient, (good,) = await examined(f"https://app.example:{server.port}/", FIRST)
    assert good.verdict is Verdict.GOOD
    assert (patient.verify_tls, patient.ended) == (True, "")
    assert good.figures["chain"]


async def test_a_hello_of_old_that_is_dropped_on_the_way_holds_nothing_up(examined, house, tmp_path):
    with TlsServer(serving(house.good(), tmp_path)) as server:

        async def pass_on(reader, writer):
            begun = await reader.read(4096)
            if read_hello(begun).versions[0] in {"TLS 1.0", "TLS 1.1"}:
                await asyncio.Event().wait()
            inner, outer = await asyncio.open_connection(FIRST, server.port)
            outer.write(begun)
            try:
                await asyncio.gather(pump(reader, outer), pump(inner, writer))
            finally:
                outer.close()

        with TlsServer(script=pass_on) as front:
            began = time.monotonic()
            _, (good,) = await examined(f"https://app.example:{front.port}/", FIRST)
            assert time.monotonic() - began < 3
    assert good.verdict is Verdict.GOOD
    assert good.figures["versions"] == ["TLS 1.3", "TLS 1.2"]


async def test_a_good_host_is_seen_within_a_second(examined, house, tmp_path):
    with TlsServer(serving(house.good(), tmp_path)) as server:
        began = time.monotonic()
        await examined(f"https://app.example:{server.port}/", FIRST)
        assert time.monotonic() - began < 1


async def test_nobody_is_called_at_a_private_address_that_came_from_elsewhere(examined, house, tmp_path):
    with TlsServer(serving(house.good(), tmp_path)) as server:
        _, (found,) = await examined(f"https://app.example:{server.port}/", FIRST, trusted=False)
    assert found.verdict is Verdict.UNKNOWN


async def test_an_address_that_takes_no_connection_cannot_be_told_of(examined, unused_tcp_port):
    _, (found,) = await examined(f"https://app.example:{unused_tcp_port}/", FIRST)
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("addresses", "verdict"),
    [
        (["8.8.8.8"], Verdict.WARNING),
        (["192.168.1.5"], Verdict.NOT_APPLICABLE),
        (["8.8.8.8", "10.0.0.1"], Verdict.NOT_APPLICABLE),
    ],
)
async def test_an_http_url_is_a_warning_at_a_public_host_alone(examined, addresses, verdict):
    _, (found,) = await examined("http://app.example/sms", *addresses)
    assert found.verdict is verdict
    assert ("in the clear" in found.title) is (verdict is Verdict.WARNING)
