"""When a failed webhook is tried again. Pure: the clock and the dice are passed in."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from offhook.headers import value_of
from offhook.records import Endpoint, Headers

SPREAD = 0.2
LONGEST_RETRY_AFTER = 24 * 3600.0


def step(failures: int, schedule: tuple[float, ...]) -> float:
    """The schedule's pause after the `failures`-th failed round (1 for the first), seconds; its last one for ever."""
    return schedule[min(failures, len(schedule)) - 1]


def delay(failures: int, schedule: tuple[float, ...], chance: float) -> float:
    """Seconds to wait after the `failures`-th failed round: the schedule's step, ±20 %. `chance` is in [0, 1)."""
    return step(failures, schedule) * (1 - SPREAD + 2 * SPREAD * chance)


def waited(failures: int, schedule: tuple[float, ...]) -> float:
    """Seconds that the schedule, without its spread, lets pass until after the `failures`-th failed round's pause."""
    steps = schedule[:failures]
    return sum(steps) + schedule[-1] * (failures - len(steps))


def exhausted(endpoint: Endpoint, failures: int, age: float) -> bool:
    """Whether there is no further try after the `failures`-th failed round of a webhook that came in `age` seconds ago.

    Both the schedule's own pauses and the time must be used up: tries that were brought forward cost nothing, and a replay of an old
    webhook gets a whole schedule.
    """
    most = endpoint.give_up_after
    return waited(failures, endpoint.schedule) > most and age + step(failures, endpoint.schedule) > most


def retry_after(status: int, headers: Headers, now: float) -> float:
    """Seconds that an answer asks us to wait (RFC 9110 §10.2.3: seconds or a date), at most a day; 0 when it does not ask."""
    if status not in {413, 429, 503} and not 300 <= status < 400:
        return 0.0
    value = value_of(headers, "retry-after").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(value)
        # The old form of a date (RFC 9110 §5.6.7) names no zone; every HTTP date is UTC.
        asked = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(asked, 0.0), LONGEST_RETRY_AFTER)
