"""The signature: does the app take the right one."""

from collections.abc import Sequence

from offhook.doctor import second_looks
from offhook.doctor.findings import Finding, good, not_applicable, unknown
from offhook.doctor.patient import Check, Patient
from offhook.doctor.wording import shown


async def run(patient: Patient) -> Sequence[Finding]:
    """Say what the visits have shown; a refusal has been looked into with the delivery."""
    if patient.first is None:
        return [not_applicable("The app was not asked.")]
    if not patient.question.signed:
        return [
            not_applicable(
                "There is no auth token to sign with: with TWILIO_AUTH_TOKEN set, the app's check of the signature is tested."
            )
        ]
    if patient.first.accepted:
        return [good("The app takes a request with the right signature.")]
    if not second_looks.could_be_signature(patient):
        return [not_applicable("The app refused the message for another reason.")]
    found = await second_looks.rebuilt_url(patient)
    if found.url:
        return [not_applicable(f"The app takes signatures for {shown(found.url)}: the check of the delivery tells of it.")]
    return [
        unknown(
            "The app refuses the right signature, or does not get as far as checking it.",
            f"{found.tried} URLs that proxies commonly make of this one were tried, and none was taken",
            fix=(
                "Check that the auth token here and in the app are the same account's: those of subaccounts differ, and so does a secondary one.",
            ),
        )
    ]


CHECK = Check("signature", "Does the app take the right signature?", run)
