"""Who must wait for whom: in one conversation deliveries do not overlap, and the earlier goes first."""

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

Job = TypeVar("Job")

STEPS_ASIDE_AFTER = 3
_NOBODY: tuple[None, tuple[()]] = None, ()


class _Lane(msgspec.Struct, Generic[Job], eq=False):
    """One conversation with a delivery under way: does that one block, and who waits behind it in memory (None: nobody has)."""

    blocks: bool
    behind: deque[Job] | None = None


class Conversations(Generic[Job]):
    """For each conversation, how many undelivered webhooks stand in the way of a new one, and which of them wait in memory.

    A webhook blocks its conversation until it is delivered or failed, or has been refused three times. `""` is no conversation.
    """

    def __init__(self) -> None:
        self._blocking: dict[str, int] = {}
        self._lanes: dict[str, _Lane[Job]] = {}

    def load(self, conversation: str) -> None:
        """Note a blocking webhook that the journal holds: at start, or when a replay put it back."""
        if conversation:
            self._blocking[conversation] = self._blocking.get(conversation, 0) + 1

    def arrive(self, conversation: str, job: Job) -> bool | None:
        """A fresh webhook: True when it may go now, False when it waits here in memory, None when it must be parked in the journal."""
        if not conversation:
            return True
        before = self._blocking.get(conversation, 0)
        self._blocking[conversation] = before + 1
        lane = self._lanes.get(conversation)
        if lane is None:
            if before:
                return None
            self._lanes[conversation] = _Lane(blocks=True)
            return True
        if before > lane.blocks + len(lane.behind or ()):
            return None
        if lane.behind is None:
            lane.behind = deque()
        lane.behind.append(job)
        return False

    def resume(self, conversation: str, *, blocks: bool) -> bool:
        """A webhook claimed from the journal: may it go now? False when another of its conversation is under way."""
        if not conversation:
            return True
        if conversation in self._lanes:
            return False
        self._lanes[conversation] = _Lane(blocks=blocks)
        return True

    def finish(self, conversation: str, *, blocks: bool) -> tuple[Job | None, Sequence[Job]]:
        """The one under way has come to something (`blocks`: it still stands in the way): who goes next, and who must be parked."""
        if not conversation:
            return _NOBODY
        lane = self._lanes.pop(conversation)
        if lane.blocks and not blocks:
            self.forget(conversation)
        if not lane.behind:
            return _NOBODY
        if self._blocking.get(conversation, 0) > len(lane.behind):
            return None, list(lane.behind)
        following = lane.behind.popleft()
        self._lanes[conversation] = _Lane(blocks=True, behind=lane.behind)
        return following, ()

    def forget(self, conversation: str) -> None:
        """One webhook of the conversation is no longer in the way."""
        left = self._blocking.get(conversation, 0) - 1
        if left > 0:
            self._blocking[conversation] = left
        else:
            self._blocking.pop(conversation, None)
