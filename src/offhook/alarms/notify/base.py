"""What the outbox asks of a channel, and what came of telling."""

from typing import Protocol

from offhook.alarms.grouping import Batch
from offhook.records import Record


class Told(Record):
    """The message is with the receiver; or, with `nothing`, his format has no word for it, and nothing was sent."""

    nothing: bool = False


class Later(Record):
    """It was not taken, for now. `reason` is a sentence for people, without secrets; `retry_after` are the seconds that it is to rest at least.

    `perhaps` says that the message may have got there all the same: it is repeated as it is, so that the receiver can know it again.
    """

    reason: str
    retry_after: float = 0.0
    perhaps: bool = False


class Never(Record):
    """It will not be taken, however often it is tried. `reason` is a sentence for people, without secrets."""

    reason: str


Outcome = Told | Later | Never

WHEN_CONFIGURED = 900.0
"""Seconds between two tries of what cannot work before the operator has changed something."""


class Channel(Protocol):
    """One way of telling somebody."""

    async def tell(self, batch: Batch) -> Outcome:
        """Send one message. Raises nothing for what the receiver, the network or the configuration does."""
