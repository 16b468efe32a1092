"""The app closed the connection instead of answering."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """The app closed the connection instead of answering."""
    if case.failure is None or case.failure.kind is not FailureKind.RESET:
        return None
    return Cause(
        name="app.hung-up",
        title="The app took the connection and closed it without an answer: it crashed, was restarted, or its worker was killed.",
        confidence=Confidence.CERTAIN,
        evidence=(case.failure.detail,),
        steps=(
            "Look at the app's log at this time: a crash, a lack of memory, a worker that took too long.",
            "If it happens at each deployment, let the old process finish before it ends.",
            "Behind a proxy, let the app keep idle connections open for longer than the proxy does.",
        ),
    )
