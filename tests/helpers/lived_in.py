"""A console that has been in use for a while: something to see on each of its pages."""

from offhook.alarms.model import Channels, Maintenance, Watch
from offhook.records import Marks, Outcome, ReplyState, State
from offhook.streams.carrier import SinkState
from offhook.streams.model import SUBSCRIPTIONS, Fault, Subscribed, Subscription
from offhook.streams.shelves import Parked, parked_shelf, put
from tests.helpers.pages import BAD_GATEWAY


async def live_in(pages):
    """Webhooks in all states, errors and an issue, alarms that fire and do not, sinks that take events and do not, entries of the audit log."""
    await _webhooks(pages)
    await _alarms(pages)
    await _sinks(pages)
    begun = await pages.change("/doctor", {"url": "https://app.example/sms", "product": "sms"})
    assert begun.status == 303, begun.text
    sent = await pages.change("/test-message", {"endpoint": "sms"})  # for the audit log
    assert sent.status == 303, sent.text


async def _webhooks(pages):
    for number in range(3):
        await pages.delivered(f"Is my order {number} ready?")
        await pages.lost(f"Anybody there? ({number})")
    webhook_id = pages.new_id("WH")
    attempts = [
        pages.attempt(webhook_id, pages.exchange(status=502, body=b"Bad Gateway", body_size=11)),
        pages.attempt(
            webhook_id,
            pages.exchange(
                status=200,
                headers=(("Content-Type", "text/xml"), ("Server", "gunicorn")),
                body=b"<Response><Message>Hello Ada</Message></Response>",
                body_size=49,
            ),
            number=2,
            outcome=Outcome(delivered=True),
        ),
    ]
    replies = [
        pages.reply(webhook_id, ordinal=place, state=state) for place, state in enumerate((ReplyState.SENT, ReplyState.KEPT))
    ]
    events = [pages.event(webhook_id=webhook_id, attempt_id=attempts[0].id, causes=(BAD_GATEWAY,), number="+15551230002")]
    await pages.webhook(
        "A message with two attempts", id=webhook_id, state=State.DELIVERED, attempts=attempts, replies=replies, events=events
    )
    await pages.webhook("One that waits", state=State.WAITING, due=pages.house.clock.now() + 60)
    await pages.webhook("One that nobody wants", state=State.DISMISSED)


async def _alarms(pages):
    now = pages.house.clock.now()
    alarm = await pages.alarm(
        "The app answers 502",
        codes=(11217,),
        description="Call whoever is on duty.",
        channels=Channels(email=("ops@shop.example",)),
    )
    await pages.firing(alarm, code=11217, cause=BAD_GATEWAY.name, cause_title=BAD_GATEWAY.title, steps=BAD_GATEWAY.steps)
    await pages.alarm("Too slow", watch=Watch.ANSWER_LATENCY, threshold=2.0, endpoints=("sms",))
    await pages.alarm("Nobody texts any more", watch=Watch.SILENCE, threshold=1.0, window=3600.0, muted=True)
    await pages.alarm("Old one", enabled=False)
    await pages.house.alarms.book.add_maintenance(
        Maintenance(id="", starts_at=now - 60, ends_at=now + 3600, note="A new database", endpoints=("sms",))
    )


async def _sinks(pages):
    now = pages.house.clock.now()
    fault = Fault(code=91304, message="The sink answered 503.", retry=True)
    failing = SinkState(
        lag=12, last_fault=fault, last_fault_at=now - 10, failing_since=now - 600, last_success_at=now - 700, parked=1
    )
    for sink in (
        await pages.sink("Archive", state=SinkState(delivered=120, last_success_at=now - 5)),
        await pages.sink("Warehouse", state=failing),
    ):
        subscription = Subscription(
            sid=pages.new_id("DF"),
            sink_sid=sink.sid,
            description="What goes wrong",
            types=(Subscribed(type="com.offhook.webhook.failed", schema_version=1),),
            created_at=now,
            updated_at=now,
        )
        await pages.journal.keep([put(SUBSCRIPTIONS, subscription.sid, subscription)])
        if sink.description == "Warehouse":
            parked = Parked(
                id=pages.new_id("PE"),
                subscription=subscription.sid,
                at=now - 60,
                code=91304,
                message="It was refused.",
                start=Marks(),
                end=Marks(events=1),
                type="com.offhook.webhook.failed",
            )
            await pages.journal.keep([put(parked_shelf(sink.sid), parked.id, parked)])
