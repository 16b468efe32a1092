"""News of every kind as the journal tells them, for the stories of event streams."""

from urllib.parse import urlencode

from msgspec.structs import replace

from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import (
    Arrival,
    Attempt,
    Cause,
    Confidence,
    DebugEvent,
    Exchange,
    Failure,
    FailureKind,
    Kind,
    Level,
    News,
    Notice,
    NoticeType,
    Outcome,
    Role,
    Source,
    State,
    Timings,
    Tried,
)
from offhook.streams.registry import TYPES, Context, events_of
from tests.helpers.messages import message
from tests.helpers.processes import ACCOUNT

TWILIO = Twilio(TwilioSettings(allow_unsigned=True))
NOON = 1_763_899_200.123
DIGITS = "019ab095d27b7c3f8a52f00dfeedbeef"
SMS = "SM00000000000000000000000000000042"
LATEST = {each.name: each.latest for each in TYPES}
SECRET = "hunter2"


def head_of(method="POST", target="/sms"):
    lines = (
        f"{method} {target} HTTP/1.1",
        "Host: hooks.example",
        "Content-Type: application/x-www-form-urlencoded",
        "X-Twilio-Signature: c2lnbmF0dXJl",
        "Authorization: (blanked)",
    )
    return "\r\n".join(lines).encode()


def a_webhook(pairs, kind=Kind.MESSAGE, *, method="POST", digits=DIGITS, url="https://hooks.example/sms", at=NOON):
    """The webhook that a form with these parameters is, or a query."""
    encoded = urlencode(pairs)
    posted = method == "POST"
    arrival = Arrival(
        id=f"WH{digits}",
        endpoint="sms",
        received_at=at,
        peer="192.0.2.7",
        url=url if posted else f"{url}?{encoded}",
        kind=kind,
        dedupe_key=bytes(16),
        head=head_of(method, "/sms" if posted else f"/sms?{encoded}"),
        body=encoded.encode() if posted else b"",
    )
    return TWILIO.derive(arrival)


def an_inbound(body="hello", **extra):
    return a_webhook(message(body, MessageSid=SMS, **extra))


def a_status(status="delivered", **extra):
    url = extra.pop("url", "https://hooks.example/status?order=7")
    sent = {
        "ApiVersion": "2010-04-01",
        "SmsSid": SMS,
        "SmsStatus": status,
        "MessageSid": SMS,
        "MessageStatus": status,
        "AccountSid": ACCOUNT,
        "From": "+18449320927",
        "To": "+18103330792",
    }
    return a_webhook([*(sent | extra).items()], Kind.STATUS, url=url)


def arrived(webhook, seq=1):
    return News(source=Source.ARRIVALS, seq=seq, at=webhook.received_at, item=webhook)


def an_attempt(*, delivered=False, **fields):
    failure = None if delivered else Failure(kind=FailureKind.TOTAL_TIMEOUT, detail="15 s")
    exchange = Exchange(
        method="POST",
        url="https://app.example/sms?tenant=7&token=hunter2",
        started_at=NOON,
        timings=Timings(dns=1.5, connect=0.4, tls=7.25, first_byte=3.5 if delivered else None, total=15000.0),
        request_headers=(("X-Twilio-Signature", SECRET), ("Authorization", f"Basic {SECRET}")),
        status=200 if delivered else 0,
        headers=(("Set-Cookie", SECRET),),
        body=b"<Response><Message>hunter2</Message></Response>",
        failure=failure,
    )
    values = {
        "id": f"AT{DIGITS}",
        "webhook_id": f"WH{DIGITS}",
        "number": 3,
        "role": Role.PRIMARY,
        "url": "https://app.example/sms?tenant=7&token=hunter2",
        "started_at": NOON,
        "duration_ms": 15000.5,
        "outcome": Outcome(delivered=True)
        if delivered
        else Outcome(delivered=False, code=11203, twilio_code=11200, message="Too slow."),
        "exchanges": (exchange,),
    }
    return Attempt(**(values | fields))


def tried(attempt, webhook=None, **state):
    webhook = replace(webhook or an_inbound(), **({"state": State.WAITING, "due": NOON + 120} | state))
    return News(
        source=Source.ATTEMPTS,
        seq=1,
        at=attempt.started_at + attempt.duration_ms / 1000,
        item=Tried(attempt=attempt, webhook=webhook),
    )


