"""No answer to the attempt to connect: a firewall drops it, or the host is down."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """No answer to the attempt to connect: a firewall drops it, or the host is down."""
    if case.failure is None:
        return None
    late = case.failure.kind is FailureKind.TOTAL_TIMEOUT and case.stage == "connect"
    if case.failure.kind is not FailureKind.CONNECT_TIMEOUT and not late:
        return None
    return Cause(
        name="net.connect-timeout",
        title=f"{case.host} did not answer the attempt to connect: a firewall drops it silently, or the machine is down.",
        confidence=Confidence.CERTAIN,
        evidence=(case.failure.detail,),
        steps=(
            "Open the port in the firewall or security group: Twilio calls from changing addresses, so no list of them helps.",
            "Check that the machine runs and that the name still points at it.",
            "Try from outside: `curl -v URL`.",
        ),
    )
