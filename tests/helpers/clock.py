"""A clock that the test moves."""

import asyncio
import heapq
import itertools
import time


class ManualClock:
    """Starts at 1,700,000,000; `advance` lets time go by, waking sleepers in order and letting their work run."""

    def __init__(self):
        self._now = 1_700_000_000.0
        self._sleepers = []
        self._order = itertools.count()

    def now(self):
        return self._now

    def monotonic(self):
        return self._now

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds):
        end = self._now + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            if not woken.done():
                woken.set_result(None)
                await self.settle()
        self._now = end
        await self.settle()

    @staticmethod
    async def settle():
        """Let everything that can run without time going by run."""
        for _ in range(30):
            await asyncio.sleep(0)


class Passing:
    """The machine's clock, as much later as `gone` says: for what signs with the real time."""

    def __init__(self):
        self.gone = 0.0

    def now(self):
        return time.time() + self.gone

    def monotonic(self):
        return time.monotonic() + self.gone

    async def sleep(self, seconds):
        raise AssertionError("nothing waits here")
