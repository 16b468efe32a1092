"""The pages of event streams: sinks are made, proved, tested and deleted there, and what they are to get is chosen."""

import asyncio
import contextlib
import csv
import io
import json
import random

import pytest_asyncio
from msgspec.structs import replace

from offhook.console.audit import SHELF as AUDIT
from offhook.records import EventFilter, Marks
from offhook.streams.carrier import SinkState
from offhook.streams.configured import Means, open_desk, reader, tools
from offhook.streams.model import SUBSCRIPTIONS, Delivery, Fault, SinkStatus, Subscribed
from offhook.streams.registry import numbered
from offhook.streams.shelves import Parked, parked_shelf, put
from offhook.streams.sinks.table import BY_NAME, KINDS
from offhook.streams.worker import Streams, StreamsParts
from offhook.system import TimeSortedIds
from tests.helpers.pages import SETTINGS

ERRORS = "com.twilio.error-logs.error.logged"
RECEIVED = "com.offhook.webhook.received"
FAULT = Fault(code=91306, message="It answered 503.", retry=True)
HOOK = {
    "kind": "webhook",
    "description": "The app's events",
    "field:destination": "https://app.example/events",
    "field:verify_tls": "true",
    "type": [ERRORS, RECEIVED],
    f"version:{ERRORS}": "1",
}


