"""Text messages through Twilio's REST API: sent once, or looked for; never again on a guess."""

from collections.abc import Sequence
from typing import Final, Protocol

from offhook.alarms.grouping import Batch, stories
from offhook.alarms.notify.base import WHEN_CONFIGURED, Later, Never, Outcome, Told
from offhook.alarms.phrases import clean
from offhook.alarms.wording import short
from offhook.ports import Clock
from offhook.records import Reply, ReplyState
from offhook.replies.reconcile import CLOCK_SLACK, find
from offhook.replies.rest import Created, Creation, Listing, NoCredentials, NotSent, Rejected, Throttled
from offhook.system import id_time

LOOKS: Final = (0.0, 5.0, 30.0)
"""Seconds before each look for a message whose fate is unknown: it may take a moment to be listed."""
NO_SENDER: Final = "There is no number to send text messages from: set sms_from."
NO_CREDENTIALS: Final = "There are no credentials for Twilio's REST API: set account_sid and auth_token, or an API key."
LOST: Final = "Whether it was sent nobody can say, and so it is not sent again."


class Messages(Protocol):
    """What the channel asks of the REST API."""

    async def create_message(self, reply: Reply) -> Creation:
        """Ask for the message once."""

    async def list_messages(self, account_sid: str, to: str, sender: str, since: float) -> Listing:
        """The newest messages to a number created since then."""


class Sms:
    """The channel `sms`. `sender` is a number, a name or a messaging service's SID; "" where none is configured.

    The rules are those of replies: a try is written down before it leaves (that is the outbox's work), and one of which the end is unknown
    is looked for among the messages that exist.
    """

    def __init__(self, rest: Messages, sender: str, *, clock: Clock, console_url: str, account_sid: str = "") -> None:
        self._rest = rest
        self._sender = sender
        self._clock = clock
        self._console_url = console_url
        self._account_sid = account_sid

    async def tell(self, batch: Batch) -> Outcome:
        """Send it, unless that was tried before and nobody knows how it ended: then find out."""
        if not self._sender:
            return Later(reason=NO_SENDER, retry_after=WHEN_CONFIGURED)
        message = self._message(batch)
        if batch.repeated:
            return await self._look_for(message)
        result = await self._rest.create_message(message)
        match result:
            case Created():
                return Told()
            case Rejected() if result.status == 401:
                return Later(reason=f"Twilio refuses the credentials: {clean(result.message)}", retry_after=WHEN_CONFIGURED)
            case Rejected():
                return Never(reason=f"Twilio refuses the message: {result.code} {clean(result.message)}")
            case Throttled():
                return Later(reason="Twilio asks for fewer requests.", retry_after=result.retry_after)
            case NotSent():
                return Later(reason=clean(result.reason))
            case NoCredentials():
                return Later(reason=NO_CREDENTIALS, retry_after=WHEN_CONFIGURED)
            case _:
                return await self._look_for(message)

    def _message(self, batch: Batch) -> Reply:
        is_service = self._sender.startswith("MG") and len(self._sender) == 34
        # A message is looked for from the time on at which it can first have been tried: when the outbox gave it its id.
        begun = min(id_time(batch.id), self._clock.now())
        return Reply(
            id=batch.id,
            webhook_id="",
            ordinal=0,
            state=ReplyState.SENDING,
            created_at=begun,
            tried_at=begun,
            account_sid=batch.notifications[0].alarm.account_sid or self._account_sid,
            to=batch.address,
            sender="" if is_service else self._sender,
            messaging_service_sid=self._sender if is_service else "",
            body=short(stories(batch.notifications), self._console_url),
        )

    async def _look_for(self, message: Reply) -> Outcome:
        """Whether it exists; while the API gives no list, that remains open."""
        listed = False
        for pause in LOOKS:
            await self._clock.sleep(pause)
            since = message.tried_at - CLOCK_SLACK
            listing = await self._rest.list_messages(message.account_sid, message.to, message.sender, since)
            if isinstance(listing, Sequence):
                listed = True
                if find(message, listing, ()) is not None:
                    return Told()
        if listed:
            return Never(reason=LOST)
        return Later(reason="Whether it was sent is not known yet: the API gives no list of messages.", perhaps=True)
