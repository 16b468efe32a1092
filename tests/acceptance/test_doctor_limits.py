"""Whatever a server does, the doctor ends in time, stays small, and names the fault."""

import asyncio
import json
import re
import sys
import time

import pytest

SECONDS, MEGABYTES = 30, 150
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
# The command, and behind its output how much memory it has had at most.
COMMAND = """
import sys
from pathlib import Path
from offhook.main import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text()
    print("peak", next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), file=sys.stderr)
"""


async def silence(_):
    await asyncio.Event().wait()


async def drip(writer):
    writer.write(HEAD + b"Content-Length: 5000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(1)


async def slow_head(writer):
    writer.write(HEAD + b"X-Slow: ")
    while True:
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(1)


async def endless_body(writer):
    writer.write(HEAD + b"\r\n<Response>")
    while True:
        writer.write(b"<!-- and on -->" * 4096)
        await writer.drain()


async def endless_head(writer):
    writer.write(HEAD)
    while True:
        writer.write(b"X-More: and on\r\n" * 4096)
        await writer.drain()


BEHAVIOURS = {
    silence: "app.too-slow",
    drip: "app.too-slow",
    slow_head: "app.too-slow",
    endless_body: "twiml.11750",
    endless_head: "http.broken",
}


async def examine(behaviour):
    """How long it took from its first request on in seconds, the peak of its memory in MB, and the report."""

    served = set()
    begun = []

    async def serve(reader, writer):
        served.add(asyncio.current_task())
        begun.append(time.monotonic())
        try:
            await reader.readuntil(b"\r\n\r\n")
            await behaviour(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", COMMAND, "doctor", f"http://127.0.0.1:{port}/sms", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(child.communicate(), 120)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        server.close()
        for task in served:
            task.cancel()
        await asyncio.gather(*served)
    took = time.monotonic() - begun[0]
    return took, int(re.search(rb"peak (\d+)", err)[1]) / 1024, json.loads(out)


@pytest.fixture(scope="module")
def examined():
    """All of them at once: each waits most of its time."""

    async def all_of_them():
        return dict(zip(BEHAVIOURS, await asyncio.gather(*map(examine, BEHAVIOURS)), strict=True))

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_it_ends_in_time_stays_small_and_names_the_fault(examined, behaviour):
    took, megabytes, report = examined[behaviour]
    assert took < SECONDS
    assert megabytes < MEGABYTES
    first = report["findings"][0]
    assert (first["verdict"], first["cause"]) == ("fault", BEHAVIOURS[behaviour]), first
