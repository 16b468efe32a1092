"""The certificate has expired, or is not valid yet."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """The certificate has expired, or is not valid yet."""
    if case.failure is None or case.failure.kind is not FailureKind.TLS_EXPIRED:
        return None
    return Cause(
        name="tls.expired",
        title=f"The certificate of {case.host} has expired (or is not valid yet).",
        confidence=Confidence.CERTAIN,
        evidence=(case.failure.detail,),
        steps=(
            "Renew the certificate, and see that the server has loaded the new one.",
            "Find out why the automatic renewal failed, and have it watched.",
            "Check the clock of the server.",
        ),
    )
