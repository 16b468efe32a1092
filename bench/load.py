"""The load generator, a process of its own: `python -m bench.load PLAN`, the plan as JSON.

It builds and signs every request first, warms the server up, prints `{"ready": true}`, waits for a line on its standard input, then
sends, and prints its report as JSON. Two ways to send:

- closed loop (`rate` 0): each connection sends its next request when the last is answered. Shows what a server can do at most.
- open loop: requests are due at a constant rate, whatever the server does. Latency counts from when a request was *due*, not from when
  a connection was free for it, so a stalling server cannot hide its stalls (no coordinated omission).
"""

import asyncio
import gc
import sys
import time
from array import array
from collections import Counter, deque
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from bench.figures import percentile
from bench.messages import Batch, build

TICK_SECONDS = 0.001
TIMELINE_SECONDS = 0.05


class Plan(msgspec.Struct):
    """What to send, and how. Seconds bound the timed part. `pool` repeats that many requests; 0 makes all different. `acked` is a file
    for the ids of what was answered with a 2xx, 34 bytes each."""

    url: str
    connections: int
    count: int
    rate: float = 0
    seconds: float = 60
    warmup: int = 500
    pool: int = 0
    acked: str = ""


class Report(msgspec.Struct):
    """What came of it. Latencies in ms; `busy` is the share of a core that the generator itself used: near 1, it was the bottleneck.

    `timeline` holds (monotonic seconds, 2xx answers so far), about every 50 ms. `unanswered` counts what was never sent or never answered
    in time; `broken` the connections that ended with a request in flight.
    """

    seconds: float
    statuses: dict[str, int]
    broken: int
    unanswered: int
    latency: dict[str, float]
    busy: float
    timeline: list[tuple[float, int]]

    @property
    def good(self) -> int:
        """Requests answered with a 2xx."""
        return sum(count for status, count in self.statuses.items() if status.startswith("2"))

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / self.seconds


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time, and just enough HTTP to know where an answer ends."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.index = -1
        self.due = 0.0
        self.pending = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self, index: int, due: float) -> None:
        self.index = index
        self.due = due
        self.transport.write(self.load.requests[index])

    def data_received(self, data: bytes) -> None:
        if self.pending:
            data = self.pending + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + self.load.body_length(data[:end]):
            self.pending = data
            return
        self.pending = b""
        index, self.index = self.index, -1
        self.load.answered(self, index, data[9:12])

    def connection_lost(self, _: Exception | None) -> None:
        self.load.lost(self)


class Load:
    """The closed loop: whoever is free takes the next request."""

    def __init__(self, plan: Plan, batch: Batch) -> None:
        self.plan = plan
        self.requests = batch.requests
        self.sids = batch.sids
        self.connections: list[Connection] = []
        self.loop = asyncio.get_running_loop()
        self.lengths: dict[bytes, int] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.reset(0, 0)

    def reset(self, first: int, last: int) -> None:
        """Forget what was counted; the next requests are `first` up to `last`."""
        self.next, self.last, self.open = first, last, last - first
        self.statuses: Counter[bytes] = Counter()
        self.latencies = array("d")
        self.acked = bytearray(len(self.requests))
        self.good = 0
        self.broken = 0
        self.timeline: list[tuple[float, int]] = []
        self.done = asyncio.Event()

    async def connect(self) -> None:
        for _ in range(self.plan.connections):
            self.connections.append(await self.connection())

    async def connection(self) -> Connection:
        host, port = self.plan.url.split("/")[2].split(":")
        _, protocol = await self.loop.create_connection(lambda: Connection(self), host, int(port))
        return protocol

    def start(self) -> None:
        self.tell()
        for connection in self.connections:
            self.free(connection)

    def tell(self) -> None:
        """One point of the timeline."""
        if not self.done.is_set():
            self.timeline.append((time.monotonic(), self.good))
            self.loop.call_later(TIMELINE_SECONDS, self.tell)

    def free(self, connection: Connection) -> None:
        """A connection has nothing to do."""
        if self.next < self.last:
            self.send(connection, time.perf_counter())

    def send(self, connection: Connection, due: float) -> None:
        index = self.next
        self.next += 1
        connection.send(index % len(self.requests), due)

    def answered(self, connection: Connection, index: int, status: bytes) -> None:
        self.latencies.append(time.perf_counter() - connection.due)
        self.statuses[status] += 1
        if status[:1] == b"2":
            self.acked[index] = 1
            self.good += 1
        self.ended()
        self.free(connection)

    def ended(self) -> None:
        self.open -= 1
        if not self.open:
            self.done.set()

    def lost(self, connection: Connection) -> None:
        """Count what was in flight as broken, and connect again."""
        if connection.index >= 0:
            self.broken += 1
            self.ended()
        if not self.done.is_set():
            task = self.loop.create_task(self.replace(connection))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def replace(self, connection: Connection) -> None:
        while not self.done.is_set():
            try:
                fresh = await self.connection()
            except OSError:
                await asyncio.sleep(TIMELINE_SECONDS)
                continue
            self.connections[self.connections.index(connection)] = fresh
            self.free(fresh)
            return

    def body_length(self, head: bytes) -> int:
        """Heads repeat, so each is read once. Raises ValueError for an answer whose end can't be known."""
        length = self.lengths.get(head)
        if length is None:
            names = dict(line.lower().partition(b":")[::2] for line in head.split(b"\r\n")[1:])
            if b"content-length" not in names and head[9:12] != b"204":
                raise ValueError(f"an answer without Content-Length: {head!r}")
            length = int(names.get(b"content-length", b"0"))
            if len(self.lengths) < 1000:
                self.lengths[head] = length
        return length


