"""The page of an error: what happened, why, what to do, and the buttons for it."""

import json
import re
from html import unescape

import pytest

from offhook.alarms.model import Watch
from offhook.console.audit import Audit
from offhook.debugger.catalogue import lookup
from offhook.records import Cause, Confidence, IssueState, Level, ReplyState, State, Timings
from offhook.stores.grouping import issue_of
from offhook.system import TimeSortedIds
from tests.helpers.pages import ACCOUNT, BAD_GATEWAY

CRASHED = Cause(
    name="app.crashed",
    title="Your app has crashed on this message.",
    confidence=Confidence.POSSIBLE,
    evidence=("It has answered others in the same minute.",),
    steps=("Look into its log.",),
)
FORM = {"name": "app down", "code": "11217", "endpoint": "sms", "cause": "", "at_least": "3", "within": "15m", "console": "yes"}


async def an_error(console, *, replies=(), **fields):
    """An error with all that one may have: two causes, an exchange, ids."""
    webhook_id = console.new_id("WH")
    exchange = console.exchange(
        status=502,
        headers=(("Server", "nginx/1.22.1"),),
        body=b"<h1>Bad Gateway</h1>",
        body_size=20,
        peer="198.51.100.7:443",
        timings=Timings(dns=1.5, connect=20.0, first_byte=80.0, total=102.0),
    )
    attempt = console.attempt(webhook_id, exchange)
    said = {
        "webhook_id": webhook_id,
        "attempt_id": attempt.id,
        "causes": (BAD_GATEWAY, CRASHED),
        "number": "+15551230002",
        "account_sid": ACCOUNT,
        "resource_sid": "SM" + "1" * 32,
        "request_method": "POST",
    }
    event = console.event(**(said | fields))
    made = tuple(console.reply(webhook_id, **each) for each in replies)
    await console.webhook("Is anybody there?", id=webhook_id, attempts=(attempt,), events=(event,), replies=made)
    return event


def steps_of(page):
    """The numbered steps under "What to do", each with its button's label."""
    listed = re.search(r'<h2 id="do">.*?</ol>', page.text, re.DOTALL)[0]
    items = re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in items]


async def audited(console):
    return [each.action for each in await Audit(console.journal, console.house.clock, TimeSortedIds()).entries()]


async def test_it_says_what_happened_why_and_what_to_do(either):
    event = await an_error(either)
    page = await either.read(f"/errors/{event.id}")
    assert page.status == 200
    assert "ERROR 11217 HTTP error response code" in page.words
    assert "The app answered 502. Your app's proxy found nobody behind it. certain" in page.words
    assert steps_of(page)[:2] == list(BAD_GATEWAY.steps)
    assert lookup(11217).raised_when in page.words


async def test_causes_are_ranked_and_each_has_its_evidence(console):
    page = await console.read(f"/errors/{(await an_error(console)).id}")
    causes = re.findall(r"<article.*?</article>", page.text, re.DOTALL)
    assert "certain" in causes[0]
    assert "Server: nginx/1.22.1" in causes[0]
    assert "possible" in causes[1]
    assert "It has answered others in the same minute." in causes[1]
    assert "Look into its log." in causes[1]


async def test_where_no_cause_is_known_the_codes_own_page_says_what_to_do(console):
    event = await an_error(console, causes=())
    page = await console.read(f"/errors/{event.id}")
    assert "Nothing more precise is known than the code." in page.words
    assert steps_of(page)[0] == lookup(11217).solutions[0]


async def test_all_ids_copy_on_a_click_and_the_time_is_there_for_every_zone(console):
    event = await an_error(console)
    page = await console.read(f"/errors/{event.id}")
    for sid in (event.id, event.webhook_id, event.attempt_id, ACCOUNT, event.resource_sid):
        assert f'data-copy="{sid}"' in page.text
    assert "data-local" in page.text
    assert "T11:00:0" in page.words


async def test_the_request_and_the_answer_that_came_can_be_inspected(console):
    event = await an_error(console)
    page = await console.read(f"/errors/{event.id}")
    assert "Body Is anybody there?" in page.words
    assert 'data-number="+15551230001"' in page.text
    assert "502" in page.words
    assert "<h1>Bad Gateway</h1>" in page.words
    assert "connect 20 ms" in page.words
    assert f'href="/webhooks/{event.webhook_id}#{event.attempt_id}"' in page.text
    assert "[hidden]" in page.words  # what the Authorization header said
    assert "hunter2" not in page.text


