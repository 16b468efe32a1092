"""Twilio's user agent beside a browser's: does something in front of the app tell them apart."""

from collections.abc import Sequence

from offhook.doctor.findings import Finding, Verdict, good
from offhook.doctor.patient import Check, Patient
from offhook.doctor.second_looks import as_browser, beside_first
from offhook.doctor.visits import Visit
from offhook.doctor.wording import came_to


async def run(patient: Patient) -> Sequence[Finding]:
    """Send the same message as a browser would name itself."""
    return await beside_first(patient, as_browser, "A browser's user agent", _judged)


def _judged(twilio: Visit, browser: Visit) -> Finding:
    evidence = (f"as TwilioProxy/1.1: {came_to(twilio.exchange)}", f"as a browser: {came_to(browser.exchange)}")
    if twilio.well or not browser.well:
        return good("Twilio's user agent is treated as a browser's.", *evidence)
    return Finding(
        verdict=Verdict.WARNING,
        title="With a browser's user agent the message passes.",
        evidence=evidence,
        fix=("Exempt the webhook's path from bot protection, or allow the user agent TwilioProxy/1.1.",),
        cause="waf.user-agent",
    )


CHECK = Check("user-agent", "Is Twilio's user agent treated like any other?", run)