class ConstantRate(Load):
    """The open loop: request n is due n / rate seconds after the start."""

    def start(self) -> None:
        self.begin = time.perf_counter() - self.next / self.plan.rate
        self.idle: deque[Connection] = deque(self.connections)
        self.tell()
        self.tick()

    def tick(self) -> None:
        due = min(self.last, int((time.perf_counter() - self.begin) * self.plan.rate) + 1)
        while self.next < due and self.idle:
            self.send(self.idle.popleft(), self.begin + self.next / self.plan.rate)
        if self.next < self.last:
            self.loop.call_later(TICK_SECONDS, self.tick)

    def free(self, connection: Connection) -> None:
        due = self.begin + self.next / self.plan.rate
        if self.next < self.last and due <= time.perf_counter():
            self.send(connection, due)
        else:
            self.idle.append(connection)

    def lost(self, connection: Connection) -> None:
        if connection in self.idle:
            self.idle.remove(connection)
        super().lost(connection)


async def run(plan: Plan) -> tuple[Report, list[bytes]]:
    """The whole of it, and the ids of what was answered with a 2xx. The warm-up is a closed loop of its own requests."""
    batch = build(plan.url, plan.warmup + (min(plan.pool, plan.count) or plan.count))
    warm = Load(plan, batch)
    await warm.connect()
    if plan.warmup:
        warm.reset(0, plan.warmup)
        warm.start()
        await asyncio.wait_for(warm.done.wait(), plan.seconds)
    load = ConstantRate(plan, batch) if plan.rate else Load(plan, batch)
    load.connections = warm.connections
    for connection in load.connections:
        connection.load = load
    load.reset(plan.warmup, plan.warmup + plan.count)
    gc.collect()
    gc.disable()  # the requests are a big heap that never changes: no pauses in the middle of a reading
    print('{"ready": true}', flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    return await timed(load), [sid for sid, good in zip(load.sids, load.acked, strict=True) if good]


async def timed(load: Load) -> Report:
    """From the first byte sent to the last answer, or to the end of the time allowed."""
    cpu = time.process_time()
    start = time.perf_counter()
    load.start()
    try:
        await asyncio.wait_for(load.done.wait(), load.plan.seconds)
    except TimeoutError:
        load.done.set()
    seconds = time.perf_counter() - start
    busy = (time.process_time() - cpu) / seconds
    load.timeline.append((time.monotonic(), load.good))
    statuses = {status.decode(): count for status, count in load.statuses.items()}
    return Report(seconds, statuses, load.broken, load.open, summary(load.latencies), busy, load.timeline)


def summary(seconds: "array[float]") -> dict[str, float]:
    """Percentiles in ms; empty when nothing was answered."""
    ordered = sorted(seconds)
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {name: percentile(ordered, share) * 1000 for name, share in shares.items()} if ordered else {}


def main() -> None:
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    report, acked = uvloop.run(run(plan))
    if plan.acked:
        Path(plan.acked).write_bytes(b"".join(acked))
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")


if __name__ == "__main__":
    main()
