"""The life of a message that the account sends: its states one after another, each told to the status callback."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import msgspec

from offhook.ports import Clock
from offhook.records import Record
from offhook.simulator.book import Book
from offhook.simulator.records import ENDED, Message, Status

FAILS: Final[dict[str, tuple[Status, int, str]]] = {
    "+15005550009": (Status.UNDELIVERED, 30006, "The number cannot take text messages: it may be a landline."),
    "+15005550004": (Status.FAILED, 21610, "The recipient has opted out of messages from this number."),
    "+15005550003": (Status.UNDELIVERED, 30003, "The handset could not be reached."),
}
"""Numbers that stand for a fate: what becomes of a message to one of them."""


class Pace(Record):
    """How long each step takes, seconds."""

    to_queued: float = 0.02
    to_sending: float = 0.05
    to_sent: float = 0.1
    to_delivered: float = 0.3


QUICK: Final = Pace(to_queued=0.001, to_sending=0.001, to_sent=0.001, to_delivered=0.001)
"""For programs, which need not see it happen."""


class Lives:
    """Leads messages through their states. `tell` calls a message's status callback.

    The carrier does not wait for the app: a message lives on while its callbacks, one after another, are still being made.
    Whoever sets `is_late` says that the state after a message's is told before it; whoever sets `failed` hears of those that did not arrive;
    whoever sets `at_step` sees a message in each new state before it is written down, and may change it.
    """

    def __init__(self, book: Book, clock: Clock, tell: Callable[[Message], Awaitable[None]], pace: Pace | None = None) -> None:
        self._book = book
        self._clock = clock
        self._tell = tell
        self._pace = pace or Pace()
        self._tasks: set[asyncio.Task[None]] = set()
        self._living: set[asyncio.Task[None]] = set()
        self.is_late: Callable[[Message], bool] = lambda _: False
        self.at_step: Callable[[Message], Message] = lambda message: message
        self.failed: Callable[[Message], None] = lambda _: None

    @property
    def under_way(self) -> int:
        """How many messages and callbacks are on their way."""
        return len(self._tasks)

    @property
    def living(self) -> int:
        """How many messages are on their way."""
        return len(self._living)

    def begin(self, message: Message) -> None:
        """Let a message live from the state in which it is."""
        life = self._start(self._live(message.sid), f"life of {message.sid}")
        self._living.add(life)
        life.add_done_callback(self._living.discard)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End them all where they are."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _live(self, sid: str) -> None:
        message = self._book.message(sid)
        if message is None:
            return
        if message.status is Status.SCHEDULED:
            await self._clock.sleep(max(0.0, (message.send_at or 0.0) - self._clock.now()))
        told: asyncio.Task[None] | None = None
        late: list[Message] = []
        for step in steps(message, self._pace):
            await self._clock.sleep(step.after)
            changed = self._take(sid, step)
            if changed is None:
                return
            if changed.error_code and changed.status in ENDED:
                self.failed(changed)
            if not changed.status_callback or not (step.told or changed.status in ENDED):
                continue
            if changed.status not in ENDED and not late and self.is_late(changed):
                late.append(changed)
                continue
            for each in (changed, *late):
                told = self._start(self._tell_after(told, each), f"callback of {sid}")
            late.clear()

    async def _tell_after(self, before: "asyncio.Task[None] | None", message: Message) -> None:
        if before is not None:
            await asyncio.wait({before})
        await self._tell(message)

    def _take(self, sid: str, step: "Step") -> Message | None:
        """The message in its next state; None where it has been deleted or has ended meanwhile."""
        message = self._book.message(sid)
        if message is None or message.status in ENDED:
            return None
        now = self._clock.now()
        changed = msgspec.structs.replace(
            message,
            status=step.status,
            updated_at=now,
            sent_at=now if step.status is Status.SENT else message.sent_at,
            error_code=step.code,
            error_message=step.why,
        )
        return self._book.keep(self.at_step(changed))


class Step(Record):
    """One state that a message comes to, `after` seconds in the one before; `told` to the status callback."""

    status: Status
    after: float
    told: bool = True
    code: int = 0
    why: str = ""


def steps(message: Message, pace: Pace) -> tuple[Step, ...]:
    """The states that lie before a message. Its first one is told to nobody, and neither is `sending` (spec: twilio-delivery §4.2)."""
    fate, code, why = FAILS.get(message.to.removeprefix("whatsapp:"), (Status.DELIVERED, 0, ""))
    queued = (Step(status=Status.QUEUED, after=pace.to_queued),) if message.status in _BEFORE_QUEUE else ()
    sending = Step(status=Status.SENDING, after=pace.to_sending, told=False)
    end = Step(status=fate, after=pace.to_delivered, code=code, why=why)
    if fate is Status.FAILED:
        return (*queued, sending, end)
    return (*queued, sending, Step(status=Status.SENT, after=pace.to_sent), end)


_BEFORE_QUEUE = frozenset({Status.ACCEPTED, Status.SCHEDULED})
