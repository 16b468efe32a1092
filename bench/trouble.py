"""What has gone wrong in a journal: `python -m bench.trouble PATH SCALE`.

Lost webhooks, debug events with their issues, alarms that have fired, sinks, an audit log; and the words of all, indexed.
Added to a journal that is there, by the journal's own front. With a scale of 1 it is what a bad fortnight leaves.
"""

import asyncio
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from bench.fill import DAY, identifier, index
from bench.messages import ACCOUNT, TO, WORDS
from offhook.alarms.book import AlarmBook
from offhook.alarms.model import Alarm, Channels, Firing, FiringState
from offhook.alarms.shelves import keep_firing
from offhook.console.audit import SHELF, Entry
from offhook.records import (
    Arrival,
    Attempt,
    Cause,
    Confidence,
    DebugEvent,
    Exchange,
    Kept,
    Kind,
    Level,
    Outcome,
    Role,
    Settlement,
    State,
    Timings,
)
from offhook.stores.rules import underived
from offhook.stores.sqlite import SqliteJournal
from offhook.streams.model import SINKS, SUBSCRIPTIONS, Sink, SinkStatus, Subscribed, Subscription
from offhook.streams.shelves import put
from offhook.system import SystemClock, TimeSortedIds

EVENTS, LOST, FIRINGS, CHANGES, ALARMS = 100_000, 5_000, 2_000, 20_000, 20
DAYS = 10
AT_ONCE = 500
SENDER = "+15550100200"
APP = "http://127.0.0.1:5000/sms"
KINDS = (
    (11217, "app.bad-gateway", "Your app's proxy found nobody behind it."),
    (11210, "connect.refused", "Nothing listens at your app's address."),
    (11205, "ngrok.offline", "The tunnel is not running."),
    (11237, "tls.expired", "The certificate of your app has expired."),
    (12100, "twiml.not-closed", "A tag of the answer is not closed."),
    (30003, "handset.off", "The handset cannot be reached."),
)


async def add(path: Path, scale: float) -> None:
    """Add it all."""
    journal = SqliteJournal(path, SystemClock(), derive=underived)
    await journal.open()
    try:
        await _events(journal, int(EVENTS * scale))
        await _lost(journal, int(LOST * scale))
        await _alarms(journal, int(FIRINGS * scale))
        await _changes(journal, int(CHANGES * scale))
        await _sinks(journal)
    finally:
        await journal.close()
    index(path)


async def _events(journal: SqliteJournal, count: int) -> None:
    began = time.time() - DAYS * DAY
    for start in range(0, count, AT_ONCE):
        await journal.record(
            [an_event(began + number * DAYS * DAY / count, number) for number in range(start, min(start + AT_ONCE, count))]
        )


def an_event(at: float, number: int, **fields: str) -> DebugEvent:
    """One of a few kinds."""
    code, name, title = KINDS[number % len(KINDS)]
    cause = Cause(
        name=name,
        title=title,
        confidence=Confidence.LIKELY,
        evidence=("The answer was 502 Bad Gateway.", "Server: nginx"),
        steps=("Start the app.", "See that it listens where the proxy looks."),
    )
    values = {
        "id": identifier("NO", at),
        "at": at,
        "level": Level.ERROR if number % 4 else Level.WARNING,
        "code": code,
        "twilio_code": 11200,
        "message": title,
        "endpoint": "sms",
        "account_sid": ACCOUNT,
        "request_url": APP,
        "request_method": "POST",
        "details": {"httpResponse": "502", "Msg": title, "url": APP},
        "causes": (cause,),
        "number": TO,
    }
    return DebugEvent(**(values | fields))  # type: ignore[arg-type]


async def _lost(journal: SqliteJournal, count: int) -> None:
    began = time.time() - DAYS * DAY
    for start in range(0, count, AT_ONCE):
        arrivals = [_arrival(began + number * DAYS * DAY / count) for number in range(start, min(start + AT_ONCE, count))]
        await asyncio.gather(*(_stored(journal, arrival) for arrival in arrivals))
        await asyncio.gather(*(journal.settle(_given_up(arrival)) for arrival in arrivals))


