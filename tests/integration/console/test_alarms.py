"""The pages of alarms: what is seen, made, changed and put to rest there."""

import csv
import io
import json

from msgspec.structs import replace

from offhook.alarms.model import OUTBOX, UNTOLD, Channels, FiringState, News, Notification, Watch
from offhook.alarms.shelves import decode_notification, encode
from offhook.console.audit import SHELF as AUDIT
from offhook.records import Kept, Level
from tests.helpers.pages import BAD_GATEWAY

TOLD = Channels(email=("dev@example.com",), webhook="https://hooks.example/alarm")
NEW = {
    "new": "yes",
    "enabled": "true",
    "name": "App down",
    "watch": "events",
    "code": "11200, 11210",
    "except": "11205",
    "at_least": "3",
    "within": "15m",
    "recover_below": "1",
    "endpoint": "sms",
    "email": "dev@example.com\nops@example.com",
}


async def only(console):
    """The one alarm that there is."""
    (alarm,) = await console.house.alarms.book.alarms()
    return alarm


async def failed(pages, ago=30.0, **fields):
    """An error with code 11217 (11200 as Twilio has it) of so many seconds ago."""
    webhook_id = pages.new_id("WH")
    event = pages.event(at=pages.house.clock.now() - ago, webhook_id=webhook_id, causes=(BAD_GATEWAY,), **fields)
    await pages.webhook(id=webhook_id, events=(event,))
    return event


# -- the list


async def test_without_alarms_the_page_says_what_they_are_for(console):
    page = await console.read("/alarms")
    assert page.status == 200
    assert "An alarm watches for you" in page.words
    assert "/alarms/new?watch=silence" in page.text


async def test_the_list_says_how_each_alarm_is_what_it_watches_and_whom_it_tells(either):
    now = either.house.clock.now()
    fires = await either.alarm("App down", codes=(11200,), channels=TOLD)
    await either.alarm("Slow", watch=Watch.DELIVERY_LATENCY, threshold=2.0, muted=True)
    await either.alarm("Silent", watch=Watch.SILENCE, window=7200.0, snoozed_until=now + 60)
    await either.alarm("Former", watch=Watch.BACKLOG, enabled=False)
    await either.firing(fires, cause_title="Your app's proxy found nobody behind it.", event="NO" + "1" * 32)
    page = await either.read("/alarms")
    assert "10 or more of 11200 within 5m a mail address and a webhook" in page.words
    assert "App down fires" in page.words
    assert "Slow quiet muted" in page.words
    assert "Silent quiet snoozed" in page.words
    assert "Former off" in page.words
    assert "12 errors or warnings within 5 min, threshold 10" in page.words
    assert f'href="/errors/NO{"1" * 32}"' in page.text
    assert "Alarms 4 Watch 3 Active firings 1 Tell nobody for now 2" in page.words


async def test_the_list_can_be_narrowed_in_its_address(console):
    await console.alarm("App down")
    await console.alarm("Former", enabled=False)
    assert "App down quiet" not in (await console.read("/alarms?state=off")).words
    assert "Former off" not in (await console.read("/alarms?q=app")).words
    assert "No alarm is like that." in (await console.read("/alarms?q=zebra")).words


async def test_a_filter_that_cannot_be_says_what_can(console):
    page = await console.read("/alarms?state=sleepy")
    assert page.status == 400
    assert "one of fires, quiet, snoozed, muted, maintenance, off" in page.words
    assert 'href="/alarms"' in page.text


async def test_the_list_is_kept_as_a_file(console):
    await console.alarm("=1+1", channels=TOLD)
    rows = list(csv.DictReader(io.StringIO((await console.read("/alarms?format=csv")).text)))
    assert rows[0]["name"] == "'=1+1"
    assert rows[0]["tells"] == "a mail address and a webhook"
    (alarm,) = json.loads((await console.read("/alarms?format=json")).text)
    assert alarm["settings"]["email"] == ["dev@example.com"]


