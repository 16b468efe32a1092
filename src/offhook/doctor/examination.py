"""An examination: the checks in their order, within one time and one number of requests, and the report of what they found."""

import asyncio
from collections.abc import Callable, Sequence

from offhook.debugger.secrets import masked
from offhook.delivery import destination
from offhook.doctor.checks import CHECKS
from offhook.doctor.findings import Finding, Report, Row, not_applicable, unknown
from offhook.doctor.patient import Check, Patient
from offhook.doctor.visits import BudgetSpentError

Progress = Callable[[Check], None]


class Examination:
    """Runs the checks over one patient. The report can be had at any time: what is known so far; `at` is the check that is under way."""

    def __init__(self, patient: Patient, progress: Progress = lambda _: None, checks: Sequence[Check] = CHECKS) -> None:
        self._patient = patient
        self._progress = progress
        self._checks = checks
        self._rows: list[Row] = []
        self._done = False
        self.at: Check | None = None
        self._started_at = patient.clock.now()
        self._start = patient.clock.monotonic()

    async def run(self) -> Report:
        """Every check. Raises nothing for what the app, the network or the URL does; a cancellation leaves `report` as it stands."""
        for check in self._checks:
            self.at = check
            self._progress(check)
            try:
                found = await self._findings(check)
            except asyncio.CancelledError:
                self._keep(check, self._patient.unfinished())
                raise
            self._keep(check, found)
        self._done = True
        return self.report()

    def report(self) -> Report:
        """What is known by now."""
        patient = self._patient
        return Report(
            url=masked(destination.shown(patient.question.url)),
            product=patient.question.product,
            signed=patient.question.signed,
            started_at=self._started_at,
            seconds=patient.clock.monotonic() - self._start,
            requests=patient.budget.sent,
            rows=tuple(self._rows),
            messages=patient.first.messages if patient.first is not None and patient.first.accepted else None,
            interrupted=not self._done,
        )

    def _keep(self, check: Check, found: Sequence[Finding]) -> None:
        self._rows += [Row(check=check.name, asks=check.asks, finding=each) for each in found]

    async def _findings(self, check: Check) -> Sequence[Finding]:
        patient = self._patient
        if patient.ended:
            return [not_applicable(f"Not looked at: {patient.ended}")]
        try:
            async with asyncio.timeout(patient.time_left):
                return await check.run(patient)
        except TimeoutError:
            return [unknown("No time was left for this.", fix=("Run the doctor again, with --for and a longer time.",))]
        except BudgetSpentError:
            sent = patient.budget.sent
            return [
                unknown(f"Not asked to the end: the app has had its {sent} requests.", fix=("Run the doctor again with --yes.",))
            ]
