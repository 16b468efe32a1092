"""What a courier is put together from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from offhook.delivery.round import Rounds
from offhook.metrics import Metrics
from offhook.ports import Clock, Journal
from offhook.records import Arrival, Attempt, DebugEvent, Exchange, Reply, Webhook


class Replies(Protocol):
    """What the courier asks of the replies room. Whatever the answer holds, it raises nothing: the delivery must be written down."""

    def compose_inline(self, webhook: Webhook, exchange: Exchange) -> tuple[Sequence[Reply], Sequence[DebugEvent]]:
        """The replies that an answer passed to the provider asked for, and what is wrong with it."""

    def compose_now(self, webhook: Webhook, exchange: Exchange) -> tuple[Sequence[Reply], Sequence[DebugEvent]] | None:
        """`compose_late` where nothing has to be fetched for it, as it mostly is; else None."""

    async def compose_late(self, webhook: Webhook, exchange: Exchange) -> tuple[Sequence[Reply], Sequence[DebugEvent]]:
        """The replies to send by REST, and what is wrong with the answer."""

    def wake(self) -> None:
        """New replies are in the journal."""


class Debugger(Protocol):
    """Who writes debug events, and knows the causes."""

    def note(self, endpoint: str, attempt: Attempt) -> None:
        """An attempt has ended, well or badly."""

    def attempt(self, webhook: Webhook, attempt: Attempt, next_due: float | None) -> DebugEvent:
        """The event of an attempt that has a code; `next_due` is when the webhook is tried again (None: not by itself)."""

    def explained(self, event: DebugEvent, webhook: Webhook, exchange: Exchange) -> DebugEvent:
        """An event about this answer, with its causes."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a courier is put together from. `chance` gives a number in [0, 1)."""

    journal: Journal
    rounds: Rounds
    replies: Replies
    derive: Callable[[Arrival], Webhook]
    debugger: Debugger
    clock: Clock
    chance: Callable[[], float]
    metrics: Metrics
