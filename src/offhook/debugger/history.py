"""How each endpoint has been doing lately: what a diagnosis needs to tell a slow app from one that was asleep."""

from collections import deque
from statistics import median

from offhook.debugger.case import History
from offhook.records import Attempt, Record

LATEST = 200


class _Past(Record):
    """What is remembered of an attempt. Times are the clock's, seconds."""

    began: float
    ended: float
    good: bool
    seconds: float


class Histories:
    """The latest attempts of each endpoint, in memory: a restart begins anew."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[_Past]] = {}

    def note(self, endpoint: str, attempt: Attempt) -> None:
        """One attempt has ended."""
        kept = self._kept.get(endpoint)
        if kept is None:
            kept = self._kept[endpoint] = deque(maxlen=LATEST)
        seconds = attempt.exchanges[-1].timings.total / 1000 if attempt.exchanges else 0.0
        began = attempt.started_at
        ended = began + attempt.duration_ms / 1000
        kept.append(_Past(began=began, ended=ended, good=attempt.outcome.delivered, seconds=seconds))

    def of(self, endpoint: str, before: float) -> History:
        """The endpoint's history before an attempt that began then."""
        kept = [past for past in self._kept.get(endpoint, ()) if past.began < before]
        if not kept:
            return History()
        good = [past for past in kept if past.good]
        last_good = max((past.ended for past in good), default=None)
        return History(
            good=len(good),
            bad=len(kept) - len(good),
            usual=median(past.seconds for past in good) if good else None,
            idle=max(0.0, before - max(past.ended for past in kept)),
            last_good=last_good,
            bad_since=min((past.began for past in kept if not past.good and past.began >= (last_good or 0.0)), default=None),
        )
