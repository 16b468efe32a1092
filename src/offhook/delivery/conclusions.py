"""What a round comes to: the provider's answer, the replies, the debug events, and the webhook's new row."""

from collections.abc import Sequence

from msgspec.structs import replace

from offhook.delivery import settlement
from offhook.delivery.job import Job
from offhook.delivery.parts import Parts
from offhook.delivery.round import Round
from offhook.delivery.waiting import Waiting
from offhook.records import DebugEvent, Reply, Settlement, Webhook


class Conclusions:
    """Draws them. `waiting` are the providers that are still to be answered."""

    def __init__(self, parts: Parts, waiting: Waiting) -> None:
        self._parts = parts
        self._waiting = waiting

    def now(self, job: Job, done: Round) -> Settlement | None:
        """Answer whoever waits, and put together what is to be written; None while other documents of the answer's are not known."""
        now = self._parts.clock.now()
        if not done.delivered:
            self._waiting.give_up(job)
            return self._put_together(self._after(job, done, now), done)
        inline = job.relays and self._waiting.pass_on(job, lambda: settlement.passed_through(done, now))
        webhook, replies = self._after(job, done, now), self._parts.replies
        composed = (replies.compose_inline if inline else replies.compose_now)(webhook, done.exchange)
        return None if composed is None else self._put_together(webhook, done, *composed)

    async def later(self, job: Job, done: Round) -> Settlement:
        """The same where `now` could not: get the other documents first."""
        webhook = self._after(job, done, self._parts.clock.now())
        return self._put_together(webhook, done, *await self._parts.replies.compose_late(webhook, done.exchange))

    def little(self, job: Job, done: Round) -> Settlement:
        """After a fault of ours: what became of the webhook, and no more. Whoever still waits has waited long enough."""
        self._waiting.give_up(job)
        return Settlement(webhook=self._after(job, done, self._parts.clock.now()))

    def _after(self, job: Job, done: Round, now: float) -> Webhook:
        webhook = settlement.after(job.webhook, job.endpoint, done, now=now, chance=self._parts.chance())
        answer = settlement.kept(job.answer or webhook.answer)
        return webhook if answer is webhook.answer else replace(webhook, answer=answer)

    def _put_together(
        self, webhook: Webhook, done: Round, replies: Sequence[Reply] = (), faults: Sequence[DebugEvent] = ()
    ) -> Settlement:
        debugger = self._parts.debugger
        events = settlement.events(webhook, done, debugger.attempt)
        if faults:
            events = (*events, *[debugger.explained(event, webhook, done.exchange) for event in faults])
        for event in events:
            self._parts.metrics.debug_event(event.level.value, event.code)
        return Settlement(webhook=webhook, attempts=done.attempts, replies=tuple(replies), events=events)
