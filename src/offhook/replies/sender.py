"""The worker that sends replies by REST: in order, once, and honest about those of which it cannot know."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from offhook import logs
from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.ports import Clock, Ids, Journal
from offhook.records import DebugEvent, Level, Reply, ReplyState
from offhook.replies import wording
from offhook.replies.notices import Stamp, about_reply
from offhook.replies.reconcile import CLOCK_SLACK, find, unresolved
from offhook.replies.rest import (
    NO_WORD,
    Created,
    Creation,
    Listing,
    NoCredentials,
    NotSent,
    Rejected,
    Throttled,
)

MOST_UNDER_WAY: Final = 16
MOST_REMEMBERED: Final = 10_000
LEASE: Final = 60.0
POLL: Final = 1.0
# Seconds before each look for a reply whose fate is unknown: a message may take a moment to be listed.
LOOKS: Final = (0.0, 5.0, 30.0)
BACKOFF_BASE: Final = 1.0
BACKOFF_MOST: Final = 60.0
SHORTEST_PAUSE: Final = 0.1

log = logs.get("replies")


class Messages(Protocol):
    """What the sender asks of the REST API."""

    def may_send(self, account_sid: str) -> bool:
        """Whether there are credentials for the account."""

    async def create_message(self, reply: Reply) -> Creation:
        """Ask for the message once."""

    async def list_messages(self, account_sid: str, to: str, sender: str, since: float) -> Listing:
        """The newest messages to a number created since then."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a sender is put together from. `chance` gives a number in [0, 1)."""

    journal: Journal
    rest: Messages
    clock: Clock
    ids: Ids
    chance: Callable[[], float]
    metrics: Metrics


