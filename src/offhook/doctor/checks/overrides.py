"""The connection overrides in the URL's fragment: what they ask for, and which of them Twilio would not take."""

from collections.abc import Sequence

from offhook.delivery.overrides import OverrideProblem, Overrides
from offhook.doctor.findings import Finding, Verdict, good, not_applicable
from offhook.doctor.patient import Check, Patient

_FIX = (
    "Mend it behind the # of the URL: ct, rt, tt are milliseconds, rc a number of retries, rp a list of 4xx, 5xx, ct, rt, or all."
)


async def run(patient: Patient) -> Sequence[Finding]:
    """Read the fragment as Twilio does."""
    fragment = patient.question.url.partition("#")[2]
    if not fragment:
        return [
            not_applicable("The URL has no connection overrides: Twilio's defaults hold (connect 5 s, answer 15 s, one retry).")
        ]
    asked = patient.destination.overrides
    problems = [_problem(each) for each in asked.problems]
    odd = [
        Finding(verdict=Verdict.WARNING, title=title, fix=(_FIX,), cause="url.overrides-odd") for title in contradictions(asked)
    ]
    return [*problems, *odd] or [good("The connection overrides are ones that Twilio takes.", *meaning(asked))]


def meaning(asked: Overrides) -> tuple[str, ...]:
    """What they come to, in words."""
    tries = f"up to {asked.retries} more tries" if asked.retries else "no second try"
    return (
        f"connect within {asked.connect_ms} ms, first byte within {asked.read_ms} ms, everything within {asked.total_ms} ms",
        f"{tries}, after {', '.join(sorted(asked.policies))}",
        f"from {', '.join(asked.edges)}" + ("" if asked.server_name else ", without SNI"),
    )


def contradictions(asked: Overrides) -> tuple[str, ...]:
    """What cannot have been meant, though each value alone is good."""
    found = []
    if asked.total_ms < asked.connect_ms and asked.total_ms < 5_000:
        found.append(f"tt={asked.total_ms} ends the attempt before ct={asked.connect_ms} ms for connecting are over.")
    if asked.total_ms < asked.read_ms < 15_000:
        found.append(f"tt={asked.total_ms} ends the attempt before rt={asked.read_ms} ms for the answer are over.")
    if asked.retries and asked.policies & {"rt"} and asked.read_ms >= asked.total_ms:
        found.append("rp=rt asks for another try after a slow answer, and rt leaves no time for one within tt.")
    if not asked.retries and asked.policies - {"ct"}:
        found.append(f"rp={','.join(sorted(asked.policies))} says when to try again, and rc=0 that there is no second try.")
    return tuple(found)


def _problem(problem: OverrideProblem) -> Finding:
    """What Twilio has a code for is an error there; what it has none for is read as something else than was meant."""
    return Finding(
        verdict=Verdict.FAULT if problem.code else Verdict.WARNING,
        title=f"The override {problem.key[:20]}={problem.value[:40]} is not one: {problem.message}.",
        evidence=(f"{problem.used} is used instead",),
        fix=(_FIX,),
        codes=(problem.code,) if problem.code else (),
        cause="url.overrides",
    )


CHECK = Check("overrides", "Are the connection overrides in the URL ones that Twilio takes?", run)
