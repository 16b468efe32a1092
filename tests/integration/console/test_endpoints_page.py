"""The endpoints' pages: what is pasted into Twilio, what the settings mean, and what can be done from there."""

import json

import pytest

from offhook.records import Endpoint, Exchange, Failure, FailureKind, State, Timings
from tests.helpers.pages import NOON, House, close_pages, open_pages

SMS = Endpoint(
    name="sms",
    app_url="https://bob:hunter2@app.example/sms#rc=3&ct=50&e=nowhere",
    fallback_url="https://spare.example/sms",
    verify_tls=False,
)
TOLD = Endpoint(name="told", app_url="", provider="twilio-debugger")


@pytest.fixture
async def console():
    pages = await open_pages(House(endpoints=(SMS, TOLD)))
    yield pages
    await close_pages(pages)


async def test_the_list_says_how_each_is_and_what_twilio_posts_to(console):
    await console.lost()
    page = await console.read("/endpoints")
    assert page.status == 200
    assert "https://offhook.example/sms" in page.words
    assert "lost some" in page.words
    assert "none: Offhook reads it itself" in page.words
    assert "hunter2" not in page.text


async def test_former_endpoints_that_still_have_work_are_named(console):
    await console.webhook(endpoint="old", state=State.FAILED)
    assert "old: 0 waiting, 1 failed" in (await console.read("/endpoints")).words


async def test_the_list_can_be_taken_away(console):
    rows = json.loads((await console.read("/endpoints?format=json")).body)
    assert rows[0]["address"] == "https://offhook.example/sms"
    assert (await console.read("/endpoints?format=csv")).text.startswith("name,state,app,address")


async def test_an_endpoints_settings_are_told_in_sentences(console):
    words = (await console.read("/endpoints/sms")).words
    assert "Twilio is kept waiting for up to 10 s" in words
    assert "Its fallback URL is asked in the same try." in words
    assert "Is not checked: whoever sits in between could read and change messages." in words
    assert "after 5 s try 2, 5 s after it came in" in words
    assert "every 4 h up to try 25" in words
    assert "under “A message comes in”" in words.replace("Under", "under")


async def test_the_overrides_in_the_fragment_are_decoded_and_what_is_wrong_is_said(console):
    words = (await console.read("/endpoints/sms")).words
    assert "It is called 4 times at most before it has failed. the URL" in words
    assert "A connection has to be there within 100 ms. the URL" in words
    assert "An answer has to be there within 15 s. default" in words
    assert "ct is 100 to 10000 ms. Used instead: 100 ms." in words
    assert "Twilio logs 11240 for this." in words


async def test_an_endpoint_for_twilios_reports_says_what_it_is_for(console):
    words = (await console.read("/endpoints/told")).words
    assert "are read by Offhook itself" in words
    assert "At once with 200 and <Response/>, which is TwiML for “nothing”. acknowledge_with" in words
    assert "Paste this address as the Error Webhook" in words
    assert "Send a test message" not in words


async def test_an_unknown_endpoint_is_not_here_and_the_page_names_those_that_are(console):
    page = await console.read("/endpoints/smss")
    assert page.status == 404
    assert "Did you mean sms?" in page.words


async def test_a_test_message_is_sent_as_it_was_written(console):
    page = await console.change(
        "/endpoints/sms/test", {"body": "Hi", "from": "+15551230001", "to": "", "media": "https://a.example/cat.png"}
    )
    assert "A test message has come in" in (await console.follow(page)).words
    [(name, draft)] = console.house.tests_sent
    assert (name, draft.body, draft.sender, draft.media) == ("sms", "Hi", "+15551230001", ("https://a.example/cat.png",))
    entry = (await console.audit.entries())[0]
    assert (entry.action, entry.subject, entry.who) == ("test message", "sms", f"session {console.session.name}")


@pytest.mark.parametrize(
    ("fields", "instead"),
    [
        ({"from": "five"}, "write it as +12025550123"),
        ({"to": "<script>"}, "write it as +12025550123"),
        ({"media": "cat.png"}, "write an absolute http(s) URL"),
        ({"body": "x" * 1601}, "up to 1600 characters"),
    ],
)
async def test_a_test_message_that_cannot_be_is_refused_with_what_to_write_instead(console, fields, instead):
    page = await console.change("/endpoints/sms/test", fields)
    assert page.status == 400
    assert instead in page.words
    assert console.house.tests_sent == []
    assert next(iter(fields.values()))[:20].replace("<", "&lt;").replace(">", "&gt;") in page.text


async def test_a_test_message_that_is_not_taken_says_why(console):
    console.house.test_answer = Exchange(
        method="POST",
        url="http://127.0.0.1/sms",
        started_at=NOON,
        timings=Timings(),
        failure=Failure(kind=FailureKind.REFUSED, detail="nobody listens"),
    )
    page = await console.change("/endpoints/sms/test", {"body": "Hi"})
    assert page.status == 502
    assert "nobody listens" in page.words


async def test_what_waits_can_be_delivered_now(console):
    assert "Deliver what waits now" not in (await console.read("/endpoints/sms")).words
    webhook = await console.webhook(state=State.WAITING, due=NOON + 3600)
    assert "Deliver what waits now" in (await console.read("/endpoints/sms")).words
    page = await console.follow(await console.change("/endpoints/sms/hasten"))
    assert "1 message is tried now." in page.words
    assert (await console.journal.webhook(webhook.id)).due == NOON
    assert (await console.audit.entries())[0].action == "hasten"
