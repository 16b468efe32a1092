"""The transport at peers that fail, one way after another: the kind of failure, what was kept, and that it ends in time."""

import asyncio
import contextlib
import socket
import sys
import time
from ipaddress import ip_address

import pytest

from offhook.net.transport import HttpTransport
from offhook.records import Exchange, FailureKind, HttpRequest, Limits
from offhook.system import SystemClock
from tests.helpers.processes import free_port
from tests.helpers.scripted_peer import Line, Peer, answering, on_both_loops, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMITS = Limits(connect=2, read=2, total=4)


async def at(url: str, *, limits=LIMITS, body=b"Body=hi", resolve=None, headers=(), method="POST") -> Exchange:
    transport = HttpTransport(SystemClock(), resolve=resolve)
    try:
        return await transport.exchange(HttpRequest(method=method, url=url, headers=headers, body=body), limits, trusted=True)
    finally:
        await transport.close()


async def at_peer(script, **options) -> Exchange:
    async with Peer(script) as peer:
        return await at(peer.url, **options)


def resolving(*addresses: str):
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


async def hang(line: Line) -> None:
    await line.request()
    await line.until_closed()


@on_both_loops
async def test_a_bad_url_is_evidence_and_its_credentials_are_not_kept():
    exchange = await at("http://me:secret@127.0.0.1/")
    assert (exchange.failure.kind, exchange.url) == (FailureKind.BAD_URL, "http://[redacted]@127.0.0.1/")
    assert exchange.timings.connect is None


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", (("X", "a\r\nHost: evil"),)),
        ("POST", (("X", "a\nb"),)),
        ("POST", (("X", "a\rb"),)),
        ("POST", (("X", "a\0b"),)),
        ("POST", (("X", "\u20ac"),)),
        ("POST", (("X\r\nY", "a"),)),
        ("POST", (("X Y", "a"),)),
        ("POST", (("", "a"),)),
        ("POST", (("Content-length", "7"),)),
        ("POST", (("Transfer-Encoding", "chunked"),)),
        ("GET / HTTP/1.1\r\nX:", ()),
        ("", ()),
    ],
)
async def test_a_request_that_could_write_headers_of_its_own_is_never_sent(method, headers):
    async with Peer(hang) as peer:
        exchange = await at(peer.url, method=method, headers=headers)
        assert peer.connections == 0
    assert exchange.failure.kind is FailureKind.BAD_URL
    assert "evil" not in exchange.failure.detail


@on_both_loops
async def test_nobody_listening_is_refused():
    port = free_port()
    exchange = await at(f"http://127.0.0.1:{port}/")
    assert exchange.failure.kind is FailureKind.REFUSED
    assert exchange.peer == f"127.0.0.1:{port}"
    assert exchange.timings.connect > 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "does not exist"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "did not answer"),
        (socket.gaierror(socket.EAI_MEMORY, "out of memory"), "out of memory"),
        (OSError("broken"), "broken"),
    ],
)
async def test_a_name_that_does_not_resolve_says_how(error, words):
    async def resolve(host: str, port: int) -> list[str]:
        raise error

    exchange = await at("http://app.example/", resolve=resolve)
    assert exchange.failure.kind is FailureKind.DNS
    assert words in exchange.failure.detail
    assert exchange.timings.dns is not None
    assert exchange.timings.connect is None


async def test_a_resolver_that_says_nothing_useful_is_a_dns_failure():
    assert (await at("http://app.example/", resolve=resolving())).failure.kind is FailureKind.DNS
    assert (await at("http://app.example/", resolve=resolving("127.1"))).failure.kind is FailureKind.DNS


@on_both_loops
async def test_the_system_resolver_finds_the_machine_itself():
    async with Peer(answering(OK)) as peer:
        exchange = await at(f"http://localhost:{peer.port}/")
    assert (exchange.failure, exchange.status) == (None, 200)
    assert exchange.timings.dns > 0


@on_both_loops
async def test_a_slow_resolver_is_given_up_in_the_connect_time():
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(30)
        return []

    exchange = await at("http://app.example/", resolve=resolve, limits=Limits(connect=0.1, total=4))
    assert exchange.failure.kind is FailureKind.DNS
    assert 90 <= exchange.timings.total < 1500
    exchange = await at("http://app.example/", resolve=resolve, limits=Limits(connect=3, total=0.1))
    assert exchange.failure.kind is FailureKind.TOTAL_TIMEOUT


