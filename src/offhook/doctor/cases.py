"""Examinations that run on while somebody looks at them: each can be asked how far it is, and is kept for a while when it is done.

They are in memory, and few. One that was being watched ends when nobody has looked at it for some seconds: whoever leaves cancels it.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from offhook.doctor.examination import Examination
from offhook.doctor.findings import Report
from offhook.doctor.question import Product
from offhook.records import Record

MOST_KEPT: Final = 20
LEFT_AFTER: Final = 10.0
"""Seconds without a look after which one that was watched is ended."""
LOOKS_EVERY: Final = 0.5


class BusyError(Exception):
    """As many examinations are under way as may be."""


class Wanted(Record):
    """What somebody wants examined. `is_own`: it is one of the operator's own URLs."""

    url: str
    product: Product
    samples: int
    is_own: bool = False


class Examines(Protocol):
    """Whoever does it (`practice.Practice`)."""

    @property
    def is_busy(self) -> bool:
        """Whether as many are under way as may be."""

    async def examine(self, url: str, product: Product, samples: int, watch: Callable[[Examination], None]) -> Report:
        """Examine a URL. Raises BusyError."""

    async def examine_own(self, url: str, product: Product, samples: int, watch: Callable[[Examination], None]) -> Report:
        """Examine one of the operator's own URLs. Raises BusyError."""


class Case:
    """One examination. `began_at` is in seconds since the epoch."""

    def __init__(self, wanted: Wanted, began_at: float) -> None:
        self.identifier = secrets.token_hex(8)
        self.wanted = wanted
        self.began_at = began_at
        self.looked_at: float | None = None
        self.failure = ""
        self._examination: Examination | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is more to come."""
        return self._task is not None and not self._task.done()

    @property
    def asks(self) -> str:
        """What is being asked just now; "" where nothing is."""
        return self._examination.at.asks if self.is_running and self._examination is not None and self._examination.at else ""

    def report(self) -> Report | None:
        """What is known by now; None before the first word."""
        return None if self._examination is None else self._examination.report()

    def begin(self, work: Coroutine[Any, Any, Report]) -> None:
        """Have it done."""
        self._task = asyncio.create_task(self._run(work), name="doctor case")

    def watch(self, examination: Examination) -> None:
        """It has begun."""
        self._examination = examination

    def look(self) -> None:
        """Somebody looks, and will look again soon."""
        self.looked_at = asyncio.get_running_loop().time()

    async def stop(self) -> None:
        """End it; what is known by then stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, work: Coroutine[Any, Any, Report]) -> None:
        task = asyncio.create_task(work, name="doctor")
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=LOOKS_EVERY)
                if self.looked_at is not None and asyncio.get_running_loop().time() - self.looked_at > LEFT_AFTER:
                    break
        finally:
            task.cancel()
            [ended] = await asyncio.gather(task, return_exceptions=True)
            if isinstance(ended, BusyError):
                self.failure = "Others were being examined."
            elif isinstance(ended, Exception):
                self.failure = "The examination has failed, which is a fault of Offhook's: its log says more."


class Cases:
    """All of them, the newest last."""

    def __init__(self, practice: Examines) -> None:
        self._practice = practice
        self._cases: dict[str, Case] = {}

    def begin(self, wanted: Wanted, now: float) -> Case:
        """A new one. Raises BusyError."""
        if self._practice.is_busy or any(each.is_running and each.report() is None for each in self._cases.values()):
            raise BusyError
        while len(self._cases) >= MOST_KEPT:
            done = next((key for key, each in self._cases.items() if not each.is_running), None)
            if done is None:
                raise BusyError
            del self._cases[done]
        case = Case(wanted, now)
        examine = self._practice.examine_own if wanted.is_own else self._practice.examine
        case.begin(examine(wanted.url, wanted.product, wanted.samples, case.watch))
        self._cases[case.identifier] = case
        return case

    def find(self, identifier: str) -> Case | None:
        """One of them."""
        return self._cases.get(identifier)

    def newest(self) -> list[Case]:
        """All of them, the newest first."""
        return [*self._cases.values()][::-1]

    async def close(self) -> None:
        """End them all."""
        await asyncio.gather(*(each.stop() for each in self._cases.values()))