async def test_names_from_outside_are_only_ever_text(console):
    alarm = await console.alarm("<script>alert(1)</script>", description="\u202eabc")
    for path in ("/alarms", f"/alarms/{alarm.sid}", f"/alarms/{alarm.sid}/edit", f"/alarms/{alarm.sid}/delete"):
        page = await console.read(path)
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text


async def test_the_numbers_that_an_alarm_is_about_can_be_hidden(console):
    alarm = await console.alarm(numbers=("+15551234567", "whatsapp:+15557654321"))
    for path in ("/alarms", f"/alarms/{alarm.sid}"):
        page = await console.read(path)
        assert 'data-number="+15551234567" data-masked="+1555•••4567"' in page.text
        assert 'data-number="+15557654321"' in page.text
        assert ", number +15551234567 or whatsapp:+15557654321" in page.words


# -- one alarm


async def test_an_alarm_shows_what_it_has_fired_and_what_to_do(either):
    alarm = await either.alarm(threshold=2.0, codes=(11200,))
    await failed(either)
    await either.firing(alarm, steps=("Start the app.",), cause_title="Nobody listens.", endpoint="sms")
    now = either.house.clock.now()
    await either.firing(alarm, fired_at=now - 9000, state=FiringState.RECOVERED, recovered_at=now - 8000, peak=40.0)
    page = await either.read(f"/alarms/{alarm.sid}")
    assert "Fires when 2 or more of 11200 within 5m" in page.words
    assert "Start the app." in page.words
    assert "for 16 min" in page.words
    assert "at worst 40" in page.words
    assert "1 counted in the last 24 hours, at most 1 in 5m. The line is the threshold: 2 within 5m." in page.words
    assert 'class="threshold"' in page.text


async def test_a_chart_that_takes_a_while_comes_after_the_page(either):
    alarm = await either.alarm(codes=(11200, 11217), threshold=2.0)
    await failed(either)
    page = await either.read(f"/alarms/{alarm.sid}")
    assert f'hx-get="/alarms/{alarm.sid}/chart"' in page.text
    assert "<svg" not in page.text
    piece = await either.read(f"/alarms/{alarm.sid}/chart")
    assert "1 counted in the last 24 hours" in piece.words
    assert "1 counted in the last 24 hours" in (await either.read(f"/alarms/{alarm.sid}?chart=yes")).words


async def test_an_alarm_that_is_not_there_is_said_in_the_consoles_look(console):
    page = await console.read("/alarms/AK" + "0" * 32)
    assert page.status == 404
    assert "There is no alarm AK0" in page.words
    assert 'href="/alarms"' in page.text


async def test_a_test_tells_everybody_and_the_page_says_what_came_of_it(console):
    alarm = await console.alarm(channels=TOLD)
    asked = await console.change(f"/alarms/{alarm.sid}/test")
    page = await console.follow(asked)
    assert "On its way: Mail dev@example.com" in page.words
    by_channel = {each.channel: each for each in [decode_notification(row.data) for row in await console.journal.kept(OUTBOX)]}
    mail, hook = by_channel["email"], by_channel["webhook"]
    failed = replace(hook, note="It answered 500.")
    await console.journal.keep([Kept(shelf=OUTBOX, id=mail.id), Kept(shelf=OUTBOX, id=hook.id)])
    await console.journal.keep([Kept(shelf=UNTOLD, id=hook.id, data=encode(failed))])
    piece = await console.read(asked.where.replace(f"{alarm.sid}?", f"{alarm.sid}/test?").partition("#")[0])
    assert "Told: Mail dev@example.com" in piece.words
    assert "Not told yet: Webhook https://hooks.example/alarm: It answered 500." in piece.words
    assert "hx-trigger" not in piece.text