@pytest_asyncio.fixture
async def at_work(console_on_disk, tmp_path):
    """A console whose sinks are really carried to; `at_work.file` is where the events of a file sink end up."""
    pages = console_on_disk
    house, ids = pages.house, TimeSortedIds()
    having = tools("memory:", KINDS, Means(None, house.clock, ids, lambda _: None))
    streams = Streams(
        StreamsParts(
            journal=house.journal,
            clock=house.clock,
            ids=ids,
            chance=random.random,
            kinds=BY_NAME,
            sinks=having.sinks,
            reading=reader(""),
            number=numbered,
            counted=lambda *_: None,
        )
    )
    await streams.start()
    running = asyncio.create_task(streams.run())
    house.streams = open_desk(SETTINGS, house.journal, having, streams)
    pages.file = tmp_path / "events.jsonl"
    yield pages
    await streams.stop(5.0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def only(pages):
    """The one sink that there is."""
    (sink,) = await pages.house.streams.sinks.all()
    return sink


async def subscribed(pages, sink, *types, filter_=""):
    """Have events go to a sink."""
    wanted = [{"type": name} for name in types or (ERRORS,)]
    return await pages.house.streams.subscriptions.create("all", sink, wanted, filter_)


async def aside(pages, sink, subscription, *, event="", **fields):
    """An event that a sink has refused for good."""
    entry = Parked(
        id=pages.new_id("PA"),
        subscription=subscription.sid,
        at=pages.house.clock.now(),
        code=91305,
        message="It answered 400.",
        start=Marks(),
        end=await pages.journal.marks(),
        event=event,
        **fields,
    )
    await pages.journal.keep([put(parked_shelf(sink.sid), entry.id, entry)])
    return entry


# -- the list


async def test_without_sinks_the_page_says_what_they_are_for(console):
    page = await console.read("/streams")
    assert page.status == 200
    assert "A sink is where they go." in page.words
    assert "/streams/new?kind=webhook" in page.text


async def test_the_list_says_how_each_sink_is_doing(either):
    now = either.house.clock.now()
    await either.sink(
        "archive", SinkState(lag=12, failing_since=now - 300, last_fault=FAULT, parked=2, last_success_at=now - 400)
    )
    await either.sink("fresh", status=SinkStatus.INITIALIZED)
    fine = await either.sink("fine", SinkState(last_success_at=now - 5))
    await subscribed(either, fine)
    page = await either.read("/streams")
    assert "archive file failing 12 6 min ago since " in page.words
    assert "It answered 503. 2 0" in page.words
    assert "fresh file initialized" in page.words
    assert "fine file active 0 " in page.words
    assert "Sinks 3 In trouble 1" in page.words


async def test_the_list_is_narrowed_and_kept_as_a_file(console):
    await console.sink("=archive", configuration={"path": "x.jsonl"})
    await console.sink("fresh", status=SinkStatus.INITIALIZED)
    assert "fresh" not in (await console.read("/streams?state=idle")).words
    assert (await console.read("/streams?state=asleep")).status == 400
    rows = list(csv.DictReader(io.StringIO((await console.read("/streams?format=csv&q=archive")).text)))
    assert [row["description"] for row in rows] == ["'=archive"]
    assert json.loads((await console.read("/streams?format=json")).text)[0]["state"] == "initialized"


# -- a new one


async def test_each_kind_has_a_form_made_of_its_fields(console):
    kinds = await console.read("/streams/new")
    for kind in KINDS:
        assert f"/streams/new?kind={kind.name}" in kinds.text
        form = await console.read(f"/streams/new?kind={kind.name}")
        assert form.status == 200
        for field in kind.fields:
            assert f'name="field:{field.name}"' in form.text, (kind.name, field.name)
    assert "There are webhook, " in (await console.read("/streams/new?kind=pigeon")).words


async def test_a_webhook_sink_is_made_and_gets_its_events(console):
    page = await console.follow(await console.change("/streams/new", HOOK))
    sink = await only(console)
    assert sink.status is SinkStatus.ACTIVE
    assert sink.configuration == {"destination": "https://app.example/events"}
    (subscription,) = await console.house.streams.subscriptions.all()
    assert set(subscription.types) == {Subscribed(type=ERRORS, schema_version=1), Subscribed(type=RECEIVED, schema_version=1)}
    assert "events of 2 types go there" in page.text
    assert f"{ERRORS} version 1" in page.words
    assert b"sink made" in (await console.journal.kept(AUDIT))[-1].data


async def test_a_secret_that_is_typed_is_kept_away_and_shown_by_its_last_four(console):
    typed = {
        "field:signature": "standard",
        "field:secret": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        "field:headers": "X-Key: a-long-secret-9876",
    }
    page = await console.follow(await console.change("/streams/new", HOOK | typed))
    sink = await only(console)
    assert sink.configuration["secret"] == f"kept:{sink.sid}/secret"
    assert sink.configuration["headers"]["X-Key"].startswith("kept:")
    assert "****cmV0" in page.words
    assert "X-Key: ****9876" in page.words
    assert "whsec_" not in page.text


async def test_every_problem_is_named_at_its_field_and_secrets_are_not_shown_again(console):
    typed = HOOK | {
        "description": "",
        "field:destination": "ftp://ann:hunter2@app.example/events",
        "field:timeout": "forever",
        "field:secret": "s3cret-s3cret",
        "field:headers": "no colon here",
        "type": ["com.twilio.error-logs.error.loged"],
        "filter": "error_code = 11200",
    }
    page = await console.change("/streams/new", typed)
    assert page.status == 400
    for name in ("description", "field:destination", "field:timeout", "field:headers", "types", "filter"):
        assert f'id="wrong-{name}"' in page.text, name
    assert "Did you mean com.twilio.error-logs.error.logged?" in page.words
    assert "write == to compare" in page.words
    assert 'value="forever"' in page.text
    assert "s3cret-s3cret" not in page.text
    assert "hunter2" not in page.text
    assert await console.house.streams.sinks.all() == []


async def test_what_only_the_desk_knows_is_named_at_its_field_too(console):
    page = await console.change("/streams/new", HOOK | {"field:password": "env:NO_SUCH_VARIABLE", "field:username": "ann"})
    assert page.status == 400
    assert "NO_SUCH_VARIABLE" in page.words
    assert await console.house.streams.sinks.all() == []


async def test_a_sink_that_needs_proof_is_tested_at_once(console):
    typed = {
        "kind": "file",
        "description": "Archive",
        "field:path": "offhook-events.jsonl",
        "field:fsync": "true",
        "type": ERRORS,
    }
    page = await console.follow(await console.change("/streams/new", typed))
    assert (await only(console)).status is SinkStatus.ACTIVE
    assert "It has taken the test event." in page.words
    assert len(await console.house.streams.subscriptions.all()) == 1


async def test_a_sink_that_fails_its_test_is_kept_with_what_was_chosen_for_it(console):
    async def fails(sink, _event):
        console.house.carrying.states[sink.sid] = SinkState(last_fault=FAULT)
        return Delivery(taken=0, fault=FAULT)

    console.house.carrying.test = fails
    typed = {
        "kind": "file",
        "description": "Archive",
        "field:path": "offhook-events.jsonl",
        "type": ERRORS,
        "filter": "level == 'ERROR'",
    }
    page = await console.follow(await console.change("/streams/new", typed))
    assert "It has not taken the test event It answered 503. (code 91306)" in page.words
    assert "Go on with them" in page.words
    assert f'<input type="hidden" name="type" value="{ERRORS}">' in page.text
    assert (await only(console)).status is SinkStatus.VALIDATING


async def test_a_filter_is_checked_on_what_has_happened(either):
    event = either.event(at=either.house.clock.now() - 60)
    webhook_id = either.new_id("WH")
    await either.webhook(id=webhook_id, received_at=either.house.clock.now() - 60, events=(event,))
    for path, more in (("/streams/check", HOOK), (f"/streams/{(await either.sink()).sid}/check", {})):
        page = await either.change(path, {**more, "type": ERRORS, "filter": "error_code == '11200'"})
        assert "The filter lets 1 of the last 1 events of these types through." in page.words
        page = await either.change(path, {**more, "type": ERRORS, "filter": "error_code == '1'"})
        assert "The filter lets 0 of the last 1" in page.words
        page = await either.change(path, {**more, "type": ERRORS, "filter": "error_code LIKE '1'"})
        assert page.status == 400
        assert "there are no patterns" in page.words
    assert await either.journal.kept(AUDIT) == []


# -- one sink


async def test_a_sink_says_how_it_is_what_it_is_and_what_went_wrong(either):
    now = either.house.clock.now()
    sink = await either.sink("archive", SinkState(lag=3, failing_since=now - 300, last_fault=FAULT, retry_at=now + 20))
    await subscribed(either, sink, filter_="level == 'ERROR'")
    about = either.event(
        at=now - 10, code=91306, twilio_code=91306, message="It answered 503.", resource_sid=sink.sid, endpoint=""
    )
    other = either.event(
        at=now - 10, code=91306, twilio_code=91306, message="Another one.", resource_sid="DG" + "0" * 32, endpoint=""
    )
    await either.journal.record([about, other])
    page = await either.read(f"/streams/{sink.sid}")
    assert "It has taken nothing for 5 min: It answered 503. It is tried again in " in page.words
    assert "Only where level == 'ERROR'" in page.words
    assert "path events.jsonl" in page.words
    assert f'href="/errors/{about.id}"' in page.text
    assert "Another one." not in page.text


async def test_a_sink_that_is_not_there_is_said_in_the_consoles_look(console):
    page = await console.read("/streams/DG" + "0" * 32)
    assert page.status == 404
    assert "There is no sink DG0" in page.words
    assert (await console.read("/streams/DGx")).status == 400


async def test_a_sink_is_validated_by_the_id_of_its_test_event(console):
    sink = await console.sink(status=SinkStatus.VALIDATING, test_id="the-right-one")
    page = await console.change(f"/streams/{sink.sid}/validate", {"test_id": "wrong"})
    assert page.status == 400
    assert "not that of the last test event" in page.words
    assert 'value="wrong"' in page.text
    await console.change(f"/streams/{sink.sid}/validate", {"test_id": "the-right-one"})
    assert (await only(console)).status is SinkStatus.ACTIVE


async def test_a_sink_gets_another_name(console):
    sink = await console.sink()
    assert (await console.change(f"/streams/{sink.sid}/name", {"description": " "})).status == 400
    await console.change(f"/streams/{sink.sid}/name", {"description": "Errors for Ann"})
    assert (await only(console)).description == "Errors for Ann"


async def test_what_goes_to_a_sink_is_chosen_changed_and_ended(console):
    sink = await console.sink()
    events = f"/streams/{sink.sid}/events"
    await console.change(events, {"type": [ERRORS, RECEIVED], f"version:{ERRORS}": "2", "filter": ""})
    form = await console.read(events)
    assert f'value="{ERRORS}" checked' in form.text
    assert f'value="{RECEIVED}" checked' in form.text
    await console.change(events, {"type": [ERRORS], f"version:{ERRORS}": "1", "filter": "level == 'ERROR'"})
    (subscription,) = await console.house.streams.subscriptions.all()
    assert subscription.types == (Subscribed(type=ERRORS, schema_version=1),)
    assert subscription.filter == "level == 'ERROR'"
    nothing = await console.change(events, {"filter": ""})
    assert nothing.status == 400
    assert "Tick at least one." in nothing.words
    await console.change(f"/streams/{sink.sid}/end")
    assert await console.house.streams.subscriptions.all() == []


async def test_a_sink_is_deleted_after_a_question_with_what_goes_there(console):
    sink = await console.sink()
    await subscribed(console, sink)
    assert "Delete archive?" in (await console.read(f"/streams/{sink.sid}/delete")).words
    page = await console.follow(await console.change(f"/streams/{sink.sid}/delete"))
    assert "is deleted" in page.text
    assert await console.house.streams.sinks.all() == []
    assert await console.house.streams.subscriptions.all() == []


async def test_what_a_sink_has_refused_is_listed_looked_at_and_kept_as_a_file(either):
    sink = await either.sink()
    subscription = await subscribed(either, sink)
    event = either.event(at=either.house.clock.now(), message="<b>Boom</b>")
    await either.journal.record([event])
    (stored,) = await either.journal.events(EventFilter(), 1)
    entry = await aside(either, sink, subscription, event=stored.id, type=ERRORS)
    page = await either.read(f"/streams/{sink.sid}")
    assert f'/streams/{sink.sid}/parked/{entry.id}"' in page.text
    assert "It answered 400." in page.words
    one = await either.read(f"/streams/{sink.sid}/parked/{entry.id}")
    assert '"specversion": "1.0"' in one.words
    assert "<b>Boom" not in one.text
    await either.journal.keep([put(SUBSCRIPTIONS, subscription.sid, replace(subscription, filter="not (understood"))])
    assert '"specversion": "1.0"' in (await either.read(f"/streams/{sink.sid}/parked/{entry.id}")).words
    rows = json.loads((await either.read(f"/streams/{sink.sid}/parked?format=json")).text)
    assert rows[0]["code"] == 91305
    assert (await either.read(f"/streams/{sink.sid}/parked/nix")).status == 404


async def test_what_may_not_be_replayed_says_why(console):
    sink = await console.sink()
    await subscribed(console, sink)
    path = f"/streams/{sink.sid}/replay"
    assert "Say from when on events are to go out again." in (await console.change(path, {"since": ""})).words
    page = await console.change(path, {"since": "2025-11-23T10:00", "until": "2025-11-23T09:00"})
    assert page.status == 400
    assert 'value="2025-11-23T09:00"' in page.text


async def test_the_simulator_has_no_sinks_and_says_so(console):
    console.house.streams.kinds = ()
    assert "Sinks are made where offhook serve runs" in (await console.read("/streams/new")).words


async def test_the_types_of_events_can_be_browsed_with_their_schemas(console):
    types = await console.read("/streams/types")
    assert "Events of Offhook" in types.words
    assert "Events of Twilio" in types.words
    page = await console.read(f"/streams/types/{ERRORS}?version=1")
    assert "ErrorLogs.Error, version 1" in page.words
    assert '"$schema"' in page.words
    assert (await console.read(f"/streams/types/{ERRORS}?version=99")).status == 404
    assert (
        "Did you mean com.twilio.error-logs.error.logged?"
        in (await console.read("/streams/types/com.twilio.error-logs.error.loged")).words
    )


# -- with a sink at work


async def test_events_reach_a_sink_that_was_made_on_its_page_and_go_out_again(at_work):
    typed = {"kind": "file", "description": "Archive", "field:path": str(at_work.file), "field:fsync": "true", "type": RECEIVED}
    page = await at_work.follow(await at_work.change("/streams/new", typed))
    assert "It has taken the test event." in page.words
    sink = await only(at_work)
    await at_work.webhook(received_at=at_work.house.clock.now())
    await until(lambda: lines(at_work.file) == 2)
    asked = await at_work.change(f"/streams/{sink.sid}/replay", {"since": "2020-01-01T00:00", "until": ""})
    assert asked.status == 303, asked.words
    await until(lambda: lines(at_work.file) == 3)
    page = await at_work.read(f"/streams/{sink.sid}/replays")
    for _ in range(100):
        if "completed" in page.words:
            break
        await asyncio.sleep(0.02)
        page = await at_work.read(f"/streams/{sink.sid}/replays")
    assert "events of a time completed 1" in page.words
    assert "hx-trigger" not in page.text


async def test_a_test_that_fails_says_why(at_work):
    sink = await at_work.sink(
        configuration={"path": str(at_work.file.parent / "no" / "such" / "folder" / "events.jsonl")},
        status=SinkStatus.INITIALIZED,
    )
    page = await at_work.follow(await at_work.change(f"/streams/{sink.sid}/test"))
    assert "It has not taken the test event" in page.words


def lines(path):
    """How many events have reached a file."""
    return len(path.read_text().splitlines()) if path.exists() else 0


async def until(holds):
    """Wait for what another task does."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in another task
            await asyncio.sleep(0.02)


# -- in a browser


def test_the_pages_of_streams_fit_a_phone_and_a_desk(beside, looks):
    now = beside.house.clock.now()
    sink = beside.run(
        beside.pages.sink("archive", SinkState(lag=12, failing_since=now - 300, last_fault=FAULT, parked=1, retry_at=now + 9))
    )
    subscription = beside.run(subscribed(beside.pages, sink, ERRORS, RECEIVED, filter_="level == 'ERROR'"))
    beside.run(aside(beside.pages, sink, subscription, rows=12))
    for width in (390, 1440):
        page = looks(width)
        beside.log_in(page)
        paths = {
            "streams": "/streams",
            "stream": f"/streams/{sink.sid}",
            "stream-new": "/streams/new?kind=webhook",
            "stream-kinds": "/streams/new",
            "stream-types": "/streams/types",
            "stream-type": f"/streams/types/{ERRORS}",
            "stream-events": f"/streams/{sink.sid}/events",
        }
        for name, path in paths.items():
            page.goto(beside.url + path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            looks.shoot(page, name)


def test_a_person_makes_a_sink_in_a_browser(beside, looks, tmp_path):
    page = looks(1440)
    beside.log_in(page)
    page.goto(f"{beside.url}/streams")
    page.get_by_role("link", name="file").click()
    page.get_by_label("What to call it").fill("Archive")
    page.get_by_label("Path").fill(str(tmp_path / "events.jsonl"))
    page.get_by_label("All of them").check()
    page.get_by_role("button", name="Check the filter").click()
    assert "The filter can be read." in page.locator("#filtering").inner_text()
    page.get_by_role("button", name="Make the sink").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Archive"
    assert "All is well" in page.locator("#told").inner_text()
