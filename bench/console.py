"""`bench console`: how long each page of the console takes with 1,000,000 webhooks in the journal, while more come in at a constant rate."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from starlette.routing import compile_path

from bench.children import Child
from bench.drive import Run, drive
from bench.figures import Result, Row, at_least, at_most, percentile
from bench.growth import filled
from bench.load import Plan
from bench.options import Options, note
from bench.serve import PATH, Serve
from offhook.console.routes import PAGES

STORED = 1_000_000
RATE = 1_000
CONNECTIONS = 64
ROUNDS = 100
SECONDS_A_PAGE = 0.03
LOOKED_AT = 6
"""Pages of one kind that are searched for links to other kinds: not every issue has lost something."""
MEDIAN_MS, P99_MS = 100, 300
TROUBLE_SECONDS = 1200
INTAKE = "(the intake meanwhile)"
QUERIES = (
    "/?span=24h",
    "/?span=7d",
    "/webhooks?state=failed",
    "/webhooks?state=delivered&endpoint=sms",
    "/webhooks?q=appointment",
    "/webhooks?q=nothing+of+the+kind",
    "/webhooks?code=11217",
    "/errors?code=11217",
    "/errors?level=WARNING",
    "/errors?q=tunnel",
    "/errors?q=nothing+of+the+kind",
    "/issues?state=open",
)
"""What people ask the lists for, beside what the route table has."""
_LINK = re.compile(r'<a [^>]*href="([^"]*)"')


def bench(options: Options) -> Result:
    """The journal is filled once; each run starts Offhook anew on it, and reads every page in turn while the load lasts."""
    stored, rounds = options.count(STORED, 20_000), options.count(ROUNDS, 3)
    title = (
        f"Pages of the console with {stored:,} webhooks in the journal, {RATE:,} more coming in each second; {rounds} times each"
    )
    result = Result("console", title)
    rows: dict[str, Row] = {}
    with options.scratch() as directory:
        journal = directory / "full.db"
        options.say(f"console: filling a journal with {stored:,} webhooks")
        filled(journal, stored)
        troubled(journal, 1 if not options.quick else 0.02)
        for run in range(options.runs):
            options.say(f"console: run {run + 1} of {options.runs}")
            measure(journal, rounds, rows, options)
    intake = rows.pop(INTAKE)
    result.rows = [*sorted(rows.values(), key=lambda row: -(row.middle("p50 ms") or 0.0)), intake]
    judge(result, list(rows.values()), intake)
    return result


def judge(result: Result, pages: Sequence[Row], intake: Row) -> None:
    """The goals are every page's, so the slowest one is judged."""
    for name, what, limit in (("p50 ms", "median", MEDIAN_MS), ("p99 ms", "p99", P99_MS)):
        slowest = max(pages, key=lambda row: row.middle(name) or 0.0)
        goal = f"the slowest page's {what}, ms: {slowest.labels['page']} (goal: at most {limit})"
        result.verdicts.append(at_most(goal, slowest.middle(name), limit))
    least = RATE * 0.99
    result.verdicts.append(
        at_least(f"webhooks acknowledged a second meanwhile (goal: at least {least:,.0f})", intake.middle("acks/s"), least)
    )


def troubled(journal: Path, scale: float) -> None:
    """Have things gone wrong in a journal, in a process of its own. Raises ChildError when that cannot be."""
    with Child.python("bench.trouble", str(journal), str(scale), directory=journal.parent) as child:
        if child.process.wait(TROUBLE_SECONDS):
            raise RuntimeError(f"the journal could not be filled with trouble:\n{child.complaint()}")


