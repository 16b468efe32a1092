"""There is nothing at this path."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence


def cause(case: Case) -> Cause | None:
    """There is nothing at this path."""
    if case.status not in {404, 410}:
        return None
    return Cause(
        name="app.wrong-path",
        title=f"The server answers, and has nothing at {case.path or 'the path of the URL'}.",
        confidence=Confidence.POSSIBLE,
        evidence=(f"status {case.status}",),
        steps=(
            "Compare the path in the URL with the app's routes, letter by letter: prefix, case, slash at the end.",
            "Check that the newest version of the app is deployed.",
            "Check that the host is the app's: a proxy or an old deployment may be answering.",
        ),
    )