async def test_who_could_not_be_told_stands_with_the_alarm_and_is_counted_with_its_firing(console):
    alarm = await console.alarm("App down", channels=TOLD)
    firing = await console.firing(alarm)
    assert "could not be told" not in (await console.read(f"/alarms/{alarm.sid}")).words
    for place, fields in enumerate(
        (
            {"news": News.FIRED, "channel": "webhook", "address": "https://hooks.example/alarm", "note": "It is <gone>."},
            {"news": News.TEST, "channel": "sms", "address": "+15551234567", "firing": replace(firing, id="AF" + "9" * 32)},
        )
    ):
        values = {"alarm": alarm, "firing": firing, "created_at": firing.fired_at, "due": firing.fired_at}
        missed = Notification(id=f"AN{place:032x}", **(values | fields))
        await console.journal.keep([Kept(shelf=UNTOLD, id=missed.id, data=encode(missed))])
    page = await console.read(f"/alarms/{alarm.sid}")
    assert "1 could not be told of it." in page.words
    assert "Webhook https://hooks.example/alarm could not be told that it fires: It is <gone>." in page.words
    assert "It is <gone>" not in page.text
    assert "Text message +15551234567 could not be told of a test" in page.words
    assert 'data-masked="+1555•••4567"' in page.text
    assert "1 not reached" in (await console.read("/alarms/firings")).words
    assert "1 could not be told." in (await console.read("/alarms")).words
    (exported,) = json.loads((await console.read("/alarms/firings?format=json")).text)
    assert [each["why"] for each in exported["untold"]] == ["It is <gone>."]
    (exported,) = json.loads((await console.read("/alarms?format=json")).text)
    assert len(exported["firings"][0]["untold"]) == 1


async def test_a_test_of_an_alarm_without_addresses_says_so(console):
    alarm = await console.alarm()
    page = await console.follow(await console.change(f"/alarms/{alarm.sid}/test"))
    assert "There is nobody to be told" in page.words


async def test_an_alarm_is_snoozed_for_a_time_until_a_time_and_no_longer(console):
    alarm, now = await console.alarm(), console.house.clock.now()
    page = await console.follow(await console.change(f"/alarms/{alarm.sid}/snooze", {"for": "4h"}))
    assert (await only(console)).snoozed_until == now + 4 * 3600
    assert "quiet snoozed" in page.words
    await console.change(f"/alarms/{alarm.sid}/snooze", {"until": "2025-11-24T09:30"})
    assert (await only(console)).snoozed_until == now + 21.5 * 3600
    await console.change(f"/alarms/{alarm.sid}/snooze", {"until": "0"})
    assert (await only(console)).snoozed_until == 0


async def test_a_snooze_until_nothing_in_particular_says_what_to_write(console):
    alarm = await console.alarm()
    page = await console.change(f"/alarms/{alarm.sid}/snooze", {"until": "tomorrow"})
    assert page.status == 400
    assert "Say until when it is to be snoozed" in page.words
    assert 'value="tomorrow"' in page.text


async def test_an_alarm_is_muted_and_switched_off_and_on_again(console):
    alarm = await console.alarm()
    await console.change(f"/alarms/{alarm.sid}/mute", {"muted": "true"})
    await console.change(f"/alarms/{alarm.sid}/enable", {"enabled": "false"})
    changed = await only(console)
    assert changed.muted
    assert not changed.enabled
    await console.change(f"/alarms/{alarm.sid}/mute", {"muted": "false"})
    await console.change(f"/alarms/{alarm.sid}/enable", {"enabled": "true"})
    changed = await only(console)
    assert not changed.muted
    assert changed.enabled


async def test_an_alarm_is_deleted_after_a_question(console):
    alarm = await console.alarm()
    asks = await console.read(f"/alarms/{alarm.sid}/delete")
    assert "Delete Too many errors?" in asks.words
    page = await console.follow(await console.change(f"/alarms/{alarm.sid}/delete"))
    assert "is deleted" in page.text
    assert await console.house.alarms.book.alarms() == []


async def test_an_alarm_of_the_file_can_be_looked_at_snoozed_and_muted_but_not_changed(console):
    alarm = await console.alarm("in-file", origin="file")
    page = await console.read(f"/alarms/{alarm.sid}")
    assert "file, as [alarms.in-file]: change it there" in page.words
    assert f"/alarms/{alarm.sid}/edit" not in page.text
    for refused in ("edit", "delete", "enable"):
        answer = await console.change(f"/alarms/{alarm.sid}/{refused}", NEW)
        assert answer.status == 409
        assert "change it there and start Offhook again" in answer.words
    assert (await console.change(f"/alarms/{alarm.sid}/mute", {"muted": "true"})).status == 303
    assert (await console.change(f"/alarms/{alarm.sid}/snooze", {"for": "1h"})).status == 303


