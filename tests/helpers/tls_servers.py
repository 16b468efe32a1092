"""Servers that speak TLS while a child process asks them: Python's own in a thread, and nginx."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass

from tests.helpers.node import needed
from tests.helpers.processes import free_port, listens, wait_until

TWIML = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 11\r\nConnection: close\r\n\r\n<Response/>"


class TlsServer:
    """An app behind Python's TLS on loopback, in a thread. `context` None: plain HTTP. `script` gets reader and writer instead."""

    def __init__(self, context=None, script=None, host="127.0.0.1", port=0):
        self._context = context
        self._script = script or answer
        self._address = (host, port)
        self._tasks = set()

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, *self._address, ssl=self._context))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._script(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()

    async def _stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)


async def answer(reader, writer):
    """One request, answered with TwiML."""
    head = await reader.readuntil(b"\r\n\r\n")
    sizes = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    await reader.readexactly(int(sizes[0]) if sizes else 0)
    writer.write(TWIML)
    await writer.drain()


@dataclass(frozen=True)
class Site:
    """One `server` of nginx: where it listens, what it is called, and the files of its certificate. `lines` are said besides."""

    port: int
    chain: str = ""
    key: str = ""
    name: str = "_"
    lines: str = ""
    first: bool = False

    def text(self):
        certificate = f"ssl_certificate {self.chain}; ssl_certificate_key {self.key};" if self.chain else ""
        return f"""server {{
            listen 127.0.0.1:{self.port} ssl{" default_server" if self.first else ""}; server_name {self.name};
            {certificate} {self.lines}
            default_type text/xml; location / {{ return 200 '<Response/>'; }}
        }}"""


@contextlib.contextmanager
def nginx(folder, *sites):
    """A real nginx with these sites, while the block lasts."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or needed("nginx")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; {temporary}\n{' '.join(site.text() for site in sites)} }}\n"
    )
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen([program, "-p", str(folder), "-c", str(configuration), "-e", "stderr"], stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or all(listens(site.port) for site in sites))
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield process
    finally:
        process.terminate()
        process.wait(20)


def ports(count):
    """So many free ports, all different."""
    found = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)
