"""What came back is not whole, valid HTTP."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """What came back is not whole, valid HTTP."""
    if case.failure is None or case.failure.kind is not FailureKind.PROTOCOL:
        return None
    evidence = [case.failure.detail]
    if case.raw:
        evidence.append(f"it began with {case.raw[:40]!r}")
    cut = "in the middle of" in case.failure.detail
    return Cause(
        name="http.cut" if cut else "http.broken",
        title="The answer broke off before its end." if cut else "What came back from this port is not HTTP as it should be.",
        confidence=Confidence.LIKELY,
        evidence=tuple(evidence),
        steps=(
            "Look at the app's log at this time: it may have crashed while it was writing."
            if cut
            else "Check that the port is the web server's, not another service's.",
            "Check Content-Length and Transfer-Encoding, if the app sets them itself.",
            "Ask it yourself and look at every byte: `curl -v --raw URL`.",
        ),
    )
