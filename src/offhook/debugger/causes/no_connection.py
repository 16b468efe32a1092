"""The connection failed for another reason than a refusal or a time-out."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """The connection failed for another reason than a refusal or a time-out."""
    if case.failure is None or case.failure.kind is not FailureKind.CONNECT:
        return None
    return Cause(
        name="net.no-route",
        title=f"No connection to {case.host} could be made.",
        confidence=Confidence.LIKELY,
        evidence=(case.failure.detail,),
        steps=(
            "Check that the address of the host is right and that a route leads to it.",
            "Try from another network: `curl -v URL`.",
        ),
    )
