"""Pages that renew themselves: the stream that says when, and what the script makes of it."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from offhook.console import live as live_module
from offhook.console.live import Live
from tests.helpers.pages import close_pages, open_pages


@asynccontextmanager
async def listening(console):
    """A stream as a browser opens it: gives what reads its next piece."""
    reader, writer = await asyncio.open_connection("127.0.0.1", console.server.port)
    writer.write(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{console.server.port}\r\nCookie: {console.cookie}\r\n\r\n".encode())
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)

        async def next_piece(within=5.0):
            size = int(await asyncio.wait_for(reader.readline(), within), 16)
            piece = await reader.readexactly(size)
            await reader.readline()
            return piece

        yield head, next_piece
    finally:
        writer.close()


async def until(is_so):
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


async def test_a_stream_says_that_something_has_come_in(either):
    async with listening(either) as (head, piece):
        assert b"200 OK" in head
        assert b"text/event-stream" in head.lower()
        assert (await piece()).startswith(b"retry: ")
        await asyncio.sleep(0.1)  # until the first look has been taken
        await either.delivered()
        assert await piece() == b"event: changed\ndata: {}\n\n"


async def test_nothing_is_said_while_nothing_happens_but_that_somebody_is_there(console):
    console.house.live._heartbeat = 0.05
    async with listening(console) as (_, piece):
        await piece()
        assert await piece() == b": still here\n\n"


async def test_many_changes_are_few_events(console):
    console.house.live._every = 0.3
    async with listening(console) as (_, piece):
        await piece()
        await asyncio.sleep(0.1)
        for _ in range(50):
            await console.delivered()
        assert await piece() == b"event: changed\ndata: {}\n\n"
        with pytest.raises(TimeoutError):
            await piece(0.5)


async def test_the_journal_is_left_alone_while_nobody_looks(console):
    live = console.house.live
    assert live._looking is None
    async with listening(console) as (_, piece):
        await piece()
        assert live.streams == 1
        assert live._looking is not None
    await until(lambda: live.streams == 0)
    await until(lambda: live._looking is None)


async def test_there_are_only_so_many_streams(console, monkeypatch):
    monkeypatch.setattr(live_module, "MOST_STREAMS", 1)
    async with listening(console) as (_, piece):
        await piece()
        assert (await console.read("/live")).status == 503


async def test_a_journal_that_is_away_ends_no_stream(console):
    console.house.live._heartbeat = 0.05
    async with listening(console) as (_, piece):
        await piece()
        await console.journal.close()
        assert await piece() == b": still here\n\n"
        await console.journal.open()
        await asyncio.sleep(0.1)
        await console.delivered()
        async with asyncio.timeout(5):
            while await piece() != b"event: changed\ndata: {}\n\n":
                pass


async def test_open_streams_do_not_hold_up_the_stop():
    pages = await open_pages()
    async with listening(pages) as (_, piece):
        await piece()
        began = asyncio.get_running_loop().time()
        await close_pages(pages)
        assert asyncio.get_running_loop().time() - began < 0.7


async def test_a_closed_house_opens_no_stream():
    live = Live(None)
    live.close()
    assert live.is_full


# -- in a browser


@pytest.fixture
def page(beside, window):
    page = window()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    beside.log_in(page)
    page.wait_for_selector("body.is-live")
    yield page
    assert not errors


def test_the_first_webhook_takes_the_place_of_where_to_begin(beside, page):
    assert "Where to begin" in page.inner_text("main")
    beside.run(beside.pages.delivered("Where is my order?"))
    page.wait_for_selector("text=Where is my order?")
    assert "Where to begin" not in page.inner_text("main")
    beside.run(beside.pages.lost("And mine?"))
    page.wait_for_selector("text=And mine?")
    assert "has not reached your app" in page.inner_text("#health")


def test_what_a_person_has_done_to_the_page_outlives_its_renewal(beside, page):
    beside.run(beside.pages.lost("the first"))
    page.wait_for_selector("text=the first")
    beside.house.metrics.acknowledged("sms", "message", "app", 0.01)
    page.reload()
    page.wait_for_selector("body.is-live")
    page.click("#numbers summary")
    page.click("#mask")
    page.keyboard.press("j")
    walked = page.evaluate("document.activeElement.getAttribute('href')")
    beside.house.metrics.acknowledged("sms", "message", "app", 0.01)
    beside.run(beside.pages.lost("the second"))
    page.wait_for_selector("text=the second")
    assert page.get_attribute("#numbers", "open") is not None
    assert "•" in page.inner_text("#webhooks tbody tr:first-child")
    assert page.evaluate("document.activeElement.getAttribute('href')") == walked
    assert page.get_attribute("tr.at a", "href") == walked
    page.keyboard.press("k")
    assert "the second" in page.inner_text("tr.at")


def test_what_has_not_changed_is_left_alone(beside, page):
    beside.run(beside.pages.lost("the first"))
    page.wait_for_selector("text=the first")
    page.reload()
    page.wait_for_selector("body.is-live")
    page.evaluate("document.querySelectorAll('[data-fresh]').forEach((one) => { one.dataset.mine = 'yes'; })")
    beside.run(beside.pages.journal.record([beside.pages.event(code=11200, endpoint="sms")]))
    page.wait_for_selector("#issues:not([data-mine])")
    assert page.query_selector("#endpoints[data-mine]")
    assert page.query_selector("#webhooks[data-mine]")


def test_marked_text_is_not_taken_away(beside, page):
    beside.run(beside.pages.lost("mark me"))
    page.wait_for_selector("text=mark me")
    page.evaluate(
        "getSelection().selectAllChildren([...document.querySelectorAll('td')].find((one) => one.textContent === 'mark me'))"
    )
    beside.run(beside.pages.lost("not yet"))
    page.wait_for_selector("#health:has-text('2 messages')")
    assert page.evaluate("getSelection().toString()") == "mark me"


def test_a_hidden_page_holds_no_stream_and_catches_up_when_it_is_seen(beside, page):
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_selector("body:not(.is-live)")
    beside.run(beside.pages.delivered("meanwhile"))
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("text=meanwhile")


def test_times_are_the_viewers(beside, window):
    beside.run(beside.pages.lost("the first"))
    alarm = beside.run(beside.pages.alarm("Too many"))
    beside.run(beside.pages.firing(alarm))
    page = window(timezone_id="Asia/Tokyo", locale="en-GB")
    beside.log_in(page)
    assert page.inner_text("#health time").endswith("20:59")
    assert page.get_attribute("#webhooks time", "title") == "23/11/2025, 20:00:01 (2025-11-23T11:00:01.000Z)"


def test_a_key_shows_the_keys(beside, page):
    beside.run(beside.pages.lost("the first"))
    page.wait_for_selector("text=the first")
    page.keyboard.press("?")
    assert "down and up in a list" in page.inner_text("dialog[open]")
    page.keyboard.press("j")
    assert page.query_selector("tr.at") is None
    page.keyboard.press("Escape")
    assert page.query_selector("dialog[open]") is None
    page.keyboard.press("j")
    assert page.query_selector("tr.at") is not None
