"""The channels and the outbox, as the settings say."""

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass

from offhook.alarms.notify.apprise import Apprise
from offhook.alarms.notify.base import Channel
from offhook.alarms.notify.email import Email, MailServer
from offhook.alarms.notify.sms import Messages, Sms
from offhook.alarms.notify.webhook import Sign, Webhook, WebhookParts
from offhook.alarms.outbox import Outbox, OutboxParts
from offhook.ports import Clock, Ids, Journal, Transport
from offhook.settings import Settings, is_loopback
from offhook.settings.secret import resolve


@dataclass(frozen=True, slots=True)
class Means:
    """What telling needs of the rest of the house. `rest` must not use kept connections (`TwilioRest`); `sign` is Twilio's signature."""

    journal: Journal
    clock: Clock
    ids: Ids
    transport: Transport
    rest: Messages
    sign: Sign


def open_outbox(settings: Settings, means: Means) -> Outbox:
    """The worker that tells of alarms."""
    return Outbox(
        OutboxParts(
            journal=means.journal,
            clock=means.clock,
            ids=means.ids,
            chance=random.random,
            channels=channels(settings, means),
            group_wait=settings.alarm_group_wait,
        )
    )


def channels(settings: Settings, means: Means) -> Mapping[str, Channel]:
    """Every channel by its name; one that lacks settings says so when it is asked to tell something."""
    url, clock, account = console_url(settings), means.clock, settings.account_sid or ""
    webhook = Webhook(
        WebhookParts(
            transport=means.transport,
            clock=clock,
            sign=means.sign,
            secret=secret,
            console_url=url,
            account_sid=account,
            in_query=settings.alarm_webhook_parameters == "query",
            recoveries=settings.alarm_webhook_recoveries,
        )
    )
    return {
        "email": Email(mail_server(settings), clock=clock, console_url=url),
        "webhook": webhook,
        "apprise": Apprise(secret, clock=clock, console_url=url),
        "sms": Sms(means.rest, settings.sms_from or "", clock=clock, console_url=url, account_sid=account),
    }


def mail_server(settings: Settings) -> MailServer | None:
    """Where alarm mails are handed in; None where no server, or no sender, is set."""
    user = settings.smtp_user or ""
    sender = settings.smtp_from or (user if "@" in user else "")
    if not settings.smtp_host or not sender:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        sender=sender,
        username=user,
        password=settings.smtp_password.reveal() if settings.smtp_password else "",
        ca_file=settings.ca_file,
    )


def console_url(settings: Settings) -> str:
    """What links begin with: the address that the operator has given, else the console's own."""
    if settings.console_url:
        return settings.console_url
    host = settings.console_host
    shown = "127.0.0.1" if is_loopback(host) and ":" not in host else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.console_port}"


def secret(reference: str) -> str:
    """The value behind `env:NAME` or `file:PATH`, read anew each time; several lines of a file are several secrets. Raises ValueError."""
    return "\n".join(each.reveal() for each in resolve(reference, os.environ, literal=False))
