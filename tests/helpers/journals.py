"""What the stories of the journal are told with: records to keep, and a desk to have them kept at."""

import asyncio
from urllib.parse import parse_qs

from msgspec.structs import replace

from offhook.records import (
    Arrival,
    Attempt,
    DebugEvent,
    EventFilter,
    Exchange,
    Kind,
    Level,
    Marks,
    Notice,
    NoticeType,
    Outcome,
    Reply,
    ReplyState,
    Role,
    Settlement,
    Source,
    State,
    Timings,
    WebhookFilter,
)
from offhook.stores.rules import underived
from offhook.system import TimeSortedIds

NOON = 1_763_899_200.0
ALICE, BOB, SHOP = "+15550000001", "+15550000002", "+15559999999"
ALL, NOTHING = tuple(Source), Marks()
ids = TimeSortedIds()


class StillClock:
    def now(self):
        return NOON

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise AssertionError("no journal sleeps")


def derive(arrival):
    fields = parse_qs(arrival.body.decode())
    sender = fields.get("From", [""])[0]
    return replace(
        underived(arrival),
        sender=sender,
        recipient=SHOP,
        provider_id=fields.get("MessageSid", [""])[0],
        conversation=f"{sender} {SHOP}" if sender else "",
    )


def an_arrival(key=b"", *, at=NOON, endpoint="sms", body=b"Body=hello+world&From=%2B15550000001&MessageSid=SM1"):
    identifier = ids.new("WH")
    return Arrival(
        id=identifier,
        endpoint=endpoint,
        received_at=at,
        peer="192.0.2.7:4711",
        url="https://hooks.example/sms",
        kind=Kind.MESSAGE,
        dedupe_key=key.ljust(16, b".") if key else bytes.fromhex(identifier[2:]),
        head=b"POST /sms HTTP/1.1\r\nHost: hooks.example\r\n",
        body=body,
    )


def a_message(sender=ALICE, **fields):
    return an_arrival(body=b"Body=hi&From=%2B" + sender[1:].encode(), **fields)


def an_attempt(webhook_id, number=1, *, delivered=True, at=NOON):
    exchange = Exchange(
        method="POST",
        url="http://127.0.0.1:5000/sms",
        started_at=at,
        timings=Timings(connect=0.4, first_byte=3.5, total=4.0),
        request_headers=(("Content-Type", "application/x-www-form-urlencoded"),),
        status=200 if delivered else 502,
        headers=(("Content-Type", "text/xml"),),
        body=b"<Response/>\xff",
    )
    return Attempt(
        id=ids.new("AT"),
        webhook_id=webhook_id,
        number=number,
        role=Role.PRIMARY,
        url="http://127.0.0.1:5000/sms",
        started_at=at,
        duration_ms=4.0,
        outcome=Outcome(delivered=delivered, code=0 if delivered else 11200),
        exchanges=(exchange,),
    )


def an_event(code=11200, **fields):
    values = {"id": ids.new("NO"), "at": NOON, "level": Level.ERROR, "code": code, "twilio_code": code, "message": "It broke."}
    return DebugEvent(**(values | {"details": {"httpResponse": "502"}} | fields))


def a_reply(webhook_id, ordinal=0, state=ReplyState.WAITING, **fields):
    values = {
        "id": ids.new("RP"),
        "webhook_id": webhook_id,
        "ordinal": ordinal,
        "state": state,
        "created_at": NOON,
        "body": "Thanks.",
    }
    return Reply(**(values | fields))


def a_notice(told=NoticeType.ALARM_FIRED, *, at=NOON, subject="AK1", **fields):
    return Notice(type=told, at=at, subject=subject, **fields)


class Desk:
    """A journal, and short ways to have it do what the stories are about."""

    def __init__(self, make):
        self.make = make
        self.journal = make()

    def append(self, arrival):
        stored = asyncio.get_running_loop().create_future()
        self.journal.append(arrival, stored.set_result)
        return stored

    def append_all(self, arrivals):
        stored = asyncio.get_running_loop().create_future()
        self.journal.append_all(arrivals, stored.set_result)
        return stored

    async def keep(self, *arrivals):
        for receipt in await asyncio.gather(*(self.append(arrival) for arrival in arrivals)):
            assert receipt.duplicate_of is None

    async def settle(self, arrival, state=State.DELIVERED, *, attempts=(), replies=(), events=(), **fields):
        webhook = replace(derive(arrival), state=state, **fields)
        await self.journal.settle(Settlement(webhook=webhook, attempts=attempts, replies=replies, events=events))
        return webhook

    async def park(self, *arrivals, **fields):
        await self.keep(*arrivals)
        return [await self.settle(arrival, State.WAITING, **fields) for arrival in arrivals]

    async def claim(self, *, limit=10, now=NOON, lease=60.0, endpoint="sms"):
        return [webhook.id for webhook in await self.journal.claim(endpoint, limit, now, lease)]

    async def state(self, arrival):
        return (await self.journal.webhook(arrival.id)).state

    async def listed(self, limit=50, before="", **where):
        return [webhook.id for webhook in await self.journal.webhooks(WebhookFilter(**where), limit, before)]

    async def listed_events(self, limit=50, before="", **where):
        return [event.id for event in await self.journal.events(EventFilter(**where), limit, before)]

    async def told(self, after=NOTHING, *, limit=1_000, sources=ALL):
        """Everything that is new, page by page, and the marks after it."""
        rows = []
        while True:
            page = await self.journal.news(after, limit, sources)
            assert len(page.news) <= limit
            rows += page.news
            after = page.marks
            if not page.news:
                return rows, after

    async def noticed(self, after=NOTHING):
        """Type and subject of each notice since."""
        rows, _ = await self.told(after, sources=(Source.NOTICES,))
        return [(row.item.type, row.item.subject) for row in rows]

    async def restart(self):
        await self.journal.close()
        self.journal = self.make()
        await self.journal.open()
