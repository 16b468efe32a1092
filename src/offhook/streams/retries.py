"""When a sink is tried again, and which of its failures are told. Pure."""

import re

from msgspec.structs import replace

from offhook.records import Level, Record
from offhook.streams.model import Fault

FIRST_WAIT, LONGEST_WAIT = 0.5, 300.0
LONGEST_ASKED = 3600.0
TOLD_EVERY = 20 * 60.0

THROTTLED, DROPPED, INTERNAL, REFUSED, SERVER_ERROR, NO_CONNECTION, NO_ANSWER = 91302, 91303, 91304, 91305, 91306, 91307, 91308
_WARNINGS = frozenset({THROTTLED, INTERNAL})


class Trouble(Record):
    """A run of failures of one subscription's deliveries: since when and how many. No failure: `failures` 0.

    What is told outlasts a run: `counted` failures, the last at `last_at`, one of them told at `told_at`.
    """

    since: float = 0.0
    failures: int = 0
    told_at: float = 0.0
    counted: int = 0
    last_at: float = 0.0


def after(trouble: Trouble, now: float) -> tuple[Trouble, bool]:
    """The run after one more failure, and whether this one is told: the first, the 10th, 100th, 1000th …, and one every 20 minutes (twilio-debugger §5.4).

    Counting begins anew when a sink has been well for 20 minutes, not with each success: what is told of one sink goes to all others. Two that
    take some events and refuse errors would else tell each other of each other for ever.
    """
    counted = trouble.counted + 1 if now - trouble.last_at < TOLD_EVERY else 1
    is_power_of_ten = re.fullmatch("10*", str(counted)) is not None
    tell = is_power_of_ten or now - trouble.told_at >= TOLD_EVERY
    since = now if trouble.failures == 0 else trouble.since
    told_at = now if tell else trouble.told_at
    return Trouble(since=since, failures=trouble.failures + 1, told_at=told_at, counted=counted, last_at=now), tell


def over(trouble: Trouble) -> Trouble:
    """No run any more, after a success."""
    return replace(trouble, since=0.0, failures=0)


def wait(failures: int, fault: Fault, chance: float) -> float:
    """Seconds until the next try: twice as long each time, half of it by chance; never before the sink has asked for it."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 20))
    return max(longest * (0.5 + chance / 2), min(fault.retry_after, LONGEST_ASKED))


def level(code: int) -> Level:
    """How bad a fault is, as in Twilio's dictionary."""
    return Level.WARNING if code in _WARNINGS else Level.ERROR
