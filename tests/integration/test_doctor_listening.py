"""The listening doctor: what comes to a port is counted for what it is, answered, and bounded."""

import asyncio
import contextlib
import socket
import ssl

import pytest

from offhook.doctor import listening
from offhook.doctor.arrivals import Tally, meaning, shape, steps
from offhook.doctor.listening import Listening, Means
from offhook.intake.certificate import Certificate, TlsFiles
from offhook.providers.twilio import Twilio, TwilioSettings
from tests.helpers.certificates import House
from tests.helpers.scripted_peer import come_true

TOKEN = "a-token-for-tests"
SIGNED = Twilio(TwilioSettings(tokens={"": (TOKEN,)}))
FORM = "application/x-www-form-urlencoded"
BODY = b"From=%2B15551230001&Body=Hi"


@pytest.fixture(scope="module")
def house():
    return House()


class Ear:
    """A listening doctor on loopback, and what it has told."""

    def __init__(self, **means):
        self.lines = []
        self.tally = Tally(checked=means.get("checks", False), served=means.get("context") is not None)
        self.listening = Listening(Means(provider=SIGNED, **means), self.lines.append, self.tally)

    async def __aenter__(self):
        (self.place,) = await self.listening.start("127.0.0.1", 0)
        self.port = int(self.place.rpartition(":")[2])
        return self

    async def __aexit__(self, *_):
        await self.listening.stop()

    async def send(self, *pieces, tls=None, name="localhost", pause=0.0):
        """The answer to these bytes, to the end of the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, server_hostname=name if tls else None)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            async with asyncio.timeout(5):
                return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def post(url, *, body=BODY, signed_for=None, headers=(), signature=True):
    host, _, path = url.partition("://")[2].partition("/")
    _, signatures = SIGNED.sign(signed_for or url, body, FORM, "")
    lines = [f"POST /{path} HTTP/1.1", f"Host: {host}", f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in ((*signatures, *headers) if signature else headers)]
    return "\r\n".join([*lines, "User-Agent: TwilioProxy/1.1", "", ""]).encode() + body


@pytest.fixture
def served(house, tmp_path):
    """The context of a listener with a certificate, and that of a client who trusts it."""
    trust = ssl.create_default_context(cadata=house.root.cert_pem.bytes().decode())
    trust.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian's Python offers older ones as well
    return Certificate(TlsFiles(*house.good().files(tmp_path, "served"))).context, trust


async def test_a_signed_request_is_answered_counted_and_told():
    async with Ear(checks=True) as ear:
        answer = await ear.send(post(f"http://127.0.0.1:{ear.port}/sms?secret=1"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n")
    assert answer.endswith(b"\r\n\r\n<Response/>")
    assert (ear.tally.connections, ear.tally.requests, ear.tally.good) == (1, 1, 1)
    (line,) = ear.lines
    assert line.startswith("127.0.0.1 http POST /sms · TwilioProxy/1.1 · signed, rightly for http://127.0.0.1")
    (seen,) = ear.tally.latest
    assert (seen.signature, seen.path) == ("right", "/sms")
    assert "Twilio's requests arrive" in meaning(ear.tally)[1]
    assert steps(ear.tally) == ()


async def test_a_wrong_signature_says_for_which_url_it_would_be_right():
    async with Ear(checks=True) as ear:
        right = f"https://127.0.0.1:{ear.port}/sms"
        await ear.send(post(f"http://127.0.0.1:{ear.port}/sms", signed_for=right))
        await ear.send(post(f"http://127.0.0.1:{ear.port}/sms", headers=[("X", "y")], signed_for="https://elsewhere.example/"))
    assert [seen.url for seen in ear.tally.latest] == [right, ""]
    assert ear.tally.good == 0
    assert f"would be right for {right}" in ear.lines[0]
    assert any("--public-url" in step for step in steps(ear.tally))


async def test_without_a_token_it_is_said_whether_there_is_a_signature():
    async with Ear() as ear:
        url = f"http://127.0.0.1:{ear.port}/sms"
        await ear.send(post(url))
        await ear.send(post(url, signature=False))
        await ear.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert dict(ear.tally.signatures) == {"unchecked": 1, "none": 2}
    assert ear.tally.good == 3
    assert [seen.method for seen in ear.tally.latest] == ["POST", "POST", "HEAD"]
    assert any("TWILIO_AUTH_TOKEN" in step for step in steps(ear.tally))


async def test_a_hello_without_a_certificate_is_read_and_turned_down_with_an_alert(served):
    async with Ear() as ear:
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            await ear.send(tls=served[1])
    assert (ear.tally.hellos, ear.tally.handshakes, dict(ear.tally.names)) == (1, 0, {"localhost": 1})
    assert "TLS hello for localhost (TLS 1.3, TLS 1.2)" in ear.lines[0]
    assert "--tls-cert" in steps(ear.tally)[0]


async def test_with_a_certificate_requests_come_over_tls(served):
    async with Ear(checks=True, context=served[0]) as ear:
        answer = await ear.send(post(f"https://localhost:{ear.port}/sms", body=b"Body=" + b"x" * 100_000), tls=served[1])
        plain = await ear.send(post(f"http://localhost:{ear.port}/sms"))
    assert answer.endswith(b"<Response/>")
    assert plain.endswith(b"<Response/>")
    assert (ear.tally.hellos, ear.tally.handshakes, ear.tally.requests, ear.tally.good) == (1, 1, 2, 2)
    assert [seen.secure for seen in ear.tally.latest] == [True, False]


async def test_a_caller_that_does_not_trust_the_certificate_is_told_of(served):
    def distrust(port):  # asyncio's own client does not send the alert
        with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")

    async with Ear(context=served[0]) as ear:
        await asyncio.to_thread(distrust, ear.port)
        await come_true(lambda: len(ear.lines) > 0)
        assert (ear.tally.hellos, ear.tally.handshakes, ear.tally.requests) == (1, 0, 0)
        assert "the caller does not accept the certificate" in ear.lines[0]
        assert "TLS is where it ends" in meaning(ear.tally)[0]


async def test_a_body_in_pieces_and_one_that_is_asked_for_are_read():
    async with Ear() as ear:
        slow = post(f"http://127.0.0.1:{ear.port}/sms")
        assert (await ear.send(slow[:30], slow[30:-5], slow[-5:], pause=0.02)).endswith(b"<Response/>")
        chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await ear.send(chunked, b"3\r\nabc\r\n", b"0\r\n\r\n", pause=0.02)).endswith(b"<Response/>")
        asked = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        assert (await ear.send(asked, b"abc", pause=0.05)).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    assert ear.tally.requests == 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, b"431"),
        (b"GET / HTTP/1.1\r\nbroken\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    ],
)
async def test_what_is_too_large_or_broken_is_refused(sent, status):
    async with Ear() as ear:
        assert (await ear.send(sent)).split(b" ")[1] == status
    assert (ear.tally.refused, ear.tally.requests) == (1, 0)


@pytest.mark.parametrize(
    "sent", [b"\x00\x01\x02", b"\x16\x03garbage-garbage", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n\r\n"]
)
async def test_what_is_neither_tls_nor_http_is_counted_as_strange(sent):
    async with Ear() as ear:
        assert await ear.send(sent) == b""
    assert (ear.tally.strange, ear.tally.requests) == (1, 0)


async def test_silence_and_slowness_end_in_their_time(monkeypatch):
    async with Ear(time_for_one=0.2) as ear:
        assert await ear.send() == b""
        assert await ear.send(b"POST / HTTP/1.1\r\nHo") == b""
        assert await ear.send(b"\x16\x03\x01") == b""
    assert ear.tally.silent == 1
    assert ear.lines == [
        "127.0.0.1 connected, and said nothing",
        *["127.0.0.1 began, and did not send a whole request in time"] * 2,
    ]


async def test_more_than_the_most_at_once_are_turned_away(monkeypatch):
    monkeypatch.setattr(listening, "AT_ONCE", 2)
    async with Ear() as ear:
        held = [await asyncio.open_connection("127.0.0.1", ear.port) for _ in range(2)]
        await come_true(lambda: ear.tally.connections == 2)
        with contextlib.suppress(ConnectionError):
            assert await ear.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == b""
        assert ear.tally.turned_away == 1
        for _, writer in held:
            writer.close()


async def test_a_stop_cuts_what_is_under_way():
    async with Ear() as ear:
        reader, writer = await asyncio.open_connection("127.0.0.1", ear.port)
        await come_true(lambda: ear.tally.connections == 1)
        await ear.listening.stop()
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


def test_nothing_came_means_that_it_does_not_even_arrive():
    assert meaning(Tally()) == ("0 connections came: it does not even arrive.",)
    words = " ".join(steps(Tally()))
    assert all(word in words for word in ("firewall", "DNS", "port"))
    assert "this machine alone" in steps(Tally(loopback=True))[0]


def test_connections_that_said_nothing_are_told_from_requests():
    tally = Tally(connections=3, silent=3)
    assert "not one request" in meaning(tally)[0]
    assert "scanners" in meaning(tally)[1]


def test_who_comes_does_not_make_the_summary_grow_without_bound():
    tally = Tally()
    for number in range(1000):
        tally.connected(f"peer {number}")
    assert len(tally.peers) <= 21
    assert sum(shape(tally, (), 0)["peers"].values()) == 1000
