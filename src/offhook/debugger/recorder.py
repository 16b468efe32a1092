"""Writes down what Twilio tells: each webhook of its Debugger and its alarms becomes a debug event, and is done with."""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from offhook import logs
from offhook.debugger import told
from offhook.debugger.evidence import Evidence
from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.ports import Clock, Journal
from offhook.providers.twilio_debugger import read_told
from offhook.records import Answer, Arrival, DebugEvent, Settlement, State, Webhook, WebhookFilter

MOST_FRESH = 1_000
CLAIMED_AT_ONCE = 64
LEASE = 600.0
AGAIN_AFTER = 1.0
# A body of more than this, in bytes, is read in a thread: answers to the provider go first.
READ_ASIDE = 64 * 1024
# How long before an event, in seconds, the webhook that it is about may have come in; and how many are looked at.
LOOK_BACK = 86_400.0
MOST_RELATED = 50

log = logs.get("debugger")


class Derive(Protocol):
    """Reads a kept arrival."""

    def __call__(self, arrival: Arrival, /) -> Webhook:
        """The webhook that it is."""


@dataclass(frozen=True, slots=True)
class RecorderParts:
    """What a recorder is put together from."""

    journal: Journal
    derive: Derive
    clock: Clock
    metrics: Metrics


class Recorder:
    """One for all endpoints without an app (`intake.handover.Room`). `run()` does the work, one webhook after the other."""

    def __init__(self, endpoints: Collection[str], parts: RecorderParts) -> None:
        self._endpoints = tuple(endpoints)
        self._parts = parts
        self._fresh: deque[tuple[Arrival, Answer | None]] = deque()
        self._parking: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._parked = False
        self._stopping = False

    # -- from the intake

    def accept(self, arrival: Arrival, answered: Answer | None, _relay: object = None) -> None:
        """A fresh webhook, kept and answered. Where too many wait already it is left to the journal for a while."""
        if self._stopping:
            return  # The next start adopts it.
        if len(self._fresh) < MOST_FRESH:
            self._fresh.append((arrival, answered))
            self._wake.set()
        else:
            task = asyncio.create_task(self._park(arrival, answered))
            self._parking.add(task)
            task.add_done_callback(self._parking.discard)

    def repeat(self, _webhook_id: str, _relay: object) -> None:
        """Nobody is kept waiting here, a duplicate neither."""

    async def adopt(self, arrivals: Sequence[Arrival]) -> None:
        """Arrivals of a former process: they wait in the journal until `run` takes them up."""
        derived = map(self._parts.derive, arrivals)
        await asyncio.gather(*(self._parts.journal.settle(Settlement(webhook=webhook)) for webhook in derived))

    async def _park(self, arrival: Arrival, answered: Answer | None) -> None:
        webhook = msgspec.structs.replace(self._parts.derive(arrival), answer=answered)
        await self._settle(Settlement(webhook=webhook))
        self.look()

    # -- the work

    def look(self) -> None:
        """There may be webhooks waiting in the journal."""
        self._parked = True
        self._wake.set()

    async def start(self) -> None:
        """Take over what waits in the journal, also for a time that the settings of another day have set. Raises JournalError."""
        for name in self._endpoints:
            await self._parts.journal.hasten(name, self._parts.clock.now())
        self.look()

    async def run(self) -> None:
        """Turn webhooks into debug events until stopped."""
        while not self._stopping:
            self._wake.clear()
            self._idle.clear()
            try:
                await self._all()
            finally:
                self._idle.set()
            if not self._stopping:
                await self._wake.wait()

    async def stop(self, within: float) -> None:
        """Finish the one that is being written. The others are in the journal, for the next start."""
        self._stopping = True
        self._wake.set()
        idle = asyncio.create_task(self._idle.wait())
        _, late = await asyncio.wait({idle, *self._parking}, timeout=within)
        for task in late:
            task.cancel()

    async def _all(self) -> None:
        while not self._stopping:
            if self._fresh:
                arrival, answered = self._fresh.popleft()
                await self._record(msgspec.structs.replace(self._parts.derive(arrival), answer=answered))
            elif not self._parked or not await self._claimed():
                return

    async def _claimed(self) -> bool:
        """Record some that wait in the journal; False when there were none."""
        self._parked = False
        for name in self._endpoints:
            try:
                claimed = await self._parts.journal.claim(name, CLAIMED_AT_ONCE, self._parts.clock.now(), LEASE)
            except JournalError as error:
                log.warning("debugger.claim_failed", endpoint=name, reason=str(error))
                self._parked = True
                await self._parts.clock.sleep(AGAIN_AFTER)
                return True
            self._parked = self._parked or bool(claimed)
            for webhook in claimed:
                if self._stopping:
                    return False  # Their lease ends with the process.
                await self._record(webhook)
        return self._parked

    async def _record(self, webhook: Webhook) -> None:
        try:
            event = await self._event(webhook)
        except Exception:
            # A fault of ours must not lose what was told.
            log.exception("debugger.not_read", webhook=webhook.id)
            event = told.unread(webhook)
        done = msgspec.structs.replace(
            webhook, state=State.DELIVERED, due=0.0, note=f"Twilio told of an error: see debug event {event.id}."
        )
        if not await self._settle(Settlement(webhook=done, events=(event,))):
            return
        self._parts.metrics.debug_event(event.level.value, event.code)
        self._parts.metrics.ended(done.endpoint, done.state.value, self._parts.clock.now() - done.received_at)
        log.info(
            "debugger.told",
            event_id=event.id,
            webhook=webhook.id,
            about=event.webhook_id,
            endpoint=webhook.endpoint,
            code=event.code,
            twilio_code=event.twilio_code,
            resource_sid=event.resource_sid,
            cause=event.causes[0].name if event.causes else "",
        )

    async def _event(self, webhook: Webhook) -> DebugEvent:
        def read() -> tuple[DebugEvent, Evidence]:
            fields = read_told(webhook.head, webhook.body)
            evidence = told.evidence_of(fields)
            return told.event_of(webhook, fields, evidence), evidence

        event, evidence = await asyncio.to_thread(read) if len(webhook.body) > READ_ASIDE else read()
        about = None if evidence.form == "alarm" else await self._about(event, evidence.url)
        if about is None:
            return event
        return msgspec.structs.replace(event, webhook_id=about.id, endpoint=about.endpoint, number=about.number)

    async def _about(self, event: DebugEvent, url: str) -> Webhook | None:
        """The webhook of ours that it is about: the one with its resource, the latest that came to the same URL before it."""
        sid = event.resource_sid
        if not told.is_sid(sid):
            return None
        where = WebhookFilter(query=sid, since=event.at - LOOK_BACK)
        try:
            found = await self._parts.journal.webhooks(where, MOST_RELATED)
        except JournalError as error:
            log.warning("debugger.not_related", event_id=event.id, reason=str(error))
            return None
        ours = (each for each in found if each.provider_id == sid and each.endpoint not in self._endpoints)

        def fit(webhook: Webhook) -> tuple[bool, bool, bool, float]:
            same = webhook.url == url.partition("#")[0]
            return same, _address(webhook.url) == _address(url), webhook.received_at <= event.at, webhook.received_at

        return max(ours, key=fit, default=None)

    async def _settle(self, settled: Settlement) -> bool:
        """Write it down; a journal that cannot just now is asked again. False when the stop has come first."""
        while True:
            try:
                await self._parts.journal.settle(settled)
            except JournalError as error:
                log.warning("debugger.not_settled", webhook=settled.webhook.id, reason=str(error))
                if self._stopping:
                    return False
                if not self._parts.journal.trouble():
                    # The journal is well, and still cannot write this: then at least that there was something.
                    settled = Settlement(webhook=settled.webhook, events=(told.unread(settled.webhook),))
                await self._parts.clock.sleep(AGAIN_AFTER)
            else:
                return True


def _address(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].rstrip("/")
