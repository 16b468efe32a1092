"""From what happens to events: a journal's own news, read as the streams read them."""

import asyncio

import pytest
from msgspec.structs import replace

from offhook.records import Kind, Marks, Reply, ReplyState, Settlement, Source, State
from offhook.stores.memory import MemoryJournal
from offhook.streams.filters import parse
from offhook.streams.registry import Context, events_of, wants
from tests.helpers.messages import an_arrival
from tests.helpers.stream_news import LATEST, TWILIO, an_attempt, an_error


@pytest.fixture
async def journal():
    journal = MemoryJournal(derive=TWILIO.derive)
    await journal.open()
    yield journal
    await journal.close()


async def a_bad_day(journal):
    """A message comes in, the app fails once and then answers, and its reply is sent."""
    arrival = an_arrival(body="hello")
    stored = asyncio.get_running_loop().create_future()
    journal.append(arrival, stored.set_result)
    await stored
    at = arrival.received_at
    webhook = replace(TWILIO.derive(arrival), state=State.WAITING, due=at + 5)
    first = an_attempt(id=f"AT{1:032x}", webhook_id=webhook.id, number=1, started_at=at, duration_ms=10.0)
    error = an_error(id=f"NO{1:032x}", at=at + 0.02, webhook_id=webhook.id, attempt_id=first.id)
    await journal.settle(Settlement(webhook=webhook, attempts=(first,), events=(error,)))
    second = an_attempt(delivered=True, id=f"AT{2:032x}", webhook_id=webhook.id, number=2, started_at=at + 5, duration_ms=10.0)
    reply = Reply(id=f"RP{1:032x}", webhook_id=webhook.id, ordinal=0, state=ReplyState.SENT, created_at=at + 5, tried_at=at + 6)
    done = replace(webhook, state=State.DELIVERED, due=0.0)
    await journal.settle(Settlement(webhook=done, attempts=(second,), replies=(reply,)))
    return webhook


async def events(journal, types=LATEST, filtered=""):
    page = await journal.news(Marks(), 100, wants(types))
    matches = parse(filtered)
    return [event for news in page.news for event in events_of(news, types, Context()) if matches(event)]


async def test_what_happens_to_a_message_is_told_in_the_order_in_which_it_happened(journal):
    await a_bad_day(journal)
    assert [event.type for event in await events(journal)] == [
        "com.offhook.webhook.received",
        "com.twilio.messaging.inbound-message.received",
        "com.offhook.attempt.failed",
        "com.twilio.error-logs.error.logged",
        "com.offhook.error.logged",
        "com.offhook.issue.opened",
        "com.offhook.webhook.delivered",
        "com.offhook.reply.sent",
    ]


async def test_it_is_the_same_each_time_it_is_read(journal):
    await a_bad_day(journal)
    assert await events(journal) == await events(journal)


async def test_only_what_a_subscription_means_is_told(journal):
    webhook = await a_bad_day(journal)
    failed = {"com.offhook.attempt.failed": 1, "com.offhook.webhook.delivered": 1}
    assert wants(failed) == {Source.ATTEMPTS}
    [event] = await events(journal, failed, "code == 11203 AND NOT delivered")
    assert (event.type, event.data["webhook_id"]) == ("com.offhook.attempt.failed", webhook.id)
    assert webhook.kind is Kind.MESSAGE
