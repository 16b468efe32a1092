"""The list of errors."""

import csv
import io
import json
import re

import pytest

from offhook.records import Level
from tests.helpers.pages import BAD_GATEWAY, NOON


def links(page):
    """The errors that the list shows, in its order."""
    return re.findall(r'<a href="/errors/(NO[0-9a-f]+)"', page.text)


async def test_the_list_says_what_happened_and_why_the_newest_first(either):
    _, older = await either.lost("One")
    _, newer = await either.lost("Two")
    page = await either.read("/errors")
    assert page.status == 200
    assert links(page) == [newer.id, older.id]
    assert "The app answered 502. Your app's proxy found nobody behind it." in page.words
    assert "ERROR 11217" in page.words


async def test_an_empty_list_teaches_what_will_be_on_it(console):
    page = await console.read("/errors")
    assert "Nothing has gone wrong yet." in page.words
    assert "the likely cause, and what to do" in page.words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("code=11217", 1),
        ("code=11200", 2),  # as Twilio has them
        ("code=11236", 1),
        ("level=warning", 1),
        ("level=INFO", 0),
        ("endpoint=sms", 2),
        ("endpoint=sms&level=info", 0),
        ("cause=app.bad-gateway", 1),
        ("q=certificate", 1),
        ("q=nothing+of+it", 0),
        ("span=1h", 2),
        ("since=2025-11-24", 0),
        ("since=2025-11-23T11:00:00Z&until=2025-11-23T12:00", 2),
    ],
)
async def test_the_filters_are_those_of_the_api(console, query, found):
    await console.lost()
    await console.journal.record([console.event(code=11236, level=Level.WARNING, message="The certificate has expired.")])
    console.house.clock.time -= 60
    page = await console.read(f"/errors?{query}")
    listed = (await console.get("/api/errors?" + query.replace("span=1h", ""))).json["errors"]
    assert links(page) == [each["sid"] for each in listed]
    assert len(listed) == found
    if not found:
        assert "Nothing fits these filters." in page.words


