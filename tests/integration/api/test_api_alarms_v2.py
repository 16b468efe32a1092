"""Twilio's `/v2/Alarms`: what a program that was written for it sends, and what it gets, quirks included."""

import json

import pytest

from offhook.alarms.model import Alarm, Channels, Watch
from offhook.errors import JournalError
from offhook.records import Level

NOON = 1_763_899_200.0  # the house's time
BASE = "/monitor/v2/Alarms"
WANTED = {
    "friendlyName": "App down",
    "description": "The app answers 502",
    "queryType": "ERROR_CODE",
    "query": "11200",
    "triggerValue": 5,
    "timeWindow": "FIFTEEN_MINS",
    "email": ["dev@app.example", "ops@app.example"],
    "webhook": "https://hooks.example/alarm",
    "consoleIndicator": True,
    "enabled": True,
}


async def send(console, method, path, body=None, **headers):
    content = b"" if body is None else json.dumps(body).encode()
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await console.ask(method, path, headers=named, body=content)


async def create(console, *, base=BASE, token="one", **members):
    return await send(console, "POST", base, WANTED | members, idempotency_token=token)


async def a_sid(console, **members):
    return (await create(console, token=str(members), **members)).json["sid"]


async def test_what_was_created_is_read_with_the_names_that_reads_have(console):
    made = await create(console)
    assert (made.status, list(made.json)) == (201, ["sid"])
    read = (await console.get(f"{BASE}/{made.json['sid']}")).json
    assert read.pop("alertConfigSid") == made.json["sid"]
    assert (read.pop("dateCreated"), read.pop("dateUpdated")) == ("2025-11-23T12:00:00Z", "2025-11-23T12:00:00Z")
    assert read.pop("product") == "Offhook"
    assert read == WANTED


async def test_below_the_root_there_are_the_same_alarms(console):
    sid = (await create(console, base="/v2/Alarms")).json["sid"]
    assert (await console.get(f"/v2/Alarms/{sid}")).json == (await console.get(f"{BASE}/{sid}")).json


async def test_the_watcher_gets_what_twilio_means_by_it(console):
    alarm = await console.house.alarms.book.alarm(await a_sid(console))
    assert (alarm.watch, alarm.codes, alarm.threshold, alarm.window) == (Watch.EVENTS, (11200,), 5.0, 900.0)
    assert alarm.channels == Channels(email=("dev@app.example", "ops@app.example"), webhook="https://hooks.example/alarm")
    assert alarm.account_sid == console.house.alarms.account_sid != ""
    warned = await console.house.alarms.book.alarm(
        await a_sid(console, friendlyName="Warned", queryType="LOG_LEVEL", query="WARNING")
    )
    assert (warned.levels, warned.codes) == ((Level.WARNING,), ())
    every = await console.house.alarms.book.alarm(await a_sid(console, friendlyName="Every", queryType="ALL", query=""))
    assert (set(every.levels), every.codes) == ({Level.ERROR, Level.WARNING}, ())


class TestIdempotency:
    async def test_without_a_token_nothing_is_created(self, console):
        refused = await send(console, "POST", BASE, WANTED)
        assert (refused.status, "Idempotency-Token" in refused.json["message"]) == (400, True)
        assert await console.house.alarms.book.alarms() == []

    async def test_the_same_token_with_the_same_body_is_the_same_alarm(self, console):
        first, again = await create(console), await create(console)
        assert (again.status, again.json) == (201, first.json)
        assert len(await console.house.alarms.book.alarms()) == 1

    async def test_members_in_another_order_are_the_same_body(self, console):
        first = await create(console)
        turned = dict(reversed(list(WANTED.items())))
        assert (await send(console, "POST", BASE, turned, idempotency_token="one")).json == first.json

    async def test_another_body_conflicts(self, console):
        await create(console)
        refused = await create(console, triggerValue=6)
        assert (refused.status, refused.json["http_status_code"]) == (409, 409)
        assert len(await console.house.alarms.book.alarms()) == 1

    async def test_another_token_makes_no_second_alarm_of_the_same_name(self, console):
        sid = (await create(console)).json["sid"]
        refused = await create(console, token="two", friendlyName="APP down")
        assert (refused.status, refused.json["code"], sid in refused.json["message"]) == (409, 20409, True)
        assert len(await console.house.alarms.book.alarms()) == 1
        # What was refused does not take the token.
        assert (await create(console, token="two", friendlyName="App slow")).status == 201

    async def test_a_crash_between_the_token_and_the_alarm_leaves_one_alarm(self, console, monkeypatch):
        book = console.house.alarms.book

        async def crash(_alarm):
            raise JournalError("a crash, as far as the caller can tell.")

        with monkeypatch.context() as broken:
            broken.setattr(book, "create", crash)
            assert (await create(console)).status == 503
        made = await create(console)
        assert made.status == 201
        assert [alarm.sid for alarm in await book.alarms()] == [made.json["sid"]]

    async def test_after_the_alarm_was_deleted_its_token_makes_no_second_one(self, console):
        sid = (await create(console)).json["sid"]
        assert (await send(console, "DELETE", f"{BASE}/{sid}")).status == 204
        assert (await create(console)).json == {"sid": sid}
        assert await console.house.alarms.book.alarms() == []

    async def test_after_a_day_a_token_is_forgotten(self, console):
        first = await create(console)
        assert (await send(console, "DELETE", f"{BASE}/{first.json['sid']}")).status == 204
        console.house.clock.time += 86_401
        assert (await create(console)).json != first.json
        assert len(await console.journal.kept("alarm-tokens")) == 1

    async def test_what_was_refused_does_not_take_the_token(self, console):
        assert (await create(console, triggerValue=0)).status == 400
        assert (await create(console)).status == 201


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("friendlyName", ""),
        ("friendlyName", "x" * 65),
        ("friendlyName", "a/b"),
        ("friendlyName", None),
        ("description", " "),
        ("queryType", "LATENCY"),
        ("query", "abc"),
        ("triggerValue", 0),
        ("triggerValue", 1.5),
        ("triggerValue", True),
        ("timeWindow", "TEN_MINS"),
        ("email", ["nobody"]),
        ("email", "dev@app.example"),
        ("webhook", "ftp://hooks.example"),
        ("webhook", "https://user:hunter2@hooks.example"),
        ("consoleIndicator", "yes"),
        ("enabled", 1),
    ],
)
async def test_a_member_that_is_not_acceptable_is_named(console, member, value):
    refused = await create(console, **{member: value})
    assert refused.status == 400
    assert set(refused.json) == {"message", "code", "user_error", "http_status_code", "params", "more_info", "status"}
    assert list(refused.json["params"]) == [member]
    assert (refused.json["user_error"], refused.json["http_status_code"], refused.json["status"]) == (True, 400, 400)
    assert "hunter2" not in refused.text
    assert await console.house.alarms.book.alarms() == []


