"""HTTP on the public door, byte for byte: framing, keep-alive, pipelining, closing."""

import asyncio
import re

import pytest

from offhook.records import Answer
from tests.helpers.door import Clerk, Client, both_loops, door, get, post, until


@both_loops
async def test_a_request_is_handed_on_as_it_came_and_its_answer_is_written_whole():
    clerk = Clerk()
    async with door(clerk) as listener, Client(listener) as client:
        reply = await client.ask(b"POST /sms?x=%27 HTTP/1.1\r\nHost: x\r\nX-Odd:  a b \t\r\nContent-Length: 3\r\n\r\na=b")
        (request,) = clerk.requests
        assert (request.method, request.target, request.body) == ("POST", b"/sms?x=%27", b"a=b")
        assert request.headers == {b"host": b"x", b"x-odd": b"a b", b"content-length": b"3"}
        assert request.head == b"POST /sms?x=%27 HTTP/1.1\r\nHost: x\r\nX-Odd:  a b \t\r\nContent-Length: 3"
        assert (request.peer, request.secure) == ("127.0.0.1", False)
        assert (reply.status, reply.body) == (200, b"POST /sms?x=%27 3")
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.fields["date"])
        assert "connection" not in reply.fields


@both_loops
async def test_bytes_that_come_one_by_one_make_the_same_request():
    clerk = Clerk()
    async with door(clerk, header_timeout=5.0, grace=5.0, body_timeout=5.0) as listener, Client(listener) as client:
        for byte in post(b"a=b"):
            await client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.reply()).body == b"POST /sms 3"


@both_loops
async def test_one_connection_carries_many_requests():
    async with door(Clerk()) as listener, Client(listener) as client:
        for number in range(5):
            assert (await client.ask(get(f"/{number}"))).body == f"GET /{number} 0".encode()
        assert listener.connections == 1


@both_loops
async def test_pipelined_requests_are_answered_in_their_order_whenever_the_answers_come():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0") + post(b"xyz", "/1") + get("/2"))
        await until(lambda: len(clerk.slots) == 3)
        clerk.give(2)
        clerk.give(1)
        clerk.give(0)
        assert [(await client.reply()).body for _ in range(3)] == [b"GET /0 0", b"POST /1 3", b"GET /2 0"]


@both_loops
async def test_no_more_pipelined_requests_are_read_than_may_wait_and_none_is_lost():
    clerk = Clerk(holding=True)
    async with door(clerk, pipelined=4) as listener, Client(listener) as client:
        await client.send(b"".join(get(f"/{number}") for number in range(50)))
        await until(lambda: len(clerk.slots) == 4)
        await asyncio.sleep(0.05)
        assert len(clerk.slots) == 4
        for number in range(50):
            await until(lambda wanted=number: len(clerk.slots) > wanted)
            clerk.give(number)
            assert (await client.reply()).body == f"GET /{number} 0".encode()


@both_loops
async def test_a_refusal_waits_for_the_answers_that_are_due_before_it():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0") + b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n")
        await until(lambda: clerk.reasons)
        clerk.give(0)
        assert [(await client.reply()).status for _ in range(2)] == [200, 400]
        assert await client.rest() == b""


