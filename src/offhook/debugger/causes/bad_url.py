"""The URL itself cannot be called."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """The URL itself cannot be called."""
    if case.failure is None or case.failure.kind is not FailureKind.BAD_URL:
        return None
    return Cause(
        name="url.bad",
        title="The URL cannot be called as it is written.",
        confidence=Confidence.CERTAIN,
        evidence=(case.failure.detail,),
        steps=(
            "Write a whole URL: http:// or https://, the host, and the path.",
            "Percent-encode what is not plain in path and query.",
        ),
    )
