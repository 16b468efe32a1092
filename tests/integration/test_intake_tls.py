"""TLS on the public door: served, reloaded when the files change, kept when they break."""

import os
import ssl

import pytest
import trustme

from offhook.errors import SettingsError
from offhook.intake.certificate import TlsFiles
from tests.helpers.door import Clerk, Client, both_loops, door, get, logged, until


class Authority:
    """Issues certificates into one pair of files."""

    def __init__(self, folder):
        self._ca = trustme.CA()
        self.files = TlsFiles(folder / "cert.pem", folder / "key.pem")
        self.trust = ssl.create_default_context()
        self._ca.configure_trust(self.trust)
        self._turn = 0

    def issue(self):
        """Write a new certificate and key; the certificate as DER."""
        made = self._ca.issue_cert("localhost")
        pem = b"".join(blob.bytes() for blob in made.cert_chain_pems)
        self.write(pem, made.private_key_pem.bytes())
        return ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())

    def write(self, certificate, key):
        self._turn += 1
        for path, content in zip(self.files, (certificate, key), strict=True):
            path.write_bytes(content)
            os.utime(path, ns=(self._turn * 10**9, self._turn * 10**9))

    def client(self, listener):
        return Client(listener, ssl=self.trust, server_hostname="localhost")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def shown(client):
    return client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)


@both_loops
async def test_requests_over_our_own_tls_are_marked_secure_and_answered(authority):
    authority.issue()
    clerk = Clerk()
    async with door(clerk, authority.files) as listener, authority.client(listener) as client:
        for _ in range(2):
            assert (await client.ask(get("/"))).status == 200
        assert [request.secure for request in clerk.requests] == [True, True]
        assert client.writer.get_extra_info("ssl_object").version() in {"TLSv1.2", "TLSv1.3"}


@both_loops
async def test_a_refusal_over_tls_is_read_and_the_connection_ends(authority):
    authority.issue()
    async with door(Clerk(), authority.files) as listener, authority.client(listener) as client:
        assert (await client.ask(b"GET / HTTP/1.1\r\n\r\n")).status == 400
        assert await client.rest() == b""


@both_loops
async def test_a_new_certificate_is_served_to_new_connections_and_the_old_ones_go_on(authority):
    first = authority.issue()
    with logged() as lines:
        async with door(Clerk(), authority.files) as listener, authority.client(listener) as old:
            assert shown(old) == first
            second = authority.issue()
            await until(lambda: lines("intake.certificate_reloaded"))
            async with authority.client(listener) as new:
                assert shown(new) == second != first
                assert (await new.ask(get("/"))).status == 200
            assert (await old.ask(get("/"))).status == 200


@both_loops
async def test_files_that_make_no_sense_are_told_once_and_the_certificate_in_use_stays(authority):
    first = authority.issue()
    with logged() as lines:
        async with door(Clerk(), authority.files) as listener:
            authority.write(b"nonsense", b"nonsense")
            await until(lambda: lines("intake.certificate_unusable"))
            async with authority.client(listener) as client:
                assert shown(client) == first
            authority.files.certificate.unlink()
            await until(lambda: len(lines("intake.certificate_unusable")) == 2)
            second = authority.issue()
            await until(lambda: lines("intake.certificate_reloaded"))
            async with authority.client(listener) as client:
                assert shown(client) == second
            assert len(lines("intake.certificate_unusable")) == 2


@both_loops
async def test_plain_http_on_the_tls_port_and_a_handshake_that_never_comes_leave_no_connection_behind(authority):
    authority.issue()
    async with door(Clerk(), authority.files, header_timeout=0.3) as listener:
        async with Client(listener) as client:
            await client.send(get("/"))
            assert b"HTTP/1.1 200" not in await client.rest()
        async with Client(listener) as silent:
            await silent.rest()
        assert listener.connections == 0


@both_loops
async def test_files_that_make_no_sense_at_the_start_are_a_settings_error(authority):
    authority.write(b"nonsense", b"nonsense")
    with pytest.raises(SettingsError, match="tls_cert"):
        async with door(Clerk(), authority.files):
            pass
