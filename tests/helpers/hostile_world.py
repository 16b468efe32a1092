"""A console in which everything that comes from outside is a hostile text: fields, headers, answers, told errors, names that people have given."""

from urllib.parse import quote, urlencode

import msgspec

from offhook.alarms.model import Alarm, Channels, Firing, FiringState, Maintenance
from offhook.alarms.shelves import keep_alarm, keep_firing, keep_maintenance
from offhook.console.audit import SHELF, Entry
from offhook.records import (
    Answer,
    Cause,
    Certificate,
    Confidence,
    Failure,
    FailureKind,
    Kept,
    Marks,
    Outcome,
    ReplyState,
    State,
    Timings,
)
from offhook.stores.grouping import issue_of
from offhook.streams.carrier import SinkState
from offhook.streams.model import SINKS, SUBSCRIPTIONS, Fault, Sink, SinkStatus, Subscribed, Subscription
from offhook.streams.shelves import Parked, parked_shelf, put
from tests.helpers.payloads import short

HOUR = 3600.0
FIELDS = (
    ("Body", "Body{0}"),
    ("From", "{0}"),
    ("To", "{0}"),
    ("FromCity", "{0}"),
    ("ProfileName", "{0}"),
    ("MediaUrl0", "{0}"),
    ("MediaContentType0", "{0}"),
    ("SmsStatus", "{0}"),
    ("ErrorCode", "{0}"),
    ("MessagingServiceSid", "{0}"),
)


async def come_in(pages, payload, number):
    """Have a payload come in with a webhook and all that follows. Gives the pages that have it, by their routes."""
    lost = await _webhook(pages, payload, number)
    return {
        "/webhooks/{id}": f"/webhooks/{lost.id}",
        "/errors/{id}": f"/errors/{lost.event.id}",
    }


async def be_named(pages, word, number):
    """Have people call things by this, and others tell it. Gives the pages that have it, by their routes."""
    lost = await _webhook(pages, word, number)
    alarm = await _alarm(pages, word)
    sink, parked = await _sink(pages, word)
    await _audit(pages, word)
    issue = issue_of(lost.event)
    return {
        "/webhooks/{id}/once": f"/webhooks/{lost.id}/once",
        "/issues/{id}": f"/issues/{issue}",
        "/issues/{id}/replay": f"/issues/{issue}/replay",
        "/alarms/{id}": f"/alarms/{alarm}",
        "/alarms/{id}/edit": f"/alarms/{alarm}/edit",
        "/alarms/{id}/delete": f"/alarms/{alarm}/delete",
        "/streams/{id}": f"/streams/{sink}",
        "/streams/{id}/events": f"/streams/{sink}/events",
        "/streams/{id}/delete": f"/streams/{sink}/delete",
        "/streams/{id}/parked": f"/streams/{sink}/parked",
        "/streams/{id}/parked/{entry}": f"/streams/{sink}/parked/{parked}",
    }


class _Lost:
    def __init__(self, webhook, event):
        self.id, self.event = webhook.id, event


async def _webhook(pages, payload, number):
    word = short(payload)
    webhook_id = pages.new_id("WH")
    attempts = [
        pages.attempt(
            webhook_id, *_exchanges(pages, payload), outcome=Outcome(delivered=False, code=11217, twilio_code=11200, message=word)
        ),
        pages.attempt(webhook_id, _broken(pages, payload), number=2),
    ]
    event = pages.event(webhook_id=webhook_id, attempt_id=attempts[0].id, **_error(word, number))
    told = pages.event(webhook_id=webhook_id, origin="twilio", **_error(word, number))
    replies = [
        pages.reply(
            webhook_id,
            ordinal=place,
            state=state,
            to=word,
            sender=word,
            body=payload,
            media=(word,),
            note=word,
            status_callback=word,
        )
        for place, state in enumerate((ReplyState.KEPT, ReplyState.SENT, ReplyState.FAILED, ReplyState.AMBIGUOUS))
    ]
    form = [(name, how.format(payload if name == "Body" else word)) for name, how in FIELDS]
    webhook = await pages.webhook(
        id=webhook_id,
        attempts=attempts,
        replies=replies,
        events=(event, told),
        state=State.FAILED if number % 3 else State.WAITING,
        head=_head(word),
        body=urlencode([*form, (word, word), ("MessageSid", "SM" + "1" * 32)], errors="surrogatepass").encode(),
        url=f"https://offhook.example/sms/{quote(word)}?{urlencode({word: word})}",
        peer=word,
        provider_id=word,
        sender=word,
        recipient=word,
        conversation=f"{word} {word}",
        note=word,
        answer=Answer(status=200, headers=_headers(word), body=_twiml(payload), source="app", at=pages.house.clock.now()),
    )
    return _Lost(webhook, event)


def _head(word):
    line = word.replace("\r", " ").replace("\n", " ")
    lines = (
        f"POST /sms/{line}?{line}={line} HTTP/1.1",
        "Host: offhook.example",
        f"User-Agent: {line}",
        f"X-Hostile: {line}",
        f"{line}: {line}",
        f"X-Forwarded-For: {line}",
        "Content-Type: application/x-www-form-urlencoded",
    )
    return "\r\n".join(lines).encode("utf-8", "surrogatepass")


