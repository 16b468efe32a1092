"""The transport at peers that answer: what goes over the wire, what is kept of it, and which connections live on."""

import asyncio
import contextlib

from offhook.net.transport import HttpTransport
from offhook.records import Exchange, FailureKind, HttpRequest, Limits
from offhook.system import SystemClock
from tests.helpers.scripted_peer import Line, Peer, answering, come_true, on_both_loops, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 11\r\n\r\n<Response/>"
LIMITS = Limits(connect=2, read=2, total=4)
PATIENT = Limits(read=60, total=60)


@contextlib.asynccontextmanager
async def a_transport(**options):
    transport = HttpTransport(SystemClock(), **options)
    try:
        yield transport
    finally:
        await transport.close()


async def post(transport: HttpTransport, url: str, *, method="POST", body=b"Body=hi", headers=(), limits=LIMITS) -> Exchange:
    return await transport.exchange(HttpRequest(method=method, url=url, headers=headers, body=body), limits, trusted=True)


@on_both_loops
async def test_an_answer_comes_back_whole_with_its_evidence():
    async with Peer(answering(OK)) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url)
    assert exchange.failure is None
    assert (exchange.status, exchange.body, exchange.body_size, exchange.body_cut) == (200, b"<Response/>", 11, False)
    assert exchange.headers == (("Content-Type", "text/xml"), ("Content-Length", "11"))
    assert (exchange.method, exchange.url) == ("POST", peer.url)
    assert exchange.peer == f"127.0.0.1:{peer.port}"
    assert (exchange.reused, exchange.certificate, exchange.raw) == (False, None, b"")
    timings = exchange.timings
    assert timings.dns is None
    assert timings.tls is None
    assert timings.connect > 0
    assert timings.sent >= 0
    assert timings.first_byte >= 0
    assert timings.total >= timings.connect + timings.sent + timings.first_byte


@on_both_loops
async def test_the_request_goes_out_with_its_own_headers_in_their_order_and_nothing_added():
    seen = []
    headers = (("User-Agent", "TwilioProxy/1.1"), ("Accept", "*/*"), ("X-Empty", ""), ("x-lower", "é"))
    async with Peer(answering(OK, keep=seen)) as peer, a_transport() as transport:
        exchange = await post(transport, f"{peer.url}?b=2&a=%20#rc=3", headers=headers)
    assert seen == [
        f"POST /sms?b=2&a=%20 HTTP/1.1\r\nHost: 127.0.0.1:{peer.port}\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        "X-Empty: \r\nx-lower: é\r\nContent-Length: 7\r\n\r\nBody=hi".encode("latin-1")
    ]
    assert exchange.request_headers == (("Host", f"127.0.0.1:{peer.port}"), *headers, ("Content-Length", "7"))


