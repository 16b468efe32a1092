"""The carrier: takes texts from people and messages from the account, and brings each where it is to go."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

import msgspec

from offhook.ports import Clock
from offhook.providers.drafts import segments
from offhook.records import Kind, Reply, ReplyState, Webhook
from offhook.replies.wording import NO_GET
from offhook.simulator.book import Book
from offhook.simulator.calls import Calls, Place
from offhook.simulator.chaos import Chaos, Fate
from offhook.simulator.holding import Holding
from offhook.simulator.keywords import ANSWERS, OptOut, OptOuts, asked
from offhook.simulator.life import Lives, Pace
from offhook.simulator.passage import Passage
from offhook.simulator.records import Direction, Media, Message, Number, Service, Status

NOT_OURS: Final = "The reply's sender is none of the account's numbers."
OPTED_OUT: Final = "The recipient has opted out of messages from this number."


def sid(prefix: str) -> str:
    """A new id in Twilio's shape."""
    return prefix + secrets.token_hex(16)


class Carrier:
    """The simulated network. `book` holds what the account has, `calls` reach the developer's app.

    `throttle`, asked once for each request, says when the REST API has had too many requests.
    """

    def __init__(self, book: Book, calls: Calls, clock: Clock, pace: Pace | None = None, *, chaos: Chaos | None = None) -> None:
        self.book = book
        self.optouts = OptOuts()
        self.chaos = chaos or Chaos()
        self.throttle: Callable[[], bool] = self.chaos.throttles
        self._calls = calls
        self._clock = clock
        self._lives = Lives(book, clock, calls.status, pace)
        self._lives.is_late = self._is_late
        self._lives.at_step = Passage(book, self._arrived).step
        self._lives.failed = self._failed
        self._holding = Holding()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def under_way(self) -> int:
        """How many calls, messages and callbacks are on their way."""
        return len(self._tasks) + self._lives.under_way

    @property
    def travelling(self) -> int:
        """How many texts and messages have not arrived yet, whatever the app does with their status callbacks."""
        return len(self._tasks) + self._lives.living

    async def close(self) -> None:
        """Stop everything that is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._lives.close()

    # -- from a person's phone

    def text(self, sender: str, to: str, body: str, media: Sequence[Media] = ()) -> Message:
        """A person sends a text to one of the account's numbers; the app hears of it at once, in the background."""
        now = self._clock.now()
        message = Message(
            sid=sid("MM" if media else "SM"),
            account_sid=self.book.account.sid,
            direction=Direction.INBOUND,
            sender=sender,
            to=to,
            body=body,
            status=Status.RECEIVED,
            created_at=now,
            updated_at=now,
            sent_at=now,
            media=tuple(media),
            segments=1 if media else segments(body),
        )
        service = self.book.service_of(to)
        if service is not None:
            message = msgspec.structs.replace(message, messaging_service_sid=service.sid)
        self.book.keep(message)
        self._start(self._arrive(message, self.chaos.text(message)), f"delivery of {message.sid}")
        return message

    def redeliver(self, webhook: Webhook) -> asyncio.Task[None] | None:
        """Call the app once more for a webhook that the journal has; None where its number has no URL any more."""
        place = self._place(webhook.recipient)
        if webhook.kind is not Kind.MESSAGE or place is None:
            return None
        return self._start(self._deliver_again(webhook, place), f"delivery of {webhook.id}")

    async def _deliver_again(self, webhook: Webhook, place: Place) -> None:
        replies = await self._calls.deliver(webhook, place)
        message = self.book.message(webhook.provider_id)
        if message is not None:  # whoever watches hears that its story has gone on
            self.book.keep(msgspec.structs.replace(message, updated_at=self._clock.now()))
        for reply in replies:
            self._reply(reply, place.service_sid, webhook.provider_id)

    def app_of(self, number: str) -> str:
        """The URL that messages to a number go to; "" where they go nowhere."""
        place = self._place(number)
        return place.url if place is not None else ""

    async def _arrive(self, message: Message, fate: Fate) -> None:
        word = self.optouts.hear(message.sender, self._opted_out_at(message), message.body)
        if word is not None:
            self._answer_keyword(message, word)
        conversation = f"{message.sender} {message.to}"
        if fate.reorder:
            await self._holding.hold(conversation)
        for _ in range(2 if fate.duplicate else 1):
            await self._deliver(message)
        self._holding.gone(conversation)

    async def _deliver(self, message: Message) -> None:
        place = self._place(message.to)
        if place is None:
            return
        reference, replies = await self._calls.inbound(message, place)
        kept = self.book.message(message.sid)
        if kept is not None:
            self.book.keep(msgspec.structs.replace(kept, reference=reference, messaging_service_sid=place.service_sid))
        for reply in replies:
            self._reply(reply, place.service_sid, message.sid)

    def _place(self, to: str) -> Place | None:
        """Where messages to a number go: its service's URL comes before its own (spec: twilio-delivery §3.4)."""
        number, service = self.book.number(to), self.book.service_of(to)
        if service is not None and not service.use_inbound_webhook_on_number:
            return _place_of_service(service)
        return _place_of_number(number, service) if number is not None else None

    def _opted_out_at(self, message: Message) -> str:
        """The number whose opting out a START lifts: any of the service that the person writes to, else the one written to."""
        service = self.book.service_of(message.to)
        pool = service.numbers if service is not None and asked(message.body) is OptOut.START else ()
        channel = "whatsapp:" if message.to.startswith("whatsapp:") else ""
        others = (f"{channel}{number}" for number in pool)
        return next((each for each in (message.to, *others) if self.optouts.is_out(message.sender, each)), message.to)

    def _answer_keyword(self, message: Message, word: OptOut) -> None:
        """The carrier's own answer to STOP, START and HELP, which goes out whatever the person has opted out of."""
        now = self._clock.now()
        answer = Message(
            sid=sid("SM"),
            account_sid=message.account_sid,
            direction=Direction.REPLY,
            sender=message.to,
            to=message.sender,
            body=ANSWERS[word],
            status=Status.QUEUED,
            created_at=now,
            updated_at=now,
        )
        self.send(answer)

    def _reply(self, reply: Reply, service_sid: str, of: str) -> None:
        """A message that the app's answer to the text `of` asks for."""
        now = self._clock.now()
        status, code, why = Status.QUEUED, 0, ""
        if reply.state is ReplyState.FAILED:
            status, code, why = Status.FAILED, reply.code, reply.note
        elif self.book.number(reply.sender) is None:
            status, code, why = Status.FAILED, 14102, NOT_OURS
            self._start(self._calls.refuse(reply, code, why), f"refusal of {reply.id}")
        elif self.optouts.is_out(reply.to, reply.sender):
            status, code, why = Status.FAILED, 21610, OPTED_OUT
            self._start(self._calls.refuse(reply, code, why), f"refusal of {reply.id}")
        message = Message(
            sid=sid("MM" if reply.media else "SM"),
            account_sid=self.book.account.sid,
            direction=Direction.REPLY,
            sender=reply.sender,
            to=reply.to,
            body=reply.body,
            status=status,
            created_at=now,
            updated_at=now,
            media=tuple(Media(sid=sid("ME"), content_type="", url=url, created_at=now) for url in reply.media),
            segments=1 if reply.media else segments(reply.body),
            messaging_service_sid=service_sid,
            status_callback=reply.status_callback,
            status_callback_method="GET" if NO_GET in reply.note else "POST",
            error_code=code,
            error_message=why,
            reference=reply.webhook_id,
        )
        self.chaos.name_reply(message, of, reply.ordinal)
        self.send(message)

    # -- from the account

    def send(self, message: Message) -> Message:
        """Take a message of the account's, checked already, and let it live."""
        self.book.keep(message)
        if message.status in {Status.ACCEPTED, Status.SCHEDULED, Status.QUEUED}:
            self._lives.begin(message)
        elif message.status_callback:
            self._start(self._calls.status(message), f"callback of {message.sid}")
        return message

    def cancel(self, message: Message) -> Message:
        """Take back a message that has not left yet."""
        canceled = self.book.keep(msgspec.structs.replace(message, status=Status.CANCELED, updated_at=self._clock.now()))
        if canceled.status_callback:
            self._start(self._calls.status(canceled), f"callback of {canceled.sid}")
        return canceled

    def _arrived(self, message: Message) -> None:
        """A message has come to one of the account's own numbers: there it is a text like any other."""
        self.text(message.sender, message.to, message.body, message.media)

    def _failed(self, message: Message) -> None:
        """A message has not arrived: the log tells of it."""
        self._start(self._calls.lost(message), f"log of {message.sid}")

    def _is_late(self, message: Message) -> bool:
        """Whether chaos has the next state told before this one."""
        return self.chaos.callback(message).reorder

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _place_of_service(service: Service) -> Place | None:
    if not service.inbound_request_url:
        return None
    return Place(
        url=service.inbound_request_url,
        method=service.inbound_method,
        fallback_url=service.fallback_url,
        fallback_method=service.fallback_method,
        service_sid=service.sid,
    )


def _place_of_number(number: Number, service: Service | None) -> Place | None:
    if not number.sms_url:
        return None
    return Place(
        url=number.sms_url,
        method=number.sms_method,
        fallback_url=number.sms_fallback_url,
        fallback_method=number.sms_fallback_method,
        service_sid=service.sid if service is not None else "",
    )
