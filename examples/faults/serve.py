"""`make faults`: serves the gallery of faults on loopback, one path a fault, until Ctrl-C.

Point anything at one of the addresses: `offhook serve --to http://127.0.0.1:8900/flask-abort`, and see what Offhook makes of it.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import errno
import socket
import ssl
import struct
import sys
from collections.abc import AsyncIterator, Mapping

import trustme
from examples.faults.gallery import LOGIN_PAGE, LOGIN_PATH, Fault, faults

FIRST_PORT = 8900
CERTIFICATES = ("good", "expired", "wrong-name", "self-signed", "unknown")
DRIP_SECONDS = 1.0
TLS_HELLO = "(a TLS hello)"


class Gallery:
    """The servers: one with plain HTTP, and one for each kind of certificate. `ca` is the authority that a caller may trust."""

    def __init__(self, host: str = "127.0.0.1", first_port: int = 0) -> None:
        self.ca = trustme.CA(organization_name="The authority of the gallery")
        self._host = host
        self._first = first_port
        self._faults = {fault.path: fault for fault in faults()}
        self._ports: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen everywhere. Raises OSError when a port is taken."""
        for place, name in enumerate(("", *CERTIFICATES)):
            port = self._first + place if self._first else 0
            context = _context(name, self.ca, self._host) if name else None
            server = await asyncio.start_server(self._serve, self._host, port, ssl=context)
            self._servers.append(server)
            self._ports[name] = server.sockets[0].getsockname()[1]
        self._ports["closed"] = _closed_port(self._host)

    async def stop(self) -> None:
        """Close, whatever hangs."""
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, fault: Fault) -> str:
        """Where to find it."""
        secure = fault.port in CERTIFICATES
        scheme = fault.scheme or ("https" if secure else "http")
        return f"{scheme}://{self._host}:{self._ports[fault.port]}/{fault.path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._answer(await _path(reader), writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # a caller that has given up is part of the game
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        fault = self._faults.get(path.removeprefix("/"))
        if path == LOGIN_PATH:
            writer.write(LOGIN_PAGE)
        elif path == TLS_HELLO:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        elif fault is None:
            writer.write(
                b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nnothing here"
            )
        elif fault.does == "hang":
            await asyncio.Event().wait()
        elif fault.does == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif fault.does == "drip":
            writer.write(fault.sends)
            while True:
                writer.write(b"<")
                await writer.drain()
                await asyncio.sleep(DRIP_SECONDS)
        else:
            base = f"http://{self._host}:{self._ports['']}".encode()
            writer.write(fault.sends.replace(b"{base}", base).replace(b"{path}", fault.path.encode()))
        if not writer.transport.is_closing():
            await writer.drain()


async def _path(reader: asyncio.StreamReader) -> str:
    """The path of one request, which is read whole: closing on unread bytes would reset the connection."""
    first = await reader.readexactly(1)
    if first == b"\x16":  # a TLS hello at a port that speaks plain HTTP: servers answer it as a bad request
        return TLS_HELLO
    head = first + await reader.readuntil(b"\r\n\r\n")
    sizes = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    if sizes:
        await reader.readexactly(int(sizes[0]))
    return head.split(b" ")[1].partition(b"?")[0].decode("ascii", "replace")


def _context(name: str, ca: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    if name == "expired":
        ca.issue_cert(host, not_after=yesterday, not_before=yesterday - dt.timedelta(days=90)).configure_cert(context)
    elif name == "wrong-name":
        ca.issue_cert("another.example").configure_cert(context)
    elif name == "self-signed":
        lone = trustme.CA(organization_name="nobody but itself")
        with lone.private_key_pem.tempfile() as key, lone.cert_pem.tempfile() as certificate:
            context.load_cert_chain(certificate, key)
    elif name == "unknown":
        trustme.CA(organization_name="an authority that nobody knows").issue_cert(host).configure_cert(context)
    else:
        ca.issue_cert(host).configure_cert(context)
    return context


def _closed_port(host: str) -> int:
    """A port at which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def open_gallery(first_port: int = 0) -> AsyncIterator[Gallery]:
    """The gallery, while the block lasts."""
    gallery = Gallery(first_port=first_port)
    await gallery.start()
    try:
        yield gallery
    finally:
        await gallery.stop()


def listing(gallery: Gallery) -> Mapping[str, str]:
    """What each address does."""
    return {gallery.url(fault): fault.what for fault in faults()}


async def main(first_port: int) -> None:
    try:
        await serve(first_port)
    except OSError as trouble:
        if trouble.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        sys.exit(
            f"The gallery cannot listen at port {first_port} and those after it: {trouble.strerror or trouble}. Give others: --port N."
        )


async def serve(first_port: int) -> None:
    async with open_gallery(first_port) as gallery:
        for url, what in listing(gallery).items():
            print(f"{url:<64} {what}")
        print("\nCtrl-C stops it.", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve the gallery of faults on loopback.")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help=f"the first of six ports ({FIRST_PORT})")
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(main(parser.parse_args().port))
