"""Our own API of alarms: made of the keys that the file has, changed key by key, tried out, put to rest."""

import pytest
from msgspec.structs import replace

from offhook.alarms.model import UNTOLD, Alarm, Channels, Firing, FiringState, News, Notification, Watch
from offhook.alarms.shelves import decode_notification, encode, keep_firing
from offhook.records import Cause, Confidence, Kept

NOON = 1_763_899_200.0  # the house's time


async def make(console, name="app-down", **keys):
    made = await console.post("/api/alarms", {"name": name, **keys})
    assert made.status == 201, made.text
    return made.json


async def fire(console, alarm, place, **fields):
    values = {"value": 5.0, "threshold": 5.0, "peak": 7.0} | fields
    firing = Firing(
        id=f"AF{place:032x}", alarm_sid=alarm["sid"], alarm_name=alarm["name"], fired_at=NOON - 3600 + place, **values
    )
    await console.journal.keep(keep_firing(firing))
    return firing


async def test_an_alarm_says_what_it_watches_in_a_sentence_and_in_keys(console):
    made = await make(console, code=[11200], at_least=5, within="15m", endpoint="sms", email=["dev@app.example"])
    assert made["watches"] == "5 or more of 11200 within 15m, endpoint sms"
    assert made["settings"] == {
        "code": [11200],
        "at_least": 5,
        "within": "15m",
        "endpoint": ["sms"],
        "email": ["dev@app.example"],
    }
    assert (made["watch"], made["origin"], made["enabled"], made["muted"]) == ("events", "api", True, False)
    assert made["created_at"] == "2025-11-23T12:00:00.000Z"
    assert (await console.get("/api/alarms")).json == {"alarms": [made]}
    assert (await console.get(f"/api/alarms/{made['sid']}")).json == made
    assert (await console.house.alarms.book.alarm(made["sid"])).account_sid == console.house.alarms.account_sid


async def test_everything_that_is_wrong_is_said_at_once(console):
    refused = await console.post("/api/alarms", {"name": "x", "within": "7m", "email": "nobody", "colour": 1})
    assert refused.status == 400
    for words in ("within", "email", "colour is not a key"):
        assert words in refused.json["message"]
    assert (await console.post("/api/alarms", {"code": [11200]})).json["message"] == "Give the alarm a name."
    assert (await console.get("/api/alarms")).json == {"alarms": []}


async def test_an_endpoint_that_there_is_not_is_refused_with_a_suggestion(console):
    refused = await console.post("/api/alarms", {"name": "x", "endpoint": "smss"})
    assert (refused.status, refused.json["code"]) == (400, 20001)
    assert refused.json["message"] == "endpoint: there is no endpoint smss. Did you mean sms?"
    made = await make(console)
    assert (await console.post(f"/api/alarms/{made['sid']}", {"endpoint": ["voice"]})).status == 400
    assert (await console.get("/api/alarms")).json == {"alarms": [made]}


async def test_a_name_that_is_taken_is_a_conflict_that_names_the_other_alarm(console):
    one, two = await make(console), await make(console, "other")
    for path, name in (("/api/alarms", "APP-down"), (f"/api/alarms/{two['sid']}", "app-down")):
        refused = await console.post(path, {"name": name})
        assert (refused.status, refused.json["code"]) == (409, 20409)
        assert f"there is an alarm app-down already, {one['sid']}" in refused.json["message"]
    assert (await console.get("/api/alarms")).json == {"alarms": [one, two]}


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal"])
async def test_a_webhook_that_would_be_refused_when_it_fires_is_refused_now(console, host):
    refused = await console.post("/api/alarms", {"name": "x", "webhook": f"http://{host}/"})
    assert (refused.status, "is not called: a cloud's metadata service" in refused.json["message"]) == (400, True)
    made = await make(console, webhook="https://no-such-name.invalid/")
    assert (await console.post(f"/api/alarms/{made['sid']}", {"webhook": f"http://{host}/"})).status == 400
    assert (await console.get("/api/alarms")).json == {"alarms": [made]}


