"""The URL: is it one that Twilio can call."""

from collections.abc import Sequence

from offhook.debugger.case import Case
from offhook.debugger.causes import bad_url
from offhook.doctor.findings import Finding, Verdict, good, of_cause
from offhook.doctor.patient import Check, Patient
from offhook.net.urls import Target, parse_target


async def run(patient: Patient) -> Sequence[Finding]:
    """Take the URL apart, and say what is odd about it."""
    parsed = parse_target(patient.destination.url)
    if isinstance(parsed, Target):
        patient.target = parsed
        return [good("The URL can be called.")]
    patient.ended = "The URL cannot be called."
    cause = bad_url.cause(Case(url=patient.destination.url, failure=parsed))
    assert cause is not None
    return [of_cause(Verdict.FAULT, cause, codes=(11100,))]


CHECK = Check("url", "Is the URL one that Twilio can call?", run)