async def test_all_that_is_wrong_is_said_at_once(console):
    refused = await send(console, "POST", BASE, {"friendlyname": "x", "timeWindow": "x"}, idempotency_token="t")
    assert set(refused.json["params"]) == {
        "friendlyname",
        "friendlyName",
        "description",
        "queryType",
        "triggerValue",
        "timeWindow",
    }
    assert "Did you mean friendlyName?" in refused.json["params"]["friendlyname"]


async def test_what_is_not_there_is_404_in_the_same_shape(console):
    for method, body in (("GET", None), ("PUT", WANTED), ("DELETE", None)):
        missing = await send(console, method, f"{BASE}/AK{'0' * 32}", body)
        assert (missing.status, missing.json["http_status_code"], missing.json["user_error"]) == (404, 404, True)
    assert (await send(console, "PUT", f"{BASE}/AK{'0' * 32}/status", {"enabled": True})).status == 404


async def test_a_body_that_is_no_json_is_refused_in_the_same_shape(console):
    refused = await console.ask("POST", BASE, headers={"content-type": "text/plain", "idempotency-token": "t"}, body=b"x")
    assert (refused.status, refused.json["http_status_code"]) == (415, 415)


async def test_a_toggle_answers_204_with_nothing(console):
    sid = await a_sid(console)
    off = await send(console, "PUT", f"{BASE}/{sid}/status", {"enabled": False})
    assert (off.status, off.body) == (204, b"")
    assert (await console.get(f"{BASE}/{sid}")).json["enabled"] is False
    assert (await send(console, "PUT", f"{BASE}/{sid}/status", {"enabled": "no"})).json["params"].keys() == {"enabled"}
    assert (await send(console, "PUT", f"{BASE}/{sid}/status", {})).status == 400


async def test_what_is_put_takes_the_place_of_all_that_was(console):
    sid = await a_sid(console)
    console.house.clock.time += 60
    body = {name: WANTED[name] for name in ("description", "queryType", "query", "timeWindow")}
    put = await send(console, "PUT", f"{BASE}/{sid}", {**body, "friendlyName": "App gone", "triggerValue": 9, "enabled": False})
    assert (put.status, put.json) == (200, {"sid": sid})
    read = (await console.get(f"{BASE}/{sid}")).json
    assert (read["friendlyName"], read["triggerValue"], read["email"], "webhook" in read) == ("App gone", 9, [], False)
    assert (read["enabled"], read["consoleIndicator"]) == (False, False)
    assert (read["dateCreated"], read["dateUpdated"]) == ("2025-11-23T12:00:00Z", "2025-11-23T12:01:00Z")


