"""The address is one that a public service must not call."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind

STEPS = (
    "Give Twilio an address on the public Internet: a tunnel, a host, or Offhook in front of the app.",
    "If the name should be public, mend its DNS record: it must not hold a private address.",
)


def cause(case: Case) -> Cause | None:
    """The address is one that a public service must not call."""
    told = case.details.get("hidden", "")
    if case.failure is not None and case.failure.kind is FailureKind.BLOCKED:
        return _cause(case, case.failure.detail)
    return _cause(case, f"Twilio says: {told}") if "blacklisted ip" in told.lower() else None


def _cause(case: Case, evidence: str) -> Cause:
    return Cause(
        name="net.private-address",
        title=f"{case.host or 'The URL'} leads to a private or reserved address, which is not called from the Internet.",
        confidence=Confidence.CERTAIN,
        evidence=(evidence,),
        steps=STEPS,
    )
