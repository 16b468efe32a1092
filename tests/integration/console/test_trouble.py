"""How pages tell what is wrong: always alike, with the status that it has, and with a way on."""

import re
from html import unescape

import pytest

from offhook.console import patience
from offhook.errors import JournalError
from offhook.records import State
from tests.helpers.pages import words_of

BY_BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
NOWHERE = "WH" + "0" * 32


def told(page):
    """(title, lines, links) of the only trouble on a page, and whether the page is about nothing else."""
    (box,) = re.findall(r'<div class="trouble" role="alert">(.*?)</div>', page.text, re.DOTALL)
    title, alone = re.search(r'<(?:h1|p class="title")>(.*?)</(h1|p)>', box, re.DOTALL).groups()
    lines = [words_of(each) for each in re.findall(r"<p>(.*?)</p>", box, re.DOTALL)]
    links = [(unescape(text), unescape(href)) for href, text in re.findall(r'<a href="([^"]*)">(.*?)</a>', box)]
    return unescape(title), lines[: len(lines) - bool(links)], links, alone == "h1"


LISTS = (
    *("/?span=x", "/webhooks?state=x", "/errors?level=x", "/issues?state=x", "/alarms?state=x"),
    *("/alarms/firings?state=x", "/streams?state=x"),
)


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_whose_filters_cannot_be_read_says_so_on_top_and_can_be_had_without(console, path):
    page = await console.read(path)
    title, lines, links, alone = told(page)
    assert (page.status, title, alone) == (400, "The filters cannot be used", False)
    assert len(lines) == 1
    assert links == [("Start again without filters", path.partition("?")[0])]
    assert (await console.read(links[0][1])).status == 200
    assert "data-live" not in page.text, "a page that says what is wrong stays as it is"


@pytest.mark.parametrize(
    ("path", "status", "title", "back"),
    [
        (f"/webhooks/{NOWHERE}", 404, "Not here", ("Back to webhooks", "/webhooks")),
        ("/alarms/AK" + "0" * 32, 404, "Not here", ("Back to alarms", "/alarms")),
        ("/streams/DG" + "0" * 32, 404, "Not here", ("Back to streams", "/streams")),
        ("/streams/DGx", 400, "That cannot be done", ("Back to streams", "/streams")),
        ("/streams/new?kind=pigeon", 400, "That cannot be done", ("Back to streams", "/streams")),
        ("/audit?cursor=x", 400, "That cannot be done", ("Back to audit", "/audit")),
    ],
)
async def test_a_page_that_cannot_be_shown_is_one_that_says_why_and_leads_back(console, path, status, title, back):
    page = await console.read(path)
    found, lines, links, alone = told(page)
    assert (page.status, found, links, alone) == (status, title, [back], True)
    assert lines


async def test_a_browser_at_an_address_without_a_page_is_told_in_the_same_way(console):
    for path, title in (("/nowhere", "Not here"), (f"/webhooks/{NOWHERE}/replay", "Not here")):
        answer = await console.read(path, **BY_BROWSER)
        found, _, links, alone = told(answer)
        assert (answer.status, found, alone) == (405 if "replay" in path else 404, title, True)
        assert len(links) == 1
    assert answer.headers["allow"] == "POST"
    assert (await console.get(f"/webhooks/{NOWHERE}/replay")).json["code"] == 20004, "a program still gets JSON"


async def test_who_has_not_logged_in_and_whose_form_is_anothers_are_told_in_the_same_way(console):
    lost, _ = await console.lost()
    path = f"/webhooks/{lost.id}/replay"
    page = await console.change(path, cookie="")
    assert (page.status, *told(page)[::2]) == (401, "Log in first", [("Log in", "/login")])
    page = await console.change(path, csrf="another")
    assert (page.status, *told(page)[::2]) == (403, "Nothing was changed", [("Back to webhooks", "/webhooks")])


async def test_a_change_that_cannot_be_made_is_told_on_the_page_of_what_it_was_to_change(console):
    done = await console.delivered()
    page = await console.change(f"/webhooks/{done.id}/dismiss")
    title, lines, _, alone = told(page)
    assert (page.status, title, alone) == (409, "Nothing was changed", False)
    assert lines == ["It is delivered: only a failed webhook can be dismissed."]
    assert "data-live" not in page.text
    assert "data-live" in (await console.read(f"/webhooks/{done.id}")).text


@pytest.mark.parametrize(
    ("path", "title", "lines"),
    [
        ("/alarms/new", "Nothing was saved", ["2 answers have to be put right."]),
        ("/streams/new", "Nothing was made", ["2 answers have to be put right. Secrets have to be typed again."]),
        ("/doctor", "Nothing was examined", None),
        (
            "/endpoints/sms/test",
            "Nothing was sent",
            ["The sender is not a phone number: write it as +12025550123, or leave it empty."],
        ),
    ],
)
async def test_a_form_that_has_to_be_filled_in_otherwise_is_told_on_top_of_it(console, path, title, lines):
    typed = {"watch": "backlog", "name": "", "kind": "webhook", "url": "nix", "from": "nobody", "destination": "x"}
    page = await console.change(path, typed)
    found, said, _, alone = told(page)
    assert (page.status, found, alone) == (400, title, False)
    assert lines is None or said == lines


async def test_a_login_by_a_used_link_is_told_with_how_to_get_another(console):
    page = await console.ask("POST", "/login", headers=FORM, body=b"token=used")
    assert page.status == 401
    assert told(page)[0] == "Not logged in"
    assert "offhook console" in page.text


async def test_too_many_who_guess_are_told_on_a_page_when_they_may_come_again(console, monkeypatch):
    monkeypatch.setattr(patience, "MOST_WAITING", 0)
    for _ in range(patience.FREE):
        await console.ask("POST", "/login", headers=FORM, body=b"token=guess")
    page = await console.ask("POST", "/login", headers=FORM | BY_BROWSER, body=b"token=guess")
    assert (page.status, told(page)[0]) == (429, "Not just now")
    assert page.headers["retry-after"] == "8"


async def test_a_journal_that_cannot_be_asked_is_told_with_the_way_to_ask_again(console, monkeypatch):
    async def full(*_, **__):
        raise JournalError("The disk is full.")

    lost, _ = await console.lost()
    monkeypatch.setattr(console.journal, "story", full)
    monkeypatch.setattr(console.house, "replay", full)
    page = await console.read(f"/webhooks/{lost.id}")
    title, lines, links, _ = told(page)
    assert (page.status, title, lines) == (503, "Not just now", ["The journal cannot be asked: The disk is full."])
    assert links == [("Try again", ""), ("Back to webhooks", "/webhooks")]
    page = await console.change(f"/webhooks/{lost.id}/replay")
    assert (page.status, told(page)[2]) == (503, [("Back to webhooks", "/webhooks")]), (
        "what is posted is not asked again by a link"
    )
    assert (await console.journal.webhook(lost.id)).state is State.FAILED


async def test_a_fault_of_ours_is_told_on_a_page_without_its_own_words(console, monkeypatch):
    def broken():
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(console.house, "addresses", broken)
    page = await console.read("/endpoints")
    assert (page.status, told(page)[0]) == (500, "Offhook has a fault")
    assert "hunter2" not in page.text


async def test_what_is_told_is_only_ever_text(console):
    page = await console.read("/webhooks?state=%3Cscript%3Ealert(1)%3C/script%3E%60%3Cimg%20src=x%3E%60%E2%80%AE")
    assert page.status == 400
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "\u202e" not in page.text
