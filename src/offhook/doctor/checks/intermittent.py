"""More of the same, spread over a while: what fails now and then shows only so."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from offhook.doctor.findings import Finding, Plot, Verdict, good, not_applicable
from offhook.doctor.patient import Check, Patient
from offhook.doctor.visits import BudgetSpentError, Visit
from offhook.doctor.wording import counted, outcome, span

_FIX = (
    "Look for what the failed ones share in the app's log: one of several instances, a full pool of connections, a limit of requests.",
    "With several instances behind one address, ask each of them alone.",
)
_FEWEST_FOR_PERIOD = 6


async def run(patient: Patient) -> Sequence[Finding]:
    """Take the samples; together with the earlier visits they are one row of tries."""
    if patient.first is None:
        return [not_applicable("The app was not asked.")]
    if not patient.question.samples:
        return [not_applicable("No samples were asked for.")]
    await _take(patient)
    visits = patient.visits
    failed = [not visit.accepted for visit in visits]
    share = 100 * sum(failed) / len(failed)
    values = tuple(None if bad else round(visit.attempt.duration_ms, 1) for bad, visit in zip(failed, visits, strict=True))
    more: dict[str, Any] = {
        "plots": (Plot(title="Time to the answer, try by try", values=values),),
        "figures": {"tries": len(failed), "failed": sum(failed), "outcomes": dict(Counter(map(outcome, visits)))},
    }
    came = f"{len(visits)} requests: {counted(visits)}"
    if not any(failed):
        usual = sorted(visit.attempt.duration_ms for visit in visits)
        return [good("The app took every message.", came, f"between {span(usual[0])} and {span(usual[-1])}", **more)]
    if all(failed):
        return [not_applicable(f"It is not now and then: each of {len(failed)} requests failed.")]
    evidence = (came, *patterns(visits))
    title = f"The app fails now and then: {sum(failed)} of {len(failed)} requests ({share:.0f} %)."
    return [
        Finding(verdict=Verdict.FAULT, title=title, evidence=evidence, fix=_FIX, codes=(11200,), cause="app.intermittent", **more)
    ]


async def _take(patient: Patient) -> None:
    """The samples, each on a connection of its own, spread evenly; they end with the time or the requests that are left."""
    question, clock = patient.question, patient.clock
    begun, pause = clock.monotonic(), question.over / question.samples
    for number in range(1, question.samples + 1):
        if patient.budget.left <= 0:
            return
        try:
            visit = await patient.visitor.visit_within(patient.time_to_ask, verify_tls=patient.verify_tls)
        except BudgetSpentError:
            return
        if visit is None:
            return
        patient.visits.append(visit)
        wait = begun + number * pause - clock.monotonic()
        if wait > 0 and number < question.samples:
            await asyncio.sleep(min(wait, patient.time_left))


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
