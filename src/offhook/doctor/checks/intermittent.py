"""More of the same, spread over a while: what fails now and then shows only so."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from offhook.debugger.case import case_of
from offhook.debugger.causes import rate_limit
from offhook.doctor.findings import Finding, Plot, Verdict, good, not_applicable
from offhook.doctor.patient import Check, Patient
from offhook.doctor.visits import Visit
from offhook.doctor.wording import counted, outcome, span
from offhook.records import Cause

_FIX = (
    "Look for what the failed ones share in the app's log: one of several instances, a full pool of connections, a limit of requests.",
    "With several instances behind one address, ask each of them alone.",
)
_FEWEST_FOR_PERIOD = 6
HANGS = 5.0
"""Seconds after which the next sample does not wait for the one before."""
QUICK_MS = 2_000.0


async def run(patient: Patient) -> Sequence[Finding]:
    """Take the samples; together with the earlier visits they are one row of tries."""
    if patient.first is None:
        return [not_applicable("The app was not asked.")]
    if not patient.question.samples:
        return [not_applicable("No samples were asked for.")]
    patient.unfinished = lambda: judge(patient.visits, 0)
    hung = await _take(patient)
    patient.unfinished = tuple
    return judge(patient.visits, hung)


def judge(visits: Sequence[Visit], hung: int) -> Sequence[Finding]:
    """What the visits of one kind come to, and those that had no answer."""
    failed = [*(not visit.accepted for visit in visits), *[True] * hung]
    share = 100 * sum(failed) / len(failed)
    values = (*(round(visit.attempt.duration_ms, 1) if visit.accepted else None for visit in visits), *[None] * hung)
    more: dict[str, Any] = {
        "plots": (Plot(title="Time to the answer, try by try", values=values),),
        "figures": {"tries": len(failed), "failed": sum(failed), "outcomes": dict(Counter(map(outcome, visits)))},
    }
    came = f"{len(failed)} requests: {counted(visits)}" + (f", {hung} without an answer" if hung else "")
    if not any(failed):
        usual = sorted(visit.attempt.duration_ms for visit in visits)
        return [good("The app took every message.", came, f"between {span(usual[0])} and {span(usual[-1])}", **more)]
    if all(failed):
        return [not_applicable(f"It is not now and then: each of {len(failed)} requests failed.")]
    limited = not hung and all(visit.exchange.status == 429 for visit in visits if not visit.accepted)
    likely = _likely(visits, limited=limited)
    evidence = (came, *(patterns(visits) if not hung else ()), *(f"of those that failed: {each.title}" for each in likely))
    more["cause"] = likely[0].name if limited and likely else "app.intermittent"
    more["fix"] = (*(step for each in likely for step in each.steps), *(() if limited else _FIX))
    title = f"The app fails now and then: {sum(failed)} of {len(failed)} requests ({share:.0f} %)."
    return [Finding(verdict=Verdict.FAULT, title=title, evidence=evidence, codes=(11200,), **more)]


def _likely(visits: Sequence[Visit], *, limited: bool) -> tuple[Cause, ...]:
    """What the debugger says of the last one that failed; of a limit, whoever's page it is, what a limit means."""
    last = next((visit for visit in reversed(visits) if not visit.accepted), None)
    if last is None:
        return ()
    if limited and (limit := rate_limit.cause(case_of(last.attempt, last.webhook.kind))) is not None:
        return (limit,)
    return next((event.causes[:1] for event in last.events if event.attempt_id), ())


async def _take(patient: Patient) -> int:
    """The samples, each on a connection of its own, spread evenly; they end with the time or the requests that are left.

    One that hangs does not hold up those after it. How many hung until the time was up, though the app is quick, is the result.
    """
    question, clock = patient.question, patient.clock
    begun, pause = clock.monotonic(), question.over / question.samples
    hanging: set[asyncio.Task[Visit | None]] = set()
    for number in range(question.samples):
        wait = begun + number * pause - clock.monotonic()
        await asyncio.sleep(min(max(0.0, wait), patient.time_to_ask))
        if patient.budget.left <= 0 or patient.time_to_ask <= 0:
            break
        sample = asyncio.create_task(patient.visitor.visit_within(patient.time_to_ask, verify_tls=patient.verify_tls))
        hanging.add(sample)
        await asyncio.wait({sample}, timeout=HANGS)
        hanging -= {each for each in hanging if each.done() and _note(patient, each)}
    if hanging:
        await asyncio.wait(hanging)
    quick = [visit.attempt.duration_ms for visit in patient.visits if visit.accepted]
    lost = sum(not _note(patient, each) for each in hanging)
    return lost if quick and sorted(quick)[len(quick) // 2] < QUICK_MS else 0


def _note(patient: Patient, sample: asyncio.Task[Visit | None]) -> bool:
    """Keep what a sample came to; False where it was cut short."""
    visit = sample.result()
    if visit is not None:
        patient.visits.append(visit)
    return visit is not None


def patterns(visits: Sequence[Visit]) -> tuple[str, ...]:
    """What the failures have in common, as far as that shows."""
    failed = [place for place, visit in enumerate(visits) if not visit.accepted]
    found = []
    if failed == list(range(len(failed))):
        found.append("only the first ones failed: it may have had to wake up, or to be started")
    elif failed == list(range(len(visits) - len(failed), len(visits))):
        found.append("all went well until the failures began: a limit of requests, or something that broke meanwhile")
    elif len(visits) >= _FEWEST_FOR_PERIOD and len(failed) > 1 and len(steps := {b - a for a, b in pairwise(failed)}) == 1:
        found.append(f"every {_ordinal(steps.pop())} request failed: as if one of several instances were broken")
    else:
        found.append("no order is to be seen in it: requests " + ", ".join(str(place + 1) for place in failed[:10]) + " failed")
    by_peer = _by_peer(visits)
    if by_peer:
        found.append(by_peer)
    return tuple(found)


def _by_peer(visits: Sequence[Visit]) -> str:
    """Which address they failed at, where others did not."""
    asked = Counter(visit.exchange.peer for visit in visits if visit.exchange.peer)
    bad = Counter(visit.exchange.peer for visit in visits if visit.exchange.peer and not visit.accepted)
    whole = [peer for peer in bad if bad[peer] == asked[peer]]
    return f"all of them at {', '.join(whole)}, none elsewhere" if whole and len(asked) > len(whole) == len(bad) else ""


def _ordinal(number: int) -> str:
    return {1: "", 2: "second", 3: "third"}.get(number, f"{number}th")


CHECK = Check("intermittent", "Does the app take every message, or only some?", run)
