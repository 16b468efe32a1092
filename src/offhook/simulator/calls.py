"""The calls that the carrier makes to a developer's app: inbound messages and status callbacks, made, judged and logged as Twilio does."""

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from offhook.delivery import settlement
from offhook.delivery.round import Round, RoundParts
from offhook.delivery.runner import RoundRunner
from offhook.ports import Journal
from offhook.providers.base import Provider
from offhook.providers.drafts import FORM, Draft, encode, headers, parameters
from offhook.records import (
    Answer,
    Arrival,
    DebugEvent,
    Endpoint,
    Exchange,
    Kind,
    Level,
    Record,
    Reply,
    ReplyState,
    Role,
    Settlement,
    State,
    Webhook,
)
from offhook.replies.compose import Composed, Composer
from offhook.replies.documents import Documents
from offhook.replies.methods import by_method
from offhook.replies.notices import Stamp, about_reply
from offhook.simulator.chaos import Chaos
from offhook.simulator.keeping import Keeping
from offhook.simulator.marking import MarkingEventMaker
from offhook.simulator.records import Message

INBOUND: Final = "sms"
CALLBACK: Final = "status"


class Place(Record):
    """Where messages of a number go: its URLs with their methods, and the service that they are of, if any."""

    url: str
    method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    service_sid: str = ""


@dataclass(frozen=True, slots=True)
class CallParts:
    """What calls are made with."""

    rounds: RoundParts
    provider: Provider
    journal: Journal
    chaos: Chaos = field(default_factory=Chaos)