async def test_an_alarm_that_asks_for_it_is_on_top_of_every_page_while_it_fires(either):
    shown, quiet = await either.alarm("App down", console=True), await either.alarm("Other")
    await either.firing(quiet)
    assert "The alarm" not in (await either.read("/webhooks")).words
    await either.firing(shown)
    assert "The alarm App down fires since" in (await either.read("/webhooks")).words
    await either.house.alarms.book.mute(shown.sid)
    assert "The alarm" not in (await either.read("/webhooks")).words


# -- the form


async def test_an_alarm_is_made_by_a_form(console):
    page = await console.follow(await console.change("/alarms/new", NEW))
    alarm = await only(console)
    assert (alarm.codes, alarm.except_codes, alarm.endpoints) == ((11200, 11210), (11205,), ("sms",))
    assert (alarm.threshold, alarm.window, alarm.recover_below) == (3.0, 900.0, 1.0)
    assert alarm.channels.email == ("dev@example.com", "ops@example.com")
    assert alarm.levels == (Level.ERROR, Level.WARNING, Level.INFO)
    assert "The alarm is made. It watches from now on." in page.text
    assert b"alarm made" in (await console.journal.kept(AUDIT))[-1].data


async def test_an_alarm_that_is_to_tell_by_mail_where_no_mail_can_be_sent_says_so(console):
    lacks = "email: no mail is sent until smtp_host and smtp_from say by which server, and as whom."
    made = await console.follow(await console.change("/alarms/new", NEW))
    assert f"The alarm is made. It watches from now on. But {lacks}" in made.words
    alarm = await only(console)
    assert f"not told {lacks}" in (await console.read(f"/alarms/{alarm.sid}")).words
    changed = await console.follow(await console.change(f"/alarms/{alarm.sid}/edit", NEW | {"at_least": "4"}))
    assert f"The alarm is changed. But {lacks}" in changed.words
    console.house.alarms = console.house.alarms._replace(lacking={})
    assert "no mail is sent" not in (await console.read(f"/alarms/{alarm.sid}")).words


async def test_each_watch_has_a_form_that_makes_it(console):
    given = {
        "failure-share": {"failure_share": "10%", "within": "5m", "minimum": "50"},
        "answer-latency": {"latency": "2s", "percentile": "99", "within": "1h"},
        "delivery-latency": {"latency": "800ms", "percentile": "50", "within": "5m"},
        "backlog": {"backlog": "100"},
        "backlog-age": {"backlog_age": "10m"},
        "silence": {"silence": "2h"},
        "breaker": {},
        "issues": {"code": "11200", "within": "24h"},
    }
    for watch, fields in given.items():
        form = await console.read(f"/alarms/new?watch={watch}")
        assert form.status == 200
        made = await console.change("/alarms/new", {"new": "yes", "enabled": "true", "watch": watch, "name": watch} | fields)
        assert made.status == 303, made.words
    made = {alarm.watch: alarm for alarm in await console.house.alarms.book.alarms()}
    assert made[Watch.FAILURE_SHARE].threshold == 0.1
    assert made[Watch.FAILURE_SHARE].minimum == 50
    assert (made[Watch.ANSWER_LATENCY].percentile, made[Watch.ANSWER_LATENCY].threshold) == (99, 2.0)
    assert made[Watch.DELIVERY_LATENCY].threshold == 0.8
    assert made[Watch.SILENCE].window == 7200.0
    assert made[Watch.ISSUES].codes == (11200,)