class TestPages:
    async def fill(self, console):
        for name in ("A", "B", "C"):
            await create(console, token=name, friendlyName=name)
            console.house.clock.time += 1

    async def walk(self, console, path):
        names = []
        while path:
            page = (await console.get(path)).json
            names.append([alarm["friendlyName"] for alarm in page["alarms"]])
            path = (page["meta"]["next_page_url"] or "").partition(f":{console.server.port}")[2]
        return names

    async def test_the_newest_come_first(self, console):
        await self.fill(console)
        assert await self.walk(console, BASE) == [["C", "B", "A"]]
        assert await self.walk(console, f"{BASE}?SortOrder=asc") == [["A", "B", "C"]]

    async def test_pages_lead_to_each_other_in_the_order_that_was_asked_for(self, console):
        await self.fill(console)
        assert await self.walk(console, f"{BASE}?PageSize=2&SortOrder=asc") == [["A", "B"], ["C"]]
        last = (await console.get(f"{BASE}?PageSize=2&Page=1")).json
        assert [alarm["friendlyName"] for alarm in last["alarms"]] == ["A"]
        assert last["meta"]["key"] == "alarms"
        assert "Page=0" in last["meta"]["previous_page_url"]

    async def test_an_alarm_that_is_made_meanwhile_repeats_none(self, console):
        await self.fill(console)
        first = (await console.get(f"{BASE}?PageSize=2")).json
        await create(console, token="D", friendlyName="D")
        rest = await self.walk(console, first["meta"]["next_page_url"].partition(f":{console.server.port}")[2])
        assert rest == [["A"]]

    async def test_pages_are_of_one_to_a_thousand(self, console):
        assert (await console.get(f"{BASE}?PageSize=5000")).json["meta"]["page_size"] == 1000
        refused = await console.get(f"{BASE}?PageSize=0")
        assert (refused.status, refused.json["http_status_code"]) == (400, 400)
        assert (await console.get(f"{BASE}?SortOrder=up")).status == 400


class TestAlarmsThatTwilioCannotSay:
    async def slow(self, console):
        alarm = Alarm(
            sid="",
            name="app-slow (p95)",
            watch=Watch.DELIVERY_LATENCY,
            threshold=2.5,
            window=900.0,
            endpoints=("sms",),
            channels=Channels(apprise=("env:SLACK_URL",)),
        )
        return await console.house.alarms.book.create(alarm)

    async def test_they_are_shown_with_what_they_watch(self, console):
        read = (await console.get(f"{BASE}/{(await self.slow(console)).sid}")).json
        assert (read["queryType"], read["query"], read["triggerValue"], read["timeWindow"]) == ("ALL", "", 2, "FIFTEEN_MINS")
        assert read["description"] == "Delivery latency"
        assert read["watch"] == "delivery-latency"
        assert read["settings"] == {
            "delivery_p95": "2s500ms",
            "within": "15m",
            "endpoint": ["sms"],
            "notify": ["env:SLACK_URL"],
        }

    async def test_twilios_own_have_no_further_members(self, console):
        assert not {"watch", "settings"} & set((await console.get(f"{BASE}/{await a_sid(console)}")).json)

    async def test_what_was_read_can_be_sent_back_and_changes_nothing(self, console):
        alarm = await self.slow(console)
        read = (await console.get(f"{BASE}/{alarm.sid}")).json
        assert (await send(console, "PUT", f"{BASE}/{alarm.sid}", read)).status == 200
        assert (await console.get(f"{BASE}/{alarm.sid}")).json == read
        assert await console.house.alarms.book.alarm(alarm.sid) == alarm

    async def test_what_twilio_can_say_is_changed_and_the_rest_stays(self, console):
        alarm = await self.slow(console)
        read = (await console.get(f"{BASE}/{alarm.sid}")).json
        changed = await send(console, "PUT", f"{BASE}/{alarm.sid}", read | {"friendlyName": "Slow", "email": ["a@b.example"]})
        assert changed.status == 200
        assert (await console.get(f"{BASE}/{alarm.sid}")).json["settings"]["delivery_p95"] == "2s500ms"
        kept = await console.house.alarms.book.alarm(alarm.sid)
        assert (kept.name, kept.channels) == ("Slow", Channels(email=("a@b.example",), apprise=("env:SLACK_URL",)))

    async def test_their_threshold_is_not_changed_by_what_cannot_say_it(self, console):
        alarm = await self.slow(console)
        read = (await console.get(f"{BASE}/{alarm.sid}")).json
        refused = await send(console, "PUT", f"{BASE}/{alarm.sid}", read | {"triggerValue": 3})
        assert (refused.status, list(refused.json["params"])) == (400, ["triggerValue"])

    async def test_another_query_makes_them_count_errors(self, console):
        alarm = await self.slow(console)
        await send(console, "PUT", f"{BASE}/{alarm.sid}", WANTED)
        kept = await console.house.alarms.book.alarm(alarm.sid)
        assert (kept.watch, kept.codes, kept.threshold, kept.endpoints) == (Watch.EVENTS, (11200,), 5.0, ("sms",))


async def test_an_alarm_of_the_file_is_read_and_toggled_here_and_changed_there(console):
    (alarm,) = await console.house.alarms.book.adopt([Alarm(sid="", name="from the file")])
    assert (await console.get(f"{BASE}/{alarm.sid}")).status == 200
    for method, body in (("PUT", WANTED), ("DELETE", None)):
        refused = await send(console, method, f"{BASE}/{alarm.sid}", body)
        assert (refused.status, "[alarms.from the file]" in refused.json["message"]) == (409, True)
    assert (await send(console, "PUT", f"{BASE}/{alarm.sid}/status", {"enabled": False})).status == 204
