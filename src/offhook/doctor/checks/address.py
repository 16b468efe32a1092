"""The address: may a public service call it."""

from collections.abc import Sequence

from offhook.debugger.case import Case
from offhook.debugger.causes import private_address
from offhook.doctor.findings import Finding, Verdict, good, of_cause
from offhook.doctor.names import is_local
from offhook.doctor.patient import Check, Patient
from offhook.net.addresses import refusal, refusal_of_name
from offhook.records import Failure, FailureKind

_CODES = (11205, 11200)


async def run(patient: Patient) -> Sequence[Finding]:
    """Compare the host and each of its addresses with those that are not called from the Internet. Nothing is sent to them."""
    assert patient.target is not None
    host = patient.target.host
    refused = {str(address): reason for address in patient.addresses if (reason := refusal(address))}
    by_name = refusal_of_name(host)
    if not refused and not by_name:
        return [good("The address is a public one.", *map(str, patient.addresses))]
    evidence = tuple(f"{address} is not called from the Internet: {reason}." for address, reason in refused.items())
    if by_name:
        evidence = (f"{host} is not called from the Internet: {by_name}.", *evidence)
    if not patient.question.trusted:
        patient.ended = f"{host} leads to an address that is not called."
    return [_finding(patient, evidence, refused)]


def _finding(patient: Patient, evidence: tuple[str, ...], refused: dict[str, str]) -> Finding:
    figures = {"addresses": [str(each) for each in patient.addresses], "refused": refused}
    failure = Failure(kind=FailureKind.BLOCKED, detail=evidence[0])
    cause = private_address.cause(Case(url=patient.destination.url, failure=failure))
    assert cause is not None
    if not patient.question.trusted:
        return of_cause(Verdict.FAULT, cause, *evidence, codes=_CODES, figures=figures)
    return Finding(
        verdict=Verdict.WARNING,
        title=f"Twilio cannot call {', '.join(refused) or patient.destination.url}; it was tested from here all the same.",
        evidence=evidence,
        fix=cause.steps if _is_in_dns(patient) else cause.steps[:1],
        codes=_CODES,
        cause=cause.name,
        figures=figures,
    )


def _is_in_dns(patient: Patient) -> bool:
    """Whether the host is a name whose record could be mended."""
    assert patient.target is not None
    return patient.target.address is None and not is_local(patient.target.host)


CHECK = Check("address", "May a public service call the address?", run)
