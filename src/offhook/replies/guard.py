"""The loop guard: two machines that answer each other must stop somewhere (spec: twilio-delivery §3.5, 14107)."""

from collections import OrderedDict, deque
from typing import Final

MOST_REPLIES: Final = 15
WINDOW: Final = 30.0
MOST_PAIRS: Final = 10_000


class LoopGuard:
    """Counts the replies between two numbers, in memory; the pairs least recently seen are forgotten first.

    Times are when the answered messages were received, not when they were delivered: a backlog that an app works off after an outage
    is no loop, however fast its replies follow each other.
    """

    def __init__(self) -> None:
        self._pairs: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def admits(self, to: str, sender: str, received_at: float) -> bool:
        """Whether one more reply between the two may go; it is counted if so."""
        pair = (to, sender) if to < sender else (sender, to)
        times = self._pairs.setdefault(pair, deque(maxlen=4 * MOST_REPLIES))
        self._pairs.move_to_end(pair)
        if len(self._pairs) > MOST_PAIRS:
            self._pairs.popitem(last=False)
        if sum(abs(received_at - time) < WINDOW for time in times) >= MOST_REPLIES:
            return False
        times.append(received_at)
        return True
