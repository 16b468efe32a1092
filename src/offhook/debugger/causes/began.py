"""It worked, and since a certain moment it does not: something has been changed."""

from datetime import UTC, datetime

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

FEWEST_GOOD = 3


def cause(case: Case) -> Cause | None:
    """It worked, and since a certain moment it does not: something has been changed."""
    past = case.history
    if (
        past.last_good is None
        or past.bad_since is None
        or past.bad_since < past.last_good
        or past.good < FEWEST_GOOD
        or past.bad < 2
    ):
        return None
    good, bad = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") for at in (past.last_good, past.bad_since))
    return Cause(
        name="app.began",
        title=f"It worked until {good} and fails since {bad}: something changed in between.",
        confidence=Confidence.POSSIBLE,
        evidence=(f"the last good answer came at {good}", f"each of the {past.bad} attempts since {bad} failed"),
        steps=("Look at what was deployed, renewed or reconfigured at that time, and take it back.",),
    )
