"""GET beside POST: which of them the app takes."""

from collections.abc import Sequence

from offhook.doctor.findings import Finding, Verdict, good
from offhook.doctor.patient import Check, Patient
from offhook.doctor.second_looks import beside_first, by_get
from offhook.doctor.visits import Visit
from offhook.doctor.wording import came_to


async def run(patient: Patient) -> Sequence[Finding]:
    """Send the same message by GET."""
    return await beside_first(patient, by_get, "GET", _judged)


def _judged(post: Visit, get: Visit) -> Finding:
    evidence = (f"POST: {came_to(post.exchange)}", f"GET: {came_to(get.exchange)}")
    if post.accepted:
        return good("The app takes the message by POST, which is what Twilio sends unless it is told otherwise.", *evidence)
    if not get.well:
        return good("The method makes no difference: GET is not taken either.", *evidence)
    return Finding(
        verdict=Verdict.WARNING,
        title="By GET the same message is taken.",
        evidence=evidence,
        fix=("Set the method to HTTP GET where the URL is configured at Twilio, or have the route take POST.",),
        cause="app.wrong-method",
    )


CHECK = Check("method", "Is POST the method that the app takes?", run)
