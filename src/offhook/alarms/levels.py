"""What is not counted but looked at: the backlog, breakers, and how the issues are that an alarm has fired for."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from offhook import logs
from offhook.alarms.board import Place, Reading
from offhook.alarms.model import Alarm, Firing, Watch
from offhook.errors import JournalError
from offhook.ports import Journal
from offhook.records import Issue, IssueState, State

EVERY: Final = 5.0
MOST_ISSUES: Final = 50
_UNDELIVERED: Final = (State.WAITING, State.DELIVERING)
_UNDONE: Final = frozenset({IssueState.OPEN, IssueState.REGRESSED})

Breakers = Callable[[], Mapping[str, bool]]
"""Whether each endpoint's breaker is open."""

log = logs.get("alarms")


class Levels:
    """Reads the journal every few seconds, and only what an alarm asks for. What could not be read is not known."""

    def __init__(self, journal: Journal, breakers: Breakers) -> None:
        self._journal = journal
        self._breakers = breakers
        self._looked_at = float("-inf")
        self._backlog: dict[str, int] | None = None
        self._oldest: dict[str, float | None] | None = None
        # With the time at which it was so.
        self._issues: dict[str, tuple[float, Issue | None]] = {}

    async def look(self, alarms: Mapping[str, Alarm], active: Collection[Place], now: float) -> None:
        """Read again what was read some seconds ago."""
        if 0 <= now - self._looked_at < EVERY:
            return
        self._looked_at = now
        watches = {alarm.watch for alarm in alarms.values()}
        try:
            self._backlog = await self._counts() if Watch.BACKLOG in watches else None
            self._oldest = await self._ages(alarms) if Watch.BACKLOG_AGE in watches else None
            await self._look_at_issues(alarms, active, now)
        except JournalError as error:
            self._backlog = self._oldest = None
            log.warning("alarms.not_measured", reason=str(error))

    def readings(
        self, alarms: Mapping[str, Alarm], active: Mapping[Place, Firing], now: float
    ) -> Iterator[tuple[Alarm, str, Reading]]:
        """What each alarm that looks at these things reads, for each of its subjects."""
        firing = {subject for _, subject in active}
        self._issues = {key: seen for key, seen in self._issues.items() if key in firing}
        for alarm in alarms.values():
            if alarm.watch is Watch.BACKLOG and self._backlog is not None:
                yield alarm, "", Reading(float(sum(self._backlog[name] for name in self._backlog if _means(alarm, name))))
            elif alarm.watch is Watch.BACKLOG_AGE and self._oldest is not None:
                yield alarm, "", Reading(self._age(alarm, self._oldest, now))
            elif alarm.watch is Watch.BREAKER:
                yield from self._of_breakers(alarm, active)
        for (sid, subject), fired in list(active.items()):
            known = alarms.get(sid)
            if known is not None and known.watch is Watch.ISSUES and subject in self._issues:
                yield known, subject, _of_issue(known, fired.fired_at, *self._issues[subject])

    def _of_breakers(self, alarm: Alarm, active: Collection[Place]) -> Iterator[tuple[Alarm, str, Reading]]:
        states = self._breakers()
        firing = {subject for sid, subject in active if sid == alarm.sid}
        for name in sorted({name for name in states if _means(alarm, name)} | firing):
            yield alarm, name, Reading(float(states.get(name, False)))

    async def _counts(self) -> dict[str, int]:
        counts = await self._journal.counts()
        return {name: sum(states.get(state, 0) for state in _UNDELIVERED) for name, states in counts.items()}

    async def _ages(self, alarms: Mapping[str, Alarm]) -> dict[str, float | None]:
        asked = {name for alarm in alarms.values() if alarm.watch is Watch.BACKLOG_AGE for name in alarm.endpoints or ("",)}
        return {name: await self._journal.oldest_undelivered(name) for name in sorted(asked)}

    @staticmethod
    def _age(alarm: Alarm, oldest: Mapping[str, float | None], now: float) -> float | None:
        names = alarm.endpoints or ("",)
        if any(name not in oldest for name in names):
            return None  # The alarm is newer than the last look.
        times = [at for at in map(oldest.get, names) if at is not None]
        return max(0.0, now - min(times)) if times else 0.0

    async def _look_at_issues(self, alarms: Mapping[str, Alarm], active: Collection[Place], now: float) -> None:
        """Some of those that fire, those first that have not been looked at the longest."""
        firing = {subject for sid, subject in active if sid in alarms and alarms[sid].watch is Watch.ISSUES}
        waiting = sorted(firing - self._issues.keys()) + [key for key in self._issues if key in firing]
        for key in waiting[:MOST_ISSUES]:
            self._issues.pop(key, None)
            self._issues[key] = now, await self._journal.issue(key, now=now)


def _of_issue(alarm: Alarm, fired_at: float, at: float, issue: Issue | None) -> Reading:
    """Over, when somebody has taken it up, it is gone, or nothing of it has happened for the alarm's window.

    What Twilio tells late happened before the alarm fired: the window begins when it did.
    """
    if issue is None:
        return Reading(0.0)
    lasts = issue.state in _UNDONE and at - max(issue.last_seen, fired_at) < alarm.window
    return Reading(float(lasts), shown=float(issue.count))


def _means(alarm: Alarm, endpoint: str) -> bool:
    return not alarm.endpoints or endpoint in alarm.endpoints
