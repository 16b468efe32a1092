"""The providers that wait for an answer, and the duplicates that are to get the same."""

import asyncio
from collections.abc import Callable

from offhook.delivery import settlement
from offhook.delivery.job import Job, Relay
from offhook.ports import Clock
from offhook.records import Answer

MOST_LISTENERS = 16


class Waiting:
    """Jobs whose answer is awaited, or given and not in the journal yet; by webhook id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}

    def hold(self, job: Job, relay: Relay) -> None:
        """The provider waits, until the app answers or the endpoint's hold is over."""
        job.relays.append(relay)
        left = job.endpoint.hold - (self._clock.now() - job.webhook.received_at)
        job.timer = asyncio.get_running_loop().call_later(max(0.0, left), self.give_up, job)
        self._jobs[job.webhook.id] = job

    def join(self, webhook_id: str, relay: Relay) -> bool:
        """A duplicate waits as well, or is told what the first one was; False when only the journal can know."""
        job = self._jobs.get(webhook_id)
        if job is None or (job.answer is None and len(job.relays) >= MOST_LISTENERS):
            return False
        if job.answer is not None:
            relay(job.answer)
        else:
            job.relays.append(relay)
        return True

    def give_up(self, job: Job) -> None:
        """Whoever waits for this job's answer has waited long enough: the stand-in."""
        if job.answer is None and job.relays:
            job.give(settlement.stand_in(job.endpoint, self._clock.now()))

    def pass_on(self, job: Job, passed_through: Callable[[], Answer | None]) -> bool:
        """The app's answer, if it is still waited for and can be passed; False when the replies in it must go by REST."""
        if job.answer is not None or not job.relays:
            return False
        answer = passed_through()
        if answer is None:
            self.give_up(job)
            return False
        if job.give(answer):
            return True
        # Its replies go by REST now: a duplicate that is given them as well would have them sent twice.
        job.answer = settlement.stand_in(job.endpoint, self._clock.now())
        return False

    def find(self, webhook_id: str) -> Job | None:
        """The job of this webhook, if anybody waits for it."""
        return self._jobs.get(webhook_id)

    def written(self, webhook_id: str) -> None:
        """From here on the journal knows what a duplicate must be told."""
        self._jobs.pop(webhook_id, None)

    def give_up_all(self) -> None:
        """The end: nobody is left without an answer."""
        for job in list(self._jobs.values()):
            self.give_up(job)
