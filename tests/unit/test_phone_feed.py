"""The stream of what happens on the phone: in order, resumable, bounded."""

import asyncio
import json

import pytest

from offhook.dev.phone_feed import Feed, stream
from offhook.simulator.book import Book
from offhook.simulator.records import Account, Direction, Message, Status


def message(number, status=Status.RECEIVED):
    return Message(
        sid=f"SM{number:032}",
        account_sid="AC1",
        direction=Direction.INBOUND,
        sender="+12025550101",
        to="+12025550199",
        body=f"text {number}",
        status=status,
        created_at=0.0,
        updated_at=0.0,
    )


@pytest.fixture
def book():
    return Book(Account(sid="AC1", auth_token="x"))


async def shape(told):
    return {"sid": told.sid, "status": told.status.value}


async def pieces(feed, place, count, heartbeat=5.0):
    """The first so many pieces of a stream, as text."""
    found = []
    async for piece in stream(feed, place, shape, heartbeat):
        found.append(piece.decode())
        if len(found) == count:
            break
    return found


async def test_each_change_is_an_event_with_a_number_of_its_own(book):
    feed = Feed(book)
    start = feed.place
    book.keep(message(1, Status.QUEUED))
    book.keep(message(1, Status.SENT))
    retry, first, second = await pieces(feed, start, 3)
    assert retry.startswith("retry: ")
    assert json.loads(first.split("data: ")[1])["status"] == "queued"
    assert json.loads(second.split("data: ")[1])["status"] == "sent"
    assert f"id: {feed.place}\n" in second
    assert second.startswith("event: message\n")
    assert second.endswith("\n\n")


async def test_who_comes_back_gets_what_has_been_missed_and_no_more(book):
    feed = Feed(book)
    book.keep(message(1))
    place = feed.place
    book.keep(message(2))
    assert [each.message.body for each in feed.since(place)] == ["text 2"]
    assert feed.since(feed.place) == []


async def test_who_was_away_for_too_long_or_comes_from_another_run_is_told_to_begin_anew(book):
    feed = Feed(book, most=3)
    start = feed.place
    for number in range(4):
        book.keep(message(number))
    for place in (start, "0badcafe-1", "", "x", "-", f"{start}9999999999999999999"):
        assert feed.since(place) is None
    _, reset = await pieces(feed, start, 2)
    assert reset.startswith("event: reset\n")
    assert f"id: {feed.place}\n" in reset


async def test_a_slow_reader_costs_a_place_and_nothing_else(book):
    feed = Feed(book, most=10)
    reading = stream(feed, feed.place, shape)
    await anext(reading)
    for number in range(1000):
        book.keep(message(number))
    assert (await anext(reading)).startswith(b"event: reset")
    assert len(feed._kept) == 10


async def test_silence_is_broken_by_a_heartbeat(book):
    assert (await pieces(Feed(book), "", 2, heartbeat=0.01))[1] == ": still here\n\n"


async def test_the_end_of_the_feed_ends_its_streams_at_once_and_they_leave_nothing(book):
    feed = Feed(book)
    reading = asyncio.create_task(pieces(feed, "", 99))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert feed.readers == 1
    feed.close()
    assert len(await asyncio.wait_for(reading, 1)) == 1
    assert feed.readers == 0
    book.keep(message(1))
    assert not feed._kept
