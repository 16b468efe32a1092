"""All alarms with what they have counted: what is heard and measured goes in, readings come out. Nothing here knows a journal or a clock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from offhook.alarms.board import Draft, Reading
from offhook.alarms.leads import Lead, Leads
from offhook.alarms.model import Alarm, Watch
from offhook.alarms.rules import Matcher
from offhook.alarms.series import ANSWER_BOUNDS, JOURNEY_BOUNDS, Readings, percentile
from offhook.alarms.silence import Habits
from offhook.alarms.tally import Counted
from offhook.alarms.window import RollingCount, RollingRow, Rows, Slots
from offhook.records import Record

NEVER: Final = float("inf")
# What these say has a reason among the debug events; a silence has none, and slow answers are no errors.
_OF_EVENTS: Final = frozenset(
    {Watch.EVENTS, Watch.FAILURE_SHARE, Watch.DELIVERY_LATENCY, Watch.BACKLOG, Watch.BACKLOG_AGE, Watch.BREAKER}
)
_WIDTHS: Final = {
    Watch.FAILURE_SHARE: 2,
    Watch.ANSWER_LATENCY: len(ANSWER_BOUNDS) + 1,
    Watch.DELIVERY_LATENCY: len(JOURNEY_BOUNDS) + 1,
}


class Window(Record):
    """What an alarm has counted, as it is kept. `counts_what` tells whether it still counts the same."""

    sid: str
    counts_what: str
    slots: Slots
    rows: Rows


def counts_what(alarm: Alarm) -> str:
    """What an alarm counts, in a few letters: if these change, what it has counted is of no use."""
    what = (alarm.watch, alarm.window, sorted(alarm.levels), sorted(alarm.codes), sorted(alarm.except_codes))
    where = (sorted(alarm.endpoints), sorted(alarm.numbers), sorted(alarm.causes))
    return blake2b(msgspec.json.encode((what, where)), digest_size=8).hexdigest()


class Panel:
    """`now` is up to when everything has been judged."""

    def __init__(self, now: float, habits: Habits, leads: Leads, *, due: float = NEVER) -> None:
        self.now = now
        self.due = due
        """When what has been counted is to be judged."""
        self.habits = habits
        self.leads = leads
        self.alarms: dict[str, Alarm] = {}
        self.matcher = Matcher()
        self.changed: set[str] = set()
        """Sids of alarms that have counted something since this was last emptied."""
        self._counts_what: dict[str, str] = {}
        self._counts: dict[str, RollingCount] = {}
        self._rows: dict[str, RollingRow] = {}
        self._led: tuple[float, dict[str, Lead]] = (now, {})

    # -- which alarms there are

    def set(self, alarms: Iterable[Alarm], kept: Mapping[str, Window] | None = None) -> None:
        """Watch these alarms: what they have counted goes on, from `kept` where it is not here, unless they now count something else."""
        self.alarms = {alarm.sid: alarm for alarm in alarms if alarm.enabled}
        self.matcher = Matcher(self.alarms.values())
        before = (self._counts_what, self._counts, self._rows)
        self._counts_what, self._counts, self._rows = {}, {}, {}
        for sid, alarm in self.alarms.items():
            what = self._counts_what[sid] = counts_what(alarm)
            same = before[0].get(sid) == what
            window = (kept or {}).get(sid)
            if window is not None and window.counts_what != what:
                window = None
            if alarm.watch is Watch.EVENTS:
                count = RollingCount(alarm.window, window.slots if window else {})
                count.advance(self.now)
                self._counts[sid] = before[1][sid] if same else count
            elif alarm.watch in _WIDTHS:
                row = RollingRow(alarm.window, _WIDTHS[alarm.watch], window.rows if window else {})
                self._rows[sid] = before[2][sid] if same else row

    def follow(self, now: float) -> None:
        """Follow a clock that may have been put back: before anything is counted at a time that has been before."""
        if now < self.now:
            self.now = now
            self.leads.rewind(now)
            for count in self._counts.values():
                count.rewind(now)
            for row in self._rows.values():
                row.rewind(now)

    def window(self, sid: str) -> Window:
        """What an alarm has counted, to be written at once: not a copy."""
        slots = self._counts[sid].slots() if sid in self._counts else {}
        rows = self._rows[sid].rows() if sid in self._rows else {}
        return Window(sid=sid, counts_what=self._counts_what[sid], slots=slots, rows=rows)

    def lead(self, alarm: Alarm, subject: str, now: float) -> Lead:
        """What an alarm's firing is about: of one that measures, what has gone wrong meanwhile. `subject` is an endpoint, or ""."""
        of = msgspec.structs.replace(alarm, endpoints=(subject,)) if subject else alarm
        lead = self._leading(of, now) if alarm.watch in _OF_EVENTS else Lead()
        return msgspec.structs.replace(lead, endpoint=of.endpoints[0]) if len(of.endpoints) == 1 else lead

    def _leading(self, alarm: Alarm, now: float) -> Lead:
        """In a storm many alarms fire at once that count the same."""
        if self._led[0] != now:
            self._led = (now, {})
        what = counts_what(alarm)
        known = self._led[1].get(what)
        if known is None:
            known = self._led[1][what] = self.leads.leading(alarm, now)
        return known

    # -- debug events

    def go(self, draft: Draft, heard: Mapping[int, Sequence[Counted]], until: float) -> None:
        """Count these by the second, and judge at the end of each second, up to then."""
        for second in sorted(heard):
            self._catch_up(draft, second)
            self._count(second, heard[second])
            self.due = min(self.due, max(second + 1, self.now))
        self._catch_up(draft, until)

    def judge_events(self, draft: Draft, now: float) -> None:
        """Judge all alarms that count debug events. A clock that was put back is followed."""
        self.now = now
        if self.due <= now:
            self.due = NEVER
        for sid, count in self._counts.items():
            if count.total or (sid, "") in draft.active:
                alarm = self.alarms[sid]
                if draft.look(alarm, "", Reading(float(count.advance(now))), now):
                    draft.name(alarm, "", self.lead(alarm, "", now))

    def _count(self, second: int, counted: Sequence[Counted]) -> None:
        counts: dict[str, int] = {}
        for key, number, event in counted:
            sids = self.matcher.of(key)
            self.leads.add(key, second, number, event)
            for sid in sids:
                counts[sid] = counts.get(sid, 0) + number
        for sid, number in counts.items():
            self._counts[sid].add(second, number)
        self.changed.update(counts)

    def _catch_up(self, draft: Draft, until: float) -> None:
        """Judge where something may change up to then: at the ends of seconds that were counted, and when what fires gets too old to."""
        while True:
            at = self.due
            if until > self.now:
                firing = [self._counts[sid] for sid, subject in draft.active if not subject and sid in self._counts]
                at = min(at, max(self.now, min((count.next_out() for count in firing), default=NEVER)))
            if at > until:
                return
            self.judge_events(draft, at)

    # -- what is measured

    def feed(self, readings: Readings, now: float) -> None:
        """What has been received, tried, answered and delivered within the last second."""
        for endpoint, (count,) in readings.received.items():
            self.habits.add(endpoint, now, count)
        self.habits.watch(now)
        for sid, row in self._rows.items():
            alarm = self.alarms[sid]
            for endpoint, new in self._rows_for(alarm, readings).items():
                if not alarm.endpoints or endpoint in alarm.endpoints:
                    row.add(now, new)
                    self.changed.add(sid)

    @staticmethod
    def _rows_for(alarm: Alarm, readings: Readings) -> Mapping[str, Sequence[int]]:
        if alarm.watch is Watch.FAILURE_SHARE:
            return readings.attempts
        return readings.answers if alarm.watch is Watch.ANSWER_LATENCY else readings.deliveries

    def measured(self, draft: Draft, now: float) -> Iterator[tuple[Alarm, Reading]]:
        """The readings of alarms that measure what is known here: shares, durations, silence."""
        for sid, row in self._rows.items():
            yield self.alarms[sid], self._of_row(self.alarms[sid], row.advance(now))
        for alarm in self.alarms.values():
            if alarm.watch is Watch.SILENCE:
                yield alarm, self._of_silence(alarm, now, firing=(alarm.sid, "") in draft.active)

    @staticmethod
    def _of_row(alarm: Alarm, totals: Sequence[int]) -> Reading:
        if alarm.watch is Watch.FAILURE_SHARE:
            failed, every = totals
            return Reading(failed / every if every >= alarm.minimum else None)
        if sum(totals) < alarm.minimum:
            return Reading(None)
        bounds = ANSWER_BOUNDS if alarm.watch is Watch.ANSWER_LATENCY else JOURNEY_BOUNDS
        return Reading(percentile(bounds, totals, alarm.percentile))

    def _of_silence(self, alarm: Alarm, now: float, *, firing: bool) -> Reading:
        """A firing lasts until something comes, also beyond the time at which something usually does."""
        quiet = self.habits.quiet(alarm.endpoints, now)
        if quiet is None:
            return Reading(None)
        silent = quiet >= alarm.window and (firing or self.habits.usual(alarm.endpoints, now - alarm.window, now))
        return Reading(float(silent), shown=quiet, threshold=alarm.window)
