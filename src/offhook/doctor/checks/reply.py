"""The app's answer: can Twilio use it, and what does the person who wrote receive."""

from collections.abc import Sequence

from offhook.debugger.case import case_of_answer
from offhook.debugger.causes import not_twiml
from offhook.doctor import second_looks
from offhook.doctor.findings import Finding, Verdict, good, not_applicable, of_cause
from offhook.doctor.patient import Check, Patient
from offhook.doctor.question import Product
from offhook.doctor.visits import Visit
from offhook.doctor.wording import came_to
from offhook.headers import value_of
from offhook.records import DebugEvent

# Nobody has written, so nobody receives anything.
_SILENT = frozenset({Product.STATUS, Product.VOICE})
_SHOWN = 100


async def run(patient: Patient) -> Sequence[Finding]:
    """Read the answer of the first visit that was taken, and follow what it leads to."""
    place = next((place for place, visit in enumerate(patient.visits) if visit.accepted), None)
    if place is None or patient.first is None:
        return [not_applicable("There was no answer to read: the app did not take the message.")]
    visit = patient.visits[place]
    visit = await patient.visitor.documents(visit)
    patient.visits[place] = visit
    if place == 0:
        patient.first = visit
    faults = [event for event in visit.events if not event.attempt_id]
    if faults:
        return [*await _shown_to_browsers(patient, visit), *(_finding(patient, event, visit) for event in faults)]
    if any(event.attempt_id for event in visit.events):
        return [not_applicable("The answer broke off: the check of the delivery tells of it.")]
    case = case_of_answer(visit.exchange, visit.webhook.kind, code=0, said="", details={})
    small_talk = not_twiml.cause(case) if patient.question.product not in _SILENT else None
    if small_talk is not None:
        return [of_cause(Verdict.WARNING, small_talk, came_to(visit.exchange), *_received(patient, visit))]
    spoken = [*_spoken(visit), *_received(patient, visit)]
    charset = _charset(visit)
    return [good("Twilio can use the answer.", came_to(visit.exchange), *charset, *spoken)]


async def _shown_to_browsers(patient: Patient, visit: Visit) -> Sequence[Finding]:
    """Whether a browser gets an answer that is good: then something in front of the app gives Twilio another one."""
    browser = await second_looks.as_browser(patient)
    if browser is None or not browser.well or await second_looks.passes_now(patient):
        return ()
    return [of_cause(Verdict.FAULT, second_looks.judged_by_user_agent(visit, browser), codes=(11200,))]


def _finding(patient: Patient, event: DebugEvent, visit: Visit) -> Finding:
    """What goes wrong with a status callback's answer costs nobody a message."""
    verdict = Verdict.WARNING if patient.question.product is Product.STATUS else Verdict.FAULT
    codes = tuple(dict.fromkeys(code for code in (event.code, event.twilio_code) if code))
    place = (f"line {event.details['line']}, column {event.details['cols']}",) if "line" in event.details else ()
    evidence = (came_to(visit.exchange), event.message, *place)
    if event.causes:
        return of_cause(verdict, event.causes[0], *evidence, codes=codes)
    return Finding(verdict=verdict, title=f"{event.message[:1].upper()}{event.message[1:]}.", evidence=evidence, codes=codes)


def _spoken(visit: Visit) -> tuple[str, ...]:
    kind = value_of(visit.exchange.headers, "content-type")
    plain = kind.lower().startswith("text/plain") and visit.messages
    return ("it is plain text, and Twilio sends that as it stands to the person who wrote",) if plain else ()


def _received(patient: Patient, visit: Visit) -> tuple[str, ...]:
    if patient.question.product in _SILENT:
        return ()
    if not visit.messages:
        return ("the person who wrote receives nothing: there is no message in it",)
    return tuple(f"the person who wrote receives {each.body[:_SHOWN]!r}" for each in visit.messages)


def _charset(visit: Visit) -> tuple[str, ...]:
    kind = value_of(visit.exchange.headers, "content-type")
    if "charset" in kind.lower() or visit.exchange.body.isascii():
        return ()
    return ("it has letters beyond ASCII and its Content-Type names no charset: it is read as UTF-8",)


CHECK = Check("reply", "Can Twilio use the app's answer?", run)