class ReplySender:
    """One for all endpoints: `run()` works until `stop()`; `wake()` has it look at once.

    Each try is written down before its request leaves, so that after a crash it is known that there was one (`reconcile.unresolved`).
    Replies to one recipient go one after another.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._looking: set[str] = set()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._known_sids: OrderedDict[str, None] = OrderedDict()
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """New replies are in the journal."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due for as long as the sender works; first of all, what was kept for want of credentials."""
        try:
            await self._parts.journal.release_kept(self._parts.clock.now())
        except JournalError as error:
            log.warning("reply.not_released", reason=str(error))
        while not self._stopping:
            self._wake.clear()
            await self.claim()
            await self._pause()

    async def claim(self) -> int:
        """Take due replies from the journal and start to send them; returns how many."""
        room = MOST_UNDER_WAY - len(self._in_hand)
        if room <= 0 or self._stopping:
            return 0
        # The lease of a reply that waits here for its turn, or is being looked for, may end: it is still ours.
        ours = set(self._in_hand)
        try:
            claimed = await self._parts.journal.claim_replies(room, self._parts.clock.now(), LEASE)
        except JournalError as error:
            log.warning("reply.claim_failed", reason=str(error))
            return 0
        fresh = [reply for reply in claimed if reply.id not in ours]
        for reply in fresh:
            self._start(reply)
        return len(fresh)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._in_hand:
            await asyncio.wait(self._in_hand.values())

    async def stop(self, within: float) -> None:
        """Start nothing more and let requests under way end; what is left after `within` seconds is found again by its lease."""
        self._stopping = True
        self._wake.set()
        for reply_id in self._looking:
            self._in_hand[reply_id].cancel()
        if self._in_hand:
            await asyncio.wait(self._in_hand.values(), timeout=within)
        for task in self._in_hand.values():
            task.cancel()
        await self.idle()

    def _start(self, reply: Reply) -> None:
        task = asyncio.get_running_loop().create_task(self._see_through(reply, self._lanes.get(reply.to)))
        self._in_hand[reply.id] = self._lanes[reply.to] = task
        task.add_done_callback(lambda done: self._ended(reply, done))

    def _ended(self, reply: Reply, task: asyncio.Task[None]) -> None:
        del self._in_hand[reply.id]
        if self._lanes.get(reply.to) is task:
            del self._lanes[reply.to]
        self._wake.set()  # the next reply to the same webhook may go now

    async def _pause(self) -> None:
        sleeper = asyncio.ensure_future(self._parts.clock.sleep(POLL))
        waker = asyncio.ensure_future(self._wake.wait())
        await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        sleeper.cancel()
        waker.cancel()

    async def _see_through(self, reply: Reply, before: asyncio.Task[None] | None) -> None:
        """Bring one reply to its end, or back into the journal; what goes wrong on our side leaves it to its lease."""
        if before is not None:
            await asyncio.wait({before})
        try:
            await self._send(reply)
        except JournalError as error:
            log.warning("reply.not_settled", reply=reply.id, webhook=reply.webhook_id, reason=str(error))
        except Exception:
            log.exception("reply.broken", reply=reply.id, webhook=reply.webhook_id)

    async def _send(self, reply: Reply) -> None:
        now = self._parts.clock.now()
        if self._stopping:
            await self._parts.journal.settle_reply(msgspec.structs.replace(reply, state=ReplyState.WAITING, due=now))
        elif unresolved(reply):
            await self._look_for(reply, NO_WORD, wording.CRASHED)
        elif now >= reply.expires_at:
            await self._end(reply, ReplyState.EXPIRED, wording.EXPIRED_CODE, wording.expired(reply, now))
        elif not self._parts.rest.may_send(reply.account_sid):
            await self._end(reply, ReplyState.KEPT, wording.NO_CREDENTIALS_CODE, wording.NO_CREDENTIALS)
        else:
            trying = msgspec.structs.replace(reply, attempts=reply.attempts + 1, tried_at=now, code=0, due=now + LEASE)
            await self._parts.journal.settle_reply(trying)
            await self._weigh(trying, await self._parts.rest.create_message(trying))

    async def _weigh(self, reply: Reply, result: Creation) -> None:
        """What one try came to."""
        match result:
            case Created():
                await self._sent(reply, result.sid)
            case Rejected() if result.status == 401:
                # The credentials are at fault and not the reply: it can still go once they are right.
                await self._end(reply, ReplyState.KEPT, result.code, wording.wrong_credentials(result.message))
            case Rejected():
                await self._end(reply, ReplyState.FAILED, result.code, wording.rejected(result.message))
            case Throttled():
                await self._postpone(reply, result.code, wording.THROTTLED, result.retry_after)
            case NotSent():
                await self._postpone(reply, result.code, wording.not_sent(result.reason))
            case NoCredentials():
                await self._end(reply, ReplyState.KEPT, wording.NO_CREDENTIALS_CODE, wording.NO_CREDENTIALS)
            case _:
                await self._look_for(reply, result.code, result.reason)

    async def _look_for(self, reply: Reply, code: int, why: str) -> None:
        """Find out whether a reply was sent; it is never sent again on a guess. While the API gives no list, look again later."""
        self._looking.add(reply.id)
        listed = False
        try:
            for pause in LOOKS:
                await self._parts.clock.sleep(pause)
                since = (reply.tried_at or reply.created_at) - CLOCK_SLACK
                sender = "" if reply.messaging_service_sid else reply.sender
                listing = await self._parts.rest.list_messages(reply.account_sid, reply.to, sender, since)
                listed = isinstance(listing, Sequence)
                found = find(reply, listing, self._known_sids) if isinstance(listing, Sequence) else None
                if found is not None:
                    await self._sent(reply, found.sid)
                    return
        finally:
            self._looking.discard(reply.id)
        now = self._parts.clock.now()
        if listed or now >= reply.expires_at:
            await self._end(reply, ReplyState.AMBIGUOUS, code, wording.ambiguous(why, listed=listed))
            return
        note = wording.kept_note(reply.note, wording.unlisted(why))
        due = min(now + BACKOFF_MOST, reply.expires_at)
        await self._settle(msgspec.structs.replace(reply, state=ReplyState.WAITING, due=due, note=note), ())

    async def _sent(self, reply: Reply, message_sid: str) -> None:
        self._known_sids[message_sid] = None
        if len(self._known_sids) > MOST_REMEMBERED:
            self._known_sids.popitem(last=False)
        note = wording.kept_note(reply.note, "")
        sent = msgspec.structs.replace(reply, state=ReplyState.SENT, message_sid=message_sid, code=0, due=0.0, note=note)
        await self._settle(sent, ())

    async def _postpone(self, reply: Reply, code: int, why: str, at_least: float = 0.0) -> None:
        """Back into the journal, with full jitter; the first time with a debug event."""
        now = self._parts.clock.now()
        longest = min(BACKOFF_MOST, BACKOFF_BASE * 2 ** min(reply.attempts, 10))
        pause = max(SHORTEST_PAUSE, at_least, self._parts.chance() * longest)
        waiting = msgspec.structs.replace(
            reply,
            state=ReplyState.WAITING,
            code=code,
            due=min(now + pause, reply.expires_at),
            note=wording.kept_note(reply.note, why),
        )
        events = [await self._event(waiting, why, Level.WARNING)] if reply.attempts == 1 else []
        await self._settle(waiting, events)

    async def _end(self, reply: Reply, state: ReplyState, code: int, why: str) -> None:
        """A reply that is not sent, not now or not ever, and the debug event that says why."""
        note = wording.kept_note(reply.note, why)
        ended = msgspec.structs.replace(reply, state=state, code=code, due=0.0, note=note)
        told = state is ReplyState.KEPT and reply.note == note
        level = Level.WARNING if state in {ReplyState.KEPT, ReplyState.AMBIGUOUS} else Level.ERROR
        await self._settle(ended, [] if told else [await self._event(ended, why, level)])

    async def _event(self, reply: Reply, why: str, level: Level) -> DebugEvent:
        webhook = await self._parts.journal.webhook(reply.webhook_id)
        stamp = Stamp(id=self._parts.ids.new("NO"), at=self._parts.clock.now())
        return about_reply(reply, why, stamp, level=level, webhook=webhook)

    async def _settle(self, reply: Reply, events: Sequence[DebugEvent]) -> None:
        await self._parts.journal.settle_reply(reply, events)
        self._parts.metrics.reply(reply.state.value)
        name = "reply.postponed" if reply.state is ReplyState.WAITING else f"reply.{reply.state.value}"
        bad = reply.state in {ReplyState.FAILED, ReplyState.AMBIGUOUS, ReplyState.EXPIRED}
        say: Callable[..., Any] = log.warning if bad else log.info
        say(
            name,
            reply=reply.id,
            webhook=reply.webhook_id,
            ordinal=reply.ordinal,
            to=logs.mask(reply.to),
            sender=logs.mask(reply.sender),
            tries=reply.attempts,
            message=reply.message_sid,
            code=reply.code,
            why=reply.note,
        )
