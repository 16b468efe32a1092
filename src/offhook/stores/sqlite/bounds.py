"""Times as bounds of ids. Ids sort by the time they were made; how far that lies from received-at, the journal has measured."""

import math

from offhook.system import id_floor

LOWEST, HIGHEST = "", "~"
EVER = 1e300
PAGE = 250  # rows at a time, where a search may have to look at many
FEW = 2_000  # rows that are quicker read through (50 us each) than looked for in an index of all words
MARGIN = 0.002  # seconds: an id holds whole milliseconds

Lags = tuple[float, float]


def id_below(prefix: str, until: float | None, lags: Lags) -> str:
    """An id above all that were received (or happened) before `until`."""
    least, _ = lags
    if until is None or not math.isfinite(until - least):
        return HIGHEST
    return id_floor(prefix, until - least + MARGIN)


def id_from(prefix: str, since: float | None, lags: Lags) -> str:
    """An id not above any that was received (or happened) at `since` or later."""
    _, most = lags
    if since is None or not math.isfinite(since - most):
        return LOWEST
    return id_floor(prefix, since - most - MARGIN)
