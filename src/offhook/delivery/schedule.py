"""When a failed webhook is tried again. Pure: the clock and the dice are passed in."""

from email.utils import parsedate_to_datetime

from offhook.records import Endpoint, Headers

SPREAD = 0.2
LONGEST_RETRY_AFTER = 24 * 3600.0


def delay(failures: int, schedule: tuple[float, ...], chance: float) -> float:
    """Seconds to wait after the `failures`-th failed round (1 for the first): the schedule's step, its last for ever, ±20 %.

    `chance` is in [0, 1).
    """
    step = schedule[min(failures, len(schedule)) - 1]
    return step * (1 - SPREAD + 2 * SPREAD * chance)


def waited(failures: int, schedule: tuple[float, ...]) -> float:
    """Seconds that the schedule, without its spread, lets pass until after the `failures`-th failed round's pause."""
    steps = schedule[:failures]
    return sum(steps) + schedule[-1] * (failures - len(steps))


def next_due(endpoint: Endpoint, failures: int, now: float, *, chance: float, retry_after: float = 0.0) -> float | None:
    """When to try again after the `failures`-th failed round, or None when the schedule is exhausted.

    An app that asks for a longer pause by `Retry-After` gets it.
    """
    if waited(failures, endpoint.schedule) > endpoint.give_up_after:
        return None
    return now + max(delay(failures, endpoint.schedule, chance), retry_after)


def retry_after(status: int, headers: Headers, now: float) -> float:
    """Seconds that an answer asks us to wait (RFC 9110 §10.2.3: seconds or a date), at most a day; 0 when it does not ask."""
    if status not in {413, 429, 503} and not 300 <= status < 400:
        return 0.0
    value = next((value.strip() for name, value in headers if name.lower() == "retry-after"), "")
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_RETRY_AFTER)
    try:
        asked = parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(asked, 0.0), LONGEST_RETRY_AFTER)