async def test_ways_by_which_nobody_can_be_told_are_warned_of(console):
    made = await make(console, email=["dev@app.example"], sms="+15557654321", webhook="https://hooks.example/")
    assert made["warnings"] == [
        "email: no mail is sent until smtp_host and smtp_from say by which server, and as whom.",
        "sms: no text message is sent until sms_from says from which number.",
    ]
    assert (await console.get("/api/alarms")).json == {"alarms": [made]}
    changed = (await console.post(f"/api/alarms/{made['sid']}", {"email": None, "sms": None})).json
    assert changed["warnings"] == []


async def test_a_cause_that_an_earlier_version_has_written_is_known_by_the_errors_that_have_it(console):
    cause = Cause(name="app.fell-over", title="The app fell over.", confidence=Confidence.LIKELY)
    event = console.event(causes=(cause,))
    assert (await console.post("/api/alarms", {"name": "x", "cause": [cause.name]})).status == 400
    await console.journal.record([event])
    made = (await console.post(f"/api/errors/{event.id}/alarm")).json
    assert made["settings"]["cause"] == ["app.fell-over"]


class TestChanging:
    async def test_what_is_given_changes_and_the_rest_stays(self, console):
        made = await make(console, code=[11200], at_least=5, email=["dev@app.example"])
        changed = (await console.post(f"/api/alarms/{made['sid']}", {"at_least": 9, "name": "renamed"})).json
        assert (changed["name"], changed["settings"]) == ("renamed", made["settings"] | {"at_least": 9})

    async def test_null_is_the_default(self, console):
        made = await make(console, code=[11200], at_least=5, within="1h", email=["dev@app.example"])
        changed = (await console.post(f"/api/alarms/{made['sid']}", {"email": None, "within": None})).json
        assert changed["settings"] == {"code": [11200], "at_least": 5}

    async def test_without_its_webhook_an_alarm_needs_nothing_that_was_about_it(self, console):
        made = await make(
            console, webhook="https://hooks.example/", webhook_format="standard", webhook_secret="env:HOOK", sms="+15557654321"
        )
        changed = (await console.post(f"/api/alarms/{made['sid']}", {"webhook": None})).json
        assert changed["settings"] == {"any": "both", "at_least": 1, "sms": ["+15557654321"]}

    async def test_a_name_is_not_taken_away(self, console):
        made = await make(console)
        assert (await console.post(f"/api/alarms/{made['sid']}", {"name": " "})).json["message"] == "Give the alarm a name."
        assert (await console.post(f"/api/alarms/{made['sid']}", {"name": None})).json["name"] == "app-down"

    async def test_another_watch_takes_the_place_of_the_one_before(self, console):
        made = await make(console, code=[11200], at_least=5, within="1h", endpoint="sms")
        changed = (await console.post(f"/api/alarms/{made['sid']}", {"silence": "2h"})).json
        assert changed["settings"] == {"silence": "2h", "endpoint": ["sms"]}

    @pytest.mark.parametrize(
        ("before", "change", "after"),
        [
            ({"code": [11200], "at_least": 5}, {"any": "warning"}, {"code": [11200], "any": "warning", "at_least": 5}),
            ({"at_least": 5}, {"code": [11200]}, {"code": [11200], "at_least": 5}),
            ({"answer_p95": "2s", "within": "1h"}, {"answer_p99": "3s"}, {"answer_p99": "3s", "within": "1h"}),
            ({"answer_p95": "2s", "within": "1h"}, {"answer_p95": "3s"}, {"answer_p95": "3s", "within": "1h"}),
            ({"answer_p95": "2s", "minimum": 5}, {"delivery_p95": "2s"}, {"delivery_p95": "2s"}),
            ({"issues": True, "within": "1h"}, {"code": [11200]}, {"issues": True, "code": [11200], "within": "1h"}),
            ({"code": [11200], "at_least": 5}, {"issues": True}, {"issues": True}),
            ({"code": [11200], "at_least": 5}, {"code": None}, {"any": "both", "at_least": 5}),
            ({"silence": "2h"}, {"silence": None}, {"any": "both", "at_least": 1}),
        ],
    )
    async def test_what_is_watched_changes_as_one_would_say_it(self, console, before, change, after):
        made = await make(console, **before)
        changed = await console.post(f"/api/alarms/{made['sid']}", change)
        assert changed.json.get("settings", changed.json) == after

    async def test_what_cannot_be_meant_changes_nothing(self, console):
        made = await make(console, silence="2h")
        assert (await console.post(f"/api/alarms/{made['sid']}", {"at_least": 5})).status == 400
        assert (await console.get(f"/api/alarms/{made['sid']}")).json == made

    async def test_an_alarm_is_switched_off_and_on(self, console):
        made = await make(console)
        off = (await console.post(f"/api/alarms/{made['sid']}", {"enabled": False})).json
        assert (off["enabled"], off["settings"]["enabled"]) == (False, False)
        assert (await console.post(f"/api/alarms/{made['sid']}", {"enabled": True})).json["enabled"] is True

    async def test_an_alarm_of_the_file_is_changed_in_the_file_but_can_be_put_to_rest_here(self, console):
        (alarm,) = await console.house.alarms.book.adopt([Alarm(sid="", name="filed")])
        path = f"/api/alarms/{alarm.sid}"
        assert (await console.get(path)).json["origin"] == "file"
        refused = await console.post(path, {"at_least": 5})
        assert (refused.status, "[alarms.filed]" in refused.json["message"]) == (409, True)
        assert (await console.ask("DELETE", path)).status == 409
        assert (await console.post(path, {"enabled": False})).json["enabled"] is False
        assert (await console.post(f"{path}/snooze", {"for": "1h"})).status == 200


