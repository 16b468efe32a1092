"""`bench growth`: the intake and the delivery again with 2,000,000 stored webhooks, beside an empty journal in the same run."""

import os
import shutil
import sys
import time
from pathlib import Path

from bench import delivery
from bench.children import Child, ChildError
from bench.drive import drive
from bench.figures import Result, Row, at_least, at_most, ratio
from bench.intake import INTAKE, intake
from bench.load import Plan
from bench.options import Options, note
from bench.serve import PATH

STORED = 2_000_000
DAYS = 10
CONNECTIONS = 64
WITHIN = 0.2
WARMUP = 2_000
# At its start a journal reads the keys that it holds, in the background: about a second for 2,000,000.
SETTLE_SECONDS = 3
FILL_SECONDS = 1800


def bench(options: Options) -> Result:
    """Empty and full in turn. The full journal is filled once; what the runs add to it is small beside it."""
    stored = options.count(STORED, 20_000)
    result = Result("growth", f"An empty journal beside one with {stored:,} webhooks of {DAYS} days")
    kinds = (f"intake, closed loop, {CONNECTIONS} connections", f"delivery at {delivery.RATE:,}/s")
    rows = {
        (kind, full): Row({"what": kind, "journal": f"{stored:,}" if full else "empty"})
        for kind in kinds
        for full in (False, True)
    }
    result.rows = list(rows.values())
    with options.scratch() as directory:
        journal = directory / "full.db"
        options.say(f"growth: filling a journal with {stored:,} webhooks")
        began = time.monotonic()
        filled(journal, stored)
        size = journal.stat().st_size / 2**30
        result.notes.append(f"filled in {time.monotonic() - began:.0f} s; {size:.2f} GiB")
        for run in range(options.runs):
            options.say(f"growth: run {run + 1} of {options.runs}")
            for full in (False, True):
                database = journal if full else None
                take_in(rows[kinds[0], full], database, options)
                deliver(rows[kinds[1], full], database, options)
    for kind in kinds:
        judge(result, kind, rows[kind, False], rows[kind, True])
    return result


def filled(journal: Path, count: int) -> None:
    """Make the journal, in a process of its own, with the package's source on its path. Raises ChildError when it can't."""
    command = f"from bench.fill import fill; fill({str(journal)!r}, {count}, days={DAYS})"
    with Child("fill", [sys.executable, "-c", command], journal.parent) as child:
        if child.process.wait(FILL_SECONDS):
            raise ChildError(f"the journal could not be filled:\n{child.complaint()}")


def take_in(row: Row, database: Path | None, options: Options) -> None:
    """As many as the intake can take."""
    with options.scratch() as directory:
        journal = directory / "offhook.db"
        if database is not None:  # a copy: what is taken in here is never delivered, and must not wait in the delivery's journal
            shutil.copyfile(database, journal)
            os.sync()
        with intake(directory, options) as (port, child):
            time.sleep(SETTLE_SECONDS)
            plan = Plan(f"http://127.0.0.1:{port}{PATH}", CONNECTIONS, options.count(INTAKE.requests, 3_000), warmup=WARMUP)
            run = drive(plan, [child], directory, options.load_core)
    row.add(run.readings())
    note(row, run)


def deliver(row: Row, database: Path | None, options: Options) -> None:
    """The goal's constant rate."""
    flow = delivery.measure(delivery.RATE, options.count(10, 1), options, database)
    readings = flow.readings()
    row.add(
        {"acks/s": readings["acks/s"], "CPU µs": flow.cpu_us, "p50 ms": readings["ack p50 ms"], "p99 ms": readings["ack p99 ms"]}
    )
    row.add({name: readings[name] for name in ("not delivered", "waiting at the end", "drained after s")})
    note(row, flow.run)


def judge(result: Result, kind: str, empty: Row, full: Row) -> None:
    """Within a fifth: as many a second, and no more work each."""
    share = ratio(full.middle("acks/s"), empty.middle("acks/s"))
    work = ratio(full.middle("CPU µs"), empty.middle("CPU µs"))
    result.verdicts += [
        at_least(f"{kind}, acks/s of the empty journal's (goal: at least {1 - WITHIN})", share, 1 - WITHIN),
        at_most(f"{kind}, CPU µs of the empty journal's (goal: at most {1 + WITHIN})", work, 1 + WITHIN),
    ]
