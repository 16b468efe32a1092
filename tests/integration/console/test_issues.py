"""Issues: the list, one of them, what is being done about it, and what was lost by it."""

import csv
import io
import json
import re

import pytest

from offhook.console.audit import Audit
from offhook.records import Cause, Confidence, IssueState, State
from offhook.stores.grouping import issue_of
from offhook.system import TimeSortedIds
from tests.helpers.pages import BAD_GATEWAY


def links(page):
    """The issues that the list shows, in its order."""
    return re.findall(r'<a href="/issues/(IS[0-9a-f]+)">', page.text)


async def an_issue(console, code=11217, **fields):
    """An issue of one event that is about no webhook."""
    event = console.event(**({"code": code, "causes": (BAD_GATEWAY,)} | fields))
    await console.journal.record([event])
    return issue_of(event)


async def lost(console, count=1):
    """An issue by which so many webhooks were lost: its id and theirs."""
    found = [await console.lost(f"Number {place}") for place in range(count)]
    return issue_of(found[0][1]), [webhook.id for webhook, _ in found]


async def set_state(console, issue, state):
    await console.journal.set_issue_state(issue, state, now=console.house.clock.now())


async def state_of(console, issue):
    return (await console.journal.issue(issue, now=console.house.clock.now())).state


def tabs_of(page):
    """The choices of states with their counts."""
    tabs = re.search(r'<nav aria-label="States of issues".*?</nav>', page.text, re.DOTALL)[0]
    return dict(re.findall(r">([A-Z][a-z ]+) <span class=\"count\">([^<]*)<", tabs))


# -- the list


async def test_the_list_has_each_thing_once_however_often_it_happened(either):
    older, _ = await lost(either, 3)
    newer = await an_issue(either, 11201, causes=())
    page = await either.read("/issues")
    assert page.status == 200
    assert links(page) == [newer, older]
    assert "Your app's proxy found nobody behind it. app.bad-gateway 11217 sms open 3" in page.words
    assert "3 in the last 24 hours" in page.text


async def test_an_empty_list_teaches_what_will_be_on_it(console):
    page = await console.read("/issues")
    assert "Nothing has gone wrong yet." in page.words


async def test_what_is_resolved_or_ignored_is_out_of_sight_but_counted(console):
    issues = {state: await an_issue(console, 11201 + place) for place, state in enumerate(IssueState)}
    for state in (IssueState.ACKNOWLEDGED, IssueState.RESOLVED, IssueState.IGNORED, IssueState.REGRESSED):
        await set_state(console, issues[state], state)
    page = await console.read("/issues")
    assert set(links(page)) == {issues[each] for each in (IssueState.OPEN, IssueState.REGRESSED, IssueState.ACKNOWLEDGED)}
    assert tabs_of(page) == {
        "Unresolved": "3",
        "Open": "1",
        "Come back": "1",
        "Acknowledged": "1",
        "Resolved": "1",
        "Ignored": "1",
        "All": "5",
    }
    assert links(await console.read("/issues?state=resolved")) == [issues[IssueState.RESOLVED]]
    everything = re.search(r'href="(/issues[^"]*)"[^>]*>All <span', page.text)[1].replace("&amp;", "&")
    assert set(links(await console.read(everything))) == set(issues.values())


@pytest.mark.parametrize("query", ["code=11217", "cause=app.bad-gateway", "endpoint=sms&code=11217", "state=open&code=11217"])
async def test_the_filters_are_those_of_the_api(console, query):
    wanted = await an_issue(console)
    await an_issue(console, 11236, causes=())
    page = await console.read(f"/issues?{query}")
    assert links(page) == [wanted]
    assert links(page) == [each["id"] for each in (await console.get(f"/api/issues?{query}")).json["issues"]]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("state=mended", "one of open, acknowledged"),
        ("code=1", "such as 11200"),
        ("what=x", "Unknown parameter"),
        ("cursor=1", "next_cursor"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_told_with_what_would_be(console, query, says):
    page = await console.read(f"/issues?{query}")
    assert page.status == 400
    assert says in page.words


async def test_pages_go_on_from_where_the_one_before_ended(console):
    issues = [await an_issue(console, 11201 + place) for place in range(5)][::-1]
    first = await console.read("/issues?limit=3&endpoint=sms")
    assert links(first) == issues[:3]
    older = re.search(r'href="([^"]+)" rel="next"', first.text)[1].replace("&amp;", "&")
    assert links(await console.read(older)) == issues[3:]


async def test_many_are_changed_at_once_and_the_list_stays_as_it_was_filtered(either):
    issues = [await an_issue(either, 11201 + place) for place in range(3)]
    done = await either.change(
        "/issues?endpoint=sms", [("id", issues[0]), ("id", issues[2]), ("id", "IS0"), ("state", "acknowledged")]
    )
    page = await either.follow(done)
    assert "2 issues are acknowledged." in page.words
    assert "endpoint=sms" in done.where
    assert [await state_of(either, each) for each in issues] == ["acknowledged", "open", "acknowledged"]
    assert [each.action for each in await Audit(either.journal, either.house.clock, TimeSortedIds()).entries()] == [
        "issue acknowledged"
    ]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "resolved"}, "Choose some issues first"),
        ({"id": "IS1", "state": "regressed"}, "Choose what they are to be."),
        ({}, "Choose some"),
    ],
)
async def test_a_change_that_says_too_little_changes_nothing(console, fields, says):
    issue = await an_issue(console)
    page = await console.change("/issues", fields)
    assert page.status == 400
    assert says in page.words
    assert links(page) == [issue]
    assert await state_of(console, issue) == "open"


