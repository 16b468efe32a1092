"""The list of webhooks."""

import csv
import io
import re

import pytest
from msgspec.structs import replace

from offhook.records import Kind, Settlement, State
from tests.helpers.hostile import HOSTILE

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)")


def ids_of(page):
    return re.findall(r'name="ids" value="(WH[0-9a-f]{32})"', page.text)


async def test_a_person_reads_what_has_come_in_the_newest_first(either):
    first = await either.delivered("Where is my order?")
    lost, _ = await either.lost("Hello?", note="The app answered with status 502")
    page = await either.read("/webhooks")
    assert page.status == 200
    assert ids_of(page) == [lost.id, first.id]
    for words in (
        "Where is my order?",
        "Hello?",
        "delivered",
        "failed",
        "+15551230001",
        "The app answered with status 502",
        "sms",
    ):
        assert words in page.words
    assert f'href="/webhooks/{lost.id}"' in page.text


async def test_filters_stand_in_the_url_and_in_the_form(either):
    await either.delivered("Where is my order?")
    lost, event = await either.lost("Hello?")
    for query in (
        "state=failed",
        "q=hello",
        f"code={event.code}",
        f"state=failed,dismissed&q={lost.id}",
        "endpoint=sms&state=failed",
    ):
        page = await either.read(f"/webhooks?{query}")
        assert ids_of(page) == [lost.id], query
    page = await either.read("/webhooks?q=hello&state=failed&endpoint=sms")
    assert 'name="q" value="hello"' in page.text
    assert 'name="state" value="failed"' in page.text
    assert "<option selected>sms</option>" in page.text
    assert f'href="/webhooks/{lost.id}?q=hello&amp;state=failed&amp;endpoint=sms"' in page.text


async def test_times_are_filters_too(console):
    early = await console.delivered()
    late = await console.delivered()
    since = late.received_at
    assert ids_of(await console.read(f"/webhooks?since={since}")) == [late.id]
    assert ids_of(await console.read(f"/webhooks?until={since}")) == [early.id]
    page = await console.read("/webhooks?since=2025-11-23T12:00:00&until=2025-11-24")
    assert 'name="since" value="2025-11-23T12:00:00"' in page.text
    assert 'name="until" value="2025-11-24T00:00:00"' in page.text


async def test_the_states_say_how_many_there_are_until_a_search_makes_that_a_scan(console):
    await console.delivered()
    await console.lost()
    await console.lost()
    page = await console.read("/webhooks")
    assert re.search(r"All 3 Failed 2 Waiting 0 Delivered 1 Dismissed 0", page.words)
    page = await console.read("/webhooks?q=hello")
    assert "All Failed Waiting Delivered Dismissed" in page.words
    assert 'href="/webhooks?q=hello&amp;state=waiting%2Cdelivering"' in page.text


