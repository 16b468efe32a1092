"""Did everything that was acknowledged reach the app?"""

import time
from pathlib import Path

import msgspec

from bench.app import SID_BYTES
from bench.drive import get, get_json
from bench.load import Report

POLL_SECONDS = 0.25


class Arrivals(msgspec.Struct):
    """What the app has seen. `timeline` holds (monotonic seconds, distinct messages so far)."""

    distinct: int
    requests: int
    timeline: list[tuple[float, int]]

    def reached(self, count: int) -> float | None:
        """When the app had seen that many, monotonic seconds; None when it never has."""
        return next((at for at, seen in self.timeline if seen >= count), None)


def wait_for(port: int, count: int, seconds: float) -> Arrivals:
    """Until the app has seen that many distinct messages, or the time is up."""
    end = time.monotonic() + seconds
    while True:
        seen = msgspec.convert(get_json(port, "/counts"), Arrivals)
        if seen.distinct >= count or time.monotonic() > end:
            return seen
        time.sleep(POLL_SECONDS)


def missing(port: int, acked: Path) -> int:
    """How many acknowledged messages the app has never seen, by their ids."""
    return len(_ids(acked.read_bytes()) - _ids(get(port, "/sids")))


def backlog(report: Report, arrivals: Arrivals, before: int) -> int:
    """The most messages that were acknowledged and not yet at the app. `before` is what the app had seen when the load began."""
    points = sorted([(at, good, -1) for at, good in report.timeline] + [(at, -1, seen) for at, seen in arrivals.timeline])
    acked, delivered, most = 0, 0, 0
    for _, good, seen in points:
        acked, delivered = max(acked, good), max(delivered, seen - before)
        most = max(most, acked - delivered)
    return most


def _ids(data: bytes) -> set[bytes]:
    return {data[at : at + SID_BYTES] for at in range(0, len(data), SID_BYTES)}
