"""The host has no address in the DNS."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


def cause(case: Case) -> Cause | None:
    """The host has no address in the DNS."""
    if case.failure is None:
        return None
    late = case.failure.kind is FailureKind.TOTAL_TIMEOUT and case.stage == "dns"
    if case.failure.kind is not FailureKind.DNS and not late:
        return None
    return Cause(
        name="dns.unknown-host",
        title=f"The name {case.host} does not lead to an address, so nobody could be asked.",
        confidence=Confidence.CERTAIN,
        evidence=(case.failure.detail,),
        steps=(
            "Look for a typing error in the host of the URL.",
            "Ask the DNS from another network (`dig +short HOST`): a new or changed name takes its time.",
            "If the name belonged to a tunnel, start the tunnel again and use its new address.",
        ),
    )
