"""What waits for the writer, and what one transaction has changed."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import apsw
import msgspec

from offhook.ports import AllStored, Outcome, Written
from offhook.records import Arrival, DebugEvent, Heard, Marks, Notice, Settlement, State
from offhook.system import id_time

LEAST_BEHIND = 60.0


class Pace:
    """How far the times of a log's rows have ever been behind the latest before them, in seconds: clocks step back, and commits come in any order.

    It is an upper bound of what has been seen, and may only grow; what a failed commit has shown does no harm.
    """

    __slots__ = ("behind", "latest")

    def __init__(self, behind: float = LEAST_BEHIND, latest: float = -math.inf) -> None:
        self.behind = behind
        self.latest = latest

    def see(self, at: float) -> bool:
        """Take note of the next row's time; whether it was further behind than any other."""
        if at >= self.latest:
            self.latest = at
        elif self.latest - at > self.behind:
            self.behind = math.ceil(self.latest - at)
            return True
        return False


class Numbers(msgspec.Struct, gc=False):
    """The next number of each log but that of the arrivals. None is ever given twice."""

    attempt: int = 1
    event: int = 1
    notice: int = 1


class Told(NamedTuple):
    """A notice to be written, and the numbers of the attempt and the debug event that it follows from; 0 for none."""

    notice: Notice
    attempt: int = 0
    event: int = 0


class Changes:
    """What one transaction changes beside the rows themselves: the tally, and how far received-at and id times lie apart (seconds).

    `events` are those that it has written and whose issues it has still to bring up to date, `notices` those that it has still to write.
    `fresh` are the debug events that it has added, by their ids, with their numbers, and `told` the notices: both for those who listen.
    """

    def __init__(
        self, next_seq: int, lags: tuple[float, float], numbers: Numbers | None = None, paces: tuple[Pace, Pace] | None = None
    ) -> None:
        self.next_seq = next_seq
        self.lags = lags
        self.numbers = numbers or Numbers()
        self.arrivals_pace, self.attempts_pace = paces or (Pace(), Pace())
        self.widened = False
        self.slowed = False
        self.slowed_written = False
        self.tally: Counter[tuple[str, State]] = Counter()
        self.events: list[DebugEvent] = []
        self.notices: list[Told] = []
        self.fresh: dict[str, tuple[int, DebugEvent]] = {}
        self.told: list[Notice] = []

    def following(self) -> "Changes":
        """Nothing changed yet, after these have been committed."""
        numbers = Numbers(self.numbers.attempt, self.numbers.event, self.numbers.notice)
        new = Changes(self.next_seq, self.lags, numbers, (self.arrivals_pace, self.attempts_pace))
        # A commit of arrivals alone is one statement: what it has shown of their times goes with the next that is more.
        new.slowed = self.slowed and not self.slowed_written
        return new

    def place(self, identifier: str, at: float) -> None:
        """Take note of a new id and the time that its row goes by."""
        try:
            lag = at - id_time(identifier)
        except ValueError:
            self.lags, self.widened = (-math.inf, math.inf), True
            return
        least, most = self.lags
        if not least <= lag <= most:
            self.lags, self.widened = (min(least, math.floor(lag)), max(most, math.ceil(lag))), True

    @property
    def ends(self) -> Marks:
        """The ends of the logs after it."""
        numbers = self.numbers
        return Marks(
            arrivals=self.next_seq - 1, attempts=numbers.attempt - 1, events=numbers.event - 1, notices=numbers.notice - 1
        )

    def heard(self) -> Heard | None:
        """What there is to tell those who listen."""
        if not self.fresh and not self.told:
            return None
        ends = Marks(events=self.numbers.event - 1, notices=self.numbers.notice - 1)
        return Heard(events=tuple([event for _, event in self.fresh.values()]), notices=tuple(self.told), marks=ends)


class Batch(msgspec.Struct, eq=False, gc=False):
    """Arrivals that came together. `stored` is to be called with the `outcomes` once none is `left` to be settled."""

    stored: AllStored
    outcomes: list[Outcome]
    left: int

    def settle(self, at: int, outcome: Outcome) -> bool:
        """Take note of one outcome; whether it was the last."""
        self.outcomes[at] = outcome
        self.left -= 1
        return not self.left


Place = tuple[Batch, int]
"""Where the outcome of an arrival goes."""


class Pending(msgspec.Struct, eq=False, gc=False):
    """An arrival that is not durable yet, whose outcome goes to the place `at` of its batch, and to those of the duplicates that came meanwhile.

    `may_be_known` says that its key has to be looked up in the table.
    """

    arrival: Arrival
    batch: Batch
    at: int = 0
    may_be_known: bool = True
    followers: list[Place] | None = None
    seq: int = 0
    duplicate_of: str | None = None
    error: Exception | None = None


class Settling(msgspec.Struct, eq=False):
    """A settlement that is not durable yet, and who is told on the event loop when it is or cannot be.

    `seq` is its arrival's when that was not settled before, else 0: the writer looks it up.
    """

    settlement: Settlement
    seq: int
    written: Written
    error: Exception | None = None


Step = Callable[[apsw.Connection, Changes], Any]
Done = Callable[[Any, Exception | None], None]


class Work:
    """Anything else that writes: a step of the transaction, and who is told its result on the event loop after the commit."""

    __slots__ = ("done", "error", "result", "step")

    def __init__(self, step: Step, done: Done) -> None:
        self.step = step
        self.done = done
        self.result: Any = None
        self.error: Exception | None = None


@dataclass(slots=True)
class Group:
    """Whatever waited: one transaction. `changes` is None until it is committed, which took `seconds`."""

    appends: list[Pending] = field(default_factory=list)
    settlements: list[Settling] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    changes: Changes | None = None
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.appends) + len(self.settlements) + len(self.works)

    def one_by_one(self) -> Iterator["Group"]:
        """The same in transactions of their own, so that one that cannot be stored does not fail the others."""
        for pending in self.appends:
            yield Group(appends=[pending])
        for settling in self.settlements:
            yield Group(settlements=[settling])
        for work in self.works:
            yield Group(works=[work])

    def without(self, other: "Group") -> "Group":
        """What is in this one and not in the other."""
        return Group(
            [pending for pending in self.appends if pending not in other.appends],
            [settling for settling in self.settlements if settling not in other.settlements],
            [work for work in self.works if work not in other.works],
        )

    def fail(self, make: Callable[[], Exception]) -> None:
        """Give everything in it an error of its own."""
        waiting: list[Pending | Settling | Work] = [*self.appends, *self.settlements, *self.works]
        for item in waiting:
            item.error = make()
