"""Requests that Twilio has not signed: does the app refuse them."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from offhook.doctor import signing
from offhook.doctor.findings import Finding, Verdict, good, not_applicable, unknown
from offhook.doctor.patient import Check, Patient
from offhook.doctor.second_looks import MOST_SECONDS
from offhook.doctor.visits import Visit
from offhook.doctor.wording import came_to

_FIX: Final = (
    "Have the app check X-Twilio-Signature before anything else: the SDKs have it (Python: `RequestValidator`; Node: `twilio.webhook()`).",
    "Let it answer 403 where the check fails.",
)
_REFUSALS: Final = frozenset(range(400, 500)) - {408, 429}
_CHANGED: Final = (b"Hello", b"Other")


async def run(patient: Patient) -> Sequence[Finding]:
    """Send the message unsigned, with a made-up signature, and with a right one for another text."""
    first = patient.first
    if first is None or not first.accepted:
        return [not_applicable("The app takes no message, so whom it trusts cannot be seen.")]
    asked = ("without a signature", "with a made-up signature", "with the signature of another text")
    visits = await asyncio.gather(*(_forged(patient, how) for how in asked))
    made = {how: visit for how, visit in zip(asked, visits, strict=True) if visit is not None}
    evidence = tuple(f"{how}: {came_to(visit.exchange)}" for how, visit in made.items())
    taken = [how for how, visit in made.items() if visit.accepted]
    refused = [how for how, visit in made.items() if visit.exchange.status in _REFUSALS]
    if taken and not refused:
        title = "Anybody can post to this URL: the app does not check Twilio's signature."
    elif taken:
        title = f"The app does not check the signature well: it takes a message {' and '.join(taken)}."
    elif refused and len(refused) == len(made):
        return [good("The app refuses what Twilio has not signed.", *evidence)]
    elif any(visit.exchange.status >= 500 for visit in made.values()):
        title = "A request that is not rightly signed makes the app fail, where it should be refused."
        return [Finding(verdict=Verdict.WARNING, title=title, evidence=evidence, fix=_FIX[1:], cause="app.forgery-fails")]
    else:
        return [unknown("What the app makes of forged requests was not seen.", *evidence)]
    return [Finding(verdict=Verdict.WARNING, title=title, evidence=evidence, fix=_FIX, cause="app.unchecked-signature")]


async def _forged(patient: Patient, how: str) -> Visit | None:
    """One forged request; None where it cannot be made without a token, or was not answered in time."""
    visitor, webhook = patient.visitor, patient.visitor.draw()
    if how == "without a signature":
        sign = signing.left_out(visitor.sign)
    elif how == "with a made-up signature":
        sign = signing.made_up(visitor.sign)
    elif patient.question.signed:
        sign = signing.for_body(visitor.sign, webhook.body)
        webhook = msgspec.structs.replace(webhook, body=_changed(webhook.body))
    else:
        return None
    return await visitor.visit_within(min(MOST_SECONDS, patient.time_to_ask), webhook, sign=sign, verify_tls=patient.verify_tls)


def _changed(body: bytes) -> bytes:
    """Another text in the same message; one more parameter where it has no text."""
    changed = body.replace(*_CHANGED)
    return changed if changed != body else body + b"&Changed=yes"


CHECK = Check("forgery", "Does the app refuse requests that Twilio has not signed?", run)
