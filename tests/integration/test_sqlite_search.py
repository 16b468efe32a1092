"""The index of words is filled behind the deliveries; whether a webhook is in it already makes no difference to what a search finds."""

import asyncio
import time

import pytest
from msgspec.structs import replace

from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Settlement, State, WebhookFilter
from offhook.stores.sqlite import SqliteJournal, housekeeping, reads, search
from offhook.stores.words import document, mentions, words_of
from offhook.system import SystemClock
from tests.helpers.door import until
from tests.helpers.journals import an_event
from tests.helpers.messages import an_arrival

DERIVE = Twilio(TwilioSettings(tokens={"": ("token",)})).derive


@pytest.fixture
async def journal(tmp_path):
    journal = SqliteJournal(tmp_path / "journal.db", SystemClock(), derive=DERIVE)
    await journal.open()
    yield journal
    await journal.close()


async def keep(journal, *bodies, state=State.DELIVERED, **extra):
    webhooks = []
    for body in bodies:
        arrival = an_arrival(body=body, **extra)
        stored = asyncio.get_running_loop().create_future()
        journal.append(arrival, stored.set_result)
        await stored
        webhook = replace(DERIVE(arrival), state=state)
        await journal.settle(Settlement(webhook=webhook))
        webhooks.append(webhook)
    return webhooks


async def index_all(journal):
    while await journal.index():
        pass


async def found(journal, query, **where):
    return [each.id for each in await journal.webhooks(WebhookFilter(query=query, **where), 100)]


@pytest.mark.parametrize("when", ["before", "after", "between"])
async def test_a_search_finds_the_same_whether_the_index_knows_it_already_or_not(journal, when):
    first = await keep(journal, "Lunch at Café Noir?", "see you at lunch")
    if when == "between":
        await index_all(journal)
    second = await keep(journal, "LUNCHTIME", "dinner")
    if when == "after":
        await index_all(journal)
    lunches = [second[0].id, first[1].id, first[0].id]
    assert await found(journal, "lunch") == lunches
    assert await found(journal, "cafe noir") == [first[0].id]
    assert await found(journal, "noir lunch") == [first[0].id]
    assert await found(journal, "at") == [first[1].id, first[0].id]
    assert await found(journal, "unch") == []
    assert await found(journal, "lunch", states=(State.FAILED,)) == []
    assert (
        await found(journal, "8103330792") == await found(journal, "0792") == [each.id for each in (*second[::-1], *first[::-1])]
    )
    assert await found(journal, "?!") == []


async def test_a_page_of_a_search_begins_where_the_last_one_ended(journal):
    kept = await keep(journal, *(f"word number {n}" for n in range(20)))
    await index_all(journal)
    where = WebhookFilter(query="word")
    page = await journal.webhooks(where, 8)
    rest = await journal.webhooks(where, 20, page[-1].id)
    assert [each.id for each in (*page, *rest)] == [each.id for each in kept[::-1]]


async def test_a_search_looks_only_among_the_numbers_that_its_times_and_its_cursor_leave(journal, monkeypatch):
    monkeypatch.setattr(search, "SLACK", 1)
    kept = await keep(journal, *(f"word number {n}" for n in range(40)))
    await index_all(journal)
    ids = [each.id for each in kept[::-1]]
    assert await found(journal, "word") == ids
    listed = []
    while page := await journal.webhooks(WebhookFilter(query="word"), 7, listed[-1] if listed else ""):
        listed += [each.id for each in page]
    assert listed == ids
    since, until = kept[10].received_at, kept[30].received_at
    assert await found(journal, "word", since=since, until=until) == [
        each.id for each in kept[::-1] if since <= each.received_at < until
    ]
    assert await found(journal, "word", since=kept[-1].received_at + 60) == []
    assert await found(journal, "word", until=kept[0].received_at) == []


