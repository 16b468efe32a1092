"""Times as the account's API writes and reads them. Pure."""

import math
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from offhook.api.account.problems import Refused
from offhook.api.alert_fields import read_start

_DAY = 24 * 60 * 60


@lru_cache(maxsize=4096)
def _rfc2822(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def rfc2822(seconds: float | None) -> str | None:
    """As the 2010 API writes it, to the second; None where there is none."""
    return None if seconds is None else _rfc2822(int(seconds))


def iso8601(seconds: float) -> str:
    """As the newer APIs write it, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(name: str, text: str) -> tuple[float, float]:
    """The first and the last moment of the day or the second (GMT) that is meant. Raises Refused 20001."""
    try:
        start = math.floor(read_start(text))
    except ValueError as reason:
        raise Refused(20001, f"{name} must be {reason}.") from None
    return start, math.nextafter(start + (1 if "T" in text else _DAY), 0)
