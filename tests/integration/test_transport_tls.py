"""The transport over TLS: what the peer proves, and each way in which it fails to."""

import asyncio
import datetime as dt
import functools
import ssl
import subprocess
import sys
import time

import pytest
import trustme

from offhook.net.tls import is_for
from offhook.net.transport import HttpTransport
from offhook.records import Certificate, Exchange, FailureKind, HttpRequest, Limits
from offhook.system import SystemClock
from tests.helpers.scripted_peer import Line, Peer, answering, come_true, on_both_loops, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMITS = Limits(connect=3, read=2, total=5)
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Test Authority")


@pytest.fixture
def ca_file(tmp_path):
    path = tmp_path / "ca.pem"
    authority().cert_pem.write_to_path(path)
    return str(path)


def served(*names: str, by: trustme.CA | None = None, **options) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    (by or authority()).issue_cert(*names, **options).configure_cert(context)
    return context


async def call(transport: HttpTransport, url: str, limits=LIMITS) -> Exchange:
    return await transport.exchange(HttpRequest(method="POST", url=url, body=b"Body=hi"), limits, trusted=True)


async def at(context: ssl.SSLContext, ca_file: str | None, *, host="app.example", script=None, limits=LIMITS) -> Exchange:
    """One exchange with a TLS peer that `host` is made to resolve to."""

    async def resolve(name: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    transport = HttpTransport(SystemClock(), resolve=resolve, ca_file=ca_file)
    async with Peer(script or answering(OK), tls=context) as peer:
        try:
            return await call(transport, f"https://{host}:{peer.port}/sms", limits)
        finally:
            await transport.close()


@on_both_loops
async def test_a_good_certificate_is_kept_as_evidence(ca_file):
    exchange = await at(served("app.example", "*.apps.example", common_name="the app", not_after=NOW + 30 * DAY), ca_file)
    assert (exchange.failure, exchange.status, exchange.body) == (None, 200, b"ok")
    certificate = exchange.certificate
    assert certificate.version == "TLSv1.3"
    assert certificate.cipher.startswith("TLS_")
    assert (certificate.subject, certificate.issuer) == ("the app", "Test Authority")
    assert certificate.names == ("app.example", "*.apps.example")
    assert certificate.not_before < time.time() < certificate.not_after
    assert abs(certificate.not_after - (NOW + 30 * DAY).timestamp()) < 2
    assert exchange.timings.tls > 0
    assert exchange.timings.connect > 0
    assert exchange.timings.dns >= 0


@on_both_loops
async def test_a_tls_connection_is_kept_and_its_evidence_with_it(ca_file):
    transport = HttpTransport(SystemClock(), ca_file=ca_file)
    async with Peer(answering(OK), tls=served("127.0.0.1")) as peer:
        first, second = [await call(transport, f"https://127.0.0.1:{peer.port}/") for _ in range(2)]
        assert peer.connections == 1
        await transport.close()
    assert (second.reused, second.timings.tls) == (True, None)
    assert first.certificate == second.certificate
    assert first.certificate.names == ("127.0.0.1",)


@on_both_loops
async def test_a_tls_connection_that_the_app_closes_unanswered_is_retried_on_a_new_one(ca_file):
    async def one_answer_each(line: Line) -> None:
        await line.request()
        await line.say(OK)
        if line.number == 1:
            await line.request()

    transport = HttpTransport(SystemClock(), ca_file=ca_file)
    async with Peer(one_answer_each, tls=served("127.0.0.1")) as peer:
        await call(transport, f"https://127.0.0.1:{peer.port}/")
        exchange = await call(transport, f"https://127.0.0.1:{peer.port}/")
        await transport.close()
        assert peer.connections == 2
    assert (exchange.failure, exchange.reused) == (None, False)


@on_both_loops
async def test_an_answer_without_a_length_ends_when_a_tls_peer_closes(ca_file):
    exchange = await at(served("app.example"), ca_file, script=saying(b"HTTP/1.1 200 OK\r\n\r\nhal", b"ves", pause=0.02))
    assert (exchange.failure, exchange.body) == (None, b"halves")


@on_both_loops
async def test_a_huge_body_over_tls_is_cut_too(ca_file):
    async def flood(line: Line) -> None:
        await line.request()
        await line.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await line.say(b"x" * 65536)

    exchange = await at(served("app.example"), ca_file, script=flood)
    assert (exchange.failure, exchange.body_size, exchange.body_cut) == (None, 256 * 1024, True)


@on_both_loops
async def test_a_large_request_over_tls_arrives_whole(ca_file):
    async def count(line: Line) -> None:
        size = b"%d" % len(await line.request())
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(size), size))

    async def resolve(name: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    transport = HttpTransport(SystemClock(), resolve=resolve, ca_file=ca_file)
    async with Peer(count, tls=served("app.example")) as peer:
        request = HttpRequest(method="POST", url=f"https://app.example:{peer.port}/", body=b"x" * 3_000_000)
        exchange = await transport.exchange(request, LIMITS, trusted=True)
        await transport.close()
    assert exchange.failure is None
    assert int(exchange.body) > 3_000_000


@on_both_loops
async def test_a_certificate_for_somebody_else_is_a_name_failure(ca_file):
    exchange = await at(served("other.example"), ca_file)
    assert exchange.failure.kind is FailureKind.TLS_NAME
    assert "app.example" in exchange.failure.detail
    assert exchange.timings.tls > 0
    assert exchange.timings.sent is None
    assert (await at(served("app.example"), ca_file, host="127.0.0.1")).failure.kind is FailureKind.TLS_NAME


@on_both_loops
async def test_a_certificate_out_of_its_dates_is_an_expiry_failure(ca_file):
    expired = await at(served("app.example", not_before=NOW - 9 * DAY, not_after=NOW - DAY), ca_file)
    early = await at(served("app.example", not_before=NOW + DAY, not_after=NOW + 9 * DAY), ca_file)
    assert expired.failure.kind is early.failure.kind is FailureKind.TLS_EXPIRED
    assert "has expired" in expired.failure.detail
    assert "not valid yet" in early.failure.detail


@on_both_loops
async def test_an_authority_that_nobody_trusts_and_a_chain_with_a_gap_are_untrusted(ca_file):
    assert (await at(served("app.example"), None)).failure.kind is FailureKind.TLS_UNTRUSTED
    gap = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf = trustme.CA(parent_cert=authority()).issue_cert("app.example")
    with leaf.private_key_and_cert_chain_pem.tempfile() as chain, leaf.cert_chain_pems[0].tempfile() as alone:
        gap.load_cert_chain(alone, chain)
    exchange = await at(gap, ca_file)
    assert exchange.failure.kind is FailureKind.TLS_UNTRUSTED
    assert exchange.certificate is None


@on_both_loops
async def test_verification_switched_off_takes_any_certificate(ca_file):
    exchange = await at(
        served("other.example", not_before=NOW - 9 * DAY, not_after=NOW - DAY), None, limits=Limits(total=5, verify_tls=False)
    )
    assert (exchange.failure, exchange.status) == (None, 200)
    assert exchange.certificate.version == "TLSv1.3"


@on_both_loops
async def test_verification_switched_off_is_never_shared_with_verified_exchanges():
    transport = HttpTransport(SystemClock())
    async with Peer(answering(OK), tls=served("127.0.0.1")) as peer:
        url = f"https://127.0.0.1:{peer.port}/"
        assert (await call(transport, url, Limits(total=5, verify_tls=False))).status == 200
        assert (await call(transport, url)).failure.kind is FailureKind.TLS_UNTRUSTED
        await transport.close()


@on_both_loops
async def test_the_server_name_is_sent_unless_that_is_switched_off_and_the_certificate_is_checked_all_the_same(ca_file):
    names = []
    good, bad = served("app.example"), served("other.example")
    for context in (good, bad):
        context.sni_callback = lambda connection, name, context: names.append(name)
    quiet = Limits(total=5, server_name=False)
    assert (await at(good, ca_file)).status == 200
    assert (await at(good, ca_file, limits=quiet)).status == 200
    failed = await at(bad, ca_file, limits=quiet)
    assert failed.failure.kind is FailureKind.TLS_NAME
    assert failed.certificate.names == ("other.example",)
    assert names == ["app.example", None, None]


@on_both_loops
async def test_a_connection_whose_certificate_does_not_fit_is_closed_at_once(ca_file):
    transport = HttpTransport(SystemClock(), ca_file=ca_file)
    async with Peer(answering(OK), tls=served("other.example")) as peer:
        exchange = await call(transport, f"https://127.0.0.1:{peer.port}/", Limits(total=60, server_name=False))
        assert exchange.failure.kind is FailureKind.TLS_NAME
        await come_true(lambda: not transport._pool._live)  # the peer may be gone before its own handshake is done
        await transport.close()


@on_both_loops
async def test_a_trailing_dot_belongs_to_the_name_and_not_to_the_certificate(ca_file):
    assert (await at(served("app.example"), ca_file, host="app.example.")).status == 200


@on_both_loops
async def test_plain_http_on_the_port_is_named():
    async def plain(line: Line) -> None:
        await line.reader.read(10)
        await line.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    transport = HttpTransport(SystemClock())
    async with Peer(plain) as peer:
        exchange = await call(transport, f"https://127.0.0.1:{peer.port}/")
        await transport.close()
    assert exchange.failure.kind is FailureKind.TLS
    assert "plain http" in exchange.failure.detail


@on_both_loops
async def test_plain_http_to_a_tls_port_fails_and_is_over_soon(ca_file):
    transport = HttpTransport(SystemClock())
    async with Peer(answering(OK), tls=served("127.0.0.1")) as peer:
        exchange = await call(transport, f"http://127.0.0.1:{peer.port}/")
        await transport.close()
    assert exchange.failure.kind in (FailureKind.PROTOCOL, FailureKind.RESET)
    assert exchange.timings.total < 3000


@on_both_loops
async def test_a_handshake_that_is_refused_closed_or_reset_is_a_tls_failure(ca_file):
    old = served("app.example")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES128-SHA")
    assert (await at(old, ca_file)).failure.kind is FailureKind.TLS

    async def close(line: Line) -> None:
        await line.reader.read(10)

    async def reset(line: Line) -> None:
        await line.reader.read(10)
        line.reset()

    async def alert(line: Line) -> None:
        await line.reader.read(10)
        await line.say(b"\x15\x03\x03\x00\x02\x02\x28")

    transport = HttpTransport(SystemClock(), ca_file=ca_file)
    for script in (close, reset, alert):
        async with Peer(script) as peer:
            exchange = await call(transport, f"https://127.0.0.1:{peer.port}/")
        assert exchange.failure.kind is FailureKind.TLS, exchange
        assert not exchange.failure.partial
    await transport.close()


@on_both_loops
async def test_a_handshake_that_hangs_ends_with_its_own_connect_time_or_the_total():
    async def hang(line: Line) -> None:
        await line.until_closed()

    transport = HttpTransport(SystemClock())
    async with Peer(hang) as peer:
        url = f"https://127.0.0.1:{peer.port}/"
        exchange = await call(transport, url, Limits(connect=0.2, total=4))
        assert exchange.failure.kind is FailureKind.TLS
        assert 190 <= exchange.timings.tls < 1500
        assert (await call(transport, url, Limits(connect=3, total=0.2))).failure.kind is FailureKind.TOTAL_TIMEOUT
        await transport.close()
        assert transport._pool._live == set()


@on_both_loops
async def test_cancelling_during_the_handshake_closes_the_connection():
    closed = asyncio.Event()

    async def hang(line: Line) -> None:
        await line.until_closed()
        closed.set()

    transport = HttpTransport(SystemClock())
    async with Peer(hang) as peer:
        running = asyncio.create_task(call(transport, f"https://127.0.0.1:{peer.port}/"))
        await come_true(lambda: peer.connections == 1)
        await asyncio.sleep(0.05)
        running.cancel()
        assert isinstance((await asyncio.gather(running, return_exceptions=True))[0], asyncio.CancelledError)
        await asyncio.wait_for(closed.wait(), 3)


@on_both_loops
async def test_a_peer_that_speaks_before_the_handshake_is_a_tls_failure():
    transport = HttpTransport(SystemClock())
    async with Peer(lambda line: line.say(b"220 mail.example ESMTP\r\n", pause=0.2)) as peer:
        exchange = await call(transport, f"https://127.0.0.1:{peer.port}/")
        await transport.close()
    assert exchange.failure.kind is FailureKind.TLS


def test_an_authority_file_that_is_not_there_is_known_at_the_start():
    with pytest.raises(OSError, match="No such file"):
        HttpTransport(SystemClock(), ca_file="/nowhere/ca.pem")


def test_without_a_system_store_the_bundled_authorities_are_trusted(tmp_path):
    program = (
        "from offhook.net.tls import Contexts; print(Contexts().get(verify=True, server_name=True).cert_store_stats()['x509_ca'])"
    )
    nowhere = {"SSL_CERT_FILE": str(tmp_path / "none.pem"), "SSL_CERT_DIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path), **nowhere}, capture_output=True, check=True
    )
    assert int(found.stdout) > 50


def test_session_keys_are_never_written_where_the_environment_says(tmp_path):
    program = "from offhook.net.tls import Contexts; print(Contexts().get(verify=True, server_name=True).keylog_filename)"
    keys = {"SSLKEYLOGFILE": str(tmp_path / "keys")}
    found = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path), **keys}, capture_output=True, check=True
    )
    assert found.stdout.strip() == b"None"


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (("app.example",), "APP.example.", True),
        (("*.example.org",), "a.example.org", True),
        (("*.example.org",), "a.b.example.org", False),
        (("*.example.org",), "example.org", False),
        (("*.org",), "example.org", False),
        (("*",), "example", False),
        (("a*.example.org",), "ab.example.org", False),
        (("127.0.0.1",), "127.0.0.1", True),
        (("2606:4700:0:0:0:0:0:1111",), "2606:4700::1111", True),
        ((), "app.example", False),
    ],
)
def test_a_certificate_is_for_its_exact_names_and_one_label_under_its_wildcards(names, host, expected):
    assert is_for(Certificate(names=names), host) is expected