async def test_a_removed_alarm_is_gone_and_its_firings_have_ended(console):
    made = await make(console)
    await fire(console, made, 1)
    assert (await console.ask("DELETE", f"/api/alarms/{made['sid']}")).json == {"deleted": 1}
    assert (await console.get(f"/api/alarms/{made['sid']}")).status == 404
    (firing,) = (await console.get("/api/alarm-firings")).json["firings"]
    assert (firing["alarm_name"], firing["state"]) == ("app-down", "recovered")


class TestRest:
    async def test_a_snooze_is_for_some_time_or_until_a_time(self, console):
        path = f"/api/alarms/{(await make(console))['sid']}/snooze"
        assert (await console.post(path, {"for": "2h"})).json["snoozed_until"] == "2025-11-23T14:00:00.000Z"
        assert (await console.post(f"{path}?until=2025-11-23T13:00:00Z")).json["snoozed_until"] == "2025-11-23T13:00:00.000Z"
        assert (await console.post(path, {"until": "2025-11-23T11:00:00Z"})).json["snoozed_until"] is None
        for wrong in ("2x", "-2m", "0", "91d"):
            message = (await console.post(path, {"for": wrong})).json["message"]
            assert message == "Parameter 'for' must be a length of time such as 2h, up to 90d."
        for body in ({}, {"for": "1h", "until": "2025-11-23T13:00:00Z"}, {"for": "400d"}, {"for": "later"}):
            assert (await console.post(path, body)).status == 400

    async def test_an_alarm_is_muted_until_it_is_not(self, console):
        path = f"/api/alarms/{(await make(console))['sid']}/mute"
        assert (await console.post(path)).json["muted"] is True
        assert (await console.post(path, {"muted": False})).json["muted"] is False

    async def test_maintenance_is_added_listed_and_ended(self, console):
        added = await console.post("/api/maintenance", {"for": "2h", "endpoints": ["sms"], "note": "Moving house"})
        assert added.status == 201
        assert (added.json["since"], added.json["until"]) == ("2025-11-23T12:00:00.000Z", "2025-11-23T14:00:00.000Z")
        later = await console.post("/api/maintenance?since=2025-11-24T00:00:00Z&for=30m")
        assert later.json["until"] == "2025-11-24T00:30:00.000Z"
        assert (await console.get("/api/maintenance")).json == {"maintenance": [added.json, later.json]}
        assert (await console.ask("DELETE", f"/api/maintenance/{added.json['id']}")).json == {"ended": 1}
        assert (await console.ask("DELETE", f"/api/maintenance/{added.json['id']}")).status == 404
        assert (await console.get("/api/maintenance")).json == {"maintenance": [later.json]}

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"until": "2025-11-23T11:00:00Z"},
            {"for": "1h", "until": "2025-11-23T13:00:00Z"},
            {"for": "1h", "alarms": ["x"]},
            {"for": "1h", "alarms": ["AK" + "0" * 32]},
            {"for": "1h", "endpoints": ["smss"]},
        ],
    )
    async def test_maintenance_has_an_end_and_is_about_what_there_is(self, console, body):
        assert (await console.post("/api/maintenance", body)).status == 400


