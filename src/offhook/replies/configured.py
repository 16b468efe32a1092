"""Replies, as the settings say: the REST API that they go by, and who puts them together and sends them."""

import random
from dataclasses import dataclass

from offhook.delivery.round import Judge, RoundParts
from offhook.metrics import Metrics
from offhook.ports import Clock, Ids, Journal, Transport
from offhook.replies.compose import Composer
from offhook.replies.credentials import credentials
from offhook.replies.desk import ReplyDesk
from offhook.replies.documents import Documents
from offhook.replies.rest import TwilioRest
from offhook.replies.sender import Parts as SenderParts
from offhook.replies.sender import ReplySender
from offhook.settings import Settings


@dataclass(frozen=True, slots=True)
class Means:
    """What replies need of the rest of the house."""

    journal: Journal
    clock: Clock
    ids: Ids
    metrics: Metrics


def open_rest(settings: Settings, transport: Transport, clock: Clock, judge: Judge) -> TwilioRest:
    """Twilio's REST API. The transport must keep no connections: a create on one that has just been closed would be sent twice."""
    return TwilioRest(
        transport,
        lambda account_sid: credentials(settings, account_sid),
        judge=judge,
        clock=clock,
        base_url=settings.twilio_api_url,
    )


def open_replies(settings: Settings, rest: TwilioRest, rounds: RoundParts, means: Means) -> tuple[ReplySender, ReplyDesk]:
    """Who sends replies, and who makes them of the app's answers."""
    sender = ReplySender(
        SenderParts(
            journal=means.journal, rest=rest, clock=means.clock, ids=means.ids, chance=random.random, metrics=means.metrics
        )
    )
    composer = Composer(
        Documents(rounds),
        {endpoint.name: endpoint for endpoint in settings.endpoints},
        may_send=rest.may_send,
        clock=means.clock,
        ids=means.ids,
    )
    return sender, ReplyDesk(composer, sender.wake, means.metrics)
