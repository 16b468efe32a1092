"""Mutual TLS: whom we say we are, to whom, and what happens when our own files are no good."""

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from offhook.net.transport import HttpTransport
from offhook.records import ClientCertificate, FailureKind, HttpRequest, Limits
from offhook.system import SystemClock
from tests.helpers.certificates import Guarded
from tests.helpers.listener import Listener, answer
from tests.helpers.scripted_peer import on_both_loops


def naming(context):
    """A server that answers with the name in the caller's certificate."""
    return Listener(lambda request: answer(200, request.caller.encode()), tls=context)


async def ask(transport, listener, certificate=None, **limits):
    request = HttpRequest(method="POST", url=f"{listener.url}/events", body=b"{}")
    limits = Limits(connect=3, read=3, total=6, client_certificate=certificate, **limits)
    return await transport.exchange(request, limits, trusted=True)


@pytest.fixture
def guarded(tmp_path):
    return Guarded(tmp_path)


@on_both_loops
async def test_a_server_that_asks_for_a_certificate_learns_who_we_are(guarded):
    transport = HttpTransport(SystemClock(), ca_file=guarded.ca_file)
    async with naming(guarded.context) as listener:
        exchange = await ask(transport, listener, guarded.certificate("offhook"))
        await transport.close()
    assert (exchange.failure, exchange.status, exchange.body) == (None, 200, b"offhook")


@on_both_loops
async def test_without_a_certificate_or_with_a_strangers_we_are_not_let_in(guarded):
    transport = HttpTransport(SystemClock(), ca_file=guarded.ca_file)
    stranger = guarded.certificate("stranger", by=trustme.CA())
    async with naming(guarded.context) as listener:
        for certificate in (None, stranger):
            exchange = await ask(transport, listener, certificate)
            assert exchange.status == 0
            assert exchange.failure.kind in {FailureKind.RESET, FailureKind.TLS}
        await transport.close()
        assert listener.heard == []


@on_both_loops
async def test_a_connection_that_was_opened_as_one_is_never_used_as_another(guarded):
    transport = HttpTransport(SystemClock(), ca_file=guarded.ca_file)
    names = [guarded.certificate("first"), guarded.certificate("second")]
    async with naming(guarded.context) as listener:
        told = [(await ask(transport, listener, certificate)).body for certificate in (*names, *names)]
        assert (told, listener.connections) == ([b"first", b"second", b"first", b"second"], 2)
        assert (await ask(transport, listener)).status == 0
        await transport.close()


@on_both_loops
async def test_a_renewed_certificate_is_used_by_the_next_connection(guarded):
    transport = HttpTransport(SystemClock(), ca_file=guarded.ca_file, idle_for=0.0)
    certificate = guarded.certificate("old")
    async with naming(guarded.context) as listener:
        assert (await ask(transport, listener, certificate)).body == b"old"
        guarded.renew(certificate, "new")
        await listener.kill()
        await listener.start()
        assert (await ask(transport, listener, certificate)).body == b"new"
        await transport.close()


@pytest.mark.parametrize("fault", ["missing", "no certificate", "another's key", "a password"])
async def test_files_that_are_no_good_are_a_failure_that_names_them_and_nothing_is_sent(guarded, fault):
    certificate = spoilt(guarded, fault)
    transport = HttpTransport(SystemClock(), ca_file=guarded.ca_file)
    async with naming(guarded.context) as listener:
        exchange = await ask(transport, listener, certificate)
        await transport.close()
        assert listener.heard == []
    assert exchange.failure.kind is FailureKind.TLS
    assert certificate.key in exchange.failure.detail
    assert "cannot be used" in exchange.failure.detail


def spoilt(guarded, fault):
    """A certificate that cannot be used."""
    certificate = guarded.certificate("offhook")
    key = Path(certificate.key)
    if fault == "missing":
        key.unlink()
    elif fault == "no certificate":
        Path(certificate.chain).write_text("hello")
    elif fault == "another's key":
        return ClientCertificate(chain=certificate.chain, key=guarded.certificate("other").key)
    else:
        plain = serialization.load_pem_private_key(key.read_bytes(), None)
        password = serialization.BestAvailableEncryption(b"a-password")
        key.write_bytes(plain.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, password))
    return certificate
