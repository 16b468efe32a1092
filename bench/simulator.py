"""`bench simulator`: texts at a constant rate through the simulated carrier in one process, each brought to an app and replied to."""

from contextlib import ExitStack

from bench.children import Child
from bench.figures import Result, Row, at_least, at_most
from bench.options import Options

RATE = 500
REPLY_P99_MS = 1_000
STEPS = (500, 1_000, 1_500)
TITLE = "Texts at a constant rate through the simulated carrier, one process on one core; a small app answers each with a message"


def bench(options: Options) -> Result:
    """The goal's rate and above it, interleaved; the life of a reply itself takes 450 ms, as `offhook dev` has it."""
    seconds = options.count(20, 2)
    result = Result("simulator", f"{TITLE}, {seconds} s")
    result.rows = [Row({"texts": f"{rate:,}/s"}) for rate in STEPS]
    for run in range(options.runs):
        for rate, row in zip(STEPS, result.rows, strict=True):
            options.say(f"simulator: {rate:,}/s, run {run + 1} of {options.runs}")
            row.add(measure(rate, seconds, options))
    row = result.rows[0]
    result.verdicts = [
        at_least(f"texts a second (goal: at least {RATE * 0.99:,.0f})", row.middle("texts/s"), RATE * 0.99),
        at_most(f"reply on the phone, p99 ms (goal: at most {REPLY_P99_MS:,})", row.middle("reply p99 ms"), REPLY_P99_MS),
        at_most("without a reply, worst run (goal: 0)", max(row.figures["no reply"]), 0),
    ]
    return result


def measure(rate: float, seconds: float, options: Options) -> dict[str, float | None]:
    """One run: the app and the carrier started afresh."""
    with options.scratch() as directory, ExitStack() as stack:
        app = stack.enter_context(Child.python("bench.app", "reply", directory=directory, core=options.load_core))
        words = (str(app.json()["port"]), str(rate), str(seconds))
        carrier = stack.enter_context(Child.python("bench.texts", *words, directory=directory, core=options.server_core))
        found = carrier.json(timeout=3 * seconds + 60)
        return {
            "texts/s": found["rate"],
            "late p99 ms": found["late_ms"]["p99"],
            "reply p50 ms": found["reply_ms"]["p50"],
            "reply p99 ms": found["reply_ms"]["p99"],
            "CPU µs": found["cpu_us"],
            "MB": found["resident_mb"],
            "no reply": found["missing"] + found["failed"],
            "webhooks kept": found["kept"],
        }
