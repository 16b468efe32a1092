"""Every limit of the public door (spec: limits §1): its status, its closing, its one log line."""

import asyncio
import socket
from ipaddress import ip_network

import pytest

from offhook.intake.limits import Throttle
from tests.helpers.door import Clerk, Client, both_loops, door, get, logged, post, until

CHUNKED = b"POST /sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def heard(*lines):
    """A POST with these header lines, and no body."""
    return "\r\n".join(["POST /sms HTTP/1.1", "Host: x", *lines, "", ""]).encode()


REFUSED = [
    ("a body announced as too large", heard("Content-Length: 1048577"), 413, "body_too_large"),
    ("a length of a thousand digits", heard(f"Content-Length: {'9' * 1000}"), 400, "ambiguous_length"),
    ("a body of 18 digits", heard(f"Content-Length: {'9' * 18}"), 413, "body_too_large"),
    ("chunks that announce too much", CHUNKED + b"100001\r\n", 413, "body_too_large"),
    ("chunks that come to too much", CHUNKED + b"80000\r\n" + b"x" * 0x80000 + b"\r\n80001\r\n", 413, "body_too_large"),
    ("too many fields", heard(*(f"X-{number}: 1" for number in range(100))), 431, "too_many_fields"),
    ("too large a head", heard(f"X: {'x' * 32768}"), 431, "head_too_large"),
    ("a head without end", b"POST /sms HTTP/1.1\r\nX: " + b"x" * 33000, 431, "head_too_large"),
    ("too long a target", get("/" + "x" * 8192), 414, "target_too_long"),
    ("a request line without end", b"GET /" + b"x" * 9000, 414, "target_too_long"),
    ("both lengths", heard("Content-Length: 5", "Transfer-Encoding: chunked"), 400, "ambiguous_length"),
    ("both lengths, the other way round", heard("Transfer-Encoding: chunked", "Content-Length: 5"), 400, "ambiguous_length"),
    ("two lengths", heard("Content-Length: 5", "Content-Length: 6"), 400, "ambiguous_length"),
    ("two equal lengths", heard("Content-Length: 5", "Content-Length: 5"), 400, "ambiguous_length"),
    ("a list of lengths", heard("Content-Length: 5, 5"), 400, "ambiguous_length"),
    ("a signed length", heard("Content-Length: +5"), 400, "ambiguous_length"),
    ("an empty length", heard("Content-Length:"), 400, "ambiguous_length"),
    ("a hexadecimal length", heard("Content-Length: 0x5"), 400, "ambiguous_length"),
    ("another coding", heard("Transfer-Encoding: gzip, chunked"), 400, "ambiguous_length"),
    ("chunked last but hidden", heard("Transfer-Encoding: xchunked"), 400, "ambiguous_length"),
    ("two codings", heard("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 400, "ambiguous_length"),
    ("chunked in HTTP/1.0", CHUNKED.replace(b"1.1", b"1.0"), 400, "ambiguous_length"),
    ("obs-fold", heard("X: a\r\n b"), 400, "malformed"),
    ("obs-fold with a tab", heard("X: a\r\n\tb"), 400, "malformed"),
    ("a bare LF between fields", b"POST /sms HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400, "malformed"),
    ("a bare LF in a value", heard("X: a\nContent-Length: 5"), 400, "malformed"),
    ("a bare CR in a value", heard("X: a\rContent-Length: 5"), 400, "malformed"),
    ("NUL in a value", heard("X: a\0b"), 400, "malformed"),
    ("NUL in the target", get("/a\0b"), 400, "malformed"),
    ("a control character in a value", heard("X: a\x01b"), 400, "malformed"),
    ("a space before the colon", heard("Content-Length : 5"), 400, "malformed"),
    ("a field without a name", heard(": a"), 400, "malformed"),
    ("a line without a colon", heard("nonsense"), 400, "malformed"),
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", 400, "malformed"),
    ("two Hosts", get("/", "Host: other"), 400, "ambiguous_length"),
    ("a fragment in the target", get("/sms#x"), 400, "malformed"),
    ("a target that is no path", get("sms"), 400, "malformed"),
    ("two spaces in the request line", b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed"),
    ("HTTP/0.9", b"GET /\r\n\r\n", 400, "malformed"),
    ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00", 400, "malformed"),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "unknown_version"),
    ("HTTP/2 by name", b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "unknown_version"),
    ("a method that is none", b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", 405, "unknown_method"),
    ("CONNECT", b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 405, "unknown_method"),
    ("an unknown expectation", heard("Expect: 200-ok", "Content-Length: 1"), 417, "unknown_expectation"),
    ("a compressed body", heard("Content-Encoding: gzip", "Content-Length: 20"), 415, "compressed_body"),
    (
        "a body that says that it is not compressed",
        heard("Content-Encoding: identity", "Content-Length: 2"),
        415,
        "compressed_body",
    ),
    ("a chunk size that is none", CHUNKED + b"xyz\r\n", 400, "bad_chunk"),
    ("a signed chunk size", CHUNKED + b"+5\r\nabcde\r\n", 400, "bad_chunk"),
    ("a chunk size of many digits", CHUNKED + b"0" * 9 + b"5\r\nabcde\r\n", 400, "bad_chunk"),
    ("a chunk size without end", CHUNKED + b"5;" + b"x" * 300, 400, "bad_chunk"),
    ("a bare LF after a chunk size", CHUNKED + b"5\nabcde\r\n0\r\n\r\n", 400, "bad_chunk"),
    ("two other bytes after a chunk", CHUNKED + b"5\r\nabcdeXY0\r\n\r\n", 400, "bad_chunk"),
    ("a trailer that is none", CHUNKED + b"0\r\nnonsense\r\n\r\n", 400, "bad_chunk"),
    ("trailers without end", CHUNKED + b"0\r\n" + b"X: 1\r\n" * 2500, 400, "bad_chunk"),
    ("a flood of tiny chunks", CHUNKED + b"1\r\nx\r\n" * 9000, 400, "bad_chunk"),
]


@both_loops
@pytest.mark.parametrize(("sent", "status", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_it_is_refused_with_its_status_and_one_log_line_and_the_connection_ends(sent, status, reason):
    clerk = Clerk()
    with logged() as lines:
        async with door(clerk) as listener, Client(listener) as client:
            reply = await client.ask(sent)
            assert await client.rest() == b""
        (line,) = lines("intake.refused")
    assert (reply.status, reply.fields["connection"]) == (status, "close")
    assert (reply.fields.get("allow") is not None) == (status == 405)
    assert clerk.requests == []
    assert clerk.reasons == [reason]
    assert (line["reason"], line["status"], line["peer"]) == (reason, status, "127.0.0.1")


@both_loops
@pytest.mark.parametrize(
    "sent",
    [
        heard(*(f"X-{number}: 1" for number in range(98)), "Content-Length: 0"),
        heard(f"X: {'x' * (32768 - 60)}", "Content-Length: 0"),
        get("/" + "x" * 8191),
        post(b"x" * 1048576),
        CHUNKED + b"100000\r\n" + b"x" * 1048576 + b"\r\n0\r\n\r\n",
    ],
    ids=["fields", "head", "target", "body", "chunked body"],
)
async def test_what_just_fits_is_taken(sent):
    async with door(Clerk()) as listener, Client(listener) as client:
        assert (await client.ask(sent)).status == 200


@both_loops
async def test_a_body_is_refused_by_its_announced_length_before_a_byte_of_it_has_come():
    async with door(Clerk()) as listener, Client(listener) as client:
        assert (await client.ask(heard("Content-Length: 104857600", "Expect: 100-continue"))).status == 413


@both_loops
async def test_an_upload_in_full_swing_gets_to_see_its_refusal():
    async with door(Clerk(), linger=2.0) as listener, Client(listener) as client:
        client.writer.write(heard("Content-Length: 3000000") + b"x" * 3_000_000)
        assert (await client.reply()).status == 413


@both_loops
async def test_a_refused_client_that_has_closed_already_is_no_fault_of_ours():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    clerk = Clerk()
    async with door(clerk) as listener:
        for _ in range(5):
            refused = len(clerk.reasons)
            client = socket.create_connection(("127.0.0.1", listener.port))
            await until(lambda: listener.connections == 1)
            client.sendall(b"nonsense\r\n\r\n")
            client.close()
            await until(lambda: len(clerk.reasons) > refused and not listener.connections)  # noqa: B023 - called at once
    assert told == []


@both_loops
async def test_a_head_that_drips_is_ended_with_408():
    async with door(Clerk()) as listener, Client(listener) as client:
        reply = asyncio.ensure_future(client.reply())
        for byte in b"GET / HTTP/1.1\r\nX: " + b"x" * 1000:
            if reply.done():
                break
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
        assert (await reply).status == 408


@both_loops
async def test_the_time_for_a_head_begins_anew_with_each_request_of_a_connection():
    clerk = Clerk()
    async with door(clerk) as listener, Client(listener) as client:
        for _ in range(3):
            await client.send(get("/")[:10])
            await asyncio.sleep(0.2)
            assert (await client.ask(get("/")[10:])).status == 200
        assert (await client.ask(b"GET / HT")).status == 408
        assert clerk.reasons == ["slow_head"]


@both_loops
async def test_a_connection_without_a_byte_is_closed_without_a_word():
    clerk = Clerk()
    async with door(clerk) as listener, Client(listener) as client:
        assert await client.rest() == b""
        assert clerk.reasons == []
        await until(lambda: not listener.connections)


@both_loops
async def test_an_idle_connection_is_closed_after_its_time():
    async with door(Clerk(), idle_timeout=0.3) as listener, Client(listener) as client:
        await client.ask(get("/"))
        assert await client.rest() == b""


@both_loops
async def test_an_answer_that_takes_longer_than_every_timeout_is_waited_for():
    clerk = Clerk(holding=True)
    async with (
        door(clerk, idle_timeout=0.2, header_timeout=0.2, body_timeout=0.2, grace=0.1) as listener,
        Client(listener) as client,
    ):
        await client.send(post(b"abc"))
        await asyncio.sleep(0.8)
        assert clerk.give(0)
        assert (await client.reply()).status == 200


@both_loops
@pytest.mark.parametrize("head", [heard("Content-Length: 100000"), CHUNKED + b"ffff\r\n"])
async def test_a_body_that_comes_too_slowly_is_ended_with_408(head):
    async with door(Clerk(), body_timeout=20.0) as listener, Client(listener) as client:
        began = asyncio.get_running_loop().time()
        await client.send(head + b"xyz")
        assert (await client.reply()).status == 408
        assert asyncio.get_running_loop().time() - began < 5


@both_loops
async def test_a_body_that_comes_fast_enough_but_takes_too_long_is_ended_with_408():
    async with door(Clerk(), body_timeout=0.8, body_rate=100) as listener, Client(listener) as client:
        await client.send(heard("Content-Length: 1000000"))
        reply = asyncio.ensure_future(client.reply())
        while not reply.done():
            client.writer.write(b"x" * 1000)
            await asyncio.sleep(0.05)
        assert (await reply).status == 408


@both_loops
async def test_connections_of_one_address_are_capped_and_places_are_given_back():
    clerk = Clerk()
    async with door(clerk, connections_per_address=2) as listener:
        async with Client(listener) as first, Client(listener) as second:
            assert (await first.ask(get("/"))).status == (await second.ask(get("/"))).status == 200
            async with Client(listener) as third:
                assert (await third.reply()).status == 429
                assert await third.rest() == b""
            assert clerk.reasons == ["connections_of_address"]
        await until(lambda: not listener.connections)
        async with Client(listener) as again:
            assert (await again.ask(get("/"))).status == 200


@both_loops
async def test_the_cap_of_an_address_is_not_for_a_trusted_proxy():
    async with (
        door(Clerk(), connections_per_address=1, exempt=(ip_network("127.0.0.0/8"),)) as listener,
        Client(listener) as first,
        Client(listener) as second,
    ):
        assert (await first.ask(get("/"))).status == (await second.ask(get("/"))).status == 200


@both_loops
async def test_all_connections_together_are_capped():
    clerk = Clerk()
    async with door(clerk, connections=1) as listener, Client(listener) as first, Client(listener) as second:
        assert (await first.ask(get("/"))).status == 200
        assert (await second.reply()).status == 503
        assert clerk.reasons == ["connections"]


@both_loops
async def test_far_over_the_cap_a_connection_is_cut_without_a_word():
    async with door(Clerk(), connections_per_address=1, linger=5.0) as listener, Client(listener), Client(listener) as told:
        assert (await told.reply()).status == 429
        async with Client(listener) as cut:
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await cut.reply()


@both_loops
async def test_bodies_on_their_way_in_share_a_bounded_room_and_give_it_back():
    async with door(Clerk(), buffered=1500, grace=5.0, body_timeout=5.0) as listener, Client(listener) as first:
        await first.send(heard("Content-Length: 1200") + b"x" * 1000)
        await asyncio.sleep(0.1)
        async with Client(listener) as second:
            await second.send(heard("Content-Length: 1200"))
            assert (await second.ask(b"x" * 1000)).status == 503
        assert (await first.ask(b"x" * 200)).status == 200
        async with Client(listener) as third:
            await third.send(heard("Content-Length: 1200"))
            assert (await third.ask(b"x" * 1200)).status == 200


@both_loops
async def test_a_flood_of_refusals_does_not_flood_the_log_and_the_next_line_says_how_many_were_left_out():
    clerk = Clerk()
    with logged() as lines:
        async with door(clerk, sweep=30.0) as listener:
            for _ in range(60):
                async with Client(listener) as client:
                    assert (await client.ask(b"BAD\r\n\r\n")).status in {400, 405}
        assert len(lines("intake.refused")) == 50
    assert len(clerk.reasons) == 60


def test_a_throttle_lets_so_many_through_in_a_period_and_counts_the_others():
    throttle = Throttle(2, 10.0)
    assert [throttle.take(now) for now in (0, 1, 2, 9.9, 10, 11, 12, 30)] == [0, 0, None, None, 2, 0, None, 1]
