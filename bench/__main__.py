"""`python -m bench [intake|delivery|growth|isolation|dead-sinks|alarms|console|memory|simulator|peers|all|figures] [--quick] [--runs N] [--dir PATH]`."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import alarms, dead_sinks, delivery, growth, intake, isolation, memory, report, simulator
from bench import console as pages
from bench.figures import Result
from bench.machine import cores, facts, file_system
from bench.options import Options
from bench.peers import comparison

BENCHES: dict[str, Callable[[Options], Result]] = {
    "intake": intake.bench,
    "delivery": delivery.bench,
    "growth": growth.bench,
    "isolation": isolation.bench,
    "dead-sinks": dead_sinks.bench,
    "alarms": alarms.bench,
    "console": pages.bench,
    "memory": memory.bench,
    "simulator": simulator.bench,
    "peers": comparison.bench,
}


def main() -> int:
    """Run what is asked for, print it, keep it. 1 when a goal was measured and not met (a quick run has no goals)."""
    arguments = parser().parse_args()
    console = Console(stderr=True)
    if arguments.bench == "figures":
        console.print(f"bench/README.md now holds: {', '.join(report.publish()) or 'nothing, there is no full run in bench/out'}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every child is stopped
    options = make_options(arguments, console)
    results = [run(name, options) for name in (BENCHES if arguments.bench == "all" else [arguments.bench])]
    missed = [verdict for result in results for verdict in result.verdicts if verdict.met is False]
    return 1 if missed and not options.quick else 0


def parser() -> argparse.ArgumentParser:
    built = argparse.ArgumentParser(prog="python -m bench", description="Measure Offhook; see bench/README.md.")
    built.add_argument(
        "bench",
        nargs="?",
        default="all",
        choices=[*BENCHES, "all", "figures"],
        help="what to measure; figures: put the latest full runs into the README",
    )
    built.add_argument("--quick", action="store_true", help="small counts and one run: does everything work?")
    built.add_argument("--runs", type=int, default=0, help="runs of each measurement (3; 1 with --quick)")
    built.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the journals go: the disk to measure")
    return built


def make_options(arguments: argparse.Namespace, console: Console) -> Options:
    server, load = cores()
    if server is None:
        console.print("Processes are not pinned to cores here: read the figures with care.")
    if (kind := file_system(arguments.dir)) == "tmpfs":
        console.print(
            f"{arguments.dir} is in memory ({kind}): an fsync costs nothing there. Name a directory on a disk with --dir."
        )
    runs = arguments.runs or (1 if arguments.quick else 3)
    return Options(
        directory=arguments.dir.resolve(),
        quick=arguments.quick,
        runs=runs,
        server_core=server,
        load_core=load,
        say=lambda words: console.print(words, style="dim", highlight=False),
    )


def run(name: str, options: Options) -> Result:
    """One bench: measured, printed to stdout, kept as JSON."""
    result = BENCHES[name](options)
    result.machine = facts(options.directory)
    result.at = report.now()
    result.quick = options.quick
    wide = None if sys.stdout.isatty() else 180
    report.show(result, Console(width=wide))
    options.say(f"kept in {report.save(result)}")
    return result


if __name__ == "__main__":
    sys.exit(main())