@on_both_loops
async def test_a_length_is_sent_with_a_body_and_with_methods_that_have_one():
    seen = []
    async with Peer(answering(OK, keep=seen)) as peer, a_transport() as transport:
        for method, body in (("GET", b""), ("GET", b"x"), ("POST", b""), ("PUT", b""), ("DELETE", b"")):
            assert (await post(transport, peer.url, method=method, body=body)).failure is None
    lengths = [[line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")] for head in seen]
    assert lengths == [[], [b"Content-Length: 1"], [b"Content-Length: 0"], [b"Content-Length: 0"], []]


@on_both_loops
async def test_credentials_and_cookies_are_sent_but_not_kept():
    seen = []
    headers = (
        ("Authorization", "Basic c2VjcmV0"),
        ("COOKIE", "session=secret"),
        ("Proxy-Authorization", "secret"),
        ("X-Home-Region", "us1"),
    )
    async with Peer(answering(OK, keep=seen)) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url, headers=headers)
    assert b"Authorization: Basic c2VjcmV0\r\nCOOKIE: session=secret\r\nProxy-Authorization: secret\r\n" in seen[0]
    assert exchange.request_headers[1:5] == (
        ("Authorization", "[redacted]"),
        ("COOKIE", "[redacted]"),
        ("Proxy-Authorization", "[redacted]"),
        ("X-Home-Region", "us1"),
    )


@on_both_loops
async def test_the_next_exchange_uses_the_same_connection():
    async with Peer(answering(OK)) as peer, a_transport() as transport:
        exchanges = [await post(transport, peer.url) for _ in range(3)]
        assert peer.connections == 1
    assert [exchange.reused for exchange in exchanges] == [False, True, True]
    assert exchanges[1].timings.connect is None
    assert exchanges[1].peer == exchanges[0].peer


@on_both_loops
async def test_exchanges_at_the_same_time_have_connections_of_their_own_and_as_many_stay_as_the_pool_holds():
    async with Peer(answering(OK)) as peer, a_transport(pool_size=3) as transport:
        first = await asyncio.gather(*(post(transport, peer.url) for _ in range(8)))
        assert peer.connections == 8
        await come_true(lambda: peer.ended == 5)
        second = await asyncio.gather(*(post(transport, peer.url) for _ in range(3)))
    assert all(exchange.failure is None for exchange in first)
    assert [exchange.reused for exchange in second] == [True, True, True]


@on_both_loops
async def test_a_chunked_answer_is_put_together_and_its_trailers_are_dropped():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\n<Resp\r\n6\r\nonse/>\r\n0\r\nX-Trailer: late\r\nX-More: 1\r\n\r\n"
    async with Peer(answering(chunked, OK)) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url)
        after = await post(transport, peer.url)
    assert (exchange.body, exchange.headers) == (b"<Response/>", (("Transfer-Encoding", "chunked"),))
    assert after.reused
    assert after.headers == (("Content-Type", "text/xml"), ("Content-Length", "11"))


@on_both_loops
async def test_an_answer_without_a_length_ends_when_the_peer_closes():
    script = saying(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<Resp", b"onse/>", pause=0.02)
    async with Peer(script) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url)
    assert (exchange.failure, exchange.status, exchange.body) == (None, 200, b"<Response/>")


@on_both_loops
async def test_an_answer_in_single_bytes_is_the_same_answer():
    async with Peer(saying(*(bytes([byte]) for byte in OK), pause=0.0005)) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url)
    assert (exchange.failure, exchange.status, exchange.body) == (None, 200, b"<Response/>")


@on_both_loops
async def test_answers_that_have_no_body_whatever_they_say_leave_the_connection_usable():
    async with (
        Peer(
            answering(
                b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b"HTTP/1.1 204 No\r\n\r\n", b"HTTP/1.1 304 No\r\n\r\n", OK
            )
        ) as peer,
        a_transport() as transport,
    ):
        exchanges = [await post(transport, peer.url, method=method) for method in ("HEAD", "POST", "GET", "POST")]
        assert peer.connections == 1
    assert [(exchange.failure, exchange.status) for exchange in exchanges] == [(None, 200), (None, 204), (None, 304), (None, 200)]
    assert [exchange.body for exchange in exchanges] == [b"", b"", b"", b"<Response/>"]


@on_both_loops
async def test_interim_answers_are_skipped():
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    async with Peer(saying(interim, OK, pause=0.01)) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url)
    assert (exchange.failure, exchange.status) == (None, 200)
    assert exchange.headers == (("Content-Type", "text/xml"), ("Content-Length", "11"))


@on_both_loops
async def test_a_peer_that_wants_to_close_is_not_asked_again_on_that_connection():
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    old = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"
    for farewell in (closing, old):
        async with Peer(answering(farewell)) as peer, a_transport() as transport:
            assert (await post(transport, peer.url)).failure is None
            assert not (await post(transport, peer.url)).reused
            assert peer.connections == 2


@on_both_loops
async def test_an_old_peer_that_asks_to_keep_the_connection_keeps_it():
    old = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
    async with Peer(answering(old)) as peer, a_transport() as transport:
        await post(transport, peer.url)
        assert (await post(transport, peer.url)).reused


@on_both_loops
async def test_a_long_body_is_counted_whole_and_kept_up_to_the_cap():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    async with Peer(answering(answer)) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url, limits=Limits(total=4, keep_cap=1000))
        assert (await post(transport, peer.url)).reused
    assert (exchange.failure, exchange.body, exchange.body_size, exchange.body_cut) == (None, b"x" * 1000, 5000, True)


