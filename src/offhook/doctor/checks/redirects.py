"""Redirects on the way to the app, and what is lost by them."""

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from offhook.debugger.case import Case
from offhook.debugger.causes import redirects
from offhook.doctor.findings import Finding, Verdict, not_applicable, of_cause
from offhook.doctor.patient import Check, Patient
from offhook.doctor.wording import shown, told
from offhook.headers import value_of
from offhook.records import Exchange


async def run(patient: Patient) -> Sequence[Finding]:
    """Look at the hops of the first visit."""
    first = patient.first
    if first is None:
        return [not_applicable("The app was not asked.")]
    hops = [exchange for exchange in first.attempt.exchanges if 300 <= exchange.status < 400]
    if not hops:
        return [not_applicable("The app does not redirect.")]
    if not first.accepted:
        return [not_applicable("The app redirects and then refuses: the check of the delivery tells of it.")]
    return [_finding(hops, first.exchange)]


def _finding(hops: Sequence[Exchange], last: Exchange) -> Finding:
    evidence = tuple(map(told, (*hops, last)))
    lost = hops[0].method == "POST" and last.method == "GET"
    case = Case(url=hops[0].url, method=hops[0].method, status=hops[0].status, headers=hops[0].headers)
    cause = redirects.cause(case)
    insecure = _downgrade(hops)
    if cause is not None and lost:
        return of_cause(Verdict.FAULT, cause, *evidence, codes=(11200,))
    if insecure:
        return Finding(
            verdict=Verdict.WARNING,
            title=f"A redirect leads from https to http: from there on the message travels in the clear, to {shown(insecure)}.",
            evidence=evidence,
            fix=("Have the redirect lead to https, or put the final URL into the configuration.",),
            cause="redirect.to-http",
        )
    if cause is not None:
        return of_cause(Verdict.WARNING, cause, *evidence)
    return Finding(
        verdict=Verdict.WARNING,
        title="The app redirects before it takes the message: each redirect costs a request, and may cost the message.",
        evidence=evidence,
        fix=(redirects.put_final(shown(last.url)),),
        cause="redirect.elsewhere",
    )


def _downgrade(hops: Sequence[Exchange]) -> str:
    """Where a redirect leaves https; "" where none does."""
    for hop in hops:
        location = value_of(hop.headers, "location")
        target = urljoin(hop.url, location)
        if urlsplit(hop.url).scheme == "https" and urlsplit(target).scheme == "http":
            return target
    return ""


CHECK = Check("redirects", "Does the message survive the redirects on its way?", run)
