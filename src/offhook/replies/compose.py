"""From an app's answer to the replies that it asks for: passed through inline, or to be sent by REST."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from offhook.ports import Clock, Ids
from offhook.records import DebugEvent, Endpoint, Exchange, Kind, Level, Reply, ReplyState, Webhook
from offhook.replies import wording
from offhook.replies.documents import Document, Documents, read
from offhook.replies.drafts import Draft, draft
from offhook.replies.guard import LoopGuard
from offhook.replies.notices import Stamp, about_answer, about_reply
from offhook.twiml.reading import Fault, fault
from offhook.twiml.schema import MOST_MESSAGES
from offhook.twiml.verbs import too_many


class Composed(NamedTuple):
    """The replies that an answer asks for, and what is wrong with it."""

    replies: Sequence[Reply] = ()
    events: Sequence[DebugEvent] = ()


NOTHING: Final = Composed()


class Composer:
    """Makes replies of answers. `may_send` says whether there are credentials for an account."""

    def __init__(
        self,
        documents: Documents,
        endpoints: Mapping[str, Endpoint],
        *,
        may_send: Callable[[str], bool],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._documents = documents
        self._endpoints = endpoints
        self._may_send = may_send
        self._clock = clock
        self._ids = ids
        self._guard = LoopGuard()

    def about(self, endpoint: Endpoint) -> "Composer":
        """The same composer, its loop guard included, for this endpoint alone."""
        other = copy.copy(self)
        other._endpoints = {endpoint.name: endpoint}  # noqa: SLF001 - a copy of its own
        return other

    def compose_inline(self, webhook: Webhook, exchange: Exchange) -> Composed:
        """The replies of an answer that was passed to the provider, for the record, and its faults. Redirects are the provider's to follow."""
        if webhook.kind not in {Kind.MESSAGE, Kind.STATUS}:
            return NOTHING
        reading = read(exchange)
        if not reading.messages and not reading.faults:
            return NOTHING
        return self._composed(webhook, [(exchange, reading)], self._passed_through)

    def compose_now(self, webhook: Webhook, exchange: Exchange) -> Composed | None:
        """`compose_late` where nothing has to be fetched for it; None where the answer redirects."""
        endpoint = self._endpoints.get(webhook.endpoint)
        if webhook.kind is Kind.STATUS or endpoint is None:
            return self.compose_inline(webhook, exchange)
        if webhook.kind is not Kind.MESSAGE:
            return NOTHING
        reading = read(exchange)
        if reading.redirect is not None:
            return None
        if not reading.messages and not reading.faults:
            return NOTHING
        return self._composed(webhook, [(exchange, reading)], self._by_rest)

    async def compose_late(self, webhook: Webhook, exchange: Exchange) -> Composed:
        """The replies to send by REST, `waiting` (or `kept` without credentials), redirects followed, and the faults."""
        composed = self.compose_now(webhook, exchange)
        if composed is not None:
            return composed
        endpoint = self._endpoints[webhook.endpoint]
        documents = [document async for document in self._documents.follow(webhook, exchange, endpoint)]
        return self._composed(webhook, documents, self._by_rest)

    def _composed(self, webhook: Webhook, documents: Sequence[Document], place: "_Place") -> Composed:
        replies: list[Reply] = []
        events: list[DebugEvent] = []
        for exchange, drafts, faults in _drafts(webhook, documents):
            for each in drafts:
                reply, event = place(webhook, self._reply(webhook, each, len(replies)))
                replies.append(reply)
                events += [event] if event else []
            events += [about_answer(found, webhook, exchange, self._stamp()) for found in faults]
        return Composed(replies, events)

    def _reply(self, webhook: Webhook, written: Draft, ordinal: int) -> Reply:
        return Reply(
            id=self._ids.new("RP"),
            webhook_id=webhook.id,
            ordinal=ordinal,
            state=ReplyState.INLINE,
            created_at=self._clock.now(),
            account_sid=webhook.account_sid,
            **msgspec.structs.asdict(written),
        )

    def _passed_through(self, webhook: Webhook, reply: Reply) -> tuple[Reply, DebugEvent | None]:
        self._guard.admits(reply.to, reply.sender, webhook.received_at)  # Twilio guards these itself; they count all the same
        return reply, None

    def _by_rest(self, webhook: Webhook, reply: Reply) -> tuple[Reply, DebugEvent | None]:
        """The reply in the state in which it enters the journal, and the event of one that will not be sent, or not yet."""
        expires_at = webhook.received_at + self._endpoints[webhook.endpoint].reply_within
        reply = msgspec.structs.replace(reply, due=reply.created_at, expires_at=expires_at, state=ReplyState.WAITING)
        if not self._guard.admits(reply.to, reply.sender, webhook.received_at):
            reply = msgspec.structs.replace(
                reply, state=ReplyState.FAILED, code=14107, note=wording.kept_note(reply.note, wording.LOOP)
            )
            return reply, about_reply(reply, wording.LOOP, self._stamp(), level=Level.ERROR, webhook=webhook)
        if not self._may_send(reply.account_sid):
            reply = msgspec.structs.replace(
                reply,
                state=ReplyState.KEPT,
                code=wording.NO_CREDENTIALS_CODE,
                note=wording.kept_note(reply.note, wording.NO_CREDENTIALS),
            )
            return reply, about_reply(reply, wording.NO_CREDENTIALS, self._stamp(), level=Level.WARNING, webhook=webhook)
        return reply, None

    def _stamp(self) -> Stamp:
        return Stamp(id=self._ids.new("NO"), at=self._clock.now())


_Place = Callable[[Webhook, Reply], tuple[Reply, DebugEvent | None]]


def _drafts(webhook: Webhook, documents: Sequence[Document]) -> list[tuple[Exchange, list[Draft], list[Fault]]]:
    """What is to be sent of each document, over all of them no more than one message may be answered with; and their faults."""
    done: list[tuple[Exchange, list[Draft], list[Fault]]] = []
    asked = 0
    for exchange, reading in documents:
        faults = list(reading.faults)
        drafts: list[Draft] = []
        # A status callback has nobody to reply to.
        for message in reading.messages if webhook.kind is Kind.MESSAGE else ():
            written = draft(message, webhook, exchange.url)
            if written.to == written.sender:
                faults.append(fault(14101, wording.TO_ITSELF))
                continue
            asked += 1
            if asked <= MOST_MESSAGES:
                drafts.append(written)
        done.append((exchange, drafts, faults))
    if asked > MOST_MESSAGES:
        done[-1][2].append(too_many(asked))
    return done