@on_both_loops
async def test_a_huge_body_is_read_up_to_the_cap_and_the_connection_is_closed():
    async def flood(line: Line) -> None:
        await line.request()
        await line.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await line.say(b"x" * 65536)

    async with Peer(flood) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url)
        await come_true(lambda: peer.ended == 1)
    assert exchange.failure is None
    assert (exchange.status, exchange.body_size, exchange.body_cut) == (200, 256 * 1024, True)
    assert exchange.body == b"x" * 64 * 1024


@on_both_loops
async def test_a_body_of_exactly_the_cap_is_not_cut():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100
    async with Peer(answering(answer)) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url, limits=Limits(total=4, read_cap=100, keep_cap=100))
    assert (exchange.body_size, exchange.body_cut) == (100, False)


@on_both_loops
async def test_a_content_encoding_is_not_undone():
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    async with Peer(answering(packed)) as peer, a_transport() as transport:
        assert (await post(transport, peer.url)).body == b"\x1f\x8b\x08\x00"


@on_both_loops
async def test_a_reused_connection_that_the_app_closes_unanswered_is_retried_on_a_new_one_and_not_counted():
    bodies = []

    async def one_answer_each(line: Line) -> None:
        bodies.append((await line.request())[-1:])
        await line.say(OK)
        if line.number == 1:
            bodies.append((await line.request())[-1:])
            line.reset()

    async with Peer(one_answer_each) as peer, a_transport() as transport:
        await post(transport, peer.url, body=b"1")
        exchange = await post(transport, peer.url, body=b"2")
    assert (exchange.failure, exchange.status, exchange.reused) == (None, 200, False)
    assert exchange.timings.connect is not None
    assert bodies == [b"1", b"2", b"2"]


@on_both_loops
async def test_a_reused_connection_that_breaks_within_an_answer_is_not_retried():
    async def half(line: Line) -> None:
        await line.request()
        await line.say(OK)
        how = await line.request()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", pause=0.05)
        if how.endswith(b"reset"):
            line.reset()

    for how, kind in ((b"close", FailureKind.PROTOCOL), (b"reset", FailureKind.RESET)):
        async with Peer(half) as peer, a_transport() as transport:
            await post(transport, peer.url)
            exchange = await post(transport, peer.url, body=how)
            assert peer.connections == 1
        assert exchange.reused
        assert (exchange.failure.kind, exchange.failure.partial) == (kind, True)


@on_both_loops
async def test_a_new_connection_that_the_app_closes_unanswered_is_a_failure():
    async with Peer(saying()) as peer, a_transport() as transport:
        exchange = await post(transport, peer.url)
        assert peer.connections == 1
    assert (exchange.failure.kind, exchange.failure.partial) == (FailureKind.RESET, False)


@on_both_loops
async def test_an_idle_connection_that_the_app_closes_is_not_used_again():
    async with Peer(saying(OK)) as peer, a_transport() as transport:
        await post(transport, peer.url)
        await asyncio.sleep(0.05)
        exchange = await post(transport, peer.url)
    assert (exchange.failure, exchange.reused) == (None, False)


@on_both_loops
async def test_a_connection_that_says_something_unasked_is_dropped():
    async def talkative(line: Line) -> None:
        await line.request()
        await line.say(OK)
        await asyncio.sleep(0.02)
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake")
        await line.until_closed()

    async with Peer(talkative) as peer, a_transport() as transport:
        await post(transport, peer.url)
        await come_true(lambda: peer.ended == 1)
        exchange = await post(transport, peer.url)
    assert (exchange.body, exchange.reused) == (b"<Response/>", False)


@on_both_loops
async def test_a_second_answer_in_the_same_packet_is_never_given_to_the_next_request():
    fake = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake"
    for surplus in (fake, fake[:-6], fake[:20], b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"fake"):
        async with Peer(answering(OK + surplus)) as peer, a_transport() as transport:
            exchanges = [await post(transport, peer.url) for _ in range(2)]
        assert [(exchange.body, exchange.reused) for exchange in exchanges] == [(b"<Response/>", False)] * 2