async def test_every_problem_is_named_at_its_field_and_nothing_typed_is_lost(console):
    typed = NEW | {
        "name": "",
        "code": "banana",
        "at_least": "0",
        "email": "not an address",
        "webhook_secret": "s3cret",
        "sms": "12",
    }
    page = await console.change("/alarms/new", typed)
    assert page.status == 400
    assert "Give it a name of 1 to 64 characters" in page.words
    for field, said in (("code", "is not a code"), ("email", "is not a mail address"), ("sms", "is not a phone number")):
        fault = page.text.partition(f'id="wrong-{field}"')[2][:300]
        assert said in fault, field
    assert 'id="wrong-at_least"' in page.text
    assert "A secret does not belong here" in page.words
    assert 'value="banana"' in page.text
    assert 'value="11205"' in page.text
    assert "s3cret" not in page.text, "a secret that was typed is not shown again"
    assert await console.house.alarms.book.alarms() == []


async def test_what_the_book_refuses_is_said_at_its_field_too(console):
    other = await console.alarm("App down")
    page = await console.change("/alarms/new", NEW | {"endpoint": "smss", "webhook": "http://169.254.169.254/"})
    assert page.status == 400
    for field, said in (
        ("name", f"There is an alarm App down already, {other.sid}."),
        ("endpoint", "There is no endpoint smss. Did you mean sms?"),
        ("webhook", "169.254.169.254 is not called: a cloud"),
    ):
        fault = page.text.partition(f'id="wrong-{field}"')[2][:300]
        assert said in fault, field
    assert await only(console) == other
    changed = await console.alarm("Other")
    refused = await console.change(f"/alarms/{changed.sid}/edit", {"watch": "backlog", "backlog": "3", "name": "app down"})
    assert (refused.status, "There is an alarm App down already" in refused.words) == (400, True)


async def test_a_watch_without_its_threshold_is_asked_for_it(console):
    page = await console.change("/alarms/new", {"new": "yes", "name": "x", "watch": "backlog", "backlog": ""})
    assert page.status == 400
    assert "Say how much is too much." in page.words


async def test_choosing_another_watch_keeps_what_was_typed(console):
    page = await console.change("/alarms/fields", NEW | {"watch": "backlog"})
    assert page.status == 200
    assert 'id="ask-backlog"' in page.text
    assert '<input type="hidden" name="code" value="11200, 11210">' in page.text
    assert 'value="App down"' in page.text
    assert await console.house.alarms.book.alarms() == []


async def test_a_preview_says_how_often_it_would_have_fired_and_saves_nothing(either):
    for _ in range(3):
        await failed(either)
    page = await either.change("/alarms/preview", NEW)
    assert page.status == 200
    assert "It would have fired once in the last 7 days (3 events counted)." in page.words
    assert "Nothing has been saved yet." in page.words
    assert 'value="11200, 11210"' in page.text
    assert await either.house.alarms.book.alarms() == []
    assert await either.journal.kept(AUDIT) == [], "looking is no change"


async def test_a_preview_of_what_is_measured_says_that_it_cannot_be_told(console):
    page = await console.change("/alarms/preview", {"new": "yes", "name": "x", "watch": "backlog", "backlog": "10"})
    assert page.status == 200
    assert "what it would have done cannot be told" in page.words


async def test_a_latency_is_previewed_and_drawn_from_what_the_overview_knows(console):
    for _ in range(30):
        console.house.metrics.acknowledged("sms", "message", "app", 3.0)
    fields = {
        "new": "yes",
        "enabled": "true",
        "name": "Slow",
        "watch": "answer-latency",
        "latency": "2s",
        "percentile": "95",
        "within": "5m",
    }
    page = await console.change("/alarms/preview", fields)
    assert "looked at hour by hour, it reached the threshold 1 of 1 times." in page.words
    made = await console.follow(await console.change("/alarms/new", fields))
    assert "What it measures within 5m, in the last hour" in made.words
    assert 'class="threshold"' in made.text
    console.house.history = None
    assert "what it would have done cannot be told" in (await console.change("/alarms/preview", fields)).words


async def test_an_alarm_is_changed_by_the_same_form(console):
    await console.change("/alarms/new", NEW)
    alarm = await only(console)
    form = await console.read(f"/alarms/{alarm.sid}/edit")
    assert 'value="11200, 11210"' in form.text
    page = await console.follow(await console.change(f"/alarms/{alarm.sid}/edit", NEW | {"at_least": "7", "alarm": alarm.sid}))
    assert "The alarm is changed." in page.text
    changed = await only(console)
    assert (changed.threshold, changed.sid, changed.enabled) == (7.0, alarm.sid, True)


