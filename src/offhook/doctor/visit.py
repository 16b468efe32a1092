"""One visit to a webhook URL, made and judged as Twilio would: retries and redirects as the URL's fragment says, then what came back."""

from offhook.debugger.events import EventMaker
from offhook.delivery.round import RoundParts, RoundRunner
from offhook.records import Attempt, Cause, DebugEvent, Endpoint, Exchange, Record, Webhook
from offhook.replies.documents import read
from offhook.replies.notices import Stamp, about_answer
from offhook.twiml import Message


class Verdict(Record):
    """One thing that Twilio would log: our precise code, Twilio's own, what is wrong, and the likely causes."""

    code: int
    twilio_code: int
    message: str
    causes: tuple[Cause, ...] = ()


class Visit(Record):
    """What a visit found. `messages` are what the person who wrote would receive; `verdicts` are empty when all is well."""

    attempt: Attempt
    messages: tuple[Message, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    @property
    def last(self) -> Exchange:
        """The exchange that everything hung on in the end."""
        return self.attempt.exchanges[-1]


async def visit(webhook: Webhook, url: str, parts: RoundParts) -> Visit:
    """Ask the URL once, with this webhook. The URL is the operator's own: it may name any address."""
    endpoint = Endpoint(name=webhook.endpoint, app_url=url)
    maker = EventMaker(parts.ids)
    done = await RoundRunner(parts).run(webhook, endpoint)
    attempt = done.attempts[-1]
    events = [maker.attempt(webhook, attempt, None)] if attempt.outcome.code else []
    messages: tuple[Message, ...] = ()
    if done.delivered:
        reading = read(done.exchange)
        messages = reading.messages
        stamp = Stamp(id=parts.ids.new("NO"), at=parts.clock.now())
        faults = (about_answer(fault, webhook, done.exchange, stamp) for fault in reading.faults)
        events += [maker.explained(event, webhook, done.exchange) for event in faults]
    return Visit(attempt=attempt, messages=messages, verdicts=tuple(map(_verdict, events)))


def _verdict(event: DebugEvent) -> Verdict:
    return Verdict(code=event.code, twilio_code=event.twilio_code, message=event.message, causes=event.causes)