async def test_a_test_goes_to_every_address(console):
    made = await make(console, email=["a@app.example", "b@app.example"], webhook="https://hooks.example/", notify="env:SLACK_URL")
    tested = await console.post(f"/api/alarms/{made['sid']}/test")
    assert (tested.status, [each["channel"] for each in tested.json["told"]]) == (202, ["email", "email", "webhook", "apprise"])
    kept = [decode_notification(each.data) for each in await console.journal.kept("alarm-outbox")]
    assert [(each.news, each.channel, each.address) for each in kept] == [
        ("test", each["channel"], each["address"]) for each in tested.json["told"]
    ]


class TestThePast:
    async def errors(self, console, count):
        await console.journal.record([console.event(at=NOON - 600 + place) for place in range(count)])

    async def test_a_preview_says_when_it_would_have_fired(self, console):
        await self.errors(console, 3)
        made = await make(console, code=[11200], at_least=3)
        preview = (await console.get(f"/api/alarms/{made['sid']}/preview")).json
        assert (preview["fired"], preview["counted"], preview["complete"]) == (1, 3, True)
        assert preview["firings"][0]["peak"] == 3.0
        assert preview["since"] == "2025-11-22T12:00:00.000Z"
        assert (await console.get(f"/api/alarms/{made['sid']}/preview?since=2025-11-23T11:55:00Z")).json["fired"] == 0
        assert (await console.get(f"/api/alarms/{made['sid']}/preview?since=2025-11-24")).status == 400

    async def test_a_preview_needs_no_alarm(self, console):
        await self.errors(console, 3)
        assert (await console.post("/api/alarms/preview", {"any": "error", "at_least": 2})).json["fired"] == 1
        assert (await console.post("/api/alarms/preview", {"any": "warning"})).json["counted"] == 0
        refused = await console.post("/api/alarms/preview", {"silence": "2h"})
        assert (refused.status, "measured as it happens" in refused.json["message"]) == (400, True)
        assert (await console.get("/api/alarms")).json == {"alarms": []}

    async def test_a_history_counts_over_time_and_names_the_firings_of_that_time(self, console):
        await self.errors(console, 3)
        made = await make(console, code=[11200], at_least=3)
        await fire(console, made, 1, state=FiringState.RECOVERED, recovered_at=NOON - 60)
        path = f"/api/alarms/{made['sid']}/history"
        history = (await console.get(f"{path}?since=2025-11-23T11:00:00Z&buckets=6")).json
        assert (history["counts"], history["seconds"], history["threshold"]) == ([0, 0, 0, 0, 0, 3], 600.0, 3.0)
        assert [firing["id"] for firing in history["firings"]] == [f"AF{1:032x}"]
        early = (await console.get(f"{path}?since=2025-11-23T01:00:00Z&until=2025-11-23T02:00:00Z")).json
        assert (sum(early["counts"]), early["firings"]) == (0, [])
        assert (await console.get(f"{path}?since=2025-11-24")).status == 400

    async def test_what_is_not_counted_has_no_chart(self, console):
        made = await make(console, backlog=5)
        assert (await console.get(f"/api/alarms/{made['sid']}/history")).json["counts"] == []

    async def test_firings_are_paged_by_alarm_and_by_state(self, console):
        one, other = await make(console), await make(console, "other")
        for place in range(3):
            await fire(console, one, place, state=FiringState.RECOVERED, recovered_at=NOON)
        active = await fire(
            console, other, 3, code=11200, cause="app.cold", cause_title="The app was asleep", steps=("Wake it.",)
        )
        first = (await console.get("/api/alarm-firings?limit=2")).json
        assert [each["alarm_name"] for each in first["firings"]] == ["other", "app-down"]
        rest = (await console.get(f"/api/alarm-firings?limit=2&cursor={first['next_cursor']}")).json
        assert (len(rest["firings"]), rest["next_cursor"]) == (2, None)
        assert len((await console.get(f"/api/alarm-firings?alarm={one['sid']}")).json["firings"]) == 3
        assert len((await console.get(f"/api/alarms/{one['sid']}/firings?state=active")).json["firings"]) == 0
        shown = (await console.get(f"/api/alarm-firings/{active.id}")).json
        assert (shown["cause_title"], shown["steps"], shown["recovered_at"]) == ("The app was asleep", ["Wake it."], None)
        assert (await console.get(f"/api/alarm-firings/AF{9:032x}")).status == 404
        listed = {each["name"]: each["firings"] for each in (await console.get("/api/alarms")).json["alarms"]}
        assert listed == {"app-down": [], "other": [shown]}


