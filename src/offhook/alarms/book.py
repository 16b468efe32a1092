"""The alarms by hand: made, changed, put to rest and looked up. What watches them is the watcher's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from offhook import logs
from offhook.alarms import shelves
from offhook.alarms.admission import admitted, namesakes, strangers
from offhook.alarms.checks import UnusableAlarmError, usable_maintenance
from offhook.alarms.filed import taken_over
from offhook.alarms.model import ALARMS, FILE, MAINTENANCE, OUTBOX, Alarm, Firing, FiringState, Maintenance, News, Notification
from offhook.alarms.past import History, Preview, history, preview
from offhook.alarms.telling import notifications
from offhook.debugger.causes.names import is_cause
from offhook.ports import Clock, Ids, Journal
from offhook.records import IssueFilter, Kept

MOST_ALARMS: Final = 1_000
MOST_MAINTENANCE: Final = 200

log = logs.get("alarms")


class AlarmBook:
    """The alarms of one journal. Every method raises JournalError when the journal cannot do its part; nothing has changed then.

    `lock` is held by whoever changes alarms or firings, the watcher too, so that neither works on what the other is changing. The book
    works without a watcher as well: a command does that, where no server runs. `endpoints` are the names of those that there are, None where
    that is not known: an alarm of another one is refused.
    """

    def __init__(self, journal: Journal, clock: Clock, ids: Ids, endpoints: Collection[str] | None = None) -> None:
        self.lock = asyncio.Lock()
        self._endpoints = endpoints
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._changed: list[Callable[[], None]] = []
        self._told: list[Callable[[], None]] = []

    def follow(self, *, changed: Callable[[], None] | None = None, told: Callable[[], None] | None = None) -> None:
        """Have `changed` called after each change of alarms or maintenance windows, `told` when there is something new to be told."""
        if changed is not None:
            self._changed.append(changed)
        if told is not None:
            self._told.append(told)

    def tell(self) -> None:
        """There are notifications that were not there before: whoever sends them may look."""
        for told in self._told:
            told()

    # -- alarms

    async def alarms(self) -> Sequence[Alarm]:
        """All of them, by their names."""
        return sorted(await shelves.alarms(self._journal), key=lambda alarm: (alarm.name.casefold(), alarm.sid))

    async def alarm(self, sid: str) -> Alarm | None:
        """One alarm."""
        data = await self._journal.kept_one(ALARMS, sid)
        return None if data is None else shelves.decode_alarm(data)

    async def find(self, sid_or_name: str) -> Sequence[Alarm]:
        """The alarm with this sid, or those with this name whatever the case of its letters; names need not be unique."""
        one = await self.alarm(sid_or_name)
        if one is not None:
            return [one]
        return [alarm for alarm in await self.alarms() if alarm.name.casefold() == sid_or_name.casefold()]

    async def create(self, alarm: Alarm) -> Alarm:
        """Keep a new alarm; its sid (made where it has none) and its dates are set here. It counts what happens from now on.

        Raises UnusableAlarmError.
        """
        now = self._clock.now()
        made = replace(alarm, sid=alarm.sid or self._ids.new("AK"), created_at=now, updated_at=now)
        async with self.lock:
            others = await shelves.alarms(self._journal)
            if any(each.sid == made.sid for each in others):
                raise UnusableAlarmError(f"sid: there is an alarm {made.sid} already.")
            made = admitted(made, others, self._endpoints, seen=await self._seen(made.causes))
            if len(others) >= MOST_ALARMS:
                raise UnusableAlarmError(f"There are {MOST_ALARMS:,} alarms: delete one before another is made.")
            await self._keep([shelves.keep_alarm(made)])
        return made

    async def update(self, alarm: Alarm) -> Alarm | None:
        """Keep an alarm as it now shall be; None where its sid is not known.

        Its origin and the date it was made stay, and so does whether it is enabled, muted or snoozed: those have methods of their own. An
        alarm that now counts something else starts from nothing; a firing of it goes on until it recovers by the new rule. Raises
        UnusableAlarmError, for an alarm of the file too.
        """
        async with self.lock:
            others, seen = await shelves.alarms(self._journal), await self._seen(alarm.causes)

            def changed(old: Alarm) -> Alarm:
                if old.origin == FILE:
                    raise UnusableAlarmError(f"The alarm {old.name} stands in the settings file: change it there.")
                kept = {"created_at": old.created_at, "origin": old.origin, "enabled": old.enabled}
                new = admitted(alarm, others, self._endpoints, old, seen)
                return replace(new, **kept, muted=old.muted, snoozed_until=old.snoozed_until)

            return await self._changed_to(alarm.sid, changed)

    async def delete(self, sid: str) -> bool:
        """Take an alarm away; False where there is none. What it has fired ends without a word, and stays in the list of firings.

        Raises UnusableAlarmError for an alarm of the file.
        """
        async with self.lock:
            alarm = await self.alarm(sid)
            if alarm is None:
                return False
            if alarm.origin == FILE:
                raise UnusableAlarmError(f"The alarm {alarm.name} stands in the settings file: take it out there.")
            await self._keep([shelves.drop_alarm(sid), *await self._ended({sid})])
        return True

    async def enable(self, sid: str, *, on: bool = True) -> Alarm | None:
        """Switch an alarm on or off; None where there is none. Off, it counts nothing, and what it has fired ends without a word.

        An alarm of the file is as the file says after the next start.
        """
        async with self.lock:
            ended = [] if on else await self._ended({sid})
            return await self._changed_to(sid, lambda alarm: replace(alarm, enabled=on), ended)

    async def mute(self, sid: str, *, on: bool = True) -> Alarm | None:
        """Have an alarm fire without telling anybody, or tell again; None where there is none. What still fires then is told."""
        return await self._change(sid, lambda alarm: replace(alarm, muted=on))

    async def snooze(self, sid: str, until: float) -> Alarm | None:
        """Have an alarm tell nobody until then (0: tell again at once); None where there is none. What still fires then is told."""
        return await self._change(sid, lambda alarm: replace(alarm, snoozed_until=max(0.0, until)))

    async def adopt(self, alarms: Iterable[Alarm]) -> Sequence[Alarm]:
        """Take the alarms of the settings file in, at the start: replace those of the same name, take away those that are no longer there.

        Their sids follow from their names. Snoozing, dates, firings and what they have counted are kept. One whose name has been given to
        another alarm by hand is taken in all the same: for a name no webhook shall be lost. Raises UnusableAlarmError.
        """
        async with self.lock:
            there = await shelves.alarms(self._journal)
            known = {alarm.sid: alarm for alarm in there if alarm.origin == FILE}
            adopted = taken_over(alarms, known, self._clock.now())
            for alarm in adopted.values():
                for other in namesakes(alarm, (each for each in there if each.origin != FILE)):
                    log.warning("alarms.name_twice", alarm=alarm.sid, other=other.sid, name=alarm.name)
            gone = known.keys() - adopted.keys()
            changes = [shelves.keep_alarm(alarm) for sid, alarm in adopted.items() if alarm != known.get(sid)]
            changes += [shelves.drop_alarm(sid) for sid in sorted(gone)]
            changes += await self._ended({*gone, *(sid for sid, alarm in adopted.items() if not alarm.enabled)})
            if changes:
                await self._keep(changes)
        return list(adopted.values())

    # -- what has happened, and what would have

    async def firings(
        self, limit: int, before: str = "", *, alarm_sid: str = "", state: FiringState | None = None
    ) -> Sequence[Firing]:
        """Firings, the newest first, with ids below `before`: of one alarm, or in one state, where these are named."""
        found: list[Firing] = []
        async for firing in self._newest_first(before, state):
            if len(found) >= limit:
                break
            if not alarm_sid or firing.alarm_sid == alarm_sid:
                found.append(firing)
        return found

    async def firing(self, firing_id: str) -> Firing | None:
        """One firing."""
        return await shelves.firing_of(self._journal, firing_id)

    async def history(self, alarm: Alarm, since: float, until: float, buckets: int) -> History:
        """What the alarm counts (it need not be kept), in each of up to 500 equal parts of that time: for a chart.

        Of an alarm that counts no debug events there is nothing (`counts` is empty). Raises ValueError as `Journal.event_counts` does.
        """
        return await history(self._journal, alarm, since, until, buckets)

    async def preview(self, alarm: Alarm, since: float) -> Preview:
        """When the alarm would have fired between `since` and now, had there been one like it (it need not be kept).

        For alarms that count debug events or issues: only these are stored. Raises UnusableAlarmError, also for what could not be kept.
        """
        before = await self.alarm(alarm.sid) if alarm.sid else None
        wanted = admitted(alarm, (), self._endpoints, before, await self._seen(alarm.causes))
        return await preview(self._journal, wanted, since, self._clock.now())

    async def test(self, sid: str) -> Sequence[Notification] | None:
        """Have each of the alarm's addresses told that this is a test, also of a muted or disabled one; None where there is no such alarm.

        Gives what will be sent; empty where the alarm has no address.
        """
        alarm = await self.alarm(sid)
        if alarm is None:
            return None
        now = self._clock.now()
        code = alarm.codes[0] if alarm.codes else 0
        example = Firing(
            id=self._ids.new("AF"),
            alarm_sid=alarm.sid,
            alarm_name=alarm.name,
            fired_at=now,
            value=alarm.threshold,
            threshold=alarm.threshold,
            peak=alarm.threshold,
            code=code,
            endpoint=alarm.endpoints[0] if len(alarm.endpoints) == 1 else "",
        )
        made = notifications(News.TEST, alarm, example, now, self._ids)
        if made:
            await self._journal.keep([shelves.keep_notification(each) for each in made])
            self.tell()
        return made

    # -- maintenance

    async def maintenance(self) -> Sequence[Maintenance]:
        """The maintenance windows that are not over, the first to start first."""
        now = self._clock.now()
        windows = [window for window in await shelves.maintenance(self._journal) if window.ends_at > now]
        return sorted(windows, key=lambda window: (window.starts_at, window.id))

    async def add_maintenance(self, window: Maintenance) -> Maintenance:
        """Keep a new maintenance window; its id is made here. Those that are over are forgotten. Raises UnusableAlarmError."""
        made = replace(usable_maintenance(window), id=self._ids.new("AM"))
        async with self.lock:
            now = self._clock.now()
            alarms = {alarm.sid for alarm in await shelves.alarms(self._journal)}
            wrong = list(strangers(made, alarms, self._endpoints))
            if wrong:
                raise UnusableAlarmError(*wrong)
            windows = await shelves.maintenance(self._journal)
            over = [Kept(shelf=MAINTENANCE, id=each.id) for each in windows if each.ends_at <= now]
            if len(windows) - len(over) >= MOST_MAINTENANCE:
                raise UnusableAlarmError(f"There are {MOST_MAINTENANCE} maintenance windows: end one before another is added.")
            await self._keep([*over, shelves.keep_maintenance(made)])
        return made

    async def end_maintenance(self, identifier: str) -> bool:
        """Take a maintenance window away, whether it has started or not; False where there is none. What still fires is told."""
        async with self.lock:
            if await self._journal.kept_one(MAINTENANCE, identifier) is None:
                return False
            await self._keep([Kept(shelf=MAINTENANCE, id=identifier)])
        return True

    # -- inside

    async def _seen(self, causes: Iterable[str]) -> Collection[str]:
        """Those of these causes that an error here has had: an earlier version may have called one otherwise."""
        now = self._clock.now()
        strange = [each for each in causes if not is_cause(each)]
        return [each for each in strange if await self._journal.issues(IssueFilter(cause=each), 1, now=now)]

    async def _change(self, sid: str, change: Callable[[Alarm], Alarm]) -> Alarm | None:
        async with self.lock:
            return await self._changed_to(sid, change)

    async def _changed_to(self, sid: str, change: Callable[[Alarm], Alarm], besides: Sequence[Kept] = ()) -> Alarm | None:
        old = await self.alarm(sid)
        if old is None:
            return None
        new = replace(change(old), updated_at=self._clock.now())
        await self._keep([shelves.keep_alarm(new), *besides])
        return new

    async def _keep(self, changes: Sequence[Kept]) -> None:
        await self._journal.keep(changes)
        for changed in self._changed:
            changed()

    async def _ended(self, sids: Collection[str]) -> list[Kept]:
        """What ends the firings of these alarms, without a word: what has not been told of them yet is not told any more."""
        if not sids:
            return []
        now, changes = self._clock.now(), list[Kept]()
        ending = {each.id: each for each in await shelves.active_firings(self._journal) if each.alarm_sid in sids}
        for firing in ending.values():
            changes += shelves.keep_firing(replace(firing, state=FiringState.RECOVERED, recovered_at=now))
        if ending:
            untold = [shelves.decode_notification(data) async for data in shelves.shelf(self._journal, OUTBOX)]
            changes += [shelves.drop_notification(each.id) for each in untold if each.firing.id in ending]
        return changes

    async def _newest_first(self, before: str, state: FiringState | None) -> AsyncIterator[Firing]:
        active = [] if state is FiringState.RECOVERED else await shelves.active_firings(self._journal)
        waiting = [firing for firing in active if not before or firing.id < before]
        if state is not FiringState.ACTIVE:
            async for firing in shelves.ended_firings(self._journal, before):
                while waiting and waiting[0].id > firing.id:
                    yield waiting.pop(0)
                yield firing
        for firing in waiting:
            yield firing