async def test_what_was_filtered_by_stands_in_the_form(console):
    page = await console.read("/errors?q=%22%3E%3Cscript%3E&code=11217&level=error&endpoint=former&since=2025-11-20T10:30")
    assert 'value="&#34;&gt;&lt;script&gt;"' in page.text
    assert 'name="code" value="11217"' in page.text
    assert "<option selected>ERROR</option>" in page.text
    assert "<option selected>former</option>" in page.text
    assert 'name="since" value="2025-11-20T10:30"' in page.text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("code=abc", "a code of four to six digits, such as 11200"),
        ("since=yesterday", "a time such as 2026-11-23T15:00:00Z"),
        ("levle=ERROR", "Did you mean level?"),
        ("since=2025-11-24&until=2025-11-23", "must be a time before 'until'"),
        ("span=2y", "one of 1h, 24h, 7d, 30d"),
        ("cursor=12", "an id, NO and 32 hex digits"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_told_with_what_would_be(console, query, says):
    await console.lost()
    page = await console.read(f"/errors?{query}")
    assert page.status == 400
    assert says in page.words
    assert not links(page)


async def test_errors_of_an_issue_or_a_webhook_can_be_listed_alone_and_all_again(console):
    webhook, event = await console.lost()
    await console.journal.record([console.event(code=11201, message="No connection.")])
    page = await console.read(f"/errors?webhook={webhook.id}")
    assert links(page) == [event.id]
    assert "Only those of one webhook" in page.words
    assert 'href="/errors?"' in page.text


async def test_pages_go_on_from_where_the_one_before_ended(console):
    events = [(await console.lost())[1].id for _ in range(5)][::-1]
    first = await console.read("/errors?limit=2&endpoint=sms")
    assert links(first) == events[:2]
    older = re.search(r'href="([^"]+)" rel="next"', first.text)[1].replace("&amp;", "&")
    second = await console.read(older)
    assert links(second) == events[2:4]
    assert "endpoint=sms" in older
    assert "Newest" in second.words
    assert "data-live" in first.text
    assert "data-live" not in second.text


async def test_the_chart_counts_what_the_filters_mean_and_has_its_numbers_as_a_table(console):
    for _ in range(3):
        await console.lost()
    await console.journal.record([console.event(code=11201, message="No connection.")])
    console.house.clock.time += 600
    page = await console.read("/errors?code=11217")
    assert "There were 3 in the last 24 hours, at most 3 in 30 min." in page.text
    numbers = re.search(r"The numbers behind the chart</summary>.*?</details>", page.text, re.DOTALL)[0]
    part = re.search(r'<a href="([^"]+)"', numbers)[1].replace("&amp;", "&")
    assert "code=11217" in part
    assert len(links(await console.read(part))) == 3


async def test_words_are_looked_for_among_so_many_at_a_time(console, monkeypatch):
    monkeypatch.setattr("offhook.console.pages.errors.MOST_SEARCHED", 4)
    monkeypatch.setattr("offhook.console.pages.errors.SEARCHED_AT_ONCE", 2)
    events = [console.event(message="A needle" if place == 1 else "Number") for place in range(9)]
    await console.journal.record(events)
    page = await console.read("/errors?q=needle")
    assert "None of the newest has these words." in page.words
    assert links(page) == []
    further = re.search(r'<a href="([^"]+)" rel="next">Look further back', page.text)[1].replace("&amp;", "&")
    page = await console.read(further)
    assert links(page) == [events[1].id]
    assert links(await console.read("/errors?q=number&limit=3")) == [each.id for each in events[:-4:-1]]


async def test_a_span_narrows_the_list_and_the_chart(console):
    _, event = await console.lost()
    console.house.clock.time = NOON + 60
    assert links(await console.read("/errors?span=1h")) == []
    page = await console.read("/errors?span=24h")
    assert links(page) == [event.id]
    assert re.search(r'href="/errors\?span=24h" aria-current="true"', page.text)


async def test_the_list_can_be_had_as_json_with_all_members(either):
    _, event = await either.lost()
    answer = await either.read("/errors?format=json")
    assert answer.headers["content-type"] == "application/json"
    assert 'filename="errors.json"' in answer.headers["content-disposition"]
    (row,) = json.loads(answer.body)
    shown = (await either.get(f"/api/errors/{event.id}")).json
    assert {name: row[name] for name in shown if name not in ("request", "attempt")} == {
        name: value for name, value in shown.items() if name not in ("request", "attempt")
    }
    assert (row["cause"], row["number"]) == (BAD_GATEWAY.name, "+15551230002")


async def test_the_list_can_be_had_as_csv_of_more_than_one_page_and_no_cell_is_a_formula(console):
    await console.journal.record([console.event(message="=HYPERLINK(1)") for _ in range(1200)])
    answer = await console.read("/errors?format=csv&limit=5&code=11217")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert len(rows) == 1200
    assert {row["message"] for row in rows} == {"'=HYPERLINK(1)"}


async def test_a_long_message_is_cut_in_the_list_and_markup_is_text(console):
    await console.journal.record([console.event(message="<img src=x onerror=alert(1)>" + "w" * 5000 + "\u202egnp.exe")])
    page = await console.read("/errors")
    assert "<img src=x" not in page.text
    assert "w" * 300 not in page.text
    assert "\u202e" not in page.text


def test_a_browser_walks_the_list_by_keys(beside, looks):
    beside.run(beside.pages.lost("One"))
    _, event = beside.run(beside.pages.lost("Two"))
    page = looks(1440)
    beside.log_in(page)
    page.goto(f"{beside.url}/errors")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/errors/{event.id}")


def test_a_browser_sees_a_new_error_without_loading_the_page_anew(beside, looks):
    page = looks(390)
    beside.log_in(page)
    page.goto(f"{beside.url}/errors")
    page.wait_for_selector("body.is-live")
    _, event = beside.run(beside.pages.lost())
    page.wait_for_selector(f'a[href="/errors/{event.id}"]')
    looks.shoot(page, "errors")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
