"""One visit to a webhook URL, made and judged as Twilio would: retries and redirects as the URL's fragment says, then what came back."""

from offhook.debugger.events import EventMaker
from offhook.delivery.round import RoundParts, RoundRunner
from offhook.records import Attempt, DebugEvent, Endpoint, Record, Webhook
from offhook.replies.documents import read
from offhook.replies.notices import Stamp, about_answer
from offhook.twiml import Message


class Visit(Record):
    """What a visit found. `messages` are what the person who wrote would receive; `events`, what Twilio would log, are none when all is well."""

    attempt: Attempt
    messages: tuple[Message, ...] = ()
    events: tuple[DebugEvent, ...] = ()


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
    return Visit(attempt=attempt, messages=messages, events=tuple(events))
