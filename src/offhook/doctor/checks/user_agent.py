"""Twilio's user agent beside a browser's: does something in front of the app tell them apart."""

from collections.abc import Sequence

from offhook.doctor import second_looks
from offhook.doctor.findings import Finding, Verdict, good, not_applicable, unknown
from offhook.doctor.patient import Check, Patient
from offhook.doctor.wording import came_to


async def run(patient: Patient) -> Sequence[Finding]:
    """Send the same message as a browser would name itself."""
    first = patient.first
    if first is None:
        return [not_applicable("The app was not asked.")]
    browser = await second_looks.as_browser(patient)
    if browser is None:
        return [unknown("A browser's user agent was not tried to the end: no time, or no request, was left.")]
    evidence = (f"as TwilioProxy/1.1: {came_to(first.exchange)}", f"as a browser: {came_to(browser.exchange)}")
    if browser.accepted and not browser.events and (not first.accepted or first.events):
        return [
            Finding(
                verdict=Verdict.WARNING,
                title="With a browser's user agent the message passes.",
                evidence=evidence,
                fix=("Exempt the webhook's path from bot protection, or allow the user agent TwilioProxy/1.1.",),
                cause="waf.user-agent",
            )
        ]
    return [good("Twilio's user agent is treated as a browser's.", *evidence)]


CHECK = Check("user-agent", "Is Twilio's user agent treated like any other?", run)
