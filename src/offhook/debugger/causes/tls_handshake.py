"""The TLS handshake failed, and neither the certificate nor the scheme is to blame."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """The TLS handshake failed, and neither the certificate nor the scheme is to blame."""
    if case.failure is None:
        return None
    late = case.failure.kind is FailureKind.TOTAL_TIMEOUT and case.stage == "tls"
    if case.failure.kind is not FailureKind.TLS and not late:
        return None
    return Cause(
        name="tls.handshake",
        title=f"{case.host} and its caller could not agree on TLS: an old version, no common cipher, or a front end that hung up.",
        confidence=Confidence.LIKELY,
        evidence=(case.failure.detail,),
        steps=(
            "Check that this port speaks TLS at all: a plain server waits for the rest of what it takes for a request.",
            "Let the server speak TLS 1.2 or newer, with the usual ciphers.",
            "If the front end picks the site by name, check that it knows this host.",
            "Look at it from outside: `openssl s_client -connect HOST:443 -servername HOST`.",
        ),
    )
