"""The message itself, sent as Twilio sends it: does the app take it."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from offhook.debugger.causes import cold_start, own_signature
from offhook.debugger.secrets import masked
from offhook.doctor import second_looks
from offhook.doctor.findings import Finding, Verdict, good, of_cause, unknown
from offhook.doctor.patient import Check, Patient
from offhook.doctor.visits import Visit
from offhook.doctor.wording import came_to, command, shown, told
from offhook.headers import has_field
from offhook.records import Cause, Confidence, DebugEvent, FailureKind

LATE = frozenset({FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT})
# Without a connection there is nothing more to ask; a loop would only be walked again.
_HOPELESS = frozenset(FailureKind) - {*LATE, FailureKind.PROTOCOL, FailureKind.RESET, FailureKind.BAD_REDIRECT}
# What a second request would only come to again.
_SETTLED = frozenset({FailureKind.TOO_MANY_REDIRECTS, FailureKind.BAD_URL, FailureKind.BLOCKED, FailureKind.CONNECT_TIMEOUT})
# What an app says to a request that is not signed: that is no fault where nobody could sign.
_WANTS_SIGNATURE = frozenset({"app.signature-missing", "twilio-middleware.no-signature", "twilio-middleware.bad-signature"})
# What says that a signature was wrong; for which URL it would have been right, only asking shows.
_ABOUT_THE_PATH = frozenset({404, 405, 501})
_WRONG_SIGNATURE = frozenset({"app.signature-check", "twilio-middleware.bad-signature"})

_NAMES_ITSELF = frozenset({"server", "via", "x-powered-by", "x-served-by"})


async def run(patient: Patient) -> Sequence[Finding]:
    """Send one message with Twilio's timeouts, retries and redirects; where that fails, ask on until the reason shows."""
    first = await patient.visitor.visit(verify_tls=patient.verify_tls)
    patient.first = first
    patient.visits.append(first)
    event = next((event for event in first.events if event.attempt_id), None)
    if event is None:
        return [good("The app took the message.", *_evidence(first), figures=_figures(first))]
    failure = first.exchange.failure
    if failure is not None and failure.kind in LATE:
        return [await _late(patient, event)]
    if not first.accepted and (failure is None or failure.kind not in _SETTLED):
        again = await patient.visitor.visit_within(patient.time_to_ask, verify_tls=patient.verify_tls)
        patient.visits += [again] if again is not None else []
        if again is not None and again.accepted:
            patient.first = again
            return [_by_chance(first, again, event)]
    if failure is not None and failure.kind in _HOPELESS:
        patient.ended = "the app could not be asked."
    if not first.accepted and (elsewhere := _elsewhere(first)) is not None:
        return [elsewhere]
    return [await _refused(patient, first, event)]


def _elsewhere(first: Visit) -> Finding | None:
    """A redirect from this machine to another port of it, which is not followed: nobody has named that one."""
    hops, failure = first.attempt.exchanges, first.exchange.failure
    if failure is None or failure.kind is not FailureKind.BLOCKED or len(hops) < 2 or first.exchange.method != "POST":
        return None
    before, after = urlsplit(hops[-2].url), urlsplit(hops[-1].url)
    if (before.scheme, after.scheme) == ("https", "http"):
        return Finding(
            verdict=Verdict.FAULT,
            title=f"The app redirects from https to http, to {shown(hops[-1].url)}: it does not know that TLS ends in front of it.",
            evidence=_evidence(first),
            fix=("Have the app believe X-Forwarded-Proto of its proxy.", "Exempt the webhook's path from redirects."),
            codes=(11200,),
            cause="redirect.to-http",
        )
    return unknown(
        f"The app redirects to {shown(hops[-1].url)}, and a redirect to an address that only this network knows is not followed.",
        *_evidence(first),
        fix=(
            f"Run the doctor on that URL: {command(hops[-1].url)}",
            "Put the final URL into Twilio's configuration.",
        ),
        cause="redirect.elsewhere",
    )


def _by_chance(first: Visit, again: Visit, event: DebugEvent) -> Finding:
    """Refused once and then taken: whatever the reason is, it does not hold always."""
    likely = event.causes[:1]
    return Finding(
        verdict=Verdict.FAULT,
        title="The app fails now and then: it refused the first request and took the same one again.",
        evidence=(*_evidence(first), *(cause.title for cause in likely), *_evidence(again)),
        fix=tuple(step for cause in likely for step in cause.steps),
        codes=_codes(event),
        cause="app.intermittent",
        figures=_figures(first),
    )


