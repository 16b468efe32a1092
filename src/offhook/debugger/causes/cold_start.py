"""The app was asleep: it answers in good time when it is awake, and was asked after a rest."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind

LATE = frozenset({FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT})
# Hosts put an app to sleep after 5 to 15 idle minutes.
REST = 240.0
QUICK = 5.0
SLEEPERS = (
    ".onrender.com",
    ".replit.app",
    ".repl.co",
    ".replit.dev",
    ".herokuapp.com",
    ".fly.dev",
    ".azurewebsites.net",
    ".run.app",
)
STEPS = (
    "Let the message be delivered again: the app is awake now.",
    "Keep one instance running (a paid plan, a minimum of one instance), or have something ask for the app every few minutes.",
    "Answer at once and do the work afterwards, so that only the start has to fit into 15 s.",
)


def cause(case: Case) -> Cause | None:
    """The app was asleep: it answers in good time when it is awake, and was asked after a rest."""
    if case.failure is None or case.failure.kind not in LATE or case.stage == "dns":
        return None
    past = case.history
    rested = past.idle is not None and past.idle >= REST
    quick = past.usual is not None and past.usual <= QUICK
    sleeps = case.host.endswith(SLEEPERS)
    if not (rested and (quick or sleeps)):
        return None
    evidence = [case.failure.detail, f"nothing had been sent to it for {past.idle or 0:.0f} s"]
    if past.usual is not None:
        evidence.append(f"it usually answers within {past.usual:.1f} s")
    if sleeps:
        evidence.append(f"apps at {case.host} may be put to sleep when nobody asks for them")
    return Cause(
        name="app.cold-start",
        title="The app was asleep and did not wake up in time.",
        confidence=Confidence.LIKELY,
        evidence=tuple(evidence),
        steps=STEPS,
    )
