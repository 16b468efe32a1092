"""`bench memory`: what `offhook serve` holds at 256 connections, and at a backlog of 100,000 webhooks that its app does not take."""

import time
from contextlib import ExitStack

from bench.children import Child, free_port
from bench.drive import drive, prove
from bench.figures import Result, Row, at_most
from bench.load import Plan
from bench.options import Options, note
from bench.serve import PATH, UNDELIVERED, Serve

LIMIT_MB = 200
CONNECTIONS = 256
BACKLOG_CONNECTIONS = 64
WATCH_SECONDS = 20


def bench(options: Options) -> Result:
    """Resident memory at its highest, from the start of the process on: nothing that comes and goes is overlooked."""
    result = Result("memory", "Resident memory of offhook serve, ack mode, embedded SQLite (1 MB = 2**20 bytes)")
    idle, busy, backlog = (
        Row({"when": "started, no connection"}),
        Row({"when": f"{CONNECTIONS} connections, delivering"}),
        Row({"when": f"app down, {options.count(100_000, 5_000):,} undelivered"}),
    )
    result.rows = [idle, busy, backlog]
    for run in range(options.runs):
        options.say(f"memory: run {run + 1} of {options.runs}")
        connections(idle, busy, options)
        undelivered(backlog, options)
    for row in (busy, backlog):
        worst = max(row.figures["highest MB"]) if "highest MB" in row.figures else None
        result.verdicts.append(at_most(f"{row.labels['when']}, highest MB, worst run (goal: below {LIMIT_MB})", worst, LIMIT_MB))
    return result


def connections(idle: Row, busy: Row, options: Options) -> None:
    """A live app, and as much load as 256 connections give."""
    with options.scratch() as directory, ExitStack() as stack:
        app = stack.enter_context(Child.python("bench.app", directory=directory, core=options.load_core))
        serve = Serve(directory, f"http://127.0.0.1:{app.json()['port']}{PATH}", core=options.server_core)
        stack.enter_context(serve.child)
        prove(serve.port, PATH)
        idle.add(resident(serve))
        plan = Plan(f"http://127.0.0.1:{serve.port}{PATH}", CONNECTIONS, options.count(50_000, 2_000))
        note(busy, drive(plan, [serve.child], directory, options.load_core))
        busy.add(resident(serve))


def undelivered(row: Row, options: Options) -> None:
    """Nobody listens where the app should be; the retries go on while we watch."""
    count = options.count(100_000, 5_000)
    with options.scratch() as directory:
        serve = Serve(directory, f"http://127.0.0.1:{free_port()}{PATH}", core=options.server_core)
        with serve.child:
            plan = Plan(f"http://127.0.0.1:{serve.port}{PATH}", BACKLOG_CONNECTIONS, count, seconds=180)
            note(row, drive(plan, [serve.child], directory, options.load_core))
            time.sleep(options.count(WATCH_SECONDS, 1))
            row.add(resident(serve))
            states = serve.states()
            row.add({"undelivered": sum(states[state] for state in UNDELIVERED), "failed": states["failed"]})


def resident(serve: Serve) -> dict[str, float | None]:
    now, highest = serve.child.memory()
    return {"MB": now, "highest MB": highest}
