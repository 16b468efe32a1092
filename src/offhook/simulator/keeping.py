"""The journal in memory stays small: of the calls that have been settled, the newest are kept."""

from collections import deque
from typing import Final

from offhook.ports import Journal
from offhook.records import Webhook

MOST_WEBHOOKS: Final = 5_000
AT_A_TIME: Final = 500


class Keeping:
    """Deletes the oldest settled webhooks, with all that hangs on them, some at a time."""

    def __init__(self, journal: Journal, most: int = MOST_WEBHOOKS) -> None:
        self._journal = journal
        self._most = most
        self._received: deque[float] = deque()

    async def settled(self, webhook: Webhook) -> None:
        """One more is settled."""
        self._received.append(webhook.received_at)
        if len(self._received) < self._most + AT_A_TIME:
            return
        for _ in range(AT_A_TIME):
            self._received.popleft()
        await self._journal.prune(self._received[0], AT_A_TIME)
