"""The app answers some requests and fails at others."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

FEWEST = 6


def cause(case: Case) -> Cause | None:
    """The app answers some requests and fails at others."""
    past = case.history
    total = past.good + past.bad
    if total < FEWEST or past.good < 2 or past.bad < 2:
        return None
    share = 100 * past.good // total
    if not 10 <= share <= 95:
        return None
    return Cause(
        name="app.intermittent",
        title=f"The app takes some messages and fails at others: {share} % of the last {total} attempts were taken.",
        confidence=Confidence.POSSIBLE,
        evidence=(f"{past.good} taken and {past.bad} failed before this one",),
        steps=(
            "Look for what the failed ones share: one of several instances, a full pool of connections, a long text.",
            "With several instances behind one address, ask each of them alone.",
        ),
    )