class TestUntold:
    async def miss(self, console, firing, place, **fields):
        """Somebody could not be told of a firing."""
        alarm = await console.house.alarms.book.alarm(firing.alarm_sid)
        values = {"news": News.FIRED, "channel": "email", "address": "dev@app.example", "attempts": 9, "note": "It is refused."}
        missed = Notification(
            id=f"AN{place:032x}", alarm=alarm, firing=firing, created_at=NOON - 60, due=NOON, **(values | fields)
        )
        await console.journal.keep([Kept(shelf=UNTOLD, id=missed.id, data=encode(missed))])

    async def test_a_firing_names_those_who_could_not_be_told_and_why(self, console):
        one, other = await make(console), await make(console, "other")
        firing = await fire(console, one, 1)
        await fire(console, other, 2)
        await self.miss(console, firing, 1)
        await self.miss(console, firing, 2, news=News.RECOVERED, channel="webhook", address="https://hooks.example/")
        expected = {
            "id": f"AN{1:032x}",
            "alarm_sid": one["sid"],
            "firing": firing.id,
            "news": "fired",
            "channel": "email",
            "address": "dev@app.example",
            "at": "2025-11-23T11:59:00.000Z",
            "tries": 9,
            "why": "It is refused.",
        }
        shown = (await console.get(f"/api/alarm-firings/{firing.id}")).json
        assert shown["untold"][0] == expected
        assert [(each["news"], each["address"]) for each in shown["untold"]] == [
            ("fired", "dev@app.example"),
            ("recovered", "https://hooks.example/"),
        ]
        listed = (await console.get("/api/alarm-firings")).json["firings"]
        assert [len(each["untold"]) for each in listed] == [0, 2]
        assert (await console.get(f"/api/alarms/{one['sid']}/firings")).json["firings"] == [shown]
        assert (await console.get(f"/api/alarms/{one['sid']}")).json["firings"] == [shown]
        assert (await console.get(f"/api/alarms/{one['sid']}/history")).json["firings"] == [shown]
        alarms = (await console.get("/api/alarms")).json["alarms"]
        assert [each["firings"][0]["untold"] for each in alarms] == [shown["untold"], []]

    async def test_what_could_not_be_told_is_listed_newest_first_tests_too(self, console):
        one, other = await make(console), await make(console, "other")
        firing, second = await fire(console, one, 1), await fire(console, other, 2)
        await self.miss(console, firing, 1)
        await self.miss(console, second, 2)
        await self.miss(console, replace(firing, id=f"AF{9:032x}"), 3, news=News.TEST)
        every = (await console.get("/api/alarm-untold")).json["untold"]
        assert [(each["alarm_sid"], each["news"]) for each in every] == [
            (one["sid"], "test"),
            (other["sid"], "fired"),
            (one["sid"], "fired"),
        ]
        assert (await console.get(f"/api/alarms/{one['sid']}/untold")).json["untold"] == [every[0], every[2]]
        await console.ask("DELETE", f"/api/alarms/{one['sid']}")
        assert len((await console.get(f"/api/alarms/{one['sid']}/untold")).json["untold"]) == 2