async def test_it_says_what_twilio_shows_for_it_where_that_differs(console):
    page = await console.read(f"/errors/{(await an_error(console)).id}")
    assert "Debugger shows 11200" in page.words
    assert "https://www.twilio.com/docs/errors/11200" in page.text
    event = await an_error(console, twilio_code=11217)
    page = await console.read(f"/errors/{event.id}")
    assert "Twilio has the same code for it, 11217" in page.words


async def test_it_says_how_often_and_since_when_and_lists_similar_ones(either):
    first = await an_error(either)
    second = await an_error(either)
    page = await either.read(f"/errors/{second.id}")
    assert "2 times since" in page.words
    assert "2 in the last 24 hours." in page.words
    similar = re.search(r'id="similar".*?</section>', page.text, re.DOTALL)[0]
    assert re.findall(r"/errors/(NO\w+)", similar) == [first.id]
    assert f"/errors?issue={issue_of(second)}" in similar


async def test_the_raw_error_is_what_the_api_has(console):
    event = await an_error(console)
    page = await console.read(f"/errors/{event.id}")
    raw = re.search(r'<pre tabindex="0" aria-label="The error as JSON">(.*?)</pre>', page.text, re.DOTALL)[1]
    assert json.loads(unescape(raw)) == (await console.get(f"/api/errors/{event.id}")).json


async def test_an_error_of_no_webhook_says_so(console):
    event = console.event(level=Level.INFO, endpoint="", request_url="", details={})
    await console.journal.record([event])
    page = await console.read(f"/errors/{event.id}")
    assert page.status == 200
    assert "This error is about no request that has been kept." in page.words
    assert "are not counted together" in page.words


async def test_an_unknown_error_is_a_page_that_says_where_to_go(console):
    page = await console.read("/errors/NO123")
    assert page.status == 404
    assert "There is no error NO123." in page.words
    assert 'href="/errors"' in page.text


# -- the buttons


async def test_the_message_is_replayed_and_the_page_says_that_it_is_on_its_way(either):
    event = await an_error(either)
    page = await either.read(f"/errors/{event.id}")
    assert any(each.endswith("Replay this message") for each in steps_of(page))
    done = await either.change(f"/errors/{event.id}/replay")
    page = await either.follow(done)
    assert "The message is being delivered again." in page.words
    assert (await either.journal.webhook(event.webhook_id)).state is State.WAITING
    assert any("tried again by itself" in each for each in steps_of(page))
    assert await audited(either) == ["replay"]


async def test_a_message_that_has_been_delivered_meanwhile_is_not_delivered_twice(console):
    event = await an_error(console)
    story = await console.journal.story(event.webhook_id)
    await console.webhook(id=event.webhook_id, state=State.DELIVERED, dedupe_key=story.webhook.dedupe_key)
    page = await console.change(f"/errors/{event.id}/replay")
    assert page.status == 409
    assert "Nothing was changed" in page.words
    assert (await console.journal.webhook(event.webhook_id)).state is State.DELIVERED
    assert not any("Replay" in each for each in steps_of(page))


async def test_a_message_that_waits_for_a_later_try_is_tried_now(console):
    now, webhook_id = console.house.clock.now(), console.new_id("WH")
    event = console.event(webhook_id=webhook_id)
    await console.webhook(id=webhook_id, state=State.WAITING, due=now + 4 * 3600, events=(event,))
    page = await console.read(f"/errors/{event.id}")
    assert any("Next try in 4 h" in each and each.endswith("Try what waits now") for each in steps_of(page))
    page = await console.follow(await console.change(f"/errors/{event.id}/hasten"))
    assert "1 message is tried now." in page.words
    assert (await console.journal.webhook(webhook_id)).due == now
    assert await audited(console) == ["hasten"]


async def test_nothing_is_tried_of_an_endpoint_that_is_gone(console):
    event = await an_error(console, endpoint="former")
    await console.house.replay([event.webhook_id])
    assert "Try what waits now" not in (await console.read(f"/errors/{event.id}")).words
    page = await console.change(f"/errors/{event.id}/hasten")
    assert page.status == 409
    assert "no longer configured" in page.words


async def test_what_stands_between_backticks_is_code_and_still_only_text(console):
    cause = Cause(name="x", title="x", confidence=Confidence.LIKELY, steps=("See `$PORT` and `<b>`.", "One ` alone"))
    page = await console.read(f"/errors/{(await an_error(console, causes=(cause,))).id}")
    assert "See <code>$PORT</code> and <code>&lt;b&gt;</code>." in page.text
    assert "One ` alone" in page.text


