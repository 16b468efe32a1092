"""Hands events to one sink: in order, again after a failure, and aside what it refuses for good."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from offhook import logs
from offhook.ports import Clock
from offhook.records import Record
from offhook.streams import retries
from offhook.streams.model import Delivery, Event, Fault, Sink, SinkClient
from offhook.streams.places import Item
from offhook.streams.retries import Trouble

HAND_OVER_WITHIN = 60.0
"""Seconds after which a sink's client has hung."""
REFUSALS_AT_FULL_PACE, REFUSAL_PAUSE = 1_000, 1.0
"""A sink that has refused this many events in a row is wrong as a whole: one a second then, until somebody mends it."""

log = logs.get("streams")


class SinkState(Record):
    """How a sink is. Times in seconds since the epoch; `lag` in rows of the journal that may hold events for it."""

    lag: int = 0
    delivered: int = 0
    last_success_at: float | None = None
    last_fault: Fault | None = None
    last_fault_at: float | None = None
    retry_at: float | None = None
    failing_since: float | None = None
    parked: int = 0


class CarrierParts(NamedTuple):
    """What a carrier works with. `tell` writes a debug event about a failure, `chance` gives a number in [0, 1)."""

    clock: Clock
    chance: Callable[[], float]
    tell: Callable[[Sink, Fault, Trouble], Awaitable[None]]
    counted: Callable[[str, str, int], None]


class Follower(NamedTuple):
    """Who carries on: `taken` after each step (the last item that was taken, and how many were), `refused` for each item that never will be.

    `tired` is asked after each failure: True when it is no use to try these once more.
    """

    taken: Callable[[Item, int], Awaitable[None]]
    refused: Callable[[Item, Fault], Awaitable[None]]
    tired: Callable[[Trouble], Awaitable[bool]]


class Carrier:
    """One for each sink: whoever has events for it comes here, one at a time."""

    def __init__(self, sink: Sink, client: SinkClient, parts: CarrierParts, trouble: Trouble = Trouble()) -> None:  # noqa: B008 - frozen
        self.sink = sink
        self.trouble = trouble
        self.delivered = 0
        self.last_success_at: float | None = None
        self.last_fault: Fault | None = None
        self.last_fault_at: float | None = None
        self.retry_at: float | None = None
        self._client = client
        self._parts = parts
        self._turn = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()

    async def carry(self, items: Sequence[Item], follower: Follower) -> bool:
        """Hand these over, however long it takes. False when it was stopped, or its follower has tired of it, before all were done with."""
        left = deque(items)
        alone = 0  # so many of the first are handed over one by one: together they were refused
        while left and not self._stopping.is_set():
            batch = [left[index] for index in range(1 if alone else len(left))]
            delivery = await self._hand_over([item.event for item in batch])
            taken = [left.popleft() for _ in range(min(delivery.taken, len(batch)))]
            alone = max(0, alone - len(taken))
            if taken:
                self._succeeded(len(taken))
                await follower.taken(taken[-1], len(taken))
            if len(taken) == len(batch) or (taken and delivery.fault is None):
                continue
            fault = delivery.fault or Fault(
                code=retries.INTERNAL, message="The sink took only part of what it was given.", retry=True
            )
            await self._failed(fault)
            if fault.retry:
                if await follower.tired(self.trouble) or not await self._wait(fault):
                    return False
            elif delivery.refused > 1 and not alone:
                alone = min(delivery.refused, len(left))
            else:
                alone = max(0, alone - 1)
                await follower.refused(left[0], fault)
                left.popleft()
                self._parts.counted(self.sink.sid, "parked", 1)
                if self.trouble.failures > REFUSALS_AT_FULL_PACE and not await self._pause(REFUSAL_PAUSE):
                    return False
        return not left

    async def test(self, event: Event) -> Delivery:
        """Hand one event over, once, whatever waits. What waits for another try need not any longer when it was taken."""
        delivery = await self._hand_over([event])
        if delivery.fault is None:
            self.last_success_at = self._parts.clock.now()
            self._hurry.set()
        else:
            self.last_fault, self.last_fault_at = delivery.fault, self._parts.clock.now()
        return delivery

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    async def close(self) -> None:
        """Let go of the sink."""
        try:
            await self._client.close()
        except Exception:
            log.exception("streams.not_closed", sink=self.sink.sid)

    async def _hand_over(self, events: Sequence[Event]) -> Delivery:
        async with self._turn:
            try:
                async with asyncio.timeout(HAND_OVER_WITHIN):
                    return await self._client.deliver(events)
            except TimeoutError:
                message = f"The sink's client has not come to an end within {HAND_OVER_WITHIN:.0f} s."
                return Delivery(taken=0, fault=Fault(code=retries.NO_ANSWER, message=message, retry=True))
            except Exception as error:
                # A fault of ours, or of a library: the events are not lost for it.
                log.exception("streams.sink_broken", sink=self.sink.sid)
                message = f"The sink's client has failed ({type(error).__name__}); the log says more."
                return Delivery(taken=0, fault=Fault(code=retries.INTERNAL, message=message, retry=True))

    def _succeeded(self, count: int) -> None:
        if self.trouble.failures:
            log.info("streams.sink_recovered", sink=self.sink.sid, failures=self.trouble.failures)
        self.trouble, self.retry_at = retries.over(self.trouble), None
        self.delivered += count
        self.last_success_at = self._parts.clock.now()
        self._parts.counted(self.sink.sid, "delivered", count)

    async def _failed(self, fault: Fault) -> None:
        now = self._parts.clock.now()
        self.last_fault, self.last_fault_at = fault, now
        self.trouble, tell = retries.after(self.trouble, now)
        self._parts.counted(self.sink.sid, str(fault.code), 1)
        if tell:
            log.warning(
                "streams.sink_failed", sink=self.sink.sid, code=fault.code, failures=self.trouble.failures, reason=fault.message
            )
            await self._parts.tell(self.sink, fault, self.trouble)
        if not fault.retry:
            # It has answered: what comes next may be to its liking.
            self.retry_at = None

    async def _wait(self, fault: Fault) -> bool:
        """Until it is time for the next try; False when the stop comes first."""
        return await self._pause(retries.wait(self.trouble.failures, fault, self._parts.chance()))

    async def _pause(self, pause: float) -> bool:
        self.retry_at = self._parts.clock.now() + pause
        self._hurry.clear()
        waits = [
            asyncio.create_task(each) for each in (self._stopping.wait(), self._hurry.wait(), self._parts.clock.sleep(pause))
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        return not self._stopping.is_set()