@contextlib.contextmanager
def a_full_queue(address="127.0.0.1", port=0):
    """A listener that accepts nothing and whose queue is full: the kernel lets further connections wait (Linux)."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels refuse when the queue is full")
@on_both_loops
async def test_a_host_that_does_not_take_the_connection_times_out():
    with a_full_queue() as port:
        exchange = await at(f"http://127.0.0.1:{port}/", limits=Limits(connect=0.2, total=4))
        assert exchange.failure.kind is FailureKind.CONNECT_TIMEOUT
        assert 190 <= exchange.timings.connect < 1500
        exchange = await at(f"http://127.0.0.1:{port}/", limits=Limits(connect=3, total=0.2))
        assert exchange.failure.kind is FailureKind.TOTAL_TIMEOUT


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody's address")
@on_both_loops
async def test_the_addresses_of_a_name_are_tried_in_their_order():
    async with Peer(answering(OK)) as peer:
        exchange = await at(f"http://app.example:{peer.port}/", resolve=resolving("127.0.0.2", "127.0.0.1"))
        nobody = await at(f"http://app.example:{free_port()}/", resolve=resolving("127.0.0.2", "127.0.0.1"))
    assert (exchange.status, exchange.peer) == (200, f"127.0.0.1:{peer.port}")
    assert nobody.failure.kind is FailureKind.REFUSED
    assert nobody.peer.startswith("127.0.0.2:")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody's address")
@on_both_loops
async def test_an_address_that_does_not_answer_leaves_time_for_the_next():
    async with Peer(answering(OK)) as peer:
        with a_full_queue("127.0.0.2", peer.port):
            url = f"http://app.example:{peer.port}/"
            exchange = await at(url, resolve=resolving("127.0.0.2", "127.0.0.1"), limits=Limits(connect=0.6, total=4))
    assert (exchange.failure, exchange.peer) == (None, f"127.0.0.1:{peer.port}")
    assert 250 <= exchange.timings.connect <= 600


@on_both_loops
async def test_no_answer_ends_at_the_read_time_or_at_the_total():
    exchange = await at_peer(hang, limits=Limits(read=0.15, total=4))
    assert (exchange.failure.kind, exchange.failure.partial, exchange.status) == (FailureKind.READ_TIMEOUT, False, 0)
    assert 140 <= exchange.timings.total < 1500
    assert exchange.timings.first_byte is None
    assert exchange.timings.sent is not None
    exchange = await at_peer(hang, limits=Limits(read=4, total=0.15))
    assert (exchange.failure.kind, exchange.failure.partial) == (FailureKind.TOTAL_TIMEOUT, False)


@on_both_loops
async def test_an_answer_that_stops_halfway_ends_at_the_read_time_and_keeps_what_came():
    async def stall(line: Line) -> None:
        await line.request()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await line.until_closed()

    exchange = await at_peer(stall, limits=Limits(read=0.15, total=4))
    assert (exchange.failure.kind, exchange.failure.partial) == (FailureKind.READ_TIMEOUT, True)
    assert (exchange.status, exchange.body, exchange.body_size) == (200, b"half", 4)
    assert exchange.timings.first_byte is not None


@on_both_loops
async def test_what_is_left_of_a_total_is_told_in_hundredths_of_a_second():
    exchange = await at_peer(hang, limits=Limits(read=4, total=0.123456))
    assert exchange.failure.detail == "The peer took the request and did not answer within the total of 0.12 s."


@on_both_loops
async def test_a_drip_of_single_bytes_ends_at_the_total():
    for start in (b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"):
        exchange = await at_peer(saying(start, *[b"x"] * 500, pause=0.02), limits=Limits(read=1, total=0.3))
        assert (exchange.failure.kind, exchange.failure.partial) == (FailureKind.TOTAL_TIMEOUT, True)
        assert 280 <= exchange.timings.total < 2000


@on_both_loops
async def test_the_deadline_of_a_reused_connection_is_its_own_exchanges():
    async def once(line: Line) -> None:
        await line.request()
        await line.say(OK)
        await hang(line)

    transport = HttpTransport(SystemClock())
    async with Peer(once) as peer:
        request = HttpRequest(method="POST", url=peer.url)
        await transport.exchange(request, Limits(read=10, total=10), trusted=True)
        began = time.monotonic()
        exchange = await transport.exchange(request, Limits(read=0.15, total=4), trusted=True)
        assert exchange.reused
        assert exchange.failure.kind is FailureKind.READ_TIMEOUT
        assert 0.14 <= time.monotonic() - began < 1.5
    await transport.close()


@on_both_loops
async def test_a_peer_that_does_not_take_the_request_ends_at_the_total():
    async def deaf(line: Line) -> None:
        line.writer.transport.pause_reading()
        await asyncio.sleep(30)

    exchange = await at_peer(deaf, limits=Limits(read=0.1, total=0.4), body=b"x" * 20_000_000)
    assert exchange.failure.kind is FailureKind.TOTAL_TIMEOUT
    assert "did not take the whole request" in exchange.failure.detail
    assert exchange.timings.sent is None


@on_both_loops
async def test_an_answer_before_the_whole_request_was_sent_is_an_answer():
    async def hasty(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        line.writer.transport.pause_reading()
        await line.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(30)

    transport = HttpTransport(SystemClock())
    async with Peer(hasty) as peer:
        request = HttpRequest(method="POST", url=peer.url, body=b"x" * 20_000_000)
        exchanges = [await transport.exchange(request, LIMITS, trusted=True) for _ in range(2)]
        await transport.close()
    for exchange in exchanges:
        assert (exchange.failure, exchange.status, exchange.reused) == (None, 413, False)
        assert exchange.timings.first_byte is not None


@on_both_loops
async def test_the_silence_after_a_slowly_taken_request_counts_from_its_end():
    async def slow(line: Line) -> None:
        line.writer.transport.pause_reading()
        await asyncio.sleep(0.4)
        line.writer.transport.resume_reading()
        await hang(line)

    exchange = await at_peer(slow, limits=Limits(read=0.2, total=10), body=b"x" * 20_000_000)
    assert exchange.failure.kind is FailureKind.READ_TIMEOUT
    assert exchange.timings.sent > 300
    assert exchange.timings.total < 5000


@on_both_loops
async def test_a_connection_closed_or_reset_before_the_answer_is_a_reset():
    async def reset(line: Line) -> None:
        await line.request()
        line.reset()

    for script, how in ((saying(), "closed"), (reset, "reset")):
        exchange = await at_peer(script)
        assert (exchange.failure.kind, exchange.failure.partial, exchange.status) == (FailureKind.RESET, False, 0)
        assert how in exchange.failure.detail


@on_both_loops
async def test_a_connection_reset_within_the_answer_is_a_partial_reset():
    async def reset(line: Line) -> None:
        await line.request()
        await line.say(b"HTTP/1.1 200 OK\r\n\r\nhalf", pause=0.05)
        line.reset()

    exchange = await at_peer(reset)
    assert (exchange.failure.kind, exchange.failure.partial) == (FailureKind.RESET, True)
    assert (exchange.status, exchange.body) == (200, b"half")


TRUNCATED = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf": "body",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n": "body",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf": "body",
    b"HTTP/1.1 200 OK\r\nContent-Le": "head",
    b"HTT": "head",
}


@pytest.mark.parametrize(("answer", "part"), TRUNCATED.items())
async def test_a_truncated_answer_is_a_protocol_failure_with_what_came(answer, part):
    exchange = await at_peer(saying(answer))
    assert (exchange.failure.kind, exchange.failure.partial) == (FailureKind.PROTOCOL, True)
    assert f"in the middle of the answer's {part}" in exchange.failure.detail
    assert (exchange.status, exchange.body) == ((200, b"half") if part == "body" else (0, b""))
    assert exchange.raw == answer[: len(exchange.raw)] != b""


GARBAGE = [
    b"SSH-2.0-OpenSSH_9.2p1\r\n",
    b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    b"<html>no head</html>",
    b"HTTP/9 200 OK\r\n\r\n",
    b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 20x OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\nxyz",
]


@pytest.mark.parametrize("answer", GARBAGE)
async def test_what_is_not_http_is_kept_raw(answer):
    exchange = await at_peer(saying(answer))
    assert (exchange.failure.kind, exchange.failure.partial) == (FailureKind.PROTOCOL, True)
    assert exchange.raw == answer


async def test_only_the_first_bytes_of_garbage_are_kept():
    assert (await at_peer(saying(b"!" * 100_000))).raw == b"!" * 1024


async def test_a_broken_chunk_keeps_the_head_and_the_body_so_far():
    exchange = await at_peer(saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"))
    assert exchange.failure.kind is FailureKind.PROTOCOL
    assert (exchange.status, exchange.body) == (200, b"half")


@on_both_loops
async def test_tls_on_a_plain_port_is_named():
    exchange = await at_peer(saying(b"\x15\x03\x01\x00\x02\x02\x46"))
    assert exchange.failure.kind is FailureKind.PROTOCOL
    assert "https" in exchange.failure.detail


def head_of(fields: int, size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + b"X: %s\r\n" % (b"y" * size) * fields + b"Content-Length: 0\r\n\r\n"


async def test_a_head_within_the_caps_is_taken():
    exchange = await at_peer(saying(head_of(99, 300)))
    assert (exchange.failure, exchange.status, len(exchange.headers)) == (None, 200, 100)


@pytest.mark.parametrize("head", [head_of(100, 1), head_of(40, 1000), head_of(1, 40_000), head_of(2000, 1)])
async def test_a_head_beyond_the_caps_is_a_protocol_failure(head):
    exchange = await at_peer(saying(head))
    assert exchange.failure.kind is FailureKind.PROTOCOL
    assert "head" in exchange.failure.detail


ENDLESS = {
    "a header that never ends": (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 8192),
    "headers that never end": (b"HTTP/1.1 200 OK\r\n", b"X: yyyyyyyy\r\n" * 512),
    "a reason that never ends": (b"HTTP/1.1 200 ", b"y" * 8192),
    "interim answers that never end": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 512),
    "a chunk extension that never ends": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", b"y" * 8192),
    "a trailer that never ends": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"y" * 8192),
    "trailers that never end": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: yyyyyyyy\r\n" * 512),
}


@pytest.mark.parametrize("name", ENDLESS)
@on_both_loops
async def test_an_endless_frame_is_cut_off_long_before_the_deadline(name):
    start, more = ENDLESS[name]

    async def endless(line: Line) -> None:
        await line.request()
        await line.say(start)
        while True:
            await line.say(more)

    exchange = await at_peer(endless, limits=Limits(total=15))
    assert exchange.failure.kind is FailureKind.PROTOCOL
    assert exchange.timings.total < 5000


BLOCKED = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://x.localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.0.0.1:{port}#@ok.example/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
]


@pytest.mark.parametrize("url", BLOCKED)
async def test_a_url_from_outside_never_reaches_the_machine_or_its_network(url):
    transport = HttpTransport(SystemClock())
    async with Peer(answering(OK)) as peer:
        exchange = await transport.exchange(HttpRequest(method="POST", url=url.format(port=peer.port)), LIMITS)
        assert peer.connections == 0
    assert exchange.failure.kind is FailureKind.BLOCKED
    assert exchange.timings.connect is None


@pytest.mark.parametrize(
    ("addresses", "named"),
    [
        (("127.0.0.1",), "127.0.0.1"),
        (("8.8.8.8", "127.0.0.1"), "127.0.0.1"),
        (("10.0.0.1", "8.8.8.8"), "10.0.0.1"),
        (("2606:4700:4700::1111", "::ffff:127.0.0.1"), str(ip_address("::ffff:127.0.0.1"))),
        (("64:ff9b::a9fe:a9fe",), "64:ff9b::a9fe:a9fe"),
        (("fe80::1%lo",), "fe80::1%lo"),
    ],
)
async def test_a_name_with_any_refused_address_is_blocked_and_the_address_is_named(addresses, named):
    transport = HttpTransport(SystemClock(), resolve=resolving(*addresses))
    exchange = await transport.exchange(HttpRequest(method="POST", url="http://app.example/"), LIMITS)
    assert exchange.failure.kind is FailureKind.BLOCKED
    assert f"app.example resolves to {named}," in exchange.failure.detail


async def test_a_name_that_changes_between_check_and_connect_is_connected_at_the_checked_address(monkeypatch):
    answers = iter((["8.8.8.8"], ["127.0.0.1"]))

    async def rebinding(host: str, port: int) -> list[str]:
        return next(answers)

    called = []

    async def create_connection(factory, host, port):
        called.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    transport = HttpTransport(SystemClock(), resolve=rebinding)
    request = HttpRequest(method="POST", url="http://app.example:8080/")
    assert (await transport.exchange(request, LIMITS)).failure.kind is FailureKind.REFUSED
    assert called == [("8.8.8.8", 8080)]
    assert (await transport.exchange(request, LIMITS)).failure.kind is FailureKind.BLOCKED
    assert called == [("8.8.8.8", 8080)]


@on_both_loops
async def test_a_url_from_outside_never_gets_a_connection_that_the_operators_url_has_opened():
    transport = HttpTransport(SystemClock())
    async with Peer(answering(OK)) as peer:
        request = HttpRequest(method="POST", url=peer.url)
        assert (await transport.exchange(request, LIMITS, trusted=True)).status == 200
        assert (await transport.exchange(request, LIMITS)).failure.kind is FailureKind.BLOCKED
        assert (await transport.exchange(request, LIMITS, trusted=True)).reused
    await transport.close()
