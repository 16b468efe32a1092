"""From values to verdicts: when an alarm fires, and when it has recovered. Pure; whoever is given a verdict acts on it."""

from typing import Final, NamedTuple

from offhook.alarms.checks import recovery_of
from offhook.alarms.model import Alarm, Watch

STAY_WELL: Final = 60.0
"""How long, in seconds, a level must be well before its alarm has recovered. A count needs no such time: its window is one."""
LEVELS: Final = frozenset(
    {
        Watch.FAILURE_SHARE,
        Watch.ANSWER_LATENCY,
        Watch.DELIVERY_LATENCY,
        Watch.BACKLOG,
        Watch.BACKLOG_AGE,
        Watch.BREAKER,
    }
)


class Standing(NamedTuple):
    """How an alarm (or one of its subjects) stands: firing or not, well since when, and since when nothing has been known of it."""

    firing: bool = False
    well_since: float | None = None
    unknown_since: float | None = None


class Verdict(NamedTuple):
    """The new standing, and what is new in it: it `fired`, it `recovered`, or neither."""

    standing: Standing
    fired: bool = False
    recovered: bool = False


def judge(alarm: Alarm, standing: Standing, value: float | None, now: float) -> Verdict:
    """What the value (None: nothing is known) means for an alarm that stands so."""
    if value is None:
        return _unknown(alarm, standing, now)
    if not standing.firing:
        fired = value >= alarm.threshold
        return Verdict(Standing(firing=fired), fired=fired)
    if value > recovery_of(alarm):
        return Verdict(Standing(firing=True))
    return _well(standing, now, STAY_WELL if alarm.watch in LEVELS else 0.0)


def _unknown(alarm: Alarm, standing: Standing, now: float) -> Verdict:
    """Nothing known changes nothing, until all that was known is older than the window: then nothing speaks for a firing any longer."""
    if not standing.firing:
        return Verdict(Standing())
    since = now if standing.unknown_since is None else standing.unknown_since
    if now - since >= alarm.window:
        return Verdict(Standing(), recovered=True)
    return Verdict(Standing(firing=True, unknown_since=since))


def _well(standing: Standing, now: float, long: float) -> Verdict:
    since = now if standing.well_since is None else standing.well_since
    if now - since >= long:
        return Verdict(Standing(), recovered=True)
    return Verdict(Standing(firing=True, well_since=since))
