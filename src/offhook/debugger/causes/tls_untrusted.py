"""Nobody who is trusted vouches for the certificate: it signs itself, or a link of its chain is missing."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """Nobody who is trusted vouches for the certificate: it signs itself, or a link of its chain is missing."""
    if case.failure is None or case.failure.kind is not FailureKind.TLS_UNTRUSTED:
        return None
    detail = case.failure.detail
    if "self-signed" in detail or "self signed" in detail:
        return Cause(
            name="tls.self-signed",
            title=f"The certificate of {case.host} is signed by nobody but its own maker.",
            confidence=Confidence.CERTAIN,
            evidence=(detail,),
            steps=(
                "Get a certificate from a public authority (Let's Encrypt is free).",
                "For a test of your own, switch verification off for this endpoint (verify_tls = false).",
            ),
        )
    return Cause(
        name="tls.incomplete-chain",
        title=f"{case.host} does not send the certificates that lead from its own to a trusted authority.",
        confidence=Confidence.LIKELY,
        evidence=(detail,),
        steps=(
            "Have the server send the whole chain: its own certificate first, then the intermediate ones (`fullchain.pem`).",
            "Check it from outside: `openssl s_client -connect HOST:443 -servername HOST` must end with `Verify return code: 0`.",
            "Browsers fetch what is missing or remember it, so a browser proves nothing.",
        ),
    )
