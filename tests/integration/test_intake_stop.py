"""Stopping the public door: nobody new, no answer lost, nothing left open."""

import asyncio

import pytest

from tests.helpers.door import Clerk, Client, both_loops, door, get, post, until


@both_loops
async def test_an_answer_that_is_due_is_given_and_then_the_connection_closes():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0"))
        await until(lambda: clerk.slots)
        stopping = asyncio.ensure_future(listener.stop(5.0))
        await asyncio.sleep(0.05)
        assert not stopping.done()
        assert clerk.give(0)
        reply = await client.reply()
        assert (reply.status, reply.fields["connection"]) == (200, "close")
        assert await client.rest() == b""
        await stopping
        assert listener.connections == 0


@both_loops
async def test_of_several_answers_only_the_last_closes():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0") + get("/1"))
        await until(lambda: len(clerk.slots) == 2)
        stopping = asyncio.ensure_future(listener.stop(5.0))
        await asyncio.sleep(0)
        clerk.give(0)
        clerk.give(1)
        first, last = await client.reply(), await client.reply()
        assert ("connection" in first.fields, last.fields["connection"]) == (False, "close")
        await stopping


@both_loops
async def test_idle_connections_and_those_without_a_byte_are_closed_at_once():
    async with door(Clerk(), header_timeout=30.0) as listener, Client(listener) as idle, Client(listener) as silent:
        await idle.ask(get("/"))
        await until(lambda: listener.connections == 2)
        began = asyncio.get_running_loop().time()
        await listener.stop(5.0)
        assert asyncio.get_running_loop().time() - began < 2
        assert await idle.rest() == await silent.rest() == b""


@both_loops
async def test_a_request_that_is_half_in_is_still_taken_and_answered():
    clerk = Clerk()
    async with door(clerk, grace=5.0, body_timeout=5.0) as listener, Client(listener) as client:
        whole = post(b"a=b&c=d")
        await client.send(whole[:-3])
        await asyncio.sleep(0.05)
        stopping = asyncio.ensure_future(listener.stop(5.0))
        await asyncio.sleep(0.05)
        reply = await client.ask(whole[-3:])
        assert (reply.body, reply.fields["connection"]) == (b"POST /sms 7", "close")
        await stopping


@both_loops
async def test_no_new_connection_is_taken():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0"))
        await until(lambda: clerk.slots)
        port = listener.port
        stopping = asyncio.ensure_future(listener.stop(5.0))
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        clerk.give(0)
        await stopping


@both_loops
async def test_what_is_still_open_after_the_deadline_is_cut():
    clerk = Clerk(holding=True)
    async with door(clerk) as listener, Client(listener) as client:
        await client.send(get("/0"))
        await until(lambda: clerk.slots)
        await listener.stop(0.2)
        await until(lambda: not listener.connections)
        assert clerk.give(0) is False


@both_loops
async def test_a_listener_can_be_stopped_twice():
    async with door(Clerk()) as listener:
        await listener.stop(1.0)
        await listener.stop(1.0)
