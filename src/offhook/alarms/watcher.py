"""The worker that watches: once a second it looks at what has been heard and measured, and writes and tells what is new.

Whatever it writes in one second is one transaction: firings, what is to be told of them, notices, and how far it has come. So a crash at any
time leaves a place from which the journal's news can be gone through again, as if no time had passed: nothing fires twice, nothing is missed.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from offhook import logs
from offhook.alarms import checkpoint, rules, shelves
from offhook.alarms.board import PREFIX, Board, Draft, Reading, Told
from offhook.alarms.book import AlarmBook
from offhook.alarms.leads import Lead, Leads, lead_of
from offhook.alarms.levels import Breakers, Levels
from offhook.alarms.model import Maintenance, News, Watch
from offhook.alarms.panel import NEVER, Panel, Window
from offhook.alarms.rules import Key
from offhook.alarms.series import Series
from offhook.alarms.silence import Habits
from offhook.alarms.tally import Tally
from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.ports import Clock, Ids, Journal
from offhook.records import DebugEvent, Heard, Kept, Marks, Notice, NoticeType, Source
from offhook.system import id_floor

SAVE_EVERY: Final = 30.0
FORGET_EVERY: Final = 600.0
FORGET_AFTER: Final = 90 * 86_400.0
FORGET_AT_ONCE: Final = 500
AT_ONCE: Final = 1_000
NEVER_SAVED: Final = float("-inf")
JUMP: Final = 5.0
LAST_WRITE: Final = 2.0
_SHORTEST_PAUSE: Final = 0.01
_ABOUT_ISSUES: Final = frozenset({NoticeType.ISSUE_OPENED, NoticeType.ISSUE_REGRESSED})

Item = TypeVar("Item")

log = logs.get("alarms")


class WatcherParts(NamedTuple):
    """What a watcher is put together from. `breakers` tells of each endpoint whether its breaker is open."""

    book: AlarmBook
    journal: Journal
    clock: Clock
    ids: Ids
    metrics: Metrics
    breakers: Breakers = dict


class _Batch(NamedTuple):
    """All that is to be written at once, and the board that is true once it has been."""

    changes: Sequence[Kept]
    draft: Draft
    at: float


class Watcher:
    """One for a journal. `start()` takes over what a former one has left, `run()` does the work, a `tick` each second."""

    def __init__(self, parts: WatcherParts) -> None:
        self._book = parts.book
        self._journal = parts.journal
        self._clock = parts.clock
        self._ids = parts.ids
        self._series = Series(parts.metrics)
        self._levels = Levels(parts.journal, parts.breakers)
        self._panel = Panel(0.0, Habits(), Leads())
        self._tally = Tally(self._panel.matcher)
        self._board = Board()
        self._windows: Sequence[Maintenance] = ()
        self._issues: list[Notice] = []
        self._marks = Marks()
        self._early: list[Heard] | None = []
        self._unwritten: _Batch | None = None
        # Up to where the logs have been read, of what has been judged.
        self._read = Marks()
        self._gone: set[str] = set()
        self._stale = False
        self._saved_at = self._forgot_at = NEVER_SAVED
        # How far the clock is ahead of the one that never jumps.
        self._ahead = 0.0
        parts.book.follow(changed=self._look_again)

    # -- from start to stop

    async def start(self) -> None:
        """Go on where a former watcher stopped: load what it knew, and go through what the journal has heard since. Raises JournalError."""
        self._journal.listen(self.hear)
        async with self._book.lock:
            now = self._clock.now()
            loaded = await checkpoint.load(self._journal)
            last = loaded.checkpoint
            self._marks = await self._journal.marks() if last is None else last.marks()
            began = now if last is None else min(now, last.at)
            self._panel = Panel(began, loaded.habits, loaded.leads, due=NEVER if last is None else last.due)
            await self._read_alarms(loaded.windows)
            await self._catch_up(now)
            if last is not None:
                self._panel.habits.slept(max(0.0, now - last.at))
            self._ahead = self._clock.now() - self._clock.monotonic()
            await self._put(self._batch(self._draft(), now))
            self._hear_from_now_on(now)

    async def run(self) -> None:
        """Watch until cancelled. At the full second, so that what has happened in a second is judged as a whole."""
        while True:
            try:
                await self.tick(self._clock.now())
            except Exception:
                # An alarm with a fault must not stop what it watches over.
                log.exception("alarms.fault")
            await self._clock.sleep(max(_SHORTEST_PAUSE, 1.0 - self._clock.now() % 1.0))

    async def stop(self, within: float) -> None:
        """Look once more, and keep how far it has come, so that the next start has little to go through."""
        self._saved_at = NEVER_SAVED
        try:
            async with asyncio.timeout(within):
                await self.tick(self._clock.now())
        except TimeoutError:
            log.warning("alarms.not_saved")

    async def _catch_up(self, now: float) -> None:
        """Go through the news since the checkpoint, with the clock of the time at which they happened."""
        while (page := await self._journal.news(self._marks, AT_ONCE, {Source.EVENTS, Source.NOTICES})).news:
            items = [row.item for row in page.news]
            self._note(
                [item for item in items if isinstance(item, DebugEvent)],
                [item for item in items if isinstance(item, Notice)],
                now,
            )
            self._marks = page.marks
            draft, until = self._draft(), max(self._panel.now, min(page.news[-1].at // 1, now))
            await self._judge_heard(draft, until, now)
            await self._put(self._batch(draft, self._panel.now))
        draft = self._draft()
        await self._judge_heard(draft, now, now)
        await self._put(self._batch(draft, self._panel.now))

    def _hear_from_now_on(self, now: float) -> None:
        """Add what has been heard meanwhile, as far as it was not among the news."""
        early, self._early = self._early or [], None
        for heard in early:
            events = max(0, heard.marks.events - self._marks.events)
            notices = max(0, heard.marks.notices - self._marks.notices)
            self._note(_last(heard.events, events), _last(heard.notices, notices), now)
            if events or notices:
                self._marks = heard.marks

    # -- from the journal and the book

    def hear(self, heard: Heard) -> None:
        """What the journal has just written (`Journal.listen`). All that is done for each debug event is to count it."""
        if self._early is not None:
            self._early.append(heard)
        else:
            self._note(heard.events, heard.notices, self._clock.now())
            self._marks = heard.marks

    def _note(self, events: Iterable[DebugEvent], notices: Iterable[Notice], now: float) -> None:
        self._tally.add(events, now, whole=self._stale)
        self._issues += [notice for notice in notices if notice.type in _ABOUT_ISSUES]

    def _look_again(self) -> None:
        self._stale = True

    async def _refresh(self) -> bool:
        """Read again what the book has changed; False when the journal cannot just now."""
        if self._stale:
            self._stale = False
            try:
                await self._read_alarms()
            except JournalError as error:
                self._stale = True
                log.warning("alarms.not_read", reason=str(error))
        return not self._stale

    async def _read_alarms(self, kept: Mapping[str, Window] | None = None) -> None:
        alarms = await shelves.alarms(self._journal)
        windows = await shelves.maintenance(self._journal)
        board = Board(await shelves.active_firings(self._journal))
        for place, firing in self._board.active.items():
            if place in board.active and board.active[place].id == firing.id:
                board.active[place] = firing
                board.standings[place] = self._board.standings[place]
        board.higher = self._board.higher & board.active.keys()
        self._board, self._windows = board, windows
        known = {*self._panel.alarms, *(kept or {})}
        self._panel.set(alarms, kept)
        self._gone = (self._gone | known) - self._panel.alarms.keys()
        self._tally.matcher = self._panel.matcher

    # -- the second's work

    async def tick(self, now: float) -> None:
        """Judge all alarms as of now, and write and tell what is new. A journal that cannot just now is asked again with the next tick."""
        async with self._book.lock:
            if not await self._write() or not await self._refresh():
                return
            panel, draft = self._panel, self._draft()
            panel.follow(now)
            self._sleep_off()
            await self._levels.look(panel.alarms, draft.active, now)
            panel.feed(self._series.read(), now)
            await self._judge_heard(draft, now, now)
            panel.judge_events(draft, now)
            self._judge_measured(draft, now)
            draft.end(now)
            draft.speak(now)
            if draft.is_new or not 0 <= now - self._saved_at < SAVE_EVERY:
                self._unwritten = self._batch(draft, now)
                await self._write()
            else:
                self._board = draft
            await self._forget(now)

    def _sleep_off(self) -> None:
        """A machine that was put to sleep, or whose clock was set, has heard no silence meanwhile."""
        ahead = self._clock.now() - self._clock.monotonic()
        if abs(ahead - self._ahead) > JUMP:
            self._panel.habits.slept(ahead - self._ahead)
            self._ahead = ahead

    def _draft(self) -> Draft:
        return self._board.draft(self._panel.alarms, self._windows, self._ids)

    async def _judge_heard(self, draft: Draft, until: float, now: float) -> None:
        """Judge what has been heard: debug events by their seconds, up to then, and issues."""
        before = self._panel.now
        notices, self._issues = self._issues, []
        heard, self._read = self._tally.take(), self._marks
        for notice in notices:
            await self._judge_issue(draft, notice, min(max(before, notice.at // 1 + 1), now))
        self._panel.go(draft, heard, until)

    async def _judge_issue(self, draft: Draft, notice: Notice, now: float) -> None:
        alarms = [alarm for alarm in self._panel.alarms.values() if alarm.watch is Watch.ISSUES]
        if not alarms:
            return
        key, lead = await self._described(notice)
        for alarm in alarms:
            if rules.Scope(alarm).counts(key) and draft.look(alarm, notice.subject, Reading(1.0), now):
                draft.name(alarm, notice.subject, lead)

    async def _described(self, notice: Notice) -> tuple[Key, Lead]:
        """What an issue's event is; where that cannot be read, what the notice tells of it."""
        data = notice.data
        try:
            event = await self._journal.event(str(data.get("event", "")))
        except JournalError as error:
            log.warning("alarms.event_not_read", issue=notice.subject, reason=str(error))
            event = None
        if event is not None:
            return rules.key_of(event), lead_of(event)
        key = rules.key_of_notice(data, notice.endpoint)
        title, seen = str(data.get("title", "")), str(data.get("event", ""))
        return key, Lead(code=key.code, cause=key.cause, title=title, endpoint=notice.endpoint, event=seen)

    def _judge_measured(self, draft: Draft, now: float) -> None:
        panel = self._panel
        readings = [(alarm, "", reading) for alarm, reading in panel.measured(draft, now)]
        readings += self._levels.readings(panel.alarms, draft.active, now)
        for alarm, subject, reading in readings:
            if draft.look(alarm, subject, reading, now):
                draft.name(alarm, subject, panel.lead(alarm, subject, now))

    # -- what is written

    def _batch(self, draft: Draft, now: float) -> _Batch:
        changes = draft.kept() + checkpoint.save(self._panel, self._read, now, gone=self._gone)
        return _Batch(changes, draft, now)

    async def _write(self) -> bool:
        """Write what is not written yet; False when the journal cannot just now."""
        if self._unwritten is None:
            return True
        try:
            await self._put(self._unwritten)
        except JournalError as error:
            log.warning("alarms.not_written", reason=str(error))
            return False
        return True

    async def _put(self, batch: _Batch) -> None:
        """Write all of it at once; only then it is true.

        A stop waits for it: what has been written and is not known to be would be written, and told, once more.
        """
        writing = asyncio.ensure_future(self._journal.keep(batch.changes, batch.draft.notices()))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            done, _ = await asyncio.wait({writing}, timeout=LAST_WRITE)
            if done and writing.exception() is None:
                self._written(batch)
            raise
        self._written(batch)

    def _written(self, batch: _Batch) -> None:
        self._unwritten, self._board, self._saved_at = None, batch.draft, batch.at
        checkpoint.saved(self._panel)
        self._gone = set()
        for told in batch.draft.told:
            _log(told)
        if batch.draft.notifies:
            self._book.tell()

    async def _forget(self, now: float) -> None:
        """Forget some of the firings that were over long ago."""
        if 0 <= now - self._forgot_at < FORGET_EVERY:
            return
        self._forgot_at = now
        try:
            old: list[Kept] = []
            async for firing in shelves.ended_firings(self._journal, id_floor(PREFIX, now - FORGET_AFTER)):
                old.append(shelves.drop_ended(firing.id))
                if len(old) == FORGET_AT_ONCE:
                    break
            if old:
                await self._journal.keep(old)
        except JournalError as error:
            log.warning("alarms.not_forgotten", reason=str(error))


def _last(items: Sequence[Item], count: int) -> Sequence[Item]:
    return items[max(0, len(items) - count) :]


def _log(told: Told) -> None:
    """One line of what has fired or recovered."""
    firing = told.firing
    say = log.warning if told.news is News.FIRED else log.info
    say(
        f"alarm.{told.news.value}",
        firing=firing.id,
        alarm=told.alarm.sid,
        name=told.alarm.name,
        watch=told.alarm.watch.value,
        about=firing.subject,
        endpoint=firing.endpoint,
        value=firing.value,
        threshold=firing.threshold,
        peak=firing.peak,
        code=firing.code,
        cause=firing.cause,
        aloud=told.aloud,
    )
