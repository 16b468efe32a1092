"""The first page: how it is."""

import csv
import io
import re

import msgspec
import pytest
from msgspec.structs import replace

from offhook.records import Endpoint, Failure, FailureKind, State
from offhook.streams.carrier import SinkState
from offhook.streams.model import Fault
from tests.helpers.pages import NOON


async def test_before_anything_has_come_in_the_page_says_where_to_begin(console):
    page = await console.read("/")
    assert page.status == 200
    assert "Nothing has come in yet." in page.words
    assert "https://offhook.example/sms" in page.words
    assert 'action="/test-message"' in page.text
    assert "Over time" not in page.words


async def test_a_test_message_goes_through_the_endpoints_own_address(console):
    done = await console.change("/test-message", {"endpoint": "sms"})
    assert [(name, draft.body) for name, draft in console.house.tests_sent] == [("sms", "Hello from Offhook")]
    assert "A test message has come in at sms, and was answered with 200." in (await console.follow(done)).words


async def test_a_test_message_is_noted_with_the_endpoint_that_it_went_to(console):
    await console.change("/test-message", {"endpoint": "sms"})
    noted = [msgspec.msgpack.decode(each.data) for each in await console.journal.kept("audit")]
    assert [(each["action"], each["subject"]) for each in noted] == [("test message", "sms")]


async def test_a_test_message_that_is_not_taken_says_why(console):
    console.house.test_answer = replace(console.house.test_answer, status=403)
    refused = await console.change("/test-message", {"endpoint": "sms"})
    assert refused.status == 502
    assert "The test message was not taken: it was answered with 403." in refused.words
    console.house.test_answer = replace(
        console.house.test_answer, status=0, failure=Failure(kind=FailureKind.REFUSED, detail="Nothing listens there")
    )
    assert "Nothing listens there." in (await console.change("/test-message", {"endpoint": "sms"})).words


async def test_there_is_no_test_message_to_nowhere(console):
    refused = await console.change("/test-message", {"endpoint": "<b>"})
    assert refused.status == 400
    assert "There is no endpoint '<b>'." in refused.words
    assert not console.house.tests_sent


async def test_only_a_form_of_ours_sends_a_test_message(console):
    assert (await console.change("/test-message", {"endpoint": "sms"}, csrf="other")).status == 403
    assert (await console.change("/test-message", {"endpoint": "sms"}, cookie="")).status == 401
    assert (await console.change("/test-message", {"endpoint": "sms"}, origin="https://evil.example")).status == 403
    assert not console.house.tests_sent


async def test_what_waits_leads_the_page_with_why(either):
    _, event = await either.lost(state=State.WAITING)
    either.house.resting["sms"] = True
    page = await either.read("/")
    assert re.search(r"1 message waits for your app, which has answered 502 since [\d -]*\d\d:\d\d UTC\.", page.words)
    assert f'href="/errors/{event.id}"' in page.text
    assert "resting" in page.words


async def test_what_has_been_lost_is_told_over_both_journals(either):
    await either.lost()
    page = await either.read("/")
    assert "1 message has not reached your app: it can be replayed." in page.words
    assert "Your app's proxy found nobody behind it." in page.words


async def test_all_is_well_when_everything_has_been_delivered(console):
    await console.delivered("Where is my order?")
    page = await console.read("/")
    assert "All is well" in page.words
    assert "Where is my order?" in page.words
    assert "Nothing is wrong that has not been resolved." in page.words


async def test_an_alarm_that_fires_is_named_with_what_fired_it(console):
    await console.delivered()
    alarm = await console.alarm("Too many errors")
    await console.firing(alarm)
    page = await console.read("/")
    assert "The alarm Too many errors has been firing since 11:59 UTC." in page.words
    assert "12 errors or warnings within 5 min, threshold 10" in page.words


async def test_a_sink_in_trouble_comes_before_those_that_are_well(console):
    await console.delivered()
    await console.sink("analytics", SinkState(last_success_at=NOON - 5))
    fault = Fault(code=91302, message="The disk is full.", retry=True)
    await console.sink("archive", SinkState(lag=12, failing_since=NOON - 3000, last_fault=fault))
    page = await console.read("/")
    assert "Events have not got through to archive since 11:10 UTC." in page.words
    assert page.words.index("The disk is full.") < page.words.index("analytics")
    assert "12 rows" in page.words


