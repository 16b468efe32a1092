"""Nobody listens at the port: the app is not running, or runs elsewhere."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """Nobody listens at the port: the app is not running, or runs elsewhere."""
    if case.failure is None or case.failure.kind is not FailureKind.REFUSED:
        return None
    return Cause(
        name="app.nothing-listens",
        title=f"Nothing listens at {case.host or 'the host'} on that port: the app is not running, or listens on another port or address.",
        confidence=Confidence.CERTAIN,
        evidence=(case.failure.detail,),
        steps=(
            "Start the app, and look at its log for why it ended.",
            "Compare the port in the URL with the one that the app prints when it starts.",
            "In a container or on another machine, have the app listen on 0.0.0.0 instead of 127.0.0.1, and publish the port.",
        ),
    )