async def test_others_that_were_lost_in_the_same_way_are_pointed_to(console):
    alone = await an_error(console)
    assert not any("See what was lost" in each for each in steps_of(await console.read(f"/errors/{alone.id}")))
    await an_error(console)
    page = await console.read(f"/errors/{alone.id}")
    assert any("See what was lost" in each for each in steps_of(page))
    assert f'href="/issues/{issue_of(alone)}/replay"' in page.text


async def test_the_doctor_is_asked_about_the_url_without_its_password(console):
    page = await console.read(f"/errors/{(await an_error(console)).id}")
    assert 'href="/doctor?url=https%3A%2F%2Fapp.example%2Fsms"' in page.text


async def test_a_kept_reply_is_sent(console):
    event = await an_error(console, replies=[{"state": ReplyState.KEPT, "note": "There are no credentials."}])
    page = await console.read(f"/errors/{event.id}")
    assert any("has not been sent, and is kept: There are no credentials." in each for each in steps_of(page))
    assert (await console.change(f"/errors/{event.id}/reply")).status == 303
    assert len(console.house.sent) == 1


async def test_a_reply_that_is_gone_is_not_sent_again(console):
    event = await an_error(console, replies=[{"state": ReplyState.SENT}])
    page = await console.change(f"/errors/{event.id}/reply")
    assert page.status == 409
    assert console.house.sent == []


async def test_the_issue_is_marked_as_resolved(console):
    event = await an_error(console)
    page = await console.read(f"/errors/{event.id}")
    assert f'action="/issues/{issue_of(event)}/state"' in page.text
    await console.change(f"/issues/{issue_of(event)}/state", {"state": "resolved"})
    page = await console.read(f"/errors/{event.id}")
    assert "Mark as resolved" not in page.words


# -- its alarm


async def test_the_alarms_form_begins_with_what_the_error_is(console):
    page = await console.read(f"/errors/{(await an_error(console)).id}")
    for name, value in (("code", "11217"), ("endpoint", "sms"), ("cause", "app.bad-gateway"), ("at_least", "1")):
        assert f'name="{name}" value="{value}"' in page.text
    assert 'name="name" value="11217 The app answered 502."' in page.text


async def test_an_alarm_is_made_and_shows_as_one_that_counts_such_errors(either):
    event = await an_error(either)
    page = await either.follow(
        await either.change(f"/errors/{event.id}/alarm", FORM | {"email": "bob@example.com, eve@example.com"})
    )
    assert "The alarm app down watches from now on." in page.words
    (alarm,) = await either.house.alarms.book.alarms()
    assert (alarm.codes, alarm.endpoints, alarm.causes, alarm.threshold, alarm.window) == ((11217,), ("sms",), (), 3.0, 900.0)
    assert (alarm.watch, alarm.console, alarm.channels.email) == (Watch.EVENTS, True, ("bob@example.com", "eve@example.com"))
    assert "These alarms count such errors already: app down on 3 or more of 11217 within 15m, endpoint sms" in page.words
    assert await audited(either) == ["alarm made"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("at_least", "many", "write a whole number"),
        ("code", "11217, x", "is not a code"),
        ("email", "bob", "bob"),
        ("webhook", "ftp://x", "http"),
        ("name", "", "name"),
    ],
)
async def test_what_is_wrong_with_the_alarm_stands_at_its_field_and_nothing_typed_is_lost(console, field, value, says):
    event = await an_error(console)
    page = await console.change(f"/errors/{event.id}/alarm", FORM | {"sms": "+15551234567"} | {field: value})
    assert page.status == 400
    assert "The alarm has not been made" in page.words
    fault = re.search(rf'id="fault-{field}">([^<]*)<', page.text)
    assert says in unescape(fault[1])
    assert f'name="{field}" value="{value}"' in page.text
    assert 'name="sms" value="+15551234567"' in page.text
    assert await console.house.alarms.book.alarms() == []


async def test_what_the_book_refuses_stands_at_its_field_too(console):
    event = await an_error(console)
    other = await console.alarm("Taken")
    wrong = {"name": "taken", "endpoint": "smss", "webhook": "http://169.254.169.254/"}
    page = await console.change(f"/errors/{event.id}/alarm", FORM | wrong)
    assert page.status == 400
    for field, said in (
        ("name", other.sid),
        ("endpoint", "Did you mean sms?"),
        ("webhook", "is not called: a cloud's metadata service"),
    ):
        assert said in unescape(re.search(rf'id="fault-{field}">([^<]*)<', page.text)[1])
    page = await console.change(f"/errors/{event.id}/alarm", FORM | {"name": "taken"})
    assert (page.status, other.sid in page.words) == (400, True)