def _arrival(at: float) -> Arrival:
    webhook_id = identifier("WH", at)
    form = {"MessageSid": f"SM{webhook_id[2:]}", "From": SENDER, "To": TO, "Body": WORDS, "AccountSid": ACCOUNT}
    return Arrival(
        id=webhook_id,
        endpoint="sms",
        received_at=at,
        peer="127.0.0.1:40000",
        url="https://hooks.example/sms",
        kind=Kind.MESSAGE,
        dedupe_key=bytes.fromhex(webhook_id[2:]),
        head=b"POST /sms HTTP/1.1\r\nHost: hooks.example\r\nContent-Type: application/x-www-form-urlencoded",
        body=urlencode(form).encode(),
    )


async def _stored(journal: SqliteJournal, arrival: Arrival) -> None:
    done = asyncio.get_running_loop().create_future()
    journal.append(arrival, done.set_result)
    await done


def _given_up(arrival: Arrival) -> Settlement:
    attempt = _attempt(arrival.id, arrival.received_at)
    event = an_event(arrival.received_at, 0, webhook_id=arrival.id, attempt_id=attempt.id)
    webhook = msgspec.structs.replace(
        underived(arrival),
        provider_id=f"SM{arrival.id[2:]}",
        sender=SENDER,
        recipient=TO,
        conversation=f"{SENDER} {TO}",
        state=State.FAILED,
        attempts=1,
        failures=1,
    )
    return Settlement(webhook=webhook, attempts=(attempt,), events=(event,))


def _attempt(webhook_id: str, at: float) -> Attempt:
    exchange = Exchange(
        method="POST",
        url=APP,
        started_at=at,
        timings=Timings(connect=0.2, sent=0.1, first_byte=2.4, total=2.7),
        status=502,
        headers=(("Content-Type", "text/html"), ("Server", "nginx")),
        body=b"<html>502 Bad Gateway</html>",
        body_size=28,
    )
    outcome = Outcome(delivered=False, code=11217, twilio_code=11200, message="The app answered 502.")
    return Attempt(
        id=identifier("AT", at),
        webhook_id=webhook_id,
        number=1,
        role=Role.PRIMARY,
        url=APP,
        started_at=at,
        duration_ms=2.7,
        outcome=outcome,
        exchanges=(exchange,),
    )


async def _alarms(journal: SqliteJournal, count: int) -> None:
    book = AlarmBook(journal, SystemClock(), TimeSortedIds())
    told = Channels(webhook="http://127.0.0.1:9/alarm")
    alarms = [
        await book.create(Alarm(sid="", name=f"Alarm {number}", threshold=1e6, channels=told, enabled=False))
        for number in range(ALARMS)
    ]
    began = time.time() - DAYS * DAY
    for number in range(count):
        alarm, at = alarms[number % ALARMS], began + number * DAYS * DAY / max(1, count)
        firing = Firing(
            id=identifier("AF", at),
            alarm_sid=alarm.sid,
            alarm_name=alarm.name,
            fired_at=at,
            value=12.0,
            threshold=10.0,
            peak=20.0,
            state=FiringState.RECOVERED,
            recovered_at=at + 600,
        )
        await journal.keep(keep_firing(firing))


async def _sinks(journal: SqliteJournal) -> None:
    now = time.time()
    for name in ("archive", "warehouse"):
        sink = Sink(
            sid=identifier("DG", now),
            type="file",
            description=name,
            configuration={"path": f"{name}.jsonl"},
            status=SinkStatus.ACTIVE,
            created_at=now,
            updated_at=now,
        )
        subscription = Subscription(
            sid=identifier("DF", now),
            sink_sid=sink.sid,
            description="What goes wrong",
            types=(Subscribed(type="com.offhook.webhook.failed", schema_version=1),),
            created_at=now,
            updated_at=now,
        )
        await journal.keep([put(SINKS, sink.sid, sink), put(SUBSCRIPTIONS, subscription.sid, subscription)])


async def _changes(journal: SqliteJournal, count: int) -> None:
    began = time.time() - DAYS * DAY
    for start in range(0, count, AT_ONCE):
        entries = [
            Entry(id=identifier("AU", at), at=at, action="replay", subject="WH0", peer="127.0.0.1", agent="Mozilla/5.0")
            for at in (began + number * DAYS * DAY / count for number in range(start, min(start + AT_ONCE, count)))
        ]
        await journal.keep([Kept(shelf=SHELF, id=each.id, data=msgspec.msgpack.encode(each)) for each in entries])


if __name__ == "__main__":
    asyncio.run(add(Path(sys.argv[1]), float(sys.argv[2])))
