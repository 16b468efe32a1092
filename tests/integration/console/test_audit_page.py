"""The audit log's page: who changed what, also by the API, and nothing of it can be changed."""

import json

import pytest

from offhook.console.audit import Audit
from offhook.records import State


class _Ids:
    """Ids of a clock that a test sets, in milliseconds."""

    def __init__(self):
        self.at, self.made = 1_763_899_200_000, 0

    def new(self, prefix):
        self.made += 1
        return f"{prefix}{self.at:012x}{self.made:020x}"


class _Request:
    client = None
    headers = {"user-agent": "curl/8"}  # noqa: RUF012 - as a request has it


async def test_a_fresh_log_says_what_will_be_in_it(console):
    assert "Nothing has been changed yet." in (await console.read("/audit")).words


async def test_what_is_changed_by_pages_and_by_the_api_is_there_with_who_did_it(either):
    webhook, _ = await either.lost()
    await either.post(f"/api/webhooks/{webhook.id}/replay", user_agent="a-script/1")
    await either.post("/api/deletions", {"number": "+15550000000"})
    await either.change("/test-message", {"endpoint": "sms"})
    page = await either.read("/audit")
    assert f"replay {webhook.id} this machine 127.0.0.1 a-script/1" in page.words
    assert "deletion 0 webhooks this machine" in page.words
    assert f"session {either.session.name}" in page.words
    assert f'href="/webhooks/{webhook.id}"' in page.text
    assert "+15550000000" not in page.text
    assert page.words.index("test message") < page.words.index("deletion") < page.words.index("replay")


async def test_what_was_refused_or_only_tried_is_not_there(console):
    await console.post("/api/webhooks/WH1/replay")
    await console.post("/api/issues/IS1", {"state": "resolved"})
    await console.post("/api/alarms", {})
    webhook = await console.webhook(state=State.DELIVERED)
    await console.post(f"/api/webhooks/{webhook.id}/dismiss")
    assert "Nothing has been changed yet." in (await console.read("/audit")).words


async def test_an_issues_new_state_is_named(console):
    await console.lost()
    [issue] = (await console.get("/api/issues")).json["issues"]
    await console.post(f"/api/issues/{issue['id']}", {"state": "acknowledged"})
    await console.post(f"/api/issues/{issue['id']}/replay", {"dry_run": True})
    assert [(each.action, each.subject) for each in await console.audit.entries()] == [("issue acknowledged", issue["id"])]


async def test_what_was_made_is_named(console):
    made = await console.post("/api/alarms", {"name": "Too many", "at_least": 5})
    assert made.status == 201, made.text
    assert [(each.action, each.subject) for each in await console.audit.entries()] == [("alarm made", made.json["sid"])]


async def test_it_can_be_searched_and_taken_away(console):
    for number in ("1", "2"):
        await console.post("/api/deletions", {"number": f"+1555000000{number}"}, user_agent="=cmd()")
    await console.change("/endpoints/sms/test", {"body": "Hi"})
    assert "test message" not in (await console.read("/audit?q=deletion+127.0.0.1")).words
    assert "Nothing has these words in it." in (await console.read("/audit?q=nonsense")).words
    rows = json.loads((await console.read("/audit?format=json&q=deletion")).body)
    assert [row["action"] for row in rows] == ["deletion"] * 2
    assert set(rows[0]) == {"id", "at", "action", "subject", "who", "peer", "agent"}
    assert "'=cmd()" in (await console.read("/audit?format=csv")).text


async def test_a_cursor_that_is_none_is_refused_kindly(console):
    page = await console.read("/audit?cursor=%3Cscript%3E")
    assert page.status == 400
    assert "begin with its newest entries" in page.words


async def test_a_program_in_the_way_of_the_page_only_ever_shows_as_text(console):
    await console.post("/api/deletions", {"number": "+15550000001"}, user_agent="<script>alert(1)</script>\x7f")
    page = await console.read("/audit")
    assert "<script>alert" not in page.text
    assert "<script>alert(1)</script>" in page.words


@pytest.mark.parametrize("pauses", [(0,) * 250, (60_000,) * 250, (86_400_000,) * 40, (0, 0, 40 * 86_400_000, 0, 0, 1000, 0)])
async def test_pages_have_every_entry_once_the_newest_first_however_they_lie_in_time(either, pauses):
    ids = _Ids()
    audit = Audit(either.journal, either.house.clock, ids)
    for number, pause in enumerate(pauses):
        ids.at += pause
        await audit.note("replay", str(number), _Request())
    for size in (7, 100):
        found, before = [], ""
        while True:
            page = await audit.page(size, before)
            found += page.entries
            before = page.next
            assert len(page.entries) <= size
            if not before:
                break
        assert [each.subject for each in found] == [str(number) for number in reversed(range(len(pauses)))]


async def test_an_export_has_more_than_a_page_looks_through(console, monkeypatch):
    monkeypatch.setattr("offhook.console.audit.AT_ONCE", 10)
    audit = console.audit
    for number in range(230):
        await audit.note("replay", str(number), _Request())
    rows = json.loads((await console.read("/audit?format=json")).body)
    assert [row["subject"] for row in rows] == [str(number) for number in reversed(range(230))]


async def test_nothing_of_the_console_takes_an_entry_away(console):
    await console.post("/api/deletions", {"number": "+15551230001"})
    before = await console.audit.entries()
    for method in ("POST", "DELETE", "PUT"):
        assert (await console.ask(method, "/audit", headers={"cookie": console.cookie})).status == 405
    assert await console.audit.entries() == before
