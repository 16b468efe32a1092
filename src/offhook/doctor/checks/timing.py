"""How long the app takes, at first and when it is awake, against the time that Twilio gives it; and whether connections stay open."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from offhook.debugger.causes import cold_start, too_slow
from offhook.doctor.findings import Finding, Plot, Verdict, good, not_applicable
from offhook.doctor.patient import Check, Patient
from offhook.doctor.visits import Visit
from offhook.doctor.wording import span
from offhook.records import Exchange

LATER = 2
"""How many more visits are made: the second may use the first one's connection."""
SLOW_MS, CLOSE_MS = 5_000.0, 10_000.0
COLD_MS, COLD_FACTOR = 2_000.0, 3.0


async def run(patient: Patient) -> Sequence[Finding]:
    """Two more visits, the second on the connection of the first where that stayed open."""
    first = patient.first
    if first is None or first.exchange.failure is not None:
        return [not_applicable("There was no answer to time.")]
    later = []
    for _ in range(LATER):
        visit = await patient.visitor.visit_within(patient.time_to_ask, keep_open=True, verify_tls=patient.verify_tls)
        if visit is None:
            break
        later.append(visit)
    answered = [visit for visit in later if visit.exchange.failure is None]
    patient.visits += later
    return [_speed(patient, first, answered), _kept(answered)]


def _speed(patient: Patient, first: Visit, later: Sequence[Visit]) -> Finding:
    times = [first.attempt.duration_ms, *(visit.attempt.duration_ms for visit in later)]
    usual = median(times[1:]) if later else times[0]
    budget = patient.destination.overrides.total_ms
    evidence = [
        f"the first answer took {span(times[0])}" + (f", later ones {span(usual)}" if later else ""),
        _phases(first.exchange),
        f"Twilio waits {span(budget)} for all of it",
    ]
    more: dict[str, Any] = {
        "evidence": tuple(evidence),
        "plots": (Plot(title="Time to the whole answer", values=tuple(round(each, 1) for each in times)),),
        "figures": {"first_ms": round(times[0], 1), "later_ms": [round(each, 1) for each in times[1:]], "budget_ms": budget},
    }
    if later and times[0] - usual >= COLD_MS and times[0] >= COLD_FACTOR * usual:
        title = f"The app starts cold: its first answer took {span(times[0])}, the later ones {span(usual)}."
        return Finding(verdict=Verdict.WARNING, title=title, fix=cold_start.STEPS[1:], cause="app.cold-start", **more)
    if usual >= min(CLOSE_MS, budget * 2 / 3):
        title = f"The app is close to the limit: it takes {span(usual)} of the {span(budget)} that Twilio waits."
        return Finding(
            verdict=Verdict.WARNING, title=title, fix=too_slow.STEPS, codes=(11200, 11205), cause="app.too-slow", **more
        )
    if usual >= SLOW_MS:
        title = f"The app is slow: it takes {span(usual)}."
        return Finding(verdict=Verdict.WARNING, title=title, fix=too_slow.STEPS, cause="app.slow", **more)
    return Finding(verdict=Verdict.GOOD, title=f"The app answers in time: {span(usual)}.", **more)


def _phases(exchange: Exchange) -> str:
    timings = exchange.timings
    named = (("DNS", timings.dns), ("connect", timings.connect), ("TLS", timings.tls), ("first byte", timings.first_byte))
    return "of the first: " + " · ".join(f"{name} {span(value)}" for name, value in named if value is not None)


def _kept(later: Sequence[Visit]) -> Finding:
    if len(later) < LATER:
        return not_applicable("Whether connections stay open was not seen.")
    if later[-1].attempt.exchanges[0].reused:
        return good("The connection stays open for the next message.")
    closing = any(name.lower() == "connection" and "close" in value.lower() for name, value in later[0].exchange.headers)
    how = "it says so (Connection: close)" if closing else "it does not say so in its answer"
    return good("The server closes each connection after its answer, which is allowed.", how)


CHECK = Check("timing", "Does the app answer within the time that Twilio gives it?", run)
