"""What the doctor finds: verdicts with their evidence, and the report that they make together. Data only."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from offhook.records import Cause, Record
from offhook.twiml import Message


class Verdict(StrEnum):
    """What a check came to."""

    FAULT = "fault"
    WARNING = "warning"
    UNKNOWN = "could-not-tell"
    GOOD = "good"
    NOT_APPLICABLE = "not-applicable"


# The worst first: the order in which a person reads them.
SEVERITY = {verdict: place for place, verdict in enumerate(Verdict)}


class Plot(Record):
    """A small series to be drawn: one value a try, in order; None is a try that was lost. `unit` is mostly ms."""

    title: str
    values: tuple[float | None, ...]
    unit: str = "ms"


class Finding(Record):
    """What one check says. `title` is one sentence, `evidence` what speaks for it, `fix` what to do, the first step first.

    `codes` are Twilio's that it explains. `cause` is the diagnosis' stable name, such as `tls.expired`; "" where the title is all.
    `figures` are for programs: plain values, never a secret.
    """

    verdict: Verdict
    title: str
    evidence: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    cause: str = ""
    plots: tuple[Plot, ...] = ()
    figures: dict[str, Any] = {}  # noqa: RUF012 - msgspec gives each record its own


class Row(Record):
    """One finding, and the check that it is of: its name, and what it asks."""

    check: str
    asks: str
    finding: Finding


class Report(Record):
    """All that was found about a URL, in the order of the checks.

    `url` has neither credentials nor a secret. `signed` says that there was a token to sign with. `seconds` is how long it took, `requests`
    how many HTTP requests were sent. `interrupted` says that it was stopped before its end. `messages` are what the person who wrote would
    receive; None where no answer could be read.
    """

    url: str
    product: str
    signed: bool
    started_at: float
    seconds: float
    requests: int
    rows: tuple[Row, ...] = ()
    messages: tuple[Message, ...] | None = None
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        """The worst of those that say something; "could not tell" where nothing is known."""
        found = {row.finding.verdict for row in self.rows} - {Verdict.NOT_APPLICABLE}
        return min(found, key=SEVERITY.__getitem__, default=Verdict.UNKNOWN)

    @property
    def worst_first(self) -> tuple[Row, ...]:
        """The rows as a person reads them; among equals, in the order of the checks."""
        return tuple(sorted(self.rows, key=lambda row: SEVERITY[row.finding.verdict]))

    @property
    def steps(self) -> tuple[str, ...]:
        """What to do, in order, each once: first the faults' steps, then the warnings'."""
        heard = (Verdict.FAULT, Verdict.WARNING, Verdict.UNKNOWN)
        return tuple(dict.fromkeys(step for row in self.worst_first if row.finding.verdict in heard for step in row.finding.fix))


def good(title: str, *evidence: str, **more: Any) -> Finding:
    """All is well with that."""
    return Finding(verdict=Verdict.GOOD, title=title, evidence=evidence, **more)


def not_applicable(title: str) -> Finding:
    """There is nothing to ask about."""
    return Finding(verdict=Verdict.NOT_APPLICABLE, title=title)


def unknown(title: str, *evidence: str, **more: Any) -> Finding:
    """It could not be found out; `fix` says what would help."""
    return Finding(verdict=Verdict.UNKNOWN, title=title, evidence=evidence, **more)


def of_cause(verdict: Verdict, cause: Cause, *evidence: str, codes: Iterable[int] = (), **more: Any) -> Finding:
    """A finding that says what the debugger says. `evidence` comes before the cause's own."""
    return Finding(
        verdict=verdict,
        title=cause.title,
        evidence=tuple(dict.fromkeys((*evidence, *cause.evidence))),
        fix=cause.steps,
        codes=tuple(dict.fromkeys(filter(None, codes))),
        cause=cause.name,
        **more,
    )
