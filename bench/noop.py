"""The ceiling for our way of serving: the same kind of protocol as the intake's, answering 200 `<Response/>` and doing nothing else.

`python -m bench.noop` prints `{"port": …}` and serves until SIGTERM.
"""

import asyncio
import json
import signal
from collections.abc import Callable
from typing import cast

import httptools
import uvloop

BODY = b"<Response/>"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Noop(asyncio.Protocol):
    """Reads each request to its end, then answers. Pipelined requests are answered in order."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()

    def on_message_complete(self) -> None:
        self.transport.write(ANSWER)


async def serve(protocol: Callable[[], asyncio.Protocol]) -> None:
    """Listen on a free loopback port, say which, and go on until SIGTERM."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(Noop))