async def test_the_list_can_be_had_as_a_file(console):
    issue = await an_issue(console)
    rows = json.loads((await console.read("/issues?format=json")).body)
    assert rows == (await console.get("/api/issues")).json["issues"]
    table = list(csv.DictReader(io.StringIO((await console.read("/issues?format=csv")).body.decode())))
    assert [row["id"] for row in table] == [issue]
    assert set(table[0]) == set(rows[0])


async def test_without_a_login_it_can_be_read_and_nothing_ticked(console):
    await an_issue(console)
    page = await console.get("/issues")
    assert page.status == 200
    assert 'type="checkbox"' not in page.text
    assert "Log in to do this" in page.text


# -- one


async def test_an_issue_says_why_what_to_do_how_often_and_what_was_lost(either):
    issue, webhooks = await lost(either, 3)
    page = await either.read(f"/issues/{issue}")
    assert page.status == 200
    assert "open ERROR 11217" in page.words
    assert "Start the app. See that it listens where the proxy looks." in page.words
    assert "Server: nginx/1.22.1" in page.words
    assert "3 times" in page.words
    assert "3 in the last 24 hours." in page.words
    assert re.findall(r"/webhooks/(WH\w+)", page.text) == webhooks
    assert len(re.findall(r'<td class="tight"><a href="/errors/NO', page.text)) == 3


@pytest.mark.parametrize("span", ["7d", "30d"])
async def test_the_chart_covers_longer_times_too(console, span):
    issue, _ = await lost(console, 2)
    page = await console.read(f"/issues/{issue}?span={span}")
    assert f"2 in the last {span.removesuffix('d')} days." in page.words


async def test_an_issue_whose_errors_are_no_longer_kept_says_so(console, monkeypatch):
    async def nothing(*_):
        return ()

    async def none(*_):
        return None

    issue = await an_issue(console)
    monkeypatch.setattr(console.journal, "events", nothing)
    monkeypatch.setattr(console.journal, "event", none)
    page = await console.read(f"/issues/{issue}")
    assert page.status == 200
    assert "None of them is kept any more." in page.words
    assert "It usually has one of these causes" in page.words


async def test_an_unknown_issue_is_a_page_that_says_where_to_go(console):
    for path in ("/issues/IS9", "/issues/IS9/replay"):
        page = await console.read(path)
        assert page.status == 404
        assert "There is no issue IS9." in page.words
    for path in ("/issues/IS9/state", "/issues/IS9/replay"):
        assert (await console.change(path, {"state": "open"})).status == 404


@pytest.mark.parametrize("state", ["acknowledged", "resolved", "ignored"])
async def test_what_is_being_done_about_it_is_said_and_can_be_taken_back(either, state):
    issue = await an_issue(either)
    page = await either.read(f"/issues/{issue}")
    assert "Reopen" not in page.words
    page = await either.follow(await either.change(f"/issues/{issue}/state", {"state": state}))
    assert await state_of(either, issue) == state
    assert "The issue is" in page.words
    await either.change(f"/issues/{issue}/state", {"state": "open"})
    assert await state_of(either, issue) == "open"


async def test_a_state_that_nobody_can_give_it_is_refused(console):
    issue = await an_issue(console)
    page = await console.change(f"/issues/{issue}/state", {"state": "regressed"})
    assert page.status == 400
    assert await state_of(console, issue) == "open"


