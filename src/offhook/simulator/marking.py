"""Debug events that say where chaos has had a hand: each is logged as Twilio would log it, and is nobody's mistake."""

import msgspec

from offhook.debugger.events import EventMaker
from offhook.ports import Ids
from offhook.records import Attempt, Cause, Confidence, DebugEvent, Webhook
from offhook.simulator.chaos import KINDS, Chaos, called


class MarkingEventMaker(EventMaker):
    """Writes the events of attempts, and into their details and causes the kinds of chaos that made them."""

    def __init__(self, ids: Ids, chaos: Chaos) -> None:
        super().__init__(ids)
        self._chaos = chaos

    def attempt(self, webhook: Webhook, attempt: Attempt, next_due: float | None) -> DebugEvent:
        """The event of an attempt that has a code. Chaos strikes the first attempt only."""
        event = super().attempt(webhook, attempt, next_due)
        if attempt.number != 1 or not self._chaos.rules:
            return event
        fate = self._chaos.fate(called(webhook.body.decode("latin-1")), attempt.url)
        if not fate.marks:
            return event
        made = ", ".join(fate.marks)
        cause = Cause(
            name="chaos",
            title=f"Chaos made this: {made}",
            confidence=Confidence.CERTAIN,
            evidence=(f"drawn by seed {self._chaos.seed}: {'; '.join(KINDS[kind].what for kind in fate.marks)}",),
            steps=("Nothing is broken: look whether the message is taken all the same, or whose answer is missing.",),
        )
        details = {**event.details, "chaos": made}
        return msgspec.structs.replace(event, details=details, causes=(cause, *event.causes))