class Calls:
    """Makes calls, once each: what Twilio's overrides do not try again is not tried again. `heard` are told what came of each."""

    def __init__(self, parts: CallParts) -> None:
        self.heard: list[Callable[[Settlement], None]] = []
        self._parts = parts
        self._keeping = Keeping(parts.journal)
        self._chaos = parts.chaos
        self._runner = RoundRunner(parts.rounds)
        self._debugger = MarkingEventMaker(parts.rounds.ids, parts.chaos)
        self._clock = parts.rounds.clock
        self._ids = parts.rounds.ids
        self._composer = Composer(Documents(parts.rounds), {}, may_send=lambda _: True, clock=self._clock, ids=self._ids)

    async def inbound(self, message: Message, place: Place) -> tuple[str, Sequence[Reply]]:
        """Tell the app of a message; the webhook's id, and the replies that its answer asks for, in order."""
        whatsapp = message.sender.startswith("whatsapp:")
        draft = Draft(
            sid=message.sid,
            account_sid=message.account_sid,
            sender=message.sender,
            recipient=message.to,
            body=message.body,
            media=tuple(each.url for each in message.media),
            whatsapp=whatsapp,
            messaging_service_sid=place.service_sid,
        )
        webhook = await self._kept(draft, INBOUND, Kind.MESSAGE)
        return webhook.id, await self.deliver(webhook, place)

    async def deliver(self, webhook: Webhook, place: Place) -> Sequence[Reply]:
        """Call for a webhook that the journal has, and write down what came of it."""
        endpoint = Endpoint(name=webhook.endpoint, app_url=place.url)
        done = await self._runner.run(by_method(webhook, place.method), endpoint)
        composed = await self._composed(webhook, endpoint, done)
        code = _fatal(done, composed)
        if code and place.fallback_url:
            unusable = composed.events
            done = await self._fall_back(webhook, place, done, code)
            composed = await self._composed(webhook, msgspec.structs.replace(endpoint, app_url=place.fallback_url), done)
            composed = Composed(composed.replies, (*unusable, *composed.events))
        await self._settle(webhook, done, composed)
        return composed.replies

    async def refuse(self, reply: Reply, code: int, why: str) -> None:
        """Log that a reply was not taken: nothing is sent, and the app's answer was well."""
        webhook = await self._parts.journal.webhook(reply.webhook_id)
        refused = msgspec.structs.replace(reply, state=ReplyState.FAILED, code=code, note=why)
        stamp = Stamp(id=self._ids.new("NO"), at=self._clock.now())
        event = about_reply(refused, why, stamp, level=Level.ERROR, webhook=webhook)
        await self._parts.journal.settle_reply(refused, [event])

    async def lost(self, message: Message) -> None:
        """Log that a message of the account's did not arrive, under its own code."""
        code = str(message.error_code)
        event = DebugEvent(
            id=self._ids.new("NO"),
            at=self._clock.now(),
            level=Level.ERROR,
            code=message.error_code,
            twilio_code=message.error_code,
            message=message.error_message,
            endpoint=INBOUND,
            account_sid=message.account_sid,
            webhook_id=message.reference,
            resource_sid=message.sid,
            service_sid=message.messaging_service_sid,
            details={"Msg": message.error_message, "ErrorCode": code, "LogLevel": Level.ERROR.value, "to": message.to},
            number=message.sender,
        )
        await self._parts.journal.record([event])

    async def status(self, message: Message) -> None:
        """Tell the app's status callback how a message is doing; twice where chaos has it so."""
        for _ in range(2 if self._chaos.callback(message).duplicate else 1):
            await self._tell(message)

    async def _tell(self, message: Message) -> None:
        draft = Draft(
            sid=message.sid,
            account_sid=message.account_sid,
            sender=message.sender,
            recipient=message.to,
            status=message.status.value,
            whatsapp=message.to.startswith("whatsapp:"),
            error_code=message.error_code,
            messaging_service_sid=message.messaging_service_sid,
        )
        webhook = await self._kept(draft, CALLBACK, Kind.STATUS)
        await self.deliver(webhook, Place(url=message.status_callback, method=message.status_callback_method))

    async def _kept(self, draft: Draft, endpoint: str, kind: Kind) -> Webhook:
        """The webhook that tells of it, in the journal."""
        lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in headers(FORM, _token(draft)))]
        arrival = Arrival(
            id=self._ids.new("WH"),
            endpoint=endpoint,
            received_at=self._clock.now(),
            peer="",
            url="",
            kind=kind,
            dedupe_key=uuid.uuid4().bytes,
            head="\r\n".join(lines).encode(),
            body=encode(parameters(draft)).encode(),
        )
        stored = asyncio.get_running_loop().create_future()
        self._parts.journal.append(arrival, stored.set_result)
        came = await stored
        if isinstance(came, Exception):
            raise came
        return self._parts.provider.derive(arrival)

    async def _fall_back(self, webhook: Webhook, place: Place, failed: Round, code: int) -> Round:
        """The fallback URL, with what went wrong at the primary one; both rounds are one story."""
        extra = (("ErrorCode", str(code)), ("ErrorUrl", failed.attempts[-1].url))
        told = msgspec.structs.replace(
            webhook, body=webhook.body + b"&" + encode(extra).encode(), attempts=failed.attempts[-1].number
        )
        endpoint = Endpoint(name=webhook.endpoint, app_url=place.fallback_url)
        done = await self._runner.run(by_method(told, place.fallback_method), endpoint)
        second = (msgspec.structs.replace(attempt, role=Role.FALLBACK) for attempt in done.attempts)
        return msgspec.structs.replace(done, attempts=(*failed.attempts, *second), role=Role.FALLBACK)

    async def _composed(self, webhook: Webhook, endpoint: Endpoint, done: Round) -> Composed:
        """What the answer asks for, and its faults with their causes."""
        if not done.delivered:
            return Composed()
        found = await self._composer.about(endpoint).compose_late(webhook, done.exchange)
        return Composed(found.replies, [self._debugger.explained(event, webhook, done.exchange) for event in found.events])

    async def _settle(self, webhook: Webhook, done: Round, composed: Composed) -> None:
        state = State.DELIVERED if done.delivered else State.FAILED
        after = msgspec.structs.replace(
            webhook,
            state=state,
            due=0.0,
            attempts=done.attempts[-1].number,
            failures=0 if done.delivered else 1,
            note="" if done.delivered else done.attempts[-1].outcome.message,
            answer=_answer(done.exchange, self._clock.now()),
        )
        events = list(settlement.events(after, done, self._debugger.attempt))
        events += composed.events
        for attempt in done.attempts:
            self._debugger.note(webhook.endpoint, attempt)
        replies = tuple(
            msgspec.structs.replace(reply, state=ReplyState.INLINE) if reply.state is ReplyState.WAITING else reply
            for reply in composed.replies
        )
        settled = Settlement(webhook=after, attempts=done.attempts, replies=replies, events=tuple(events))
        await self._parts.journal.settle(settled)
        await self._keeping.settled(after)
        for listener in self.heard:
            listener(settled)


def _token(draft: Draft) -> str:
    """The idempotency token: one for whatever is told of the same message in the same state, however often."""
    digest = hashlib.md5(f"{draft.sid} {draft.status}".encode(), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def _fatal(done: Round, composed: Composed) -> int:
    """Twilio's code of what makes it ask the fallback URL: TwiML that cannot be fetched or executed (spec: twilio-delivery §3.4). 0: nothing."""
    if done.attempts[-1].outcome.code:
        return done.attempts[-1].outcome.twilio_code
    errors = (event.twilio_code for event in composed.events if event.level is Level.ERROR and not event.reply_id)
    return 0 if composed.replies else next(errors, 0)


def _answer(exchange: Exchange, now: float) -> Answer | None:
    """What the app answered, as the journal keeps it."""
    if exchange.failure is not None or not exchange.status:
        return None
    return settlement.kept(Answer(status=exchange.status, headers=exchange.headers, body=exchange.body, source="app", at=now))
