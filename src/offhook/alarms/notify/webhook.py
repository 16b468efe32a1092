"""Webhooks about alarms: with the fields of Twilio's alarms (spec: twilio-debugger §4.2), or as Standard Webhooks (standardwebhooks.com, 1.0.0)."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from offhook import __version__
from offhook.alarms.grouping import Batch, Story, stories
from offhook.alarms.model import News, Notification
from offhook.alarms.notify.base import WHEN_CONFIGURED, Later, Never, Outcome, Told
from offhook.alarms.phrases import clean, iso, watched
from offhook.alarms.wording import data
from offhook.delivery.destination import FORM, parse
from offhook.delivery.schedule import retry_after
from offhook.ports import Clock, Transport
from offhook.providers import standard_webhooks
from offhook.records import Exchange, FailureKind, Headers, HttpRequest, Level, Limits, Parameters

STANDARD: Final = "standard"
LIMITS: Final = Limits(connect=5.0, read=15.0, total=15.0, read_cap=16 * 1024, keep_cap=1024)
PERIODS: Final = (
    (300, "FIVE_MINS"),
    (900, "FIFTEEN_MINS"),
    (3600, "ONE_HOUR"),
    (43200, "TWELVE_HOURS"),
    (float("inf"), "ONE_DAY"),
)

_HOPELESS: Final = frozenset({FailureKind.BAD_URL, FailureKind.BLOCKED})
_FOR_NOW: Final = frozenset({408, 425, 429})

Sign = Callable[[str, bytes, str, str], tuple[str, Headers]]


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What the channel works with. `sign` is Twilio's signature (`Provider.sign`); `secret` gives the value behind a reference (raises ValueError).

    `account_sid` stands in alarms that name none. `in_query` puts Twilio's fields into the query and leaves the body empty; `recoveries` tells
    those, too, in Twilio's format, with a field of our own: `AlarmState`.
    """

    transport: Transport
    clock: Clock
    sign: Sign
    secret: Callable[[str], str]
    console_url: str
    account_sid: str = ""
    in_query: bool = False
    recoveries: bool = False


class Webhook:
    """The channel `webhook`: one POST for each notification, whose id the receiver can know it by when it is repeated."""

    def __init__(self, parts: WebhookParts) -> None:
        self._parts = parts

    async def tell(self, batch: Batch) -> Outcome:
        """Post one; whatever is not a 2xx is told by what it means."""
        (notification,) = batch.notifications
        channels = notification.alarm.channels
        destination = parse(batch.address)
        login = _login(destination.username, destination.password)
        try:
            if channels.webhook_format == STANDARD:
                request = self._standard(notification, destination.url, login)
            elif notification.news is News.RECOVERED and not self._parts.recoveries:
                return Told(nothing=True)
            else:
                request = self._twilio(notification, destination.url, login)
        except ValueError as error:
            return Later(reason=f"It cannot be signed: {clean(error)}", retry_after=WHEN_CONFIGURED)
        exchange = await self._parts.transport.exchange(request, LIMITS, trusted=True)
        return judged(exchange, self._parts.clock.now())

    def _twilio(self, notification: Notification, url: str, login: Headers) -> HttpRequest:
        account = notification.alarm.account_sid or self._parts.account_sid
        form = urlencode(fields(notification, account, state=self._parts.recoveries))
        body = b"" if self._parts.in_query else form.encode()
        if self._parts.in_query:
            url += ("&" if "?" in url else "?") + form
        signed, signature = self._parts.sign(url, body, FORM, account)
        kind = (("Content-Type", FORM),) if body else ()
        return HttpRequest(method="POST", url=signed, headers=(*_ours(), *kind, *login, *signature), body=body)

    def _standard(self, notification: Notification, url: str, login: Headers) -> HttpRequest:
        reference = notification.alarm.channels.webhook_secret
        keys = standard_webhooks.keys(self._parts.secret(reference)) if reference else ()
        body = document(notification, self._parts.console_url)
        headers = standard_webhooks.headers(keys, notification.id, self._parts.clock.now(), body)
        kind = ("Content-Type", "application/json")
        return HttpRequest(method="POST", url=url, headers=(*_ours(), kind, *headers, *login), body=body)


def fields(notification: Notification, account_sid: str, *, state: bool = False) -> Parameters:
    """The fields of Twilio's alarm webhook, and with `state` the one that tells a recovery. Its token is the same at each repetition."""
    alarm, firing = notification.alarm, notification.firing
    recovered, test = notification.news is News.RECOVERED, notification.news is News.TEST
    verb = "RECOVERS" if recovered else "FIRES"
    at = firing.recovered_at if recovered and firing.recovered_at is not None else firing.fired_at
    code = firing.code or (alarm.codes[0] if len(alarm.codes) == 1 else 0)
    found = [
        ("AccountSid", account_sid),
        ("AppMonitorTriggerSid", alarm.sid),
        ("CurrentValue", f"{firing.value:.10g}"),
        ("DateFired", format_datetime(datetime.fromtimestamp(int(firing.fired_at), UTC))),
        ("Description", clean(f"{'Test of ' if test else ''}{alarm.name}: {watched(alarm)}")),
        ("ErrorCode", str(code) if code else ""),
        ("IdempotencyToken", f"{account_sid}-{verb}-{alarm.sid}-{notification.id if test else firing.id}"),
        ("Log", "error" if Level.ERROR in alarm.levels else "warning"),
        ("TimePeriod", next(word for longest, word in PERIODS if alarm.window <= longest)),
        ("TriggerValue", f"{firing.threshold:.6f}"),
    ]
    if state:
        found.append(("AlarmState", "test" if test else "recovered" if recovered else "active"))
    if state and recovered:
        found.append(("DateRecovered", format_datetime(datetime.fromtimestamp(int(at), UTC))))
    return tuple(found)


def document(notification: Notification, console_url: str) -> bytes:
    """The body of a Standard Webhook: the same bytes at each repetition."""
    (story,) = stories([notification])
    return msgspec.json.encode(
        {"type": f"alarm.{notification.news.value}", "timestamp": iso(_told_at(story)), "data": data(story, console_url)}
    )


def judged(exchange: Exchange, now: float) -> Outcome:
    """What an answer means. 429, 408, 425, 5xx and no answer are for now; any other status but 2xx is for good."""
    failure, status = exchange.failure, exchange.status
    if failure is not None:
        reason = clean(failure.detail or failure.kind.value)
        return Never(reason=reason) if failure.kind in _HOPELESS else Later(reason=reason, perhaps=True)
    if 200 <= status < 300:
        return Told()
    if status in _FOR_NOW or status >= 500:
        return Later(
            reason=f"The receiver answered with status {status}.", retry_after=retry_after(status, exchange.headers, now)
        )
    if 300 <= status < 400:
        return Never(reason=f"The receiver answered with a redirect ({status}): give the URL that it leads to.")
    return Never(reason=f"The receiver refuses it with status {status}.")


def _told_at(story: Story) -> float:
    firing = story.firing
    return firing.recovered_at if story.recovered and firing.recovered_at is not None else firing.fired_at


def _ours() -> Headers:
    return (("User-Agent", f"offhook/{__version__}"), ("Accept", "*/*"), ("Accept-Encoding", "identity"))


def _login(username: str, password: str) -> Headers:
    """Basic credentials (RFC 7617), given unasked as Twilio's event sinks do."""
    if not username and not password:
        return ()
    return (("Authorization", "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()),)