async def test_a_secret_that_was_typed_where_a_reference_belongs_is_not_shown_again(console):
    event = await an_error(console)
    page = await console.change(f"/errors/{event.id}/alarm", FORM | {"notify": "https://hooks.slack.com/s3cret"})
    assert page.status == 400
    assert "env:" in unescape(re.search(r'id="fault-notify">([^<]*)<', page.text)[1])
    assert "s3cret" not in page.text


async def test_nothing_can_be_changed_without_a_login_or_a_form_of_ours(console):
    event = await an_error(console)
    for path in [f"/errors/{event.id}/{what}" for what in ("replay", "hasten", "reply", "alarm")]:
        assert (await console.change(path, FORM, csrf="wrong")).status == 403
        assert (await console.change(path, FORM, cookie=None)).status == 401
        assert (await console.change(path, FORM, origin="https://evil.example")).status == 403
    assert (await console.journal.webhook(event.webhook_id)).state is State.FAILED
    assert await console.house.alarms.book.alarms() == []
    page = await console.get(f"/errors/{event.id}")
    assert "Log in to do this" in page.text


async def test_hostile_text_is_text_wherever_it_comes_from(console):
    evil = "\"'><script>alert(1)</script>{{7*7}}\u202e\u200b\x00"
    cause = Cause(name=evil.replace("\x00", ""), title=evil, confidence=Confidence.LIKELY, evidence=(evil,), steps=(evil,))
    event = await an_error(console, message=evil, causes=(cause,), details={evil: evil}, number=evil, product=evil)
    page = await console.read(f"/errors/{event.id}")
    assert page.status == 200
    assert "<script>alert" not in page.text
    assert "49" not in re.sub(r"[0-9a-f]{12,}", "", page.words).split()
    assert not re.search("[\u202e\u200b\x00]", page.text)


async def test_a_megabyte_on_one_line_is_shown_by_its_start(console):
    webhook_id = console.new_id("WH")
    event = console.event(webhook_id=webhook_id, message="m" * 1000)
    await console.webhook("x" * 1_000_000, id=webhook_id, events=(event,))
    page = await console.read(f"/errors/{event.id}")
    assert page.status == 200
    assert len(page.body) < 250_000
    assert "more characters are not shown here." in page.words


# -- in a browser


def test_a_browser_shows_it_in_both_looks_and_replays_it_by_a_key(beside, looks):
    async def two():
        await an_error(beside.pages)
        return await an_error(beside.pages)

    event = beside.run(two())
    refused = []
    for width in (390, 1440):
        page = looks(width)
        page.on("console", lambda message: refused.append(message.text))
        page.on("pageerror", lambda error: refused.append(str(error)))
        beside.log_in(page)
        page.goto(f"{beside.url}/errors/{event.id}")
        looks.shoot(page, "error")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("time[data-local]").is_visible()
    page.keyboard.press("r")
    page.get_by_text("The message is being delivered again.").wait_for()
    assert refused == []


def test_a_browser_tells_the_time_in_its_own_zone(beside, looks):
    event = beside.run(an_error(beside.pages))
    page = looks(390, timezone_id="Asia/Tokyo", locale="en-GB")
    beside.log_in(page)
    page.goto(f"{beside.url}/errors/{event.id}")
    assert "20:00:0" in page.locator("time[data-local]").inner_text()


def test_a_browser_makes_an_alarm_by_one_click_and_is_led_to_what_is_wrong(beside, looks):
    event = beside.run(an_error(beside.pages))
    page = looks(1440)
    beside.log_in(page)
    page.goto(f"{beside.url}/errors/{event.id}")
    page.get_by_label("At least").fill("lots")
    page.get_by_role("button", name="Create alarm").click()
    page.get_by_text("The alarm has not been made").wait_for()
    assert page.evaluate("document.activeElement.name") == "at_least"
    page.get_by_label("At least").fill("2")
    page.get_by_role("button", name="Create alarm").click()
    page.get_by_text("watches from now on").wait_for()
    (alarm,) = beside.run(beside.house.alarms.book.alarms())
    assert alarm.threshold == 2.0


async def test_an_ignored_issue_is_not_asked_about(console):
    event = await an_error(console)
    await console.journal.set_issue_state(issue_of(event), IssueState.IGNORED, now=console.house.clock.now())
    assert "Mark as resolved" not in (await console.read(f"/errors/{event.id}")).words