@on_both_loops
async def test_an_idle_connection_closes_after_its_time():
    async with Peer(answering(OK)) as peer, a_transport(idle_for=0.05) as transport:
        await post(transport, peer.url, limits=PATIENT)
        assert peer.ended == 0
        await come_true(lambda: peer.ended == 1)
        assert not (await post(transport, peer.url)).reused


@on_both_loops
async def test_closing_the_transport_closes_the_idle_connections_and_those_in_use_when_their_exchange_ends():
    gate = asyncio.Event()

    async def slow(line: Line) -> None:
        request = await line.request()
        if b"slow" in request:
            await gate.wait()
        await line.say(OK)
        await line.until_closed()

    transport = HttpTransport(SystemClock())
    async with Peer(slow) as peer:
        running = asyncio.create_task(post(transport, peer.url, body=b"slow"))
        await come_true(lambda: peer.connections == 1)
        await post(transport, peer.url)
        await transport.close()
        await come_true(lambda: peer.ended == 1)
        gate.set()
        assert (await running).status == 200
        await come_true(lambda: peer.ended == 2)


@on_both_loops
async def test_cancelling_an_exchange_closes_its_connection():
    async def hang(line: Line) -> None:
        await line.until_closed()

    async with Peer(hang) as peer, a_transport() as transport:
        running = asyncio.create_task(post(transport, peer.url, limits=PATIENT))
        await come_true(lambda: peer.connections == 1)
        await asyncio.sleep(0.02)
        running.cancel()
        assert isinstance((await asyncio.gather(running, return_exceptions=True))[0], asyncio.CancelledError)
        await come_true(lambda: peer.ended == 1)


@on_both_loops
async def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with Peer(answering(OK)) as peer, a_transport() as transport:
        assert (await post(transport, peer.url)).status == 200


async def begun(transport, *requests, limits=LIMITS):
    """Each request over a connection that is open already: what breaks it off, and a future of what is told of it."""
    told = [asyncio.get_running_loop().create_future() for _ in requests]
    asked = [(request, limits, future.set_result) for request, future in zip(requests, told, strict=True)]
    return list(zip(transport.begin_all(asked), told, strict=True))


@on_both_loops
async def test_requests_over_open_connections_leave_the_same_evidence():
    seen = []
    async with Peer(answering(OK, keep=seen)) as peer, a_transport() as transport:
        request = HttpRequest(method="POST", url=peer.url, headers=(("Cookie", "secret"), ("X-A", "1")), body=b"Body=hi")
        assert [break_off for break_off, _ in await begun(transport, request, request)] == [None, None]
        assert seen == []
        waited_for = [await post(transport, peer.url, headers=request.headers) for _ in range(2)][1]
        (_, told), (break_off, never) = await begun(transport, request, request)
        exchange = await told
        assert break_off is None
        assert not never.done()
        assert peer.connections == 1
    assert len(set(seen)) == 1
    assert exchange.reused
    for field in ("method", "url", "request_headers", "peer", "status", "headers", "body", "body_size", "failure"):
        assert getattr(exchange, field) == getattr(waited_for, field)
    assert exchange.timings.first_byte <= exchange.timings.total


@on_both_loops
async def test_a_request_over_an_open_connection_that_the_app_has_closed_is_made_anew_once_and_not_counted():
    requests = []

    async def script(line: Line) -> None:
        requests.append(await line.request())
        if line.number <= 3:
            await line.say(OK)
            requests.append(await line.request())
        elif line.number == 4:
            await line.say(OK)
            await line.until_closed()

    async with Peer(script) as peer, a_transport() as transport:
        await asyncio.gather(*(post(transport, peer.url) for _ in range(3)))
        ((_, told),) = await begun(transport, HttpRequest(method="POST", url=peer.url, body=b"x"))
        exchange = await told
        assert (exchange.status, exchange.reused, exchange.timings.connect > 0) == (200, False, True)
        assert [request[-1:] for request in requests].count(b"x") == 2


@on_both_loops
async def test_a_fault_of_ours_in_making_a_request_anew_is_told_as_a_failure():
    async def script(line: Line) -> None:
        await line.request()
        await line.say(OK)
        await line.request()

    async def broken(target, call):
        raise RuntimeError("a fault of ours")

    async with Peer(script) as peer, a_transport() as transport:
        await post(transport, peer.url)
        transport._dialer.dial = broken
        ((_, told),) = await begun(transport, HttpRequest(method="POST", url=peer.url, body=b"x"))
        async with asyncio.timeout(5):
            failure = (await told).failure
        assert (failure.kind, "a fault of ours" in failure.detail) == (FailureKind.CONNECT, True)


