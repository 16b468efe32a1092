"""The certificate is for another name."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """The certificate is for another name."""
    if case.failure is None or case.failure.kind is not FailureKind.TLS_NAME:
        return None
    return Cause(
        name="tls.wrong-name",
        title=f"The certificate that came is not for {case.host}.",
        confidence=Confidence.CERTAIN,
        evidence=(case.failure.detail,),
        steps=(
            "Get a certificate that names this host, or use the host that the certificate names.",
            "Behind a shared front end, check that it knows this host: it shows its default certificate otherwise.",
        ),
    )
