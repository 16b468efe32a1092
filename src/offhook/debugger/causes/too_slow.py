"""The app took the request and did not answer in time."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind

WAITED = 14.5  # seconds; Twilio waits 15
# Codes under which a time-out is logged; others of that length have another reason.
CODES = frozenset({0, 11200, 11203, 11205})
LATE = frozenset({FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT})
STEPS = (
    "Answer first (`<Response/>`, or an empty 202), do the slow work afterwards, and send the reply by REST.",
    "Look for what is slow: a language model, a database, another service without a time limit.",
    'With `answer = "ack"` Offhook does the first step for you, without a change of the app.',
)


def cause(case: Case) -> Cause | None:
    """The app took the request and did not answer in time."""
    hidden = case.details.get("hidden", "").lower()
    late = case.failure is not None and case.failure.kind in LATE and case.stage == "sent"
    said = any(words in hidden for words in ("time out", "timeout", "timed out"))
    if not late and not said and not _took_all(case):
        return None
    if case.failure is not None:
        evidence = [case.failure.detail]
    else:
        evidence = [f"Twilio says: {case.details['hidden']}"] if said else [f"it took {case.seconds or 0:.1f} s"]
    if case.history.usual is not None:
        evidence.append(f"it usually answers within {case.history.usual:.1f} s")
    return Cause(
        name="app.too-slow",
        title="The app was reached and did not answer in time; Twilio waits 15 s.",
        confidence=Confidence.LIKELY,
        evidence=tuple(evidence),
        steps=STEPS,
    )


def _took_all(case: Case) -> bool:
    """Whether somebody else saw that the whole time went by, and no answer but the 502 of Twilio's own proxy."""
    if not case.told or case.failure is not None or case.code not in CODES:
        return False
    return case.status in {0, 502} and case.seconds is not None and case.seconds >= WAITED