async def test_what_was_deleted_is_found_no_more_and_its_neighbours_are(journal):
    alice = await keep(journal, "hello from alice", From="+15551230001")
    bob = await keep(journal, "hello from bob", From="+15551230002")
    waiting = await keep(journal, "hello again", From="+15551230001", state=State.WAITING)
    busy = await keep(journal, "hello still", From="+15551230001", state=State.DELIVERING)
    assert await journal.forget("+15551230001") == 2
    assert await journal.webhook(alice[0].id) is None
    assert await journal.webhook(waiting[0].id) is None
    assert await found(journal, "hello") == [busy[0].id, bob[0].id]
    assert await journal.forget("+15551230001") == 0


async def test_the_index_goes_on_after_a_restart(tmp_path, journal):
    kept = await keep(journal, "before the restart")
    await index_all(journal)
    await journal.close()
    again = SqliteJournal(tmp_path / "journal.db", SystemClock(), derive=DERIVE)
    await again.open()
    try:
        kept += await keep(again, "after the restart")
        await index_all(again)
        assert await found(again, "restart") == [kept[1].id, kept[0].id]
        assert await again.size() > 0
    finally:
        await again.close()


@pytest.mark.parametrize("few", [0, 2_000])
async def test_few_of_a_state_or_a_code_are_read_through_and_many_looked_up_with_the_same_result(journal, monkeypatch, few):
    monkeypatch.setattr(reads, "FEW", few)
    lost = await keep(journal, "lunch one", "dinner", "lunch two", state=State.FAILED)
    await keep(journal, "lunch three")
    await journal.record([an_event(webhook_id=each.id) for each in lost[:2]])
    await index_all(journal)
    assert await found(journal, "lunch", states=(State.FAILED,)) == [lost[2].id, lost[0].id]
    assert await found(journal, "lunch", states=(State.FAILED, State.WAITING), code=11200) == [lost[0].id]
    assert await found(journal, "lunch", code=11200) == [lost[0].id]
    assert await found(journal, "lunch", code=11205) == []


@pytest.mark.parametrize("query", ['"', "a OR b", "NOT", "x*", "^", "{", "-777", "NEAR(a b)", "col:word", "é" * 300])
async def test_no_query_is_taken_for_the_indexs_own_language(journal, query):
    await keep(journal, "something")
    await index_all(journal)
    assert await found(journal, query) == []


def test_the_words_of_a_webhook_are_bounded():
    webhook = DERIVE(an_arrival(body="x1 " * 5000 + "y" * 5000))
    assert len(document(webhook)) <= 400
    assert max(map(len, document(webhook))) <= 64
    assert mentions(webhook, "X1")
    assert words_of("Straße, Ærø & ﬁsh") == ["strasse", "ærø", "fish"]


def test_a_question_is_quoted_word_by_word():
    assert search.question('ab "cde" f') == '"ab" AND "cde"* AND "f"'


@pytest.mark.parametrize(("rush", "follows"), [(10, False), (10_000, True)])
async def test_the_index_leaves_the_time_of_a_rush_to_what_comes_in_and_catches_up_afterwards(
    tmp_path, monkeypatch, rush, follows
):
    for name, value in {"RUSH": rush, "RUSH_SEEN_OVER": 0.05, "INDEX_LOOK_EVERY": 0.01, "INDEX_PAUSE": 0.001}.items():
        monkeypatch.setattr(housekeeping, name, value)
    journal = SqliteJournal(tmp_path / "journal.db", SystemClock(), derive=DERIVE)
    await journal.open()
    steps = []
    index = journal._keeper.index
    monkeypatch.setattr(journal._keeper, "index", lambda: steps.append(time.monotonic()) or index())
    try:
        began = time.monotonic()
        while time.monotonic() < began + 0.6:
            await keep(journal, "rush hour")
        ended = time.monotonic()
        assert any(began + 0.2 < at < ended for at in steps) is follows
        await until(lambda: journal._ledger.searchable_below >= journal._ledger.settled_below)
        assert len(await found(journal, "rush")) == min(100, len(await journal.webhooks(WebhookFilter(), 1_000)))
    finally:
        await journal.close()
