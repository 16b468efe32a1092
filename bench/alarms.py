"""`bench alarms`: what 200 alarms over 10,000 debug events a second cost, in process, with the journal that keeps their firings on a disk."""

import asyncio
import random
import time
from pathlib import Path

from msgspec.structs import replace

from bench.figures import Result, Row, at_most
from bench.options import Options
from offhook import logs
from offhook.alarms.book import AlarmBook
from offhook.alarms.model import Alarm, Channels, Watch
from offhook.alarms.watcher import Watcher, WatcherParts
from offhook.metrics import Metrics
from offhook.records import Cause, Confidence, DebugEvent, Heard, Level, Marks
from offhook.stores.rules import underived
from offhook.stores.sqlite import SqliteJournal
from offhook.system import TimeSortedIds

ALARMS, RATE = 200, 10_000
GOAL_PERCENT = 5.0
BATCH = 50
BEGAN = 1_700_000_000.0
TITLE = f"{ALARMS} alarms over {RATE:,} debug events a second: processor time of one core, the journal's writer included"
CODES = (11200, 11205, 11210, 11215, 11219, 11220, 11235, 11236, 11237, 12100, 12200, 12300, 12400, 15003, 21610, 30003)
CAUSES = ("ngrok.down", "tls.expired", "dns.unknown-host", "app.exception", "gateway.timeout", "")
ENDPOINTS = tuple(f"endpoint-{n}" for n in range(10))
WINDOWS = (300.0, 900.0, 3_600.0, 43_200.0, 86_400.0)


class StepClock:
    """The bench moves it."""

    def __init__(self) -> None:
        self.at = BEGAN

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, _seconds: float) -> None:
        raise AssertionError("nobody sleeps in this bench")


def bench(options: Options) -> Result:
    """A minute of steady errors, then one in which most alarms fire and recover: what hearing costs, and what judging and writing do."""
    logs.configure("error")
    seconds = options.count(60, 3)
    result = Result("alarms", f"{TITLE}, {seconds} s")
    steady, flapping = Row({"errors": "steady: nothing new"}), Row({"errors": "in and out: every alarm fires and recovers"})
    result.rows = [steady, flapping]
    for run in range(options.runs):
        options.say(f"alarms: run {run + 1} of {options.runs}")
        for row, waves in ((steady, False), (flapping, True)):
            with options.scratch() as directory:
                file = directory / "journal.db"
                found = asyncio.run(measure(file, seconds, waves=waves))
                row.add(found | {"file, kB": file.stat().st_size / 1024})
    for row in result.rows:
        goal = f"{row.labels['errors']}: % of a core (goal: below {GOAL_PERCENT:g})"
        result.verdicts.append(at_most(goal, row.middle("% of a core"), GOAL_PERCENT))
    return result


async def measure(file: Path, seconds: int, *, waves: bool) -> dict[str, float | None]:
    """One run. Making the events is not counted."""
    clock, ids, metrics = StepClock(), TimeSortedIds(), Metrics()
    journal = SqliteJournal(file, clock, derive=underived)
    await journal.open()
    try:
        book = AlarmBook(journal, clock, ids)
        for alarm in alarms():
            await book.create(alarm)
        watcher = Watcher(WatcherParts(book=book, journal=journal, clock=clock, ids=ids, metrics=metrics))
        await watcher.start()
        kinds = [an_event(n) for n in range(2_000)]
        heard = 0.0
        ticks = []
        for second in range(seconds):
            batches = a_second(kinds, clock.at, RATE if not waves or second % 2 else 0, second)
            began = time.process_time()
            for batch in batches:
                watcher.hear(batch)
            heard += time.process_time() - began
            clock.at += 1.0 if not waves else 90_000.0 * (second % 2) + 1.0  # a day goes by: all that fired recovers
            for endpoint in ENDPOINTS:
                metrics.attempt(endpoint, "11200", 0.2)
                metrics.received(endpoint, "message")
            began = time.process_time()
            await watcher.tick(clock.at)
            ticks.append(time.process_time() - began)
        firings = len(await book.firings(1_000_000))
        return {
            "% of a core": 100 * (heard + sum(ticks)) / seconds,
            "hearing, µs an event": 1e6 * heard / (seconds * RATE / (2 if waves else 1)),
            "tick, ms": 1000 * sum(ticks) / seconds,
            "longest tick, ms": 1000 * max(ticks),
            "firings": float(firings),
        }
    finally:
        await journal.close()


def alarms() -> list[Alarm]:
    """A quarter each: any error, one code, an endpoint's, a cause's; and ten of each that measure. All windows."""
    chance = random.Random(7)
    scopes = (
        lambda _: {},
        lambda n: {"codes": (CODES[n % len(CODES)],)},
        lambda n: {"endpoints": (ENDPOINTS[n % len(ENDPOINTS)],)},
        lambda n: {"causes": (CAUSES[n % (len(CAUSES) - 1)],)},
    )
    measuring = (Watch.FAILURE_SHARE, Watch.ANSWER_LATENCY, Watch.BACKLOG, Watch.SILENCE)
    made = [
        Alarm(sid="", name=f"measures {n}", watch=measuring[n % 4], threshold=0.99, channels=Channels(email=("a@b.example",)))
        for n in range(40)
    ]
    made = [replace(each, threshold=1e6) if each.watch is Watch.BACKLOG else each for each in made]
    for n in range(ALARMS - len(made)):
        made.append(
            Alarm(
                sid="",
                name=f"counts {n}",
                threshold=float(chance.choice((1, 5, 100))),
                window=WINDOWS[n % len(WINDOWS)],
                channels=Channels(email=("a@b.example",)),
                **scopes[n % 4](n),
            )
        )
    return made


def an_event(n: int) -> DebugEvent:
    """One of some hundred keys."""
    cause = CAUSES[n % len(CAUSES)]
    diagnosis = Cause(
        name=cause, title="It is gone.", confidence=Confidence.LIKELY, steps=("Start it again.", "Look at its log.")
    )
    code = CODES[(n // 7) % len(CODES)]
    return DebugEvent(
        id=f"NO{n:032x}",
        at=BEGAN,
        level=Level.ERROR if n % 3 else Level.WARNING,
        code=code,
        twilio_code=11200,
        message="It broke.",
        endpoint=ENDPOINTS[(n // 3) % len(ENDPOINTS)],
        causes=(diagnosis,) if cause else (),
        number=f"+1555000{n % 500:04}",
    )


def a_second(kinds: list[DebugEvent], at: float, count: int, second: int) -> list[Heard]:
    """A second's events, as so many commits tell of them."""
    made = [replace(kinds[(second * 31 + n) % len(kinds)], at=at + n / max(count, 1)) for n in range(count)]
    total = second * RATE
    return [
        Heard(events=tuple(made[first : first + BATCH]), notices=(), marks=Marks(events=total + first + BATCH))
        for first in range(0, count, BATCH)
    ]