def an_error(**fields):
    values = {
        "id": f"NO{DIGITS}",
        "at": NOON,
        "level": Level.ERROR,
        "code": 11203,
        "twilio_code": 11200,
        "message": "The app took longer than 15 seconds.",
        "endpoint": "sms",
        "account_sid": ACCOUNT,
        "webhook_id": f"WH{DIGITS}",
        "attempt_id": f"AT{DIGITS}",
        "resource_sid": SMS,
        "request_method": "POST",
        "request_url": "https://app.example/sms?tenant=7&token=hunter2",
        "details": {
            "Msg": "The app took longer than 15 seconds.",
            "ErrorCode": "11200",
            "httpResponse": "502",
            "url": "https://app.example/sms?tenant=7&token=hunter2",
            "nextAttempt": "2025-11-23T12:02:00Z",
        },
        "causes": (
            Cause(
                name="cold_start",
                title="The app was asleep.",
                confidence=Confidence.LIKELY,
                evidence=("The attempt after it took 80 ms.",),
                steps=("Keep one instance warm.", "Answer first, work later."),
            ),
        ),
    }
    return DebugEvent(**(values | fields))


def logged(event):
    return News(source=Source.EVENTS, seq=1, at=event.at, item=event)


def a_notice(kind=NoticeType.WEBHOOK_FAILED, subject=f"WH{DIGITS}", seq=7, **fields):
    notice = Notice(type=kind, at=NOON, subject=subject, seq=seq, **({"endpoint": "sms"} | fields))
    return News(source=Source.NOTICES, seq=seq, at=NOON, item=notice)


NOTICES = (
    a_notice(data={"attempts": 14, "note": "Given up after 72 hours.", "message_sid": SMS}),
    a_notice(NoticeType.WEBHOOK_REPLAYED),
    a_notice(NoticeType.WEBHOOK_DISMISSED),
    *(
        a_notice(
            kind,
            f"RP{DIGITS}",
            endpoint="",
            data={
                "webhook": f"WH{DIGITS}",
                "message_sid": SMS,
                "to": "+18103330792",
                "from": "+18449320927",
                "code": 0,
                "note": "",
                "attempts": 1,
            },
        )
        for kind in (NoticeType.REPLY_SENT, NoticeType.REPLY_FAILED, NoticeType.REPLY_AMBIGUOUS, NoticeType.REPLY_EXPIRED)
    ),
    *(
        a_notice(
            kind,
            f"IS{DIGITS}",
            data={"code": 11203, "cause": "cold_start", "title": "Too slow", "level": "ERROR", "event": f"NO{DIGITS}"},
        )
        for kind in (NoticeType.ISSUE_OPENED, NoticeType.ISSUE_REGRESSED)
    ),
    a_notice(NoticeType.BREAKER_OPENED, "sms", data={"status": 0, "failure": "connect_refused"}),
    a_notice(NoticeType.BREAKER_CLOSED, "sms", data={"status": 200, "failure": ""}),
    *(
        a_notice(
            kind,
            f"AK{DIGITS}",
            endpoint="",
            data={
                "firing": f"FI{DIGITS}",
                "name": "Too many errors",
                "watch": "events",
                "state": "active" if kind is NoticeType.ALARM_FIRED else "recovered",
                "about": "",
                "value": 55,
                "peak": 55.0,
                "threshold": 50.0,
                "window": 300.0,
                "fired_at": "2025-11-23T12:00:00.123Z",
                "code": 11203,
                "cause": "cold_start",
                "cause_title": "The app was asleep.",
                "steps": ["Keep one instance warm."],
                "event": f"NO{DIGITS}",
            },
        )
        for kind in (NoticeType.ALARM_FIRED, NoticeType.ALARM_RECOVERED)
    ),
)
STATUSES = ("queued", "sent", "delivered", "undelivered", "failed", "read")
NEWS = (
    arrived(an_inbound()),
    arrived(an_inbound("", NumMedia="2", MessagingServiceSid="MG1", OptOutType="STOP", ReferralCtwaClid="ARAk")),
    *(arrived(a_status(status)) for status in STATUSES),
    arrived(a_status("undelivered", ErrorCode="30003", RawDlrDoneDate="2511231159", NumSegments="2", MessagingServiceSid="MG1")),
    arrived(a_webhook([("CallSid", "CA1"), ("From", "+1"), ("To", "+2")], Kind.VOICE)),
    arrived(a_webhook([("CallSid", "CA1"), ("CallStatus", "completed"), ("CallbackSource", "x")], Kind.STATUS)),
    arrived(a_webhook([("anything", "else")], Kind.OTHER)),
    tried(an_attempt()),
    tried(an_attempt(delivered=True), state=State.DELIVERED, due=0.0),
    tried(an_attempt(exchanges=())),
    logged(an_error()),
    logged(DebugEvent(id=f"NO{DIGITS}", at=NOON, level=Level.INFO, code=0, twilio_code=0, message="")),
    *NOTICES,
)
"""At least one row for each type."""


def told(news, wanted=None, **context):
    """The events of a row, by their types."""
    return {event.type: event for event in events_of(news, LATEST if wanted is None else wanted, Context(**context))}
