"""`bench peers`: the same load, in turn, on Offhook and on two receivers built from well-known parts.

The peers get more than Offhook: every core that there is (Offhook has one), no deduplication to do, and no evidence to keep.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.arrivals import missing, wait_for
from bench.children import Child, free_port
from bench.drive import cpu_us, drive, less, prove
from bench.figures import Result, Row, number, ratio
from bench.load import Plan
from bench.messages import TOKEN
from bench.options import Options, note
from bench.peers import postgres, redis
from bench.report import NOT_MEASURED
from bench.serve import PATH, Serve

CONNECTIONS = 64
WARMUP = 200
DRAIN_SECONDS = 120


class Stack(msgspec.Struct):
    """A running receiver with all that belongs to it, and the port where webhooks go."""

    port: int
    parts: list[Child]

    def cpu(self) -> float | None:
        """CPU seconds of all parts together."""
        spent = [part.cpu() for part in self.parts]
        return None if None in spent else sum(part for part in spent if part is not None)


@contextmanager
def offhook(directory: Path, app: str, core: int | None) -> Iterator[Stack]:
    """`offhook serve`, on one core."""
    serve = Serve(directory, app, core=core)
    with serve.child:
        yield Stack(serve.port, [serve.child])


@contextmanager
def celery(directory: Path, app: str, _: int | None) -> Iterator[Stack]:
    """FastAPI + Celery + Redis: one receiver, a worker with two processes."""
    with ExitStack() as stack:
        broker, url = redis.start(directory)
        stack.enter_context(broker)
        env = {"REDIS_URL": url, "APP_URL": app, "TWILIO_AUTH_TOKEN": TOKEN}
        words = ("-A", "bench.peers.celery_tasks", "worker", "--concurrency", "2", "--loglevel", "WARNING")
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        worker = stack.enter_context(Child.python("celery", *words, *quiet, directory=directory, env=env))
        port, receiver = _receiver("celery", directory, env)
        stack.enter_context(receiver)
        yield Stack(port, [broker, worker, receiver])


@contextmanager
def procrastinate(directory: Path, app: str, _: int | None) -> Iterator[Stack]:
    """FastAPI + procrastinate + PostgreSQL: one receiver, one worker with 32 tasks at a time."""
    with ExitStack() as stack:
        database, url = postgres.start(directory)
        stack.enter_context(database)
        env = {"POSTGRES_URL": url, "APP_URL": app, "TWILIO_AUTH_TOKEN": TOKEN}
        words = ("--app", "bench.peers.procrastinate_tasks.queue")
        with Child.python("procrastinate", *words, "schema", "--apply", directory=directory, env=env) as schema:
            schema.process.wait(60)
        worker = stack.enter_context(
            Child.python("procrastinate", *words, "worker", "--concurrency", "32", directory=directory, env=env)
        )
        port, receiver = _receiver("procrastinate", directory, env)
        stack.enter_context(receiver)
        yield Stack(port, [database, worker, receiver])


def _receiver(peer: str, directory: Path, env: dict[str, str]) -> tuple[int, Child]:
    """One uvicorn process on uvloop and httptools, without an access log."""
    port = free_port()
    words = (
        f"bench.peers.{peer}_receiver:app",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "warning",
    )
    fast = ("--loop", "uvloop", "--http", "httptools")
    child = Child.python("uvicorn", *words, *fast, directory=directory, env=env)
    child.wait_for_port(port)
    return port, child


class Contender(NamedTuple):
    """One line of the table. `hint` says what to install where `found` finds nothing."""

    name: str
    open: Callable[[Path, str, int | None], AbstractContextManager[Stack]]
    found: Callable[[], object]
    hint: str


CONTENDERS = (
    Contender("Offhook", offhook, lambda: True, ""),
    Contender("FastAPI + procrastinate + PostgreSQL", procrastinate, postgres.programs, postgres.HINT),
    Contender("FastAPI + Celery + Redis (AOF always)", celery, redis.program, redis.HINT),
)


def bench(options: Options) -> Result:
    """Every contender once, then again: interleaved, so that a slow minute of the machine hits all of them."""
    count = options.count(10_000, 1_000)
    result = Result("peers", f"{count:,} webhooks over {CONNECTIONS} connections: verified, durably queued, answered, delivered")
    result.rows = [Row({"receiver": contender.name}) for contender in CONTENDERS]
    for run in range(options.runs):
        for contender, row in zip(CONTENDERS, result.rows, strict=True):
            if not contender.found():
                row.note = f"{NOT_MEASURED}: {contender.hint}"
                continue
            options.say(f"peers: {contender.name}, run {run + 1} of {options.runs}")
            measure(contender, row, count, options)
    ours = result.rows[0].middle("acks/s")
    for row in result.rows[1:]:
        times = ratio(ours, row.middle("acks/s"))
        if times is not None:
            result.notes.append(
                f"Offhook acknowledges {number(times)} times as many webhooks a second as {row.labels['receiver']}"
            )
    result.notes.append(
        "The peers may use every core and neither deduplicate nor keep evidence of attempts; Offhook has one core and does both."
    )
    return result


def measure(contender: Contender, row: Row, count: int, options: Options) -> None:
    """One run of one contender: the load, then until all of it has reached the app."""
    with options.scratch() as directory, ExitStack() as stack:
        app = stack.enter_context(Child.python("bench.app", directory=directory, core=options.load_core))
        app_port = app.json()["port"]
        running = stack.enter_context(contender.open(directory, f"http://127.0.0.1:{app_port}{PATH}", options.server_core))
        prove(running.port, PATH)
        wait_for(app_port, 1, DRAIN_SECONDS)  # the proof has been delivered: the worker is up
        acked = directory / "acked"
        plan = Plan(f"http://127.0.0.1:{running.port}{PATH}", CONNECTIONS, count, seconds=180, warmup=WARMUP, acked=str(acked))
        before = running.cpu()
        run = drive(plan, running.parts, directory, options.load_core)
        extra = 1 + WARMUP  # the proof and the warm-up reach the app as well
        arrivals = wait_for(app_port, run.report.good + extra, DRAIN_SECONDS)
        lost = missing(app_port, acked)
        spent = less(running.cpu(), before)
    started = run.report.timeline[0][0]
    ended = arrivals.reached(run.report.good + extra)
    row.add(
        {
            "acks/s": run.report.rate,
            "p50 ms": run.report.latency.get("p50"),
            "p99 ms": run.report.latency.get("p99"),
            "delivered/s": run.report.good / (ended - started) if ended else None,
            "CPU µs, delivered": cpu_us(spent, run.report.good + WARMUP),
            "not delivered": lost,
        }
    )
    note(row, run)