async def _late(patient: Patient, event: DebugEvent) -> Finding:
    """No answer in time: once more, to see whether the app was only asleep."""
    second = await patient.visitor.visit_within(patient.time_to_ask, verify_tls=patient.verify_tls)
    if second is not None and second.exchange.failure is None:
        patient.visits.append(second)
        patient.first = second
        return Finding(
            verdict=Verdict.FAULT,
            title="The app was asleep: it did not answer the first request in time, and the second one soon.",
            evidence=(*_evidence(patient.visits[0]), told(second.exchange)),
            fix=cold_start.STEPS,
            codes=_codes(event),
            cause="app.cold-start",
            figures=_figures(second),
        )
    patient.ended = "the app does not answer."
    more = ("a second request was not answered either",) if second is not None else ()
    return _finding(patient, event, *more)


async def _refused(patient: Patient, first: Visit, event: DebugEvent) -> Finding:
    """A refusal: what it is about is shown by what passes."""
    named = event.causes[0] if event.causes else None
    proven = await _proven(patient, first, named) if not patient.ended and not first.accepted else None
    if proven is not None and await second_looks.passes_now(patient):
        patient.first = patient.visits[-1]
        return _by_chance(first, patient.first, event)
    if proven is not None:
        if named is not None and {named.name, proven.name} <= _WRONG_SIGNATURE:
            proven = msgspec.structs.replace(proven, name=named.name)
        return of_cause(Verdict.FAULT, proven, *_evidence(first), codes=_codes(event), figures=_figures(first))
    if not patient.question.signed and named is not None and _may_want_signature(first, named):
        return unknown(
            "The app refuses a request that is not signed, and there is no auth token to sign with.",
            *_evidence(first),
            *named.evidence,
            fix=("Run the doctor again with TWILIO_AUTH_TOKEN set: it signs as Twilio does.",),
            cause=named.name,
        )
    return _finding(patient, event)


def _may_want_signature(first: Visit, named: Cause) -> bool:
    """Whether a signature may be all that was missing. An empty refusal says nothing, whatever it looks like."""
    exchange = first.exchange
    silent = exchange.status in {401, 403} and not exchange.body.strip()
    challenged = has_field(exchange.headers, "www-authenticate")
    return named.name in _WANTS_SIGNATURE or (silent and not challenged)


async def _proven(patient: Patient, first: Visit, named: Cause | None) -> Cause | None:
    """The cause that another request proves, where one does."""
    sure = named is not None and named.confidence is Confidence.CERTAIN
    status = first.exchange.status
    if second_looks.could_be_signature(patient) and not (sure and status in _ABOUT_THE_PATH):
        found = await second_looks.rebuilt_url(patient)
        if found.url:
            return own_signature.for_other_url(patient.destination.url, found.url, found.what)
    browser = await second_looks.as_browser(patient)
    if browser is not None and browser.well:
        return second_looks.judged_by_user_agent(first, browser)
    get = await second_looks.by_get(patient) if status in _ABOUT_THE_PATH and not sure else None
    if get is not None and get.well:
        return Cause(
            name="app.wrong-method",
            title="The app takes GET at this URL, and not POST.",
            confidence=Confidence.CERTAIN,
            evidence=(f"POST: {came_to(first.exchange)}", f"GET: {came_to(get.exchange)}"),
            steps=(
                "Have the route take POST (Flask: `methods=['POST']`; Express: `app.post`; FastAPI: `@app.post`).",
                "Or set the method to HTTP GET where the URL is configured at Twilio.",
            ),
        )
    return None


def _finding(patient: Patient, event: DebugEvent, *more: str) -> Finding:
    evidence = (*_evidence(patient.first), *more)
    if event.causes:
        return of_cause(Verdict.FAULT, event.causes[0], *evidence, codes=_codes(event), figures=_figures(patient.first))
    return Finding(
        verdict=Verdict.FAULT, title=event.message, evidence=evidence, codes=_codes(event), figures=_figures(patient.first)
    )


def _codes(event: DebugEvent) -> tuple[int, ...]:
    return tuple(dict.fromkeys(code for code in (event.code, event.twilio_code) if code))


def _evidence(visit: Visit | None) -> tuple[str, ...]:
    if visit is None:
        return ()
    names = [f"{name}: {masked(value[:60])}" for name, value in visit.exchange.headers if name.lower() in _NAMES_ITSELF]
    return (*map(told, visit.attempt.exchanges), *([f"it names itself {', '.join(names)}"] if names else []))


def _figures(visit: Visit | None) -> dict[str, object]:
    if visit is None:
        return {}
    exchange = visit.exchange
    timings = {
        name: round(value, 1)
        for name in exchange.timings.__struct_fields__
        if (value := getattr(exchange.timings, name)) is not None
    }
    return {"status": exchange.status, "bytes": exchange.body_size, "exchanges": len(visit.attempt.exchanges), "ms": timings}


CHECK = Check("delivery", "Does the app take the message, sent as Twilio sends it?", run)
