"""GET beside POST: which of them the app takes."""

from collections.abc import Sequence

from offhook.doctor import second_looks
from offhook.doctor.findings import Finding, Verdict, good, not_applicable, unknown
from offhook.doctor.patient import Check, Patient
from offhook.doctor.wording import came_to


async def run(patient: Patient) -> Sequence[Finding]:
    """Send the same message by GET."""
    first = patient.first
    if first is None:
        return [not_applicable("The app was not asked.")]
    get = await second_looks.by_get(patient)
    if get is None:
        return [unknown("GET was not tried to the end: no time, or no request, was left.")]
    evidence = (f"POST: {came_to(first.exchange)}", f"GET: {came_to(get.exchange)}")
    if first.accepted:
        return [good("The app takes the message by POST, which is what Twilio sends unless it is told otherwise.", *evidence)]
    if get.accepted and not get.events:
        return [
            Finding(
                verdict=Verdict.WARNING,
                title="By GET the same message is taken.",
                evidence=evidence,
                fix=("Set the method to HTTP GET where the URL is configured at Twilio, or have the route take POST.",),
                cause="app.wrong-method",
            )
        ]
    return [good("The method makes no difference: GET is not taken either.", *evidence)]


CHECK = Check("method", "Is POST the method that the app takes?", run)
