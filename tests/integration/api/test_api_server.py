"""The console's listener lives in the event loop of the program and leaves when it is told to."""

import asyncio
import signal
import socket
import time

import pytest
from starlette.responses import PlainTextResponse

from offhook.api.server import ConsoleServer, refuse_without_login
from offhook.errors import SettingsError


async def hello(scope, receive, send):
    await PlainTextResponse("hello")(scope, receive, send)


async def first_line(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    said = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return said.split(b"\r\n")[0]


async def rest_of(reader):
    """What still comes before the connection ends, in whichever way."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def test_port_0_takes_a_free_port_and_tells_which():
    one, other = ConsoleServer(hello, "127.0.0.1", 0), ConsoleServer(hello, "localhost", 0)
    assert one.port == 0
    await one.start()
    await other.start()
    assert one.port != other.port
    assert await first_line(one.port) == await first_line(other.port) == b"HTTP/1.1 200 OK"
    await one.stop()
    await other.stop()


async def test_answers_on_a_kept_connection_are_not_held_back():
    server = ConsoleServer(hello, "127.0.0.1", 0)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"hello"), 5)
    [connection] = server._server.server_state.connections
    assert connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    writer.close()
    await server.stop()


async def test_after_the_stop_nobody_listens_and_a_second_stop_is_harmless():
    server = ConsoleServer(hello, "127.0.0.1", 0)
    await server.start()
    port = server.port
    await server.stop()
    await server.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_stop_takes_no_more_than_two_seconds_though_an_answer_hangs_and_a_client_says_nothing():
    async def hangs(scope, receive, send):
        await asyncio.sleep(3600)

    server = ConsoleServer(hangs, "127.0.0.1", 0)
    await server.start()
    silent, silent_writer = await asyncio.open_connection("127.0.0.1", server.port)
    waiting, waiting_writer = await asyncio.open_connection("127.0.0.1", server.port)
    waiting_writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asyncio.sleep(0.05)
    started = time.monotonic()
    await server.stop()
    assert time.monotonic() - started < 3
    for reader, writer in ((silent, silent_writer), (waiting, waiting_writer)):
        assert b"200" not in await asyncio.wait_for(rest_of(reader), 5)
        writer.close()


async def test_the_answer_in_flight_is_finished_before_the_stop():
    release = asyncio.Event()

    async def slow(scope, receive, send):
        await release.wait()
        await hello(scope, receive, send)

    server = ConsoleServer(slow, "127.0.0.1", 0)
    await server.start()
    asking = asyncio.create_task(first_line(server.port))
    await asyncio.sleep(0.05)
    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0.05)
    release.set()
    assert await asking == b"HTTP/1.1 200 OK"
    await stopping


async def test_the_programs_own_signal_handlers_stay():
    before = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    server = ConsoleServer(hello, "127.0.0.1", 0)
    await server.start()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    await server.stop()


async def test_a_port_that_is_taken_cannot_be_had():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await ConsoleServer(hello, "127.0.0.1", port).start()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "LocalHost"])
def test_on_loopback_nobody_has_to_log_in(host):
    refuse_without_login(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "192.168.0.5", "10.0.0.1", "8.8.8.8", "example.com", "::ffff:10.0.0.1", "127.0.0.1.evil.example"],
)
def test_on_any_other_address_what_has_no_login_is_refused_with_the_reason(host):
    with pytest.raises(SettingsError, match="no login"):
        refuse_without_login(host)