def measure(journal: Path, rounds: int, rows: dict[str, Row], options: Options) -> None:
    """One run."""
    with options.scratch() as directory, Child.python("bench.app", directory=directory, core=options.load_core) as app:
        serve = Serve(directory, f"http://127.0.0.1:{app.json()['port']}{PATH}", core=options.server_core, database=journal)
        with serve.child, ThreadPoolExecutor(1) as pool, Reader(serve) as reader:
            pages = list(reader.pages())
            seconds = max(5.0, rounds * len(pages) * SECONDS_A_PAGE)
            load = pool.submit(under_load, serve, directory, seconds, options)
            time.sleep(2)  # until it has begun
            took: dict[str, list[float]] = {page: [] for page in pages}
            for _ in range(rounds):
                for page in pages:
                    took[page].append(reader.timed(page))
            outlasted = not load.done()
            run = load.result()
    for page, readings in took.items():
        add(rows, reader.named(page), readings, reader.sizes[page])
        note(rows[reader.named(page)], run)
        if not outlasted:
            rows[reader.named(page)].note = "the load ended before the last reading"
    latency = run.report.latency
    row = rows.setdefault(INTAKE, Row({"page": INTAKE}))
    row.add({"p50 ms": latency.get("p50"), "p99 ms": latency.get("p99"), "max ms": latency.get("max"), "acks/s": run.report.rate})


def add(rows: dict[str, Row], name: str, readings: Sequence[float], size: int) -> None:
    """A page's readings of one run, in ms."""
    row = rows.setdefault(name, Row({"page": name}))
    ordered = sorted(readings)
    row.add(
        {
            "p50 ms": percentile(ordered, 0.5) * 1000,
            "p99 ms": percentile(ordered, 0.99) * 1000,
            "max ms": ordered[-1] * 1000,
            "kB": size / 1024,
        }
    )


def under_load(serve: Serve, directory: Path, seconds: float, options: Options) -> Run:
    """Webhooks at a constant rate, for so long."""
    plan = Plan(f"http://127.0.0.1:{serve.port}{PATH}", CONNECTIONS, int(RATE * seconds), rate=RATE, seconds=3 * seconds + 10)
    return drive(plan, [serve.child], directory, options.load_core)


class Reader:
    """A person at the console: logged in, one kept connection, one page after the other."""

    def __init__(self, serve: Serve) -> None:
        self._connection = HTTPConnection("127.0.0.1", serve.console_port, timeout=60)
        self._cookie = ""
        self.sizes: dict[str, int] = {}
        self._log_in(serve.login)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _log_in(self, token: str) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/login", urlencode({"token": token}), headers)
        answer = self._connection.getresponse()
        answer.read()
        self._cookie = (answer.headers["set-cookie"] or "").partition(";")[0]
        if answer.status != 303 or not self._cookie:
            raise RuntimeError(f"the login was answered with {answer.status}")

    def pages(self) -> Iterator[str]:
        """A path for each route of the table that is a page, then the usual questions. Ids are those of the first link to the route."""
        wanted = {each.path for each in PAGES if each.method == "GET"}
        found: Counter[str] = Counter()
        todo = [path for path in wanted if "{" not in path]
        while todo:
            path = todo.pop(0)
            route = _route(path, wanted)
            if route is None or found[route] >= (LOOKED_AT if "{" in route else 1):
                continue
            kind, body = self._read(path)
            if kind != "text/html" or not body.startswith("<!doctype"):
                wanted.discard(route)
                continue
            found[route] += 1
            if found[route] == 1:
                yield path
            todo += [href for href in _LINK.findall(body) if "?" not in href and href.startswith("/")]
        yield from (query for query in QUERIES if query.partition("?")[0] in found)

    def timed(self, path: str) -> float:
        """How long a page takes until its last byte, in seconds. Raises RuntimeError for anything but a 200."""
        began = time.perf_counter()
        _, body = self._read(path)
        took = time.perf_counter() - began
        self.sizes[path] = len(body)
        return took

    def _read(self, path: str) -> tuple[str, str]:
        self._connection.request("GET", path, headers={"Cookie": self._cookie})
        answer = self._connection.getresponse()
        kind = answer.headers.get_content_type()
        if kind != "text/html":  # a stream that does not end, or a download: no page
            self._connection.close()
            return kind, ""
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {body[:200]!r}")
        return kind, body.decode()

    def named(self, path: str) -> str:
        """A page as the table has it: the route's path, or the question."""
        return path if "?" in path else _route(path, [each.path for each in PAGES if each.method == "GET"]) or path


def _route(path: str, routes: Iterable[str]) -> str | None:
    known = sorted(routes, key=lambda each: each.count("{"))  # fixed ones first
    return next((each for each in known if compile_path(each)[0].match(path.partition("#")[0])), None)
