"""The address is one that a public service must not call."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind

LOCAL: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
# Codes of a request that may not have got as far as a connection.
UNREACHED: Final = frozenset({11100, 11200, 11201, 11202, 11205, 11210})
STEPS = (
    "Give Twilio an address on the public Internet: a tunnel, a host, or Offhook in front of the app.",
    "If the name should be public, mend its DNS record: it must not hold a private address.",
)


def cause(case: Case) -> Cause | None:
    """The address is one that a public service must not call."""
    told = case.details.get("hidden", "")
    if case.failure is not None and case.failure.kind is FailureKind.BLOCKED:
        return None if _redirected_at_home(case) else _cause(case, case.failure.detail)
    if "blacklisted ip" in told.lower():
        return _cause(case, f"Twilio says: {told}")
    return _cause(case, f"the host of the URL is {case.host}") if _unreached(case) and is_local(case.host) else None


def _redirected_at_home(case: Case) -> bool:
    """Whether an app on the operator's own machine led to another port of it: the redirect is the trouble, not the address."""
    return len(case.hops) > 1 and any(urlsplit(url).hostname == case.host for url, _ in case.hops[:-1])


def is_local(host: str) -> bool:
    """Whether a host is, as it is written, one that only its own machine or network knows."""
    try:
        return not ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(LOCAL)


def _unreached(case: Case) -> bool:
    """Whether somebody else saw no answer; an app of the operator's own may well have a local address."""
    if not case.told or case.status not in {0, 502} or case.headers or case.body:
        return False
    return case.failure is not None or case.code in UNREACHED


def _cause(case: Case, evidence: str) -> Cause:
    return Cause(
        name="net.private-address",
        title=f"{case.host or 'The URL'} leads to a private or reserved address, which is not called from the Internet.",
        confidence=Confidence.CERTAIN,
        evidence=(evidence,),
        steps=STEPS,
    )
