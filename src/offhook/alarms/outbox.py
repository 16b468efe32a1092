"""The worker that tells people and systems of alarms: durably, in few messages, each known again when it is repeated."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from offhook import logs
from offhook.alarms.grouping import SMS, WEBHOOK, Batch, Rules, Way, plan
from offhook.alarms.model import OUTBOX, PACE, UNTOLD, Notification
from offhook.alarms.notify.base import WHEN_CONFIGURED, Channel, Later, Never, Outcome, Told
from offhook.alarms.phrases import clean
from offhook.alarms.shelves import decode_notification, encode, keep_notification
from offhook.errors import JournalError
from offhook.ports import Clock, Ids, Journal
from offhook.records import Kept

TRIED_FOR: Final = 24 * 3600.0
BACKOFF_BASE: Final = 5.0
BACKOFF_MOST: Final = 900.0
REST_MOST: Final = 60.0
"""Seconds that an address which has just failed is left alone at most, unless it has asked for more."""
POLL, SELDOM = 1.0, 5.0
"""Seconds between two looks at the shelf; and where more than MANY lie there, as in an outage, since each look reads them all."""
MANY: Final = 200
MOST_AT_ONCE: Final = 8
"""Addresses of one channel that are told at a time."""
MOST_UNTOLD: Final = 500
PAGE: Final = 1000

log = logs.get("alarms")


@dataclass(frozen=True, slots=True)
class OutboxParts:
    """What an outbox works with. `chance` gives a number in [0, 1); `group_wait` is in seconds."""

    journal: Journal
    clock: Clock
    ids: Ids
    chance: Callable[[], float]
    channels: Mapping[str, Channel]
    group_wait: float = 5.0


class Outbox:
    """Sends what is on the journal's shelf OUTBOX: `run()` works until `stop()`, `wake()` has it look at once, `step` is one look for tests.

    What may not be sent twice under two names (a mail, a text message) is written down with its message's id before it leaves. What has been
    told is deleted; what nobody could be told of moves to the shelf UNTOLD. None of this makes a debug event: an alarm about errors would
    count the failures to tell of it.
    """

    name = "alarm outbox"

    def __init__(self, parts: OutboxParts) -> None:
        self._parts = parts
        self._lanes: dict[Way, asyncio.Task[None]] = {}
        # One for each channel: a mail server that hangs holds up no webhook.
        self._room = {name: asyncio.Semaphore(MOST_AT_ONCE) for name in parts.channels}
        self._rest: dict[Way, tuple[int, float]] = {}
        self._read: dict[str, tuple[bytes, Notification | None]] = {}
        self._unwritten: dict[tuple[str, str], Kept] = {}
        self._pause_for = POLL
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """New notifications are in the journal."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due for as long as the worker works."""
        while not self._stopping:
            self._wake.clear()
            await self.begin(self._parts.clock.now())
            await self._pause()

    async def step(self, now: float) -> None:
        """Send what can go now, and wait until that has ended."""
        await self.begin(now)
        await self.idle()

    async def begin(self, now: float) -> int:
        """Start to send what can go now; returns to how many addresses."""
        if self._stopping:
            return 0
        # Who is busy before the reading: what has been read of him may be out of date when that is done.
        busy = set(self._lanes)
        try:
            await self._write()
            waiting = await self._waiting()
            rules = Rules(wait=self._parts.group_wait, last_sms=await self._last_sms(waiting))
        except JournalError as error:
            log.warning("alarm.outbox_unread", reason=str(error))
            return 0
        self._pause_for = POLL if len(waiting) <= MANY else SELDOM
        started = 0
        for way, batches in plan(waiting, now, rules):
            if way not in busy and self._rest.get(way, (0, 0.0))[1] <= now:
                self._start(way, batches)
                started += 1
        return started

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._lanes:
            await asyncio.wait(self._lanes.values())

    async def stop(self, within: float) -> None:
        """Start nothing more and let what is under way end; what has not ended after `within` seconds is repeated by the next process."""
        self._stopping = True
        self._wake.set()
        if self._lanes:
            await asyncio.wait(self._lanes.values(), timeout=within)
        for task in self._lanes.values():
            task.cancel()
        await self.idle()
        if self._unwritten:
            try:
                await self._write()
            except JournalError as error:
                log.warning("alarm.not_written", reason=str(error))

    # -- reading

    async def _waiting(self) -> list[Notification]:
        """All that is on the shelf and not done with; what has not changed since the last look is not decoded again."""
        read: dict[str, tuple[bytes, Notification | None]] = {}
        page = await self._parts.journal.kept(OUTBOX, PAGE)
        while page:
            for each in page:
                known = self._read.get(each.id)
                data = each.data or b""
                read[each.id] = known if known is not None and known[0] == data else (data, _decoded(each.id, data))
            page = await self._parts.journal.kept(OUTBOX, PAGE, page[-1].id) if len(page) == PAGE else ()
        self._read = read
        return [found for key, (_, found) in read.items() if found is not None and (OUTBOX, key) not in self._unwritten]

    async def _last_sms(self, waiting: Sequence[Notification]) -> dict[str, float]:
        numbers = {each.address for each in waiting if each.channel == SMS}
        found = {number: await self._parts.journal.kept_one(PACE, number) for number in numbers}
        return {number: float(data) for number, data in found.items() if data}

    async def _pause(self) -> None:
        sleeper = asyncio.ensure_future(self._parts.clock.sleep(self._pause_for))
        waker = asyncio.ensure_future(self._wake.wait())
        await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        sleeper.cancel()
        waker.cancel()

    # -- telling

    def _start(self, way: Way, batches: Sequence[Batch]) -> None:
        task = asyncio.get_running_loop().create_task(self._tell_all(way, batches))
        self._lanes[way] = task
        task.add_done_callback(lambda _: self._lanes.pop(way, None))

    async def _tell_all(self, way: Way, batches: Sequence[Batch]) -> None:
        """One message after the other until one has to wait: the next would, too."""
        async with self._room.get(way[0], contextlib.nullcontext()):
            try:
                for batch in batches:
                    if self._stopping or not await self._see_through(batch):
                        return
                self._rest.pop(way, None)
            except JournalError as error:
                log.warning("alarm.not_written", channel=way[0], to=shown(way), reason=str(error))

    async def _see_through(self, batch: Batch) -> bool:
        """Bring one message to what can be known of it; whether the way is free for the next one."""
        batch = await self._begun(batch)
        channel = self._parts.channels.get(batch.channel)
        outcome: Outcome = Never(reason=f"There is no channel {clean(batch.channel, 40)}.")
        if channel is not None:
            try:
                outcome = await channel.tell(batch)
            except Exception as error:
                log.exception("alarm.broken", **_line(batch))
                outcome = Later(reason=f"Telling it failed by a fault of Offhook's ({type(error).__name__}).", perhaps=True)
        if isinstance(outcome, Later):
            await self._postpone(batch, outcome)
            return False
        await self._end(batch, outcome)
        return True

    async def _begun(self, batch: Batch) -> Batch:
        """The same, written down as begun; a webhook has one notification, whose id it goes by, and needs no such note."""
        if batch.id:
            return batch
        message = self._parts.ids.new("NT")
        members = tuple(msgspec.structs.replace(each, message=message) for each in batch.notifications)
        await self._parts.journal.keep([keep_notification(each) for each in members])
        return msgspec.structs.replace(batch, id=message, notifications=members)

    async def _postpone(self, batch: Batch, outcome: Later) -> None:
        """Back on the shelf, with half of the pause left to chance; those that have been tried for a day are given up."""
        now = self._parts.clock.now()
        tries = max(each.attempts for each in batch.notifications) + 1
        pause = min(BACKOFF_MOST, BACKOFF_BASE * 2 ** min(tries - 1, 10)) * (0.5 + self._parts.chance() / 2)
        due = now + max(pause, outcome.retry_after)
        note = clean(outcome.reason, 500)
        # What may have got there once is repeated as it is, also when it certainly has not got there this time.
        message = batch.id if (outcome.perhaps or batch.repeated) and batch.channel != WEBHOOK else ""
        later, over = list[Notification](), list[Notification]()
        for each in batch.notifications:
            ends = each.created_at + TRIED_FOR
            changed = msgspec.structs.replace(each, attempts=tries, due=min(due, ends), note=note, message=message)
            (over if now >= ends else later).append(changed)
        self._close((batch.channel, batch.address), outcome.retry_after)
        await self._settle([*map(keep_notification, later), *await self._untold(over)])
        say = log.error if over else log.warning
        say("alarm.not_told_yet", **_line(batch), tries=tries, given_up=len(over), again_in=round(due - now, 1), why=note)

    async def _end(self, batch: Batch, outcome: Told | Never) -> None:
        """Off the shelf: told, or never to be."""
        changes = [Kept(shelf=OUTBOX, id=each.id) for each in batch.notifications]
        if batch.channel == SMS:
            changes.append(Kept(shelf=PACE, id=batch.address, data=repr(self._parts.clock.now()).encode()))
        if isinstance(outcome, Told):
            await self._settle(changes)
            if not outcome.nothing:
                log.info("alarm.told", **_line(batch))
            return
        note = clean(outcome.reason, 500)
        untold = [msgspec.structs.replace(each, attempts=each.attempts + 1, note=note) for each in batch.notifications]
        await self._settle([*changes, *await self._untold(untold)])
        log.error("alarm.not_told", **_line(batch), why=note)

    def _close(self, way: Way, asked: float) -> None:
        """Leave an address alone for a moment: what is new for it would fail as well."""
        failures = self._rest.get(way, (0, 0.0))[0] + 1
        rest = min(REST_MOST, BACKOFF_BASE * 2 ** min(failures - 1, 10)) * (0.5 + self._parts.chance() / 2)
        asked = min(asked, WHEN_CONFIGURED)
        self._rest[way] = failures, self._parts.clock.now() + max(rest, asked)

    # -- writing

    async def _untold(self, notifications: Sequence[Notification]) -> list[Kept]:
        """The changes that move these to the shelf of what nobody could be told of, and the oldest off it where it is full."""
        if not notifications:
            return []
        moved = [Kept(shelf=UNTOLD, id=each.id, data=encode(each)) for each in notifications]
        there = await self._parts.journal.kept(UNTOLD, MOST_UNTOLD + len(moved))
        surplus = len(there) + len(moved) - MOST_UNTOLD
        dropped = [Kept(shelf=UNTOLD, id=each.id) for each in there[: max(0, surplus)]]
        return [Kept(shelf=OUTBOX, id=each.id) for each in notifications] + dropped + moved[-MOST_UNTOLD:]

    async def _settle(self, changes: Sequence[Kept]) -> None:
        """Write what came of a message; what cannot be written is kept in mind, so that at least this process does not repeat it."""
        self._unwritten.update({(each.shelf, each.id): each for each in changes})
        await self._write()

    async def _write(self) -> None:
        changes = dict(self._unwritten)
        if changes:
            await self._parts.journal.keep(list(changes.values()))
            for key, change in changes.items():
                if self._unwritten.get(key) is change:
                    del self._unwritten[key]


def shown(way: Way) -> str:
    """An address as the log may have it: no secret of a URL, no whole number, no whole mailbox."""
    channel, address = way
    if channel == WEBHOOK:
        scheme, _, rest = address.partition("://")
        return f"{scheme}://{rest.partition('/')[0].partition('?')[0].rpartition('@')[2]}"
    if channel == SMS:
        return logs.mask(address)
    name, at, host = address.rpartition("@")
    return f"{name[:1]}•••{at}{host}" if at else address


def _line(batch: Batch) -> dict[str, Any]:
    """What each log line says of a message."""
    alarms = list(dict.fromkeys(each.alarm.sid for each in batch.notifications))
    return {
        "message": batch.id,
        "alarms": alarms[:10],
        "channel": batch.channel,
        "to": shown((batch.channel, batch.address)),
        "news": len(batch.notifications),
    }


def _decoded(identifier: str, data: bytes) -> Notification | None:
    try:
        return decode_notification(data)
    except msgspec.DecodeError as error:
        log.warning("alarm.unreadable", notification=identifier, reason=str(error))
        return None
