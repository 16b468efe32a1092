"""The app took the request and did not answer in time."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind

LATE = frozenset({FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT})


def cause(case: Case) -> Cause | None:
    """The app took the request and did not answer in time."""
    hidden = case.details.get("hidden", "").lower()
    late = case.failure is not None and case.failure.kind in LATE and case.stage == "sent"
    if not late and "time out" not in hidden and "timeout" not in hidden and "timed out" not in hidden:
        return None
    evidence = [case.failure.detail if case.failure is not None else f"Twilio says: {case.details['hidden']}"]
    if case.history.usual is not None:
        evidence.append(f"it usually answers within {case.history.usual:.1f} s")
    return Cause(
        name="app.too-slow",
        title="The app was reached and did not answer in time; Twilio waits 15 s.",
        confidence=Confidence.LIKELY,
        evidence=tuple(evidence),
        steps=(
            "Answer first (`<Response/>`, or an empty 202), do the slow work afterwards, and send the reply by REST.",
            "Look for what is slow: a language model, a database, another service without a time limit.",
            'With `answer = "ack"` Offhook does the first step for you, without a change of the app.',
        ),
    )
