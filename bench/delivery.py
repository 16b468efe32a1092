"""`bench delivery`: received, stored, delivered, its evidence kept, settled; one process on one core, at a constant rate."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.arrivals import Arrivals, backlog, missing, wait_for
from bench.children import Child
from bench.drive import Run, cpu_us, drive, less, prove
from bench.figures import Result, Row, at_least, at_most
from bench.load import Plan
from bench.options import Options, note
from bench.serve import PATH, UNDELIVERED, Serve

CONNECTIONS = 256
RATE = 5_000
ACK_P99_MS = 20
WARMUP = 500
DRAIN_SECONDS = 60
CLEAN_DRAIN_SECONDS = 1.0
STEP = 1_000
HIGHEST_RATE = 30_000


class Flow(msgspec.Struct):
    """One run at a constant rate: the load, what reached the app, and what the journal says afterwards."""

    rate: float
    run: Run
    arrivals: Arrivals
    missing: int
    waiting: int
    backlog: int
    drain_seconds: float | None
    cpu_us: float | None
    slow_commits: int

    @property
    def clean(self) -> bool:
        """Every request acknowledged in good time, all of it delivered and settled, and no queue that grew."""
        p99 = self.run.report.latency.get("p99", float("inf"))
        drained = self.drain_seconds is not None and self.drain_seconds <= CLEAN_DRAIN_SECONDS
        return not self.run.trouble() and p99 <= ACK_P99_MS and drained and not self.missing and not self.waiting

    def readings(self) -> dict[str, float | None]:
        latency = self.run.report.latency
        return {
            "acks/s": self.run.report.rate,
            "ack p50 ms": latency.get("p50"),
            "ack p99 ms": latency.get("p99"),
            "ack max ms": latency.get("max"),
            "CPU µs": self.cpu_us,
            "commits > 25 ms": self.slow_commits,
            "acked": self.run.report.good,
            "not delivered": self.missing,
            "twice": self.arrivals.requests - self.arrivals.distinct,
            "waiting at the end": self.waiting,
            "most waiting": self.backlog,
            "drained after s": self.drain_seconds,
        }


def bench(options: Options) -> Result:
    """The goal's rate several times, then up in steps until it is no longer clean."""
    seconds = options.count(10, 2)
    result = Result("delivery", f"Constant rate for {seconds} s over {CONNECTIONS} connections, ack mode, embedded SQLite")
    result.rows = at_goal(seconds, options)
    judge(result, result.rows)
    highest = climb(result, options)
    result.verdicts.append(at_least(f"highest clean rate found, a second (goal: at least {RATE:,})", highest, RATE))
    return result


def at_goal(seconds: int, options: Options) -> list[Row]:
    """So many runs as are wanted; those in which the disk stalled have a row of their own, and are made up for by as many others at most."""
    row, stalled = Row({"rate": f"{RATE:,}/s"}), Row({"rate": f"{RATE:,}/s, the disk stalled"})
    runs = tried = 0
    while runs < options.runs and tried < 2 * options.runs:
        options.say(f"delivery: {RATE:,}/s, run {runs + 1} of {options.runs}{', once more' if tried > runs else ''}")
        flow = measure(RATE, seconds, options)
        tried += 1
        runs += not flow.slow_commits
        into = stalled if flow.slow_commits else row
        into.add(flow.readings())
        note(into, flow.run)
    if stalled.figures:
        stalled.note = f"{tried - runs} of {tried} runs; {stalled.note}".rstrip("; ")
    return [each for each in (row, stalled) if each.figures]


def measure(rate: float, seconds: float, options: Options, database: Path | None = None) -> Flow:
    """One run: everything started afresh, unless a journal is given."""
    with options.scratch() as directory, ExitStack() as stack:
        app = stack.enter_context(Child.python("bench.app", directory=directory, core=options.load_core))
        app_port = app.json()["port"]
        serve = Serve(directory, f"http://127.0.0.1:{app_port}{PATH}", core=options.server_core, database=database)
        stack.enter_context(serve.child)
        prove(serve.port, PATH)
        return flow(serve, app_port, directory, options, rate=rate, seconds=seconds)


def flow(serve: Serve, app_port: int, directory: Path, options: Options, *, rate: float, seconds: float) -> Flow:
    """The load, then until the app has all of it and the journal has settled it."""
    acked = directory / "acked"
    count = int(rate * seconds)
    plan = Plan(
        f"http://127.0.0.1:{serve.port}{PATH}",
        CONNECTIONS,
        count,
        rate=rate,
        seconds=3 * seconds + 10,
        warmup=WARMUP,
        acked=str(acked),
    )
    before, slow_before = serve.child.cpu(), serve.slow_commits()
    run = drive(plan, [serve.child], directory, options.load_core)
    extra = 1 + WARMUP  # the proof and the warm-up reach the app as well
    arrivals = wait_for(app_port, run.report.good + extra, DRAIN_SECONDS)
    waiting = settled(serve)
    spent = less(serve.child.cpu(), before)
    ended = arrivals.reached(run.report.good + extra)
    return Flow(
        rate=rate,
        run=run,
        arrivals=arrivals,
        missing=missing(app_port, acked),
        waiting=waiting,
        backlog=backlog(run.report, arrivals, extra),
        drain_seconds=max(0.0, ended - run.report.timeline[-1][0]) if ended else None,
        cpu_us=cpu_us(spent, run.report.good + WARMUP),
        slow_commits=serve.slow_commits() - slow_before,
    )


def settled(serve: Serve) -> int:
    """How many webhooks the journal still holds as undelivered, once it has had a moment to settle the last of them."""
    end = time.monotonic() + 5
    while True:
        states = serve.states()
        waiting = sum(states[state] for state in UNDELIVERED)
        if not waiting or time.monotonic() > end:
            return waiting
        time.sleep(0.25)


def climb(result: Result, options: Options) -> float | None:
    """Up from the goal's rate in steps (or down, when that is not clean), a row for each; the highest clean rate. A step has two tries."""
    seconds = options.count(6, 1)
    highest: float | None = None
    rate = RATE
    while 0 < rate <= options.count(HIGHEST_RATE, RATE):
        options.say(f"delivery: highest clean rate, {rate:,}/s")
        found = measure(rate, seconds, options)
        if not found.clean:
            found = measure(rate, seconds, options)
        row = Row({"rate": f"{rate:,}/s, {seconds} s"}, note="clean" if found.clean else "not clean")
        row.add(found.readings())
        note(row, found.run)
        result.rows.append(row)
        if found.clean:
            highest = rate
            if rate < RATE:
                break
            rate += STEP
        elif highest:
            break
        else:
            rate -= STEP
    return highest


def judge(result: Result, rows: Sequence[Row]) -> None:
    """The goals of the delivery: by the runs in which the disk did not stall, if there are any. Losses are judged by the worst run of all."""
    at, row = f"at {RATE:,}/s", rows[0]
    lost, left = ([run for each in rows for run in each.figures[name]] for name in ("not delivered", "waiting at the end"))
    result.verdicts = [
        at_least(f"{at}, acknowledged a second (goal: at least {RATE * 0.99:,.0f})", row.middle("acks/s"), RATE * 0.99),
        at_most(f"{at}, ack p99 ms (goal: at most {ACK_P99_MS})", row.middle("ack p99 ms"), ACK_P99_MS),
        at_most(f"{at}, acknowledged and not counted at the app, worst run (goal: 0)", max(lost), 0),
        at_most(f"{at}, left in the queue, worst run (goal: 0)", max(left), 0),
    ]