async def test_an_alarm_is_duplicated(console):
    await console.change("/alarms/new", NEW)
    form = await console.read(f"/alarms/new?from={(await only(console)).sid}")
    assert 'value="Copy of App down"' in form.text
    assert 'value="11205"' in form.text


async def test_an_error_fills_the_form_in(console):
    event = await failed(console)
    form = await console.read(f"/alarms/new?error={event.id}")
    assert f'value="{event.code}"' in form.text
    assert 'value="app.bad-gateway"' in form.text
    assert (await console.read("/alarms/new?error=NO" + "0" * 32)).status == 404


# -- firings and maintenance


async def test_the_log_of_firings_has_pages_filters_and_files(either):
    alarm, other = await either.alarm(), await either.alarm("Other")
    for _ in range(3):
        await either.firing(alarm, state=FiringState.RECOVERED, recovered_at=either.house.clock.now())
    await either.firing(other)
    first = await either.read("/alarms/firings?limit=2")
    assert first.words.count("12 errors") == 2
    assert "cursor=AF" in first.text
    assert (await either.read(f"/alarms/firings?alarm={alarm.sid}")).words.count("12 errors") == 3
    assert (await either.read("/alarms/firings?state=active")).words.count("12 errors") == 1
    rows = json.loads((await either.read("/alarms/firings?format=json")).text)
    assert len(rows) == 4
    assert (await either.read("/alarms/firings?state=nix")).status == 400


async def test_maintenance_is_added_shown_and_ended(console):
    await console.alarm()
    page = await console.follow(
        await console.change("/alarms/maintenance", {"for": "1h", "until": "", "since": "", "note": "Deploy"})
    )
    assert "Deploy" in page.words
    assert "Too many errors quiet maintenance" in page.words
    (window,) = await console.house.alarms.book.maintenance()
    page = await console.follow(await console.change(f"/alarms/maintenance/{window.id}/end"))
    assert "Deploy" not in page.words
    assert (await console.change(f"/alarms/maintenance/{window.id}/end")).status == 404


async def test_maintenance_that_ends_before_it_starts_is_refused_with_what_was_typed(console):
    page = await console.change("/alarms/maintenance", {"for": "1h", "until": "2020-01-01T00:00", "note": "Deploy"})
    assert page.status == 400
    assert "A maintenance window ends after it has started." in page.words
    assert 'value="Deploy"' in page.text


# -- in a browser


def test_a_person_makes_an_alarm_with_a_preview(beside, looks):
    for _ in range(3):
        beside.run(failed(beside.pages))
    page = looks(1440)
    beside.log_in(page)
    page.goto(f"{beside.url}/alarms")
    page.get_by_role("link", name="New alarm").click()
    page.get_by_label("Name").fill("App down")
    page.get_by_label("What it watches").select_option("backlog")
    page.get_by_label("Fires at").fill("50")
    page.get_by_label("What it watches").select_option("events")
    page.get_by_label("Only these codes").fill("11200")
    page.get_by_label("Fires at").fill("3")
    page.get_by_role("button", name="Preview").click()
    assert "have fired once" in page.locator("#preview").inner_text()
    looks.shoot(page, "alarm-preview")
    page.get_by_role("button", name="Make the alarm").click()
    assert page.get_by_role("heading", level=1).inner_text() == "App down"
    looks.shoot(page, "alarm")


def test_the_pages_of_alarms_fit_a_phone(beside, looks):
    alarm = beside.run(beside.pages.alarm(channels=TOLD, description="x" * 300))
    beside.run(beside.pages.firing(alarm, cause_title="Nobody listens.", steps=("Start the app.",)))
    page = looks(390)
    beside.log_in(page)
    for name, path in (
        ("alarms", "/alarms"),
        ("alarm-one", f"/alarms/{alarm.sid}"),
        ("alarm-new", "/alarms/new"),
        ("firings", "/alarms/firings"),
    ):
        page.goto(beside.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        looks.shoot(page, name)
