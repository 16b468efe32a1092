"""`bench dead-sinks`: what ten sinks that take nothing do to answers and deliveries, beside the same without any sink."""

import json
from contextlib import ExitStack
from pathlib import Path

from bench.children import Child
from bench.delivery import Flow, flow
from bench.drive import Run, drive, post_form, prove
from bench.figures import Result, Row, at_least, at_most, ratio
from bench.load import Plan
from bench.options import Options, note
from bench.serve import PATH, Serve

SINKS = 10
CONNECTIONS = 64
RATE = 5_000
SHARE = 0.9
TYPES = ("com.offhook.webhook.received", "com.offhook.webhook.delivered", "com.twilio.messaging.inbound-message.received")


def bench(options: Options) -> Result:
    """Both measurements without and with the sinks, in turn."""
    result = Result(
        "dead-sinks",
        f"offhook serve, ack mode, embedded SQLite: without sinks, and with {SINKS} that take nothing (half refuse connections, half never answer)",
    )
    rows = {
        (what, sinks): Row({"what": what, "sinks": str(sinks)})
        for what in (f"closed loop, {CONNECTIONS} connections", f"{RATE:,}/s")
        for sinks in (0, SINKS)
    }
    result.rows = list(rows.values())
    for number in range(options.runs):
        options.say(f"dead-sinks: run {number + 1} of {options.runs}")
        for (what, sinks), row in rows.items():
            run = closed_loop(options, sinks) if what.startswith("closed") else constant(options, sinks)
            row.add(run.readings())
            note(row, run.run if isinstance(run, Flow) else run)
    judge(result, rows)
    return result


def judge(result: Result, rows: dict[tuple[str, int], Row]) -> None:
    """Within a tenth of what they are without sinks."""
    for (what, sinks), row in rows.items():
        if not sinks:
            continue
        alone = rows[what, 0]
        for figure, least in (("acks/s", SHARE), ("CPU µs", None)):
            share = ratio(row.middle(figure), alone.middle(figure))
            name = f"{what}, {figure} with {SINKS} dead sinks, of those without"
            if least is not None:
                result.verdicts.append(at_least(f"{name} (goal: at least {least})", share, least))
            else:
                result.verdicts.append(at_most(f"{name} (goal: at most {2 - SHARE})", share, 2 - SHARE))


def closed_loop(options: Options, sinks: int) -> Run:
    """As fast as it goes."""
    with options.scratch() as directory, ExitStack() as stack:
        serve, _ = start(stack, directory, options, sinks)
        plan = Plan(f"http://127.0.0.1:{serve.port}{PATH}", CONNECTIONS, options.count(60_000, 3_000))
        return drive(plan, [serve.child], directory, options.load_core)


def constant(options: Options, sinks: int) -> Flow:
    """At a constant rate, until everything is delivered."""
    with options.scratch() as directory, ExitStack() as stack:
        serve, app_port = start(stack, directory, options, sinks)
        return flow(serve, app_port, directory, options, rate=RATE, seconds=options.count(10, 2))


def start(stack: ExitStack, directory: Path, options: Options, sinks: int) -> tuple[Serve, int]:
    """Everything afresh: the app, the server, and the sinks that it is to speak to."""
    app = stack.enter_context(Child.python("bench.app", directory=directory, core=options.load_core))
    hang = stack.enter_context(Child.python("bench.hang", directory=directory, core=options.load_core)).json()["port"]
    app_port = app.json()["port"]
    serve = Serve(directory, f"http://127.0.0.1:{app_port}{PATH}", core=options.server_core)
    stack.enter_context(serve.child)
    for number in range(sinks):
        add_sink(serve.console_port, f"http://127.0.0.1:{hang if number % 2 else 9}/sink-{number}")
    prove(serve.port, PATH)
    return serve, app_port


def add_sink(console_port: int, url: str) -> None:
    """A webhook sink with a subscription to what happens to each webhook."""
    configuration = json.dumps({"destination": url, "method": "POST", "batch_events": True})
    sink = post_form(
        console_port, "/events/v1/Sinks", {"Description": url, "SinkConfiguration": configuration, "SinkType": "webhook"}
    )
    types = [json.dumps({"type": name}) for name in TYPES]
    post_form(console_port, "/events/v1/Subscriptions", {"Description": url, "SinkSid": sink["sid"], "Types": types})