class TestFromAnError:
    async def error(self, console, **fields):
        event = console.event(
            causes=(Cause(name="app.cold", title="The app was asleep", confidence=Confidence.LIKELY, evidence=(), steps=()),),
            **fields,
        )
        await console.journal.record([event])
        return event

    async def test_its_code_endpoint_and_cause_are_filled_in(self, console):
        event = await self.error(console)
        made = await console.post(f"/api/errors/{event.id}/alarm")
        assert made.status == 201
        alarm = await console.house.alarms.book.alarm(made.json["sid"])
        assert (alarm.name, alarm.watch, alarm.codes) == ("11217 The app answered 502.", Watch.EVENTS, (11217,))
        assert (alarm.endpoints, alarm.causes) == (("sms",), ("app.cold",))

    async def test_what_is_given_counts_before_what_is_filled_in(self, console):
        event = await self.error(console)
        made = await console.post(
            f"/api/errors/{event.id}/alarm", {"name": "mine", "cause": None, "at_least": 5, "email": ["dev@app.example"]}
        )
        alarm = await console.house.alarms.book.alarm(made.json["sid"])
        assert (alarm.name, alarm.codes, alarm.causes, alarm.threshold) == ("mine", (11217,), (), 5.0)
        assert alarm.channels == Channels(email=("dev@app.example",))

    async def test_a_long_message_makes_a_name_that_is_short_enough(self, console):
        event = await self.error(console, message="x\ny" * 200)
        assert (await console.post(f"/api/errors/{event.id}/alarm")).status == 201

    async def test_without_the_error_there_is_none(self, console):
        assert (await console.post(f"/api/errors/NO{'0' * 32}/alarm")).status == 404


async def test_what_is_not_there_is_404(console):
    nothing = f"/api/alarms/AK{'0' * 32}"
    for method, path in (
        ("GET", nothing),
        ("POST", nothing),
        ("DELETE", nothing),
        ("POST", f"{nothing}/test"),
        ("POST", f"{nothing}/snooze?for=1h"),
        ("POST", f"{nothing}/mute"),
        ("GET", f"{nothing}/preview"),
        ("GET", f"{nothing}/history"),
    ):
        assert (await console.ask(method, path)).status == 404, path


async def test_another_sites_page_changes_no_alarm(console):
    made = await make(console)
    foreign = {"origin": "https://evil.example", "content-type": "application/json"}
    for method, path in (
        ("POST", "/api/alarms"),
        ("DELETE", f"/api/alarms/{made['sid']}"),
        ("PUT", f"/v2/Alarms/{made['sid']}/status"),
    ):
        assert (await console.ask(method, path, headers=foreign, body=b"{}")).status == 403
    assert (await console.get("/api/alarms")).json == {"alarms": [made]}
