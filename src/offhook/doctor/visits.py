"""Visits to a webhook URL, each made and judged as Twilio would, and counted: an app gets no more requests than were announced."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from offhook.debugger.events import EventMaker
from offhook.delivery.round import Round, RoundParts, Sign
from offhook.delivery.runner import RoundRunner
from offhook.ports import Transport
from offhook.records import Attempt, DebugEvent, Endpoint, Exchange, HttpRequest, Kind, Limits, Record, Webhook
from offhook.replies.documents import Documents, read
from offhook.replies.notices import Stamp, about_answer
from offhook.twiml import Fault, Message
from offhook.twiml.reading import fault

# What is wrong with an answer whatever it is an answer to: too large, empty chunks, broken XML, another root, an unknown verb, no or a
# wrong type, documents without end. A call's verbs in a message's answer have another code.
OF_ANY_PRODUCT = frozenset({11200, 11203, 11750, 11770, 12100, 12101, 12102, 12200, 12300, 14106})
MOST_DOCUMENTS = 10


class Visit(Record):
    """What a visit found. `messages` are what the person who wrote would receive; `events`, what Twilio would log, are none when all is well."""

    webhook: Webhook
    attempt: Attempt
    messages: tuple[Message, ...] = ()
    events: tuple[DebugEvent, ...] = ()

    @property
    def exchange(self) -> Exchange:
        """The last exchange: the one that the attempt came to."""
        return self.attempt.exchanges[-1]

    @property
    def accepted(self) -> bool:
        """Whether the app took the request (2xx), whatever is to be said of its answer."""
        return self.attempt.outcome.delivered

    @property
    def well(self) -> bool:
        """Whether the app took the request, and nothing is to be said of its answer."""
        return self.accepted and not self.events


class BudgetSpentError(Exception):
    """The app has had all the requests that it was to get."""


@dataclass(slots=True)
class Budget:
    """How many requests may be sent, and how many were."""

    most: int
    sent: int = 0

    @property
    def left(self) -> int:
        """How many more may be sent."""
        return self.most - self.sent


class Metered:
    """A transport that spends a budget. Raises BudgetSpentError where one request more is asked for.

    Unless `trusted`, no URL gets a right to private addresses: nobody at this machine has named it.
    """

    def __init__(self, transport: Transport, budget: Budget, *, trusted: bool) -> None:
        self._transport = transport
        self._budget = budget
        self._trusted = trusted

    async def exchange(self, request: HttpRequest, limits: Limits, *, trusted: bool = False) -> Exchange:
        """One exchange, counted."""
        if self._budget.left <= 0:
            raise BudgetSpentError
        self._budget.sent += 1
        return await self._transport.exchange(request, limits, trusted=trusted and self._trusted)


class Visitor:
    """Makes visits to one URL, by default each on a connection of its own, with a message of its own.

    `parts` have the transport that makes new connections, `kept` is one that keeps them open; `draw` makes the next message.
    """

    def __init__(self, endpoint: Endpoint, parts: RoundParts, *, kept: Transport, draw: Callable[[], Webhook]) -> None:
        self._endpoint = endpoint
        self._parts = parts
        self._kept = kept
        self._maker = EventMaker(parts.ids)
        self.sign = parts.sign
        self.draw = draw

    async def visit(
        self,
        webhook: Webhook | None = None,
        *,
        url: str = "",
        sign: Sign | None = None,
        keep_open: bool = False,
        verify_tls: bool = True,
    ) -> Visit:
        """Ask once, with retries and redirects as Twilio makes them. Raises BudgetSpentError.

        `url` is another one than the patient's; `sign` signs otherwise; `keep_open` leaves the connection for the next visit that says so.
        """
        asked = webhook or self.draw()
        parts = replace(self._parts, sign=sign or self.sign, transport=self._kept if keep_open else self._parts.transport)
        endpoint = Endpoint(
            name=self._endpoint.name,
            app_url=url or self._endpoint.app_url,
            verify_tls=verify_tls and self._endpoint.verify_tls,
        )
        return self._judged(asked, await RoundRunner(parts).run(asked, endpoint))

    async def documents(self, visit: Visit) -> Visit:
        """The same visit with what its answer's <Redirect> verbs lead to: their messages, and what is wrong with them. Raises BudgetSpentError."""
        messages: list[Message] = []
        events: list[DebugEvent] = [event for event in visit.events if event.attempt_id]
        followed = 0
        async for exchange, reading in Documents(self._parts).follow(visit.webhook, visit.exchange, self._endpoint):
            messages += reading.messages
            events += self._about(reading.faults, visit.webhook, exchange)
            followed += 1
            if followed == MOST_DOCUMENTS and reading.redirect is not None:
                why = f"<Redirect> led through {MOST_DOCUMENTS} documents and on: Twilio gives up at 50, and at 15 s of them"
                events += self._about((fault(14106, why),), visit.webhook, exchange)
                break
        return msgspec.structs.replace(visit, messages=tuple(messages), events=tuple(events))

    async def visit_within(self, seconds: float, webhook: Webhook | None = None, **how: Any) -> Visit | None:
        """The same; None when it was not over in that time, or no request was left."""
        try:
            async with asyncio.timeout(seconds):
                return await self.visit(webhook, **how)
        except (TimeoutError, BudgetSpentError):
            return None

    def _judged(self, webhook: Webhook, done: Round) -> Visit:
        attempt = done.attempts[-1]
        events = [self._maker.attempt(webhook, attempt, None)] if attempt.outcome.code else []
        messages: tuple[Message, ...] = ()
        if done.delivered:
            reading = read(done.exchange)
            messages = reading.messages
            events += self._about(reading.faults, webhook, done.exchange)
        return Visit(webhook=webhook, attempt=attempt, messages=messages, events=tuple(events))

    def _about(self, faults: Iterable[Fault], webhook: Webhook, exchange: Exchange) -> list[DebugEvent]:
        """What Twilio would log of an answer. A call's may have verbs that a message's may not."""
        stamp = Stamp(id=self._parts.ids.new("NO"), at=self._parts.clock.now())
        heard = (fault for fault in faults if webhook.kind is not Kind.VOICE or fault.code in OF_ANY_PRODUCT)
        return [self._maker.explained(about_answer(fault, webhook, exchange, stamp), webhook, exchange) for fault in heard]
