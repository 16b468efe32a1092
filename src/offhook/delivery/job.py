"""A webhook on its way through the courier, and the provider that may be waiting for its answer."""

import asyncio
from collections.abc import Callable

import msgspec

from offhook.delivery.round import Begun
from offhook.records import Answer, Endpoint, Webhook

Relay = Callable[[Answer], bool]


class Job(msgspec.Struct, eq=False):
    """`relays` are the waiting provider connections (the first request's, and its duplicates'); `answer` what they got.

    A round that is under way is in `begun`, or in the hands of a `task`; until it is over it `has_place` at its endpoint's gate.
    """

    webhook: Webhook
    endpoint: Endpoint
    retry: bool = False
    probe: bool = False
    answer: Answer | None = None
    relays: list[Relay] = []
    timer: asyncio.TimerHandle | None = None
    has_place: bool = False
    begun: Begun | None = None
    task: asyncio.Task[None] | None = None

    def give(self, answer: Answer) -> bool:
        """Answer whoever waits; True when one of them could still be told."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        relays, self.relays = self.relays, []
        self.answer = answer
        told = [relay(answer) for relay in relays]
        return any(told)