def _headers(word):
    return (("Content-Type", "text/xml"), ("Server", word), ("Location", word), (word, word), ("Set-Cookie", word))


def _twiml(payload):
    return f"<Response><Message>{payload}</Message></Response>".encode("utf-8", "surrogatepass")


def _exchanges(pages, payload):
    word = short(payload)
    certificate = Certificate(
        version=word, cipher=word, subject=word, issuer=word, names=(word, word), not_before=0.0, not_after=1.0
    )
    common = {
        "url": f"https://app.example/{word}?q={word}",
        "peer": word,
        "request_headers": (("User-Agent", word), (word, word)),
        "certificate": certificate,
        "timings": Timings(dns=1.5, connect=2.0, tls=5.0, sent=0.5, first_byte=30.0, total=41.0),
    }
    texts = ((302, b""), (502, _twiml(payload)), (200, payload.encode("utf-8", "surrogatepass")))
    return [
        pages.exchange(**common, status=status, headers=_headers(word), body=body, body_size=len(body), body_cut=status == 502)
        for status, body in texts
    ]


def _broken(pages, payload):
    raw = payload.encode("utf-8", "surrogatepass")[:4_000]
    return pages.exchange(
        url=short(payload), raw=raw, failure=Failure(kind=FailureKind.PROTOCOL, detail=short(payload), partial=True)
    )


def _error(word, number):
    cause = Cause(
        name=f"app.hostile-{number}",
        title=word,
        confidence=Confidence.LIKELY,
        evidence=(word, f"The answer began: {word}"),
        steps=(word, f"Read {word}"),
    )
    details = {"Msg": word, "httpResponse": "502", "url": word, "parserMessage": word, "ErrorCode": word, word: word, "line": "1"}
    return {
        "message": word,
        "details": details,
        "causes": (cause, cause),
        "request_url": f"https://app.example/{word}",
        "request_method": "POST",
        "resource_sid": word,
        "service_sid": word,
        "product": word,
        "number": word,
    }


async def _alarm(pages, word):
    now = pages.house.clock.now()
    sid = pages.new_id("AK")
    alarm = Alarm(
        sid=sid,
        name=word,
        description=word,
        causes=(word,),
        endpoints=(word,),
        numbers=(word,),
        channels=Channels(email=(word,), webhook=f"https://example.com/{word}", sms=(word,)),
        threshold=10.0,
        created_at=now - HOUR,
        updated_at=now,
    )
    common = {
        "alarm_sid": sid,
        "alarm_name": word,
        "value": 12.0,
        "threshold": 10.0,
        "peak": 15.0,
        "subject": word,
        "code": 11200,
        "cause": word,
        "cause_title": word,
        "steps": (word, word),
        "endpoint": word,
    }
    active = Firing(id=pages.new_id("AF"), fired_at=now - 60, **common)
    ended = Firing(id=pages.new_id("AF"), fired_at=now - HOUR, state=FiringState.RECOVERED, recovered_at=now - 1800, **common)
    window = Maintenance(id=pages.new_id("MW"), starts_at=now - 60, ends_at=now + HOUR, endpoints=(word,), note=word)
    await pages.journal.keep([keep_alarm(alarm), *keep_firing(active), *keep_firing(ended), keep_maintenance(window)])
    return sid


async def _sink(pages, word):
    now = pages.house.clock.now()
    sink = Sink(
        sid=pages.new_id("DG"),
        type="webhook",
        description=word,
        configuration={"destination": f"https://example.com/{word}", "method": "POST", "batch_events": False},
        status=SinkStatus.ACTIVE,
        created_at=now,
        updated_at=now,
    )
    subscription = Subscription(
        sid=pages.new_id("DF"),
        sink_sid=sink.sid,
        description=word,
        types=(Subscribed(type="com.offhook.webhook.failed", schema_version=1),),
        created_at=now,
        updated_at=now,
        filter="webhook == '" + "".join(each for each in word if each.isprintable()).replace("'", "''") + "'",
    )
    parked = Parked(
        id=pages.new_id("PE"),
        subscription=subscription.sid,
        at=now - 60,
        code=91304,
        message=word,
        start=Marks(),
        end=Marks(events=1),
        event=word,
        type=word,
    )
    records = [put(SINKS, sink.sid, sink), put(SUBSCRIPTIONS, subscription.sid, subscription)]
    await pages.journal.keep([*records, put(parked_shelf(sink.sid), parked.id, parked)])
    fault = Fault(code=91304, message=word, retry=True)
    pages.house.carrying.states[sink.sid] = SinkState(
        lag=7, last_fault=fault, last_fault_at=now - 10, failing_since=now - 60, parked=1
    )
    return sink.sid, parked.id


async def _audit(pages, word):
    entry = Entry(id=pages.new_id("AU"), at=pages.house.clock.now(), action=word[:60], subject=word, peer=word, agent=word[:120])
    await pages.journal.keep([Kept(shelf=SHELF, id=entry.id, data=msgspec.msgpack.encode(entry))])
