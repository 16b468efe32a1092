"""`bench intake`: verified, stored with fsync, answered; one process on one core, beside a no-op and nginx in the same run."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench import nginx
from bench.children import Child
from bench.drive import drive, prove
from bench.figures import Result, Row, at_least, at_most, ratio
from bench.load import Plan
from bench.options import Options, note
from bench.report import NOT_MEASURED
from bench.serve import PATH, Serve

CONNECTIONS = (1, 16, 64, 256)
JUDGED_AT = 64
OF_NGINX = 0.25
CPU_US = 35
P99_MS = 10
POOL = 10_000
Opened = tuple[int, Child]


@contextmanager
def static_nginx(directory: Path, options: Options) -> Iterator[Opened]:
    """The yardstick."""
    child, port = nginx.start(directory, options.server_core)
    with child:
        yield port, child


@contextmanager
def noop(directory: Path, options: Options) -> Iterator[Opened]:
    """The ceiling of our way of serving."""
    with Child.python("bench.noop", directory=directory, core=options.server_core) as child:
        yield int(child.json()["port"]), child


@contextmanager
def intake(directory: Path, options: Options) -> Iterator[Opened]:
    """Listener, desk and SQLite journal, nothing that delivers."""
    with Child.python(
        "bench.servers.offhook_intake", str(directory / "offhook.db"), directory=directory, core=options.server_core
    ) as child:
        port = int(child.json()["port"])
        prove(port, PATH)
        yield port, child


@contextmanager
def whole(directory: Path, options: Options) -> Iterator[Opened]:
    """`offhook serve`, delivering all the while to an app that answers at once."""
    with ExitStack() as stack:
        app = stack.enter_context(Child.python("bench.app", directory=directory, core=options.load_core))
        serve = Serve(directory, f"http://127.0.0.1:{app.json()['port']}{PATH}", core=options.server_core)
        stack.enter_context(serve.child)
        prove(serve.port, PATH)
        yield serve.port, serve.child


class Server(NamedTuple):
    """One line of the table at each number of connections. `pool`: requests may repeat, since nothing is stored."""

    name: str
    open: Callable[[Path, Options], AbstractContextManager[Opened]]
    requests: int
    pool: int = 0


NGINX = Server("nginx, static 200", static_nginx, 100_000, POOL)
NOOP = Server("no-op, same kind of protocol", noop, 100_000, POOL)
INTAKE = Server("Offhook intake: verified, stored, answered", intake, 60_000)
WHOLE = Server("Offhook serve: the same, delivering meanwhile", whole, 30_000)
SERVERS = (NGINX, NOOP, INTAKE, WHOLE)


def bench(options: Options) -> Result:
    """Every server at every number of connections, then all again: interleaved."""
    result = Result("intake", "Signed 600-byte SMS forms, closed loop, ack mode, embedded SQLite")
    rows = {(server, n): Row({"server": server.name, "connections": str(n)}) for server in SERVERS for n in CONNECTIONS}
    result.rows = list(rows.values())
    for run in range(options.runs):
        options.say(f"intake: run {run + 1} of {options.runs}")
        for (server, connections), row in rows.items():
            if server is NGINX and nginx.program() is None:
                row.note = f"{NOT_MEASURED}: {nginx.HINT}"
                continue
            measure(server, connections, row, options)
    judge(result, rows[INTAKE, JUDGED_AT], rows[NGINX, JUDGED_AT])
    return result


def measure(server: Server, connections: int, row: Row, options: Options) -> None:
    """One run of one server: started afresh, so that no run inherits another's journal."""
    count = options.count(server.requests, server.requests // 20) // (5 if connections == 1 else 1)
    with options.scratch() as directory, server.open(directory, options) as (port, child):
        plan = Plan(f"http://127.0.0.1:{port}{PATH}", connections, count, pool=server.pool)
        run = drive(plan, [child], directory, options.load_core)
    row.add(run.readings())
    note(row, run)


def judge(result: Result, ours: Row, yardstick: Row) -> None:
    """The goals of the intake."""
    share = ratio(ours.middle("per CPU s"), yardstick.middle("per CPU s"))
    where = f"intake at {JUDGED_AT} connections"
    result.verdicts = [
        at_least(f"{where}, requests per CPU second, share of nginx's (goal: at least {OF_NGINX})", share, OF_NGINX),
        at_most(f"{where}, CPU µs each (goal: at most {CPU_US})", ours.middle("CPU µs"), CPU_US),
        at_most(f"{where}, p99 ms (goal: at most {P99_MS})", ours.middle("p99 ms"), P99_MS),
    ]