async def test_an_endpoint_that_is_no_longer_configured_is_listed_while_something_is_to_be_done_about_it(console):
    await console.lost(endpoint="old")
    await console.delivered(endpoint="older")
    page = await console.read("/")
    assert "old lost some no longer configured" in page.words
    assert "older well" not in page.words


async def test_credentials_of_an_apps_url_are_not_shown(console):
    await console.delivered()
    page = await console.read("/")
    assert "https://app.example/sms" in page.words
    assert "hunter2" not in page.text
    assert "rc=3" not in page.text


async def test_the_charts_show_what_has_been_counted(console):
    await console.delivered()
    metrics = console.house.metrics
    for _ in range(3):
        metrics.acknowledged("sms", "message", "app", 0.05)
        metrics.ended("sms", "delivered", 0.2)
    metrics.reply("sent")
    page = await console.read("/")
    assert "Received 3 in the last hour Delivered 3 in the last hour" in page.words
    assert "Replies 1 in the last hour" in page.words
    assert "In the last hour 3 were received, 3 delivered and 0 given up." in page.words
    assert page.text.count('role="img"') == 4


@pytest.mark.parametrize(("span", "words"), [("1h", "the last hour"), ("24h", "the last 24 hours"), ("7d", "the last 7 days")])
async def test_the_charts_have_three_spans(console, span, words):
    await console.delivered()
    page = await console.read(f"/?span={span}")
    assert f"in {words}" in page.words
    assert re.search(rf'href="/\?span={span}#over-time" aria-current="true"', page.text)


async def test_another_span_is_refused_with_those_that_there_are(console):
    page = await console.read("/?span=1y")
    assert page.status == 400
    assert "choose one of 1h, 24h, 7d" in page.words


async def test_the_charts_can_be_those_of_one_endpoint(console):
    console.house.endpoints = (*console.house.endpoints, Endpoint(name="voice", app_url="http://app.example/voice"))
    await console.delivered()
    for endpoint in ("sms", "sms", "voice"):
        console.house.metrics.acknowledged(endpoint, "message", "app", 0.05)
    assert "Received 3 in the last hour" in (await console.read("/")).words
    page = await console.read("/?endpoint=voice&span=24h")
    assert "Received 1 in the last 24 hours, voice" in page.words
    assert 'href="/?span=7d&amp;endpoint=voice#over-time"' in page.text
    assert (await console.read("/?endpoint=fax")).status == 400


async def test_an_error_from_before_the_backlog_is_not_its_reason(console):
    await console.lost()
    console.house.clock.time += 3 * 3600
    await console.webhook(state=State.WAITING)
    page = await console.read("/")
    assert "1 message waits for your app since 14:00 UTC." in page.words


async def test_the_numbers_behind_the_charts_can_be_taken_along(console):
    await console.delivered()
    console.house.metrics.acknowledged("sms", "message", "app", 0.05)
    page = await console.read("/?span=24h&format=csv")
    head, row = csv.reader(io.StringIO(page.text))
    assert head[:3] == ["from", "received", "delivered"]
    assert row[:2] == ["2025-11-23T12:00:00.000Z", "1"]


async def test_a_house_without_history_has_no_charts(console):
    console.house.history = None
    await console.delivered()
    page = await console.read("/")
    assert "Over time" not in page.words
    assert "Delivered 1 in all" in page.words


async def test_text_from_outside_is_only_text(console):
    console.house.endpoints = (
        *console.house.endpoints,
        Endpoint(name="x", app_url="http://app.example/<script>alert(1)</script>"),
    )
    await console.delivered("<script>alert(1)</script>\u202e\x00", sender="<img src=x>")
    await console.firing(await console.alarm("<b>bold</b>"))
    page = await console.read("/")
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text
    assert "<b>bold" not in page.text
    assert "\\u202e" in page.words


async def test_the_page_can_be_read_on_this_machine_without_a_login_but_nothing_can_be_done(console):
    heard = await console.get("/")
    assert heard.status == 200
    assert "disabled" in heard.text


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_fits_every_screen(beside, looks, width):
    for number in range(12):
        beside.run(beside.pages.lost(f"{number} " + "a-very-long-word" * 12, state=State.WAITING))
    beside.run(beside.pages.sink("archive" * 20, SinkState(lag=1)))
    page = looks(width)
    beside.log_in(page)
    assert "12 messages wait" in page.inner_text("#health")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    looks.shoot(page, "overview")


def test_where_to_begin_fits_a_phone(beside, looks):
    page = looks(390)
    beside.log_in(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    looks.shoot(page, "overview-empty")
