"""`bench isolation`: what an endpoint whose app hangs on every request does to the answers of another one, in one process."""

import threading
from contextlib import ExitStack
from pathlib import Path

from bench.children import Child
from bench.drive import Run, drive
from bench.figures import Result, Row, at_most
from bench.load import Plan
from bench.options import Options, note
from bench.serve import Serve

RATE = 500
STUCK_RATE = 50
CONNECTIONS = 64
STUCK_CONNECTIONS = 512
MOST_CHANGE = 1.2

CONFIG = """\
hold = "5s"
[endpoints.fine]
to = "http://127.0.0.1:{fine}/sms"
[endpoints.stuck]
to = "http://127.0.0.1:{stuck}/sms"
"""


def bench(options: Options) -> Result:
    """The good endpoint alone, and beside the stuck one, in turn."""
    seconds = options.count(15, 2)
    title = f"Relay mode, {RATE}/s to a good app for {seconds} s; beside it {STUCK_RATE}/s to one that never answers"
    result = Result("isolation", title)
    alone, beside = Row({"the other endpoint": "idle"}), Row({"the other endpoint": "its app hangs on every request"})
    result.rows = [alone, beside]
    ratios = []
    for run in range(options.runs):
        options.say(f"isolation: run {run + 1} of {options.runs}")
        found = [measure(seconds, options, stuck=stuck) for stuck in (False, True)]
        for row, each in zip((alone, beside), found, strict=True):
            row.add(each.readings())
            note(row, each)
        ratios.append(found[1].report.latency["p99"] / found[0].report.latency["p99"])
    middle = sorted(ratios)[len(ratios) // 2]
    result.verdicts = [
        at_most(f"p99 beside the hanging app, of the p99 alone (goal: at most {MOST_CHANGE})", middle, MOST_CHANGE)
    ]
    return result


def measure(seconds: float, options: Options, *, stuck: bool) -> Run:
    """One run; the stuck endpoint's load begins some seconds earlier, so that its places are full."""
    with options.scratch() as directory, ExitStack() as stack:
        fine = stack.enter_context(Child.python("bench.app", directory=directory, core=options.load_core)).json()["port"]
        hang = stack.enter_context(Child.python("bench.hang", directory=directory, core=options.load_core)).json()["port"]
        config = directory / "offhook.toml"
        config.write_text(CONFIG.format(fine=fine, stuck=hang))
        serve = Serve(directory, None, core=options.server_core, config=config)
        stack.enter_context(serve.child)
        load = None
        if stuck:
            load = threading.Thread(target=flood, args=(serve, directory, seconds + 4, options))
            load.start()
            threading.Event().wait(3)
        plan = Plan(f"http://127.0.0.1:{serve.port}/fine", CONNECTIONS, int(RATE * seconds), rate=RATE, seconds=2 * seconds + 10)
        run = drive(plan, [serve.child], directory, options.load_core)
        if load is not None:
            load.join()
        return run


def flood(serve: Serve, directory: Path, seconds: float, options: Options) -> None:
    """Messages for the app that hangs: each is answered after the hold, or at once when its breaker is open."""
    url = f"http://127.0.0.1:{serve.port}/stuck"
    plan = Plan(url, STUCK_CONNECTIONS, int(STUCK_RATE * seconds), rate=STUCK_RATE, seconds=seconds + 20, warmup=0)
    drive(plan, [], directory, options.load_core)