async def test_what_was_lost_is_counted_and_shown_before_anything_is_replayed(either):
    issue, webhooks = await lost(either, 3)
    page = await either.read(f"/issues/{issue}/replay")
    assert "3 messages would be delivered again." in page.words
    assert "Nothing has been changed yet." in page.words
    assert re.findall(r"/webhooks/(WH\w+)", page.text) == webhooks
    assert (await either.journal.webhook(webhooks[0])).state is State.FAILED


async def test_what_was_lost_is_replayed_and_nothing_else(either):
    issue, webhooks = await lost(either, 3)
    other = await either.webhook("of no issue")
    page = await either.follow(await either.change(f"/issues/{issue}/replay"))
    assert "3 messages are being delivered again." in page.words
    assert [(await either.journal.webhook(each)).state for each in webhooks] == ["waiting"] * 3
    assert (await either.journal.webhook(other.id)).state is State.FAILED
    assert "Nothing was lost by this issue" in (await either.read(f"/issues/{issue}/replay")).words


async def test_of_very_many_it_is_said_that_there_are_more(console, monkeypatch):
    monkeypatch.setattr("offhook.console.pages.issue.MOST_COUNTED", 4)
    monkeypatch.setattr("offhook.console.pages.issue.AT_ONCE", 3)
    issue, _ = await lost(console, 7)
    assert "4+ messages would be delivered again." in (await console.read(f"/issues/{issue}/replay")).words


async def test_nothing_can_be_changed_without_a_login_or_a_form_of_ours(console):
    issue, (webhook,) = await lost(console)
    for path in ("/issues", f"/issues/{issue}/state", f"/issues/{issue}/replay"):
        fields = {"id": issue, "state": "resolved"}
        assert (await console.change(path, fields, csrf="wrong")).status == 403
        assert (await console.change(path, fields, cookie=None)).status == 401
        assert (await console.change(path, fields, origin="https://evil.example")).status == 403
    assert await state_of(console, issue) == "open"
    assert (await console.journal.webhook(webhook)).state is State.FAILED


# -- in a browser


def test_a_browser_resolves_some_issues_by_their_boxes(beside, looks):
    issues = [beside.run(an_issue(beside.pages, 11201 + place)) for place in range(3)]
    page = looks(1440)
    beside.log_in(page)
    page.goto(f"{beside.url}/issues")
    looks.shoot(page, "issues")
    page.get_by_label("All on this page").check()
    page.locator(f'input[value="{issues[1]}"]').uncheck()
    page.get_by_role("button", name="Resolve").click()
    page.get_by_text("2 issues are marked as resolved.").wait_for()
    assert [beside.run(state_of(beside.pages, each)) for each in issues] == ["resolved", "open", "resolved"]


def test_a_browser_replays_what_was_lost_after_it_has_seen_what(beside, looks):
    issue, webhooks = beside.run(lost(beside.pages, 2))
    page = looks(390)
    beside.log_in(page)
    page.goto(f"{beside.url}/issues/{issue}")
    looks.shoot(page, "issue")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Replay what was lost").first.click()
    page.get_by_role("button", name="Deliver them again").click()
    page.get_by_text("2 messages are being delivered again.").wait_for()
    assert {beside.run(beside.pages.journal.webhook(each)).state for each in webhooks} == {"waiting"}


@pytest.mark.parametrize(
    "text", ["\"'><script>document.title='run'</script>{{7*7}}", "\u202egpj.exe\u200b\x00", "W" * 3000, "مرحبا " * 200]
)
def test_a_browser_shows_hostile_text_as_text_and_keeps_its_layout(beside, looks, text):
    cause = Cause(name="x", title=text, confidence=Confidence.LIKELY, evidence=(text,), steps=(text,))

    async def make():
        webhook_id = beside.pages.new_id("WH")
        event = beside.pages.event(webhook_id=webhook_id, causes=(cause,), message=text, number=text)
        await beside.pages.webhook(text, id=webhook_id, events=(event,), sender=text[:60])
        return issue_of(event)

    issue = beside.run(make())
    page = looks(390)
    said = []
    page.on("console", lambda message: said.append(message.text))
    beside.log_in(page)
    for path in ("/issues", f"/issues/{issue}", f"/issues/{issue}/replay", "/errors"):
        page.goto(f"{beside.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.title() != "run"
        assert "49" not in page.inner_text("main").split()
    assert said == []