@on_both_loops
async def test_breaking_off_ends_a_request_that_is_made_anew_as_well():
    async def script(line: Line) -> None:
        await line.request()
        if line.number == 1:
            await line.say(OK)
            await line.request()
        else:
            await line.until_closed()

    async with Peer(script) as peer, a_transport() as transport:
        await post(transport, peer.url)
        ((break_off, told),) = await begun(transport, HttpRequest(method="POST", url=peer.url, body=b"x"))
        await come_true(lambda: peer.connections == 2)
        break_off()
        await come_true(lambda: peer.ended == 2)
        assert not told.done()


@on_both_loops
async def test_what_an_app_says_unasked_a_moment_after_its_answer_is_not_the_next_answer():
    async def script(line: Line) -> None:
        await line.request()
        await line.say(OK)
        if line.number == 1:
            await line.say(b"HTTP/1.1 500 Nobody Asked\r\nContent-Length: 0\r\n\r\n")
        while True:
            await line.request()
            await line.say(OK)

    async with Peer(script) as peer, a_transport() as transport:
        await asyncio.gather(post(transport, peer.url), post(transport, peer.url))
        for _ in range(20):
            ((_, told),) = await begun(transport, HttpRequest(method="POST", url=peer.url, body=b"x"))
            assert (await told).status == 200


@on_both_loops
async def test_a_request_over_an_open_connection_has_its_deadline():
    async def script(line: Line) -> None:
        await line.request()
        await line.say(OK)
        await line.request()
        await line.until_closed()

    async with Peer(script) as peer, a_transport() as transport:
        await post(transport, peer.url)
        ((_, told),) = await begun(transport, HttpRequest(method="POST", url=peer.url), limits=Limits(read=0.1, total=2))
        assert (await told).failure.kind is FailureKind.READ_TIMEOUT
        await come_true(lambda: peer.ended == 1)


@on_both_loops
async def test_what_is_broken_off_is_not_told_of_and_its_connection_is_closed():
    async def script(line: Line) -> None:
        await line.request()
        await line.say(OK)
        await line.until_closed()

    async with Peer(script) as peer, a_transport() as transport:
        await post(transport, peer.url)
        ((break_off, told),) = await begun(transport, HttpRequest(method="POST", url=peer.url, body=b"x"))
        break_off()
        await come_true(lambda: peer.ended == 1)
        assert not told.done()


@on_both_loops
async def test_a_request_that_cannot_be_written_is_left_to_whoever_can_say_so():
    async with Peer(answering(OK)) as peer, a_transport() as transport:
        await post(transport, peer.url)
        broken = HttpRequest(method="POST", url=peer.url, headers=(("X-A", "1\r\nX-B: 2"),))
        assert [break_off for break_off, _ in await begun(transport, broken)] == [None]
        assert (await post(transport, peer.url)).reused


@on_both_loops
async def test_a_head_that_has_come_before_means_what_it_meant():
    """The second answer with a head is recognised: with another body, another length of it, and in pieces."""
    bodies = [b"<Response/>", b"<Otherwise>"]

    async def script(line: Line) -> None:
        for body in (bodies[0], bodies[1], bodies[0]):
            await line.request()
            await line.say(OK[: -len(body)] + body)
        await line.request()
        await line.say(OK[:-6], OK[-6:], pause=0.05)
        await line.request()
        await line.say(OK + b"HTTP/1.1 200 OK\r\n")

    async with Peer(script) as peer, a_transport() as transport:
        exchanges = [await post(transport, peer.url) for _ in range(5)]
    assert [exchange.body for exchange in exchanges] == [bodies[0], bodies[1], bodies[0], bodies[0], bodies[0]]
    assert {exchange.headers for exchange in exchanges} == {(("Content-Type", "text/xml"), ("Content-Length", "11"))}
    assert [exchange.failure for exchange in exchanges] == [None] * 5