@both_loops
@pytest.mark.parametrize(
    "size",
    ["3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "5;note=x\r\nabcde\r\n0\r\nX-Trailer: 1\r\n\r\n", "A \t;x\r\nabcdefghij\r\n00\r\n\r\n"],
)
async def test_a_chunked_body_is_put_together_and_the_next_request_follows_it(size):
    clerk = Clerk()
    head = b"POST /sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(head + size.encode() + get("/next"))
        await client.reply()
        assert (await client.reply()).body == b"GET /next 0"
        assert clerk.requests[0].body in {b"abcde", b"abcdefghij"}


@both_loops
async def test_a_chunked_body_may_be_cut_anywhere():
    clerk = Clerk()
    async with door(clerk, grace=5.0, body_timeout=5.0) as listener, Client(listener) as client:
        await client.send(b"POST /sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in b"3\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n" + get("/next"):
            await client.send(bytes([byte]))
            await asyncio.sleep(0.001)
        assert (await client.reply()).body == b"POST /sms 5"
        assert (await client.reply()).body == b"GET /next 0"


@both_loops
async def test_who_expects_100_continue_gets_it_before_the_body_and_not_when_the_body_is_there():
    async with door(Clerk()) as listener, Client(listener) as client:
        await client.send(b"POST /sms HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert await client.reader.readexactly(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await client.ask(b"abc")).body == b"POST /sms 3"
        assert (await client.ask(post(b"abc", "/sms", "Expect: 100-continue"))).status == 200


@both_loops
async def test_100_continue_does_not_overtake_the_answer_to_an_earlier_request():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0") + b"POST /1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        await until(lambda: clerk.slots)
        await asyncio.sleep(0.05)
        clerk.give(0)
        assert (await client.reply()).body == b"GET /0 0"
        assert (await client.reply(bodiless=True)).status == 100


@both_loops
async def test_head_is_answered_as_get_without_the_body():
    clerk = Clerk()
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/x").replace(b"GET", b"HEAD"))
        reply = await client.reply(bodiless=True)
        assert reply.fields["content-length"] == str(len(b"GET /x 0"))
        assert clerk.requests[0].method == "GET"
        assert clerk.requests[0].head.startswith(b"GET /x HTTP/1.1\r\n")
        assert (await client.ask(get("/y"))).body == b"GET /y 0"


@both_loops
@pytest.mark.parametrize("request_bytes", [get("/", "Connection: close"), get("/", version="1.0"), b"GET / HTTP/1.0\r\n\r\n"])
async def test_a_connection_that_is_to_be_closed_is_closed_after_the_answer(request_bytes):
    async with door(Clerk()) as listener, Client(listener) as client:
        reply = await client.ask(request_bytes)
        assert reply.fields["connection"] == "close"
        assert await client.rest() == b""


@both_loops
async def test_http_1_0_keeps_alive_when_it_asks_for_it():
    async with door(Clerk()) as listener, Client(listener) as client:
        for _ in range(2):
            assert (await client.ask(get("/", "Connection: keep-alive", version="1.0"))).fields["connection"] == "keep-alive"


@both_loops
async def test_nothing_after_connection_close_is_served():
    clerk = Clerk()
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/1", "Connection: close") + get("/2"))
        await client.reply()
        assert await client.rest() == b""
        assert len(clerk.requests) == 1


@both_loops
async def test_an_absolute_url_in_the_request_line_is_read_as_its_path_and_empty_lines_before_it_are_skipped():
    async with door(Clerk()) as listener, Client(listener) as client:
        assert (await client.ask(b"\r\n\r\n" + get("http://other/sms?x=1"))).body == b"GET /sms?x=1 0"
        assert (await client.ask(get("http://other"))).body == b"GET / 0"


@both_loops
async def test_an_upgrade_that_is_asked_for_is_ignored():
    async with door(Clerk()) as listener, Client(listener) as client:
        reply = await client.ask(post(b"abc", "/sms", "Connection: Upgrade", "Upgrade: h2c"))
        assert reply.body == b"POST /sms 3"
        assert (await client.ask(get("/next"))).body == b"GET /next 0"


@both_loops
async def test_credentials_reach_neither_the_kept_head_nor_anything_else_of_it():
    clerk = Clerk()
    async with door(clerk) as listener, Client(listener) as client:
        await client.ask(get("/", "Authorization: Basic c2VjcmV0", "cookie: session=1", "X-Other: stays"))
        assert b"c2VjcmV0" not in clerk.requests[0].head
        assert b"session" not in clerk.requests[0].head
        assert b"\r\nX-Other: stays" in clerk.requests[0].head


@both_loops
async def test_an_apps_answer_cannot_break_the_framing_of_ours():
    sneaky = (
        ("X-Good", "1"),
        ("X-Bad", "a\r\nSet-Cookie: b"),
        ("Content-Length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
    )
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0") + get("/1"))
        await until(lambda: len(clerk.slots) == 2)
        clerk.slots[0].send(Answer(status=299, headers=sneaky, body=b"hello", source="app"))
        clerk.slots[1].send(Answer(status=204, body=b"never sent", source="app"))
        reply = await client.reply()
        assert (reply.status, reply.body, reply.fields["x-good"]) == (299, b"hello", "1")
        assert set(reply.fields) == {"x-good", "content-length", "date"}
        empty = await client.reply()
        assert (empty.status, "content-length" in empty.fields) == (204, False)


@both_loops
async def test_a_field_of_the_apps_answer_goes_out_with_the_bytes_that_it_came_with():
    written = "name=caf\u00c3\u00a9"  # UTF-8, as the transport reads it
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0"))
        await until(lambda: clerk.slots)
        clerk.slots[0].send(Answer(status=200, headers=(("Set-Cookie", written),), source="app"))
        assert (await client.reply()).fields["set-cookie"] == "name=caf\u00e9"


@both_loops
async def test_an_answer_to_a_client_that_has_gone_is_not_heard():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener:
        async with Client(listener) as client:
            await client.send(get("/0"))
            await until(lambda: clerk.slots)
            assert clerk.slots[0].alive
        await until(lambda: not clerk.slots[0].alive)
        assert clerk.give(0) is False
        await until(lambda: not listener.connections)


@both_loops
async def test_a_client_that_hung_up_its_side_is_answered_but_not_counted_on():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0"))
        client.writer.write_eof()
        await until(lambda: clerk.slots and not clerk.slots[0].alive)
        assert clerk.give(0) is False
        assert (await client.reply()).body == b"GET /0 0"
        assert await client.rest() == b""


@both_loops
async def test_a_second_answer_is_not_sent():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0"))
        await until(lambda: clerk.slots)
        assert clerk.give(0) is True
        assert clerk.give(0) is False
        await client.reply()


@both_loops
async def test_an_abandoned_request_ends_its_connection_without_an_answer():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0"))
        await until(lambda: clerk.slots)
        clerk.slots[0].abandon()
        assert await client.rest() == b""


@both_loops
async def test_a_client_that_does_not_read_its_answers_is_not_written_to_without_end():
    clerk = Clerk(answer_body=b"x" * 200_000)
    async with door(clerk, write_timeout=0.5) as listener, Client(listener, limit=1024) as client:
        client.reader._transport.pause_reading()
        for _ in range(200):
            client.writer.write(get("/"))
        await until(lambda: not listener.connections, 10)
        assert len(clerk.requests) < 200


@both_loops
async def test_a_request_like_those_before_is_read_the_same_alone_in_pieces_and_pipelined():
    clerk = Clerk()
    one, other = post(b"a=1", "/sms", "X-Signature: abc"), post(b"b=2", "/sms", "X-Signature: xyz")
    async with door(clerk) as listener, Client(listener) as client:
        for _ in range(4):
            assert (await client.ask(one)).status == 200
        await client.send(one + other + one[:20])
        await client.send(one[20:])
        assert [(await client.reply()).status for _ in range(3)] == [200] * 3
    assert [request.body for request in clerk.requests] == [b"a=1"] * 5 + [b"b=2", b"a=1"]
    assert [request.headers[b"x-signature"] for request in clerk.requests[-2:]] == [b"xyz", b"abc"]


@both_loops
async def test_what_came_right_before_the_client_hung_up_is_answered():
    clerk = Clerk()
    async with door(clerk) as listener:
        for _ in range(4):
            async with Client(listener) as client:
                client.writer.write(post(b"a=1"))
                client.writer.write_eof()
                assert b" 200 " in await client.rest()
    assert len(clerk.requests) == 4


@both_loops
async def test_what_came_right_before_the_client_went_is_handed_on():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener:
        client = Client(listener)
        await client.__aenter__()
        await client.send(post(b"a=1"))
        client.writer.transport.abort()
        await until(lambda: clerk.requests)
        await asyncio.sleep(0.05)
        assert not clerk.give(0)
        await until(lambda: not listener.connections)


@both_loops
async def test_a_large_request_among_small_ones_keeps_its_place():
    clerk = Clerk()
    large = post(b"x" * 100_000, "/large")
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0") + large + get("/2"))
        assert [(await client.reply()).body for _ in range(3)] == [b"GET /0 0", b"POST /large 100000", b"GET /2 0"]
    assert [request.target for request in clerk.requests] == [b"/0", b"/large", b"/2"]


@both_loops
async def test_a_connection_that_fails_is_closed_and_the_others_go_on(monkeypatch):
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    clerk = Clerk()
    async with door(clerk) as listener, Client(listener) as bad, Client(listener) as good:
        read = listener.heads.read

        def fail(raw):
            if b"/bad" in raw:
                raise ValueError("a fault of ours")
            return read(raw)

        monkeypatch.setattr(type(listener.heads), "read", lambda _, raw: fail(raw))
        await asyncio.gather(bad.send(get("/bad")), good.send(get("/good")))
        assert (await good.reply()).body == b"GET /good 0"
        assert await bad.rest() == b""
    assert [str(error) for error in told] == ["a fault of ours"]