async def test_pages_lead_from_one_to_the_next_and_keep_the_filter(either):
    made = [(await either.lost(f"number {place}"))[0].id for place in range(5)]
    page = await either.read("/webhooks?state=failed&limit=2")
    assert ids_of(page) == made[:2:-1]
    found = re.search(r'<a href="([^"]+)" rel="next">Older', page.text)[1].replace("&amp;", "&")
    page = await either.read(found)
    assert ids_of(page) == [made[2], made[1]]
    assert "Newest" in page.words
    page = await either.read(re.search(r'<a href="([^"]+)" rel="next">Older', page.text)[1].replace("&amp;", "&"))
    assert ids_of(page) == [made[0]]
    assert "Older" not in page.words


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("state=lost", "waiting, delivering, delivered, failed, dismissed"),
        ("code=abc", "a code of four to six digits"),
        ("since=yesterday", "a time such as"),
        ("colour=red", "Unknown parameter"),
        ("cursor=x", "an id"),
        ("format=xls", "csv, json"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_answered_with_what_to_write_instead(console, query, says):
    await console.delivered()
    page = await console.read(f"/webhooks?{query}")
    assert page.status == 400
    assert says in page.words
    assert page.headers["content-type"].startswith("text/html")


async def test_nothing_found_says_what_was_asked_and_how_a_search_works(console):
    await console.delivered()
    page = await console.read("/webhooks?q=giraffe&state=failed")
    assert "No webhook is like that." in page.words
    assert "webhooks that failed, with the words “giraffe”" in page.words


async def test_a_fresh_offhook_teaches_where_webhooks_come_from(console):
    page = await console.read("/webhooks")
    assert "https://offhook.example/sms" in page.words
    assert "Send a test message" in page.words


async def test_what_has_no_words_is_told_in_words(console):
    for kind, body in (
        (Kind.STATUS, b"MessageStatus=undelivered&ErrorCode=30008&To=%2B1"),
        (Kind.VOICE, b"CallStatus=ringing"),
        (Kind.MESSAGE, b"NumMedia=2&Body="),
    ):
        webhook = await console.webhook(state=State.DELIVERED)
        await console.journal.settle(Settlement(webhook=replace(webhook, kind=kind, body=body)))
    page = await console.read("/webhooks")
    for words in ("a message is undelivered (error 30008)", "a call: ringing", "2 pictures without words"):
        assert words in page.words


async def test_a_list_is_exported_with_all_columns_and_no_formula(either):
    for text in FORMULAS:
        await either.delivered(text)
    lost, _ = await either.lost('two\nlines, and a "quote"')
    file = await either.read("/webhooks?format=csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="webhooks.csv"' in file.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [row["body"] for row in rows] == ['two\nlines, and a "quote"', *(f"'{each}" for each in FORMULAS[::-1])]
    assert (rows[0]["id"], rows[0]["state"], rows[0]["from"]) == (lost.id, "failed", "'+15551230001")
    assert rows[0]["received_at"].endswith("Z")


async def test_an_export_means_what_the_filter_means_also_as_json(either):
    await either.delivered()
    lost, _ = await either.lost("=1+1")
    found = (await either.read("/webhooks?state=failed&format=json")).json
    assert [(each["id"], each["body"]) for each in found] == [(lost.id, "=1+1")]
    assert (await either.read("/webhooks?state=dismissed&format=json")).json == []


async def test_an_export_of_more_than_a_batch_is_whole(console):
    made = [(await console.delivered(f"number {place}")).id for place in range(1100)]
    found = (await console.read("/webhooks?format=json")).json
    assert [each["id"] for each in found] == made[::-1]
    assert len((await console.read("/webhooks?format=csv")).text.splitlines()) == 1101


# -- replay and dismiss many


def form_of(page):
    return [
        (name, value.replace("&amp;", "&"))
        for name, value in re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', page.text)
        if name != "csrf"
    ]


async def test_a_dry_run_says_how_many_and_which_then_they_are_delivered_again(either):
    lost = [(await either.lost(f"lost {place}"))[0] for place in range(3)]
    kept = await either.delivered("not this one")
    page = await either.read("/webhooks/replay?state=failed")
    assert "3 webhooks would be delivered again: all that failed. Nothing has been done yet." in page.words
    assert all(f"/webhooks/{each.id}" in page.text for each in lost)
    assert kept.id not in page.text
    assert (await either.journal.webhook(lost[0].id)).state is State.FAILED
    page = await either.follow(await either.change("/webhooks/replay", form_of(page)))
    assert "3 webhooks are being delivered again." in page.words
    assert {(await either.journal.webhook(each.id)).state for each in lost} == {State.WAITING}
    assert (await either.journal.webhook(kept.id)).state is State.DELIVERED


async def test_what_comes_in_after_the_dry_run_is_not_replayed(console):
    lost, _ = await console.lost()
    page = await console.read("/webhooks/replay?state=failed")
    later, _ = await console.lost(received_at=console.house.clock.now() + 1)
    await console.change("/webhooks/replay", form_of(page))
    assert (await console.journal.webhook(lost.id)).state is State.WAITING
    assert (await console.journal.webhook(later.id)).state is State.FAILED


async def test_selected_ones_are_replayed_and_those_that_cannot_be_are_left_out(console):
    lost, _ = await console.lost("lost")
    waiting = await console.webhook("waiting", state=State.WAITING)
    page = await console.read(f"/webhooks/replay?ids={lost.id}&ids={waiting.id}&ids={lost.id}")
    assert "1 webhook would be delivered again" in page.words
    assert "Left out" in page.words
    assert form_of(page) == [("ids", lost.id)]
    answer = await console.change("/webhooks/replay", form_of(page))
    assert "1 webhook is being delivered again." in (await console.follow(answer)).words


async def test_a_replay_of_what_was_delivered_is_warned_of(console):
    await console.delivered()
    page = await console.read("/webhooks/replay?state=delivered")
    assert "your app gets them a second time" in page.words


async def test_a_search_is_counted_one_by_one_and_shows_the_newest(console):
    for place in range(70):
        await console.lost(f"giraffe {place}")
    await console.lost("zebra")
    page = await console.read("/webhooks/replay?q=giraffe")
    assert "70 webhooks would be delivered again" in page.words
    assert "The newest 50 of them" in page.words


async def test_nothing_selected_says_how_to_select(console):
    page = await console.read("/webhooks/replay")
    assert "Nothing would be delivered again." in page.words
    assert "tick their boxes" in page.words


async def test_what_waits_needs_no_replay(console):
    await console.webhook(state=State.WAITING)
    page = await console.read("/webhooks/replay?state=waiting")
    assert "are delivered without a replay" in page.words
    answer = await console.change("/webhooks/replay", {"state": "waiting"})
    assert answer.status == 400
    assert (await console.change("/webhooks/replay", {})).status == 400


async def test_selected_ones_are_dismissed(console):
    lost, _ = await console.lost()
    done = await console.delivered()
    page = await console.read(f"/webhooks/dismiss?ids={lost.id}&ids={done.id}")
    assert "1 webhook would be dismissed" in page.words
    page = await console.follow(await console.change("/webhooks/dismiss", form_of(page)))
    assert "1 webhook is dismissed." in page.words
    assert (await console.journal.webhook(lost.id)).state is State.DISMISSED
    assert (await console.change("/webhooks/dismiss", {"state": "failed"})).status == 400


async def test_the_audit_log_says_how_many(console):
    await console.lost()
    await console.change("/webhooks/replay", form_of(await console.read("/webhooks/replay?state=failed")))
    kept = await console.journal.kept("audit")
    assert b"replay webhooks" in kept[-1].data
    assert b"1 webhook" in kept[-1].data


async def test_without_a_login_nothing_is_replayed(console):
    lost, _ = await console.lost()
    answer = await console.form("/webhooks/replay", ids=lost.id)
    assert answer.status == 401
    assert (await console.change("/webhooks/replay", {"ids": lost.id}, csrf="wrong")).status == 403
    assert (await console.journal.webhook(lost.id)).state is State.FAILED


async def test_texts_that_would_do_harm_are_only_text(console):
    for text in HOSTILE:
        await console.lost(text, sender=text, recipient=text, note=text)
    for path in ("/webhooks", "/webhooks/replay?state=failed"):
        page = await console.read(path)
        assert page.status == 200
        assert "<svg onload" not in page.text
        assert "<script>x" not in page.text
        assert not set("\u202e\u200b\0") & set(page.text)
        assert "\\u202ereversed" in page.text


async def test_a_journal_that_cannot_be_read_has_a_page_that_says_so(console):
    console.journal.broken = "The disk is full."
    page = await console.read("/webhooks")
    assert page.status == 503
    assert "The disk is full." in page.words
    assert page.headers["content-type"].startswith("text/html")


# -- in a browser


def test_keys_walk_open_select_and_search(beside, looks):
    first = beside.run(beside.pages.lost("first"))[0]
    second = beside.run(beside.pages.lost("second"))[0]
    page = looks(1440)
    beside.log_in(page)
    page.goto(f"{beside.url}/webhooks")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/webhooks/{first.id}")
    page.keyboard.press("k")
    page.wait_for_url(f"**/webhooks/{second.id}")
    page.goto(f"{beside.url}/webhooks")
    page.keyboard.press("/")
    page.keyboard.type("fir")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=fir*")
    assert page.locator("tbody tr").count() == 1
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_url("**/webhooks/replay?**")
    assert "1 webhook would be delivered again" in page.inner_text("main")
    page.get_by_role("button", name="Deliver again").click()
    assert "1 webhook is being delivered again." in page.inner_text("main")


def test_what_comes_in_appears_and_a_selection_stays(beside, looks):
    lost, _ = beside.run(beside.pages.lost("first"))
    page = looks(1440)
    beside.log_in(page)
    page.goto(f"{beside.url}/webhooks")
    page.locator(f'input[value="{lost.id}"]').check()
    beside.run(beside.pages.delivered("the second one"))
    page.get_by_text("the second one").wait_for()
    assert page.locator(f'input[value="{lost.id}"]').is_checked()
    page.get_by_label("Select all on this page").check()
    assert page.locator('input[name="ids"]:checked').count() == 2


@pytest.mark.parametrize("width", [390, 1440])
def test_the_list_fits_and_is_shot(beside, looks, width):
    for place in range(4):
        beside.run(beside.pages.delivered(f"Order {place}: where is it? I have been waiting since Tuesday"))
    beside.run(beside.pages.lost("Is my order ready? " + "x" * 400, note="The app answered with status 502"))
    page = looks(width)
    beside.log_in(page)
    page.goto(f"{beside.url}/webhooks")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    looks.shoot(page, "webhooks")
