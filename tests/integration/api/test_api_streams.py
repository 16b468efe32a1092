"""Sinks, subscriptions, types and schemas by Twilio's Events API, and sinks by our own: their fields, their pages, their refusals."""

import json
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from offhook.api.streams_routes import STREAM_OPERATIONS
from offhook.records import Marks
from offhook.streams.carrier import SinkState
from offhook.streams.model import Delivery, Fault, SinkStatus
from offhook.streams.shelves import Parked, parked_shelf, put
from tests.integration.api.conftest import ACCOUNT, NOON
from tests.integration.api.test_api_openapi import errors_of

BASES = ["/events/v1", "/v1"]
ERRORS, INBOUND = "com.twilio.error-logs.error.logged", "com.twilio.messaging.inbound-message.received"
URL = "https://app.example/events"
NONE = "DG" + "0" * 32


async def a_sink(console, base="/events/v1", *, kind="webhook", description="mine", **configuration):
    """A sink; webhooks are active."""
    given = {"destination": URL, **configuration} if kind == "webhook" else configuration
    answer = await console.form(f"{base}/Sinks", SinkType=kind, Description=description, SinkConfiguration=json.dumps(given))
    assert answer.status == 201, answer.text
    return answer.json


async def a_subscription(console, sink_sid, *types, base="/events/v1", **fields):
    named = [("Types", json.dumps(each if isinstance(each, dict) else {"type": each})) for each in types or (ERRORS,)]
    given = {"Description": "theirs", "SinkSid": sink_sid} | fields
    answer = await console.form(f"{base}/Subscriptions", *named, **given)
    assert answer.status == 201, answer.text
    return answer.json


def path_of(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def told(answer):
    return answer.status, answer.json["code"], answer.json["message"]


@pytest.mark.parametrize("base", BASES)
async def test_a_sink_has_twilios_fields_in_twilios_formats(console, base):
    sink = await a_sink(console, base, method="POST", batch_events=False)
    sid = sink.pop("sid")
    url = f"http://127.0.0.1:{console.server.port}{base}/Sinks/{sid}"
    assert sink == {
        "description": "mine",
        "sink_type": "webhook",
        "sink_configuration": {"destination": URL, "method": "POST", "batch_events": False},
        "status": "active",
        "date_created": "2025-11-23T12:00:00Z",
        "date_updated": "2025-11-23T12:00:00Z",
        "url": url,
        "links": {"sink_test": f"{url}/Test", "sink_validate": f"{url}/Validate"},
    }
    assert (await console.get(path_of(url))).json == {"sid": sid, **sink}
    assert console.house.carried.reloads == 1


@pytest.mark.parametrize("base", BASES)
async def test_a_subscription_has_twilios_fields_and_its_types_too(console, base):
    sink = await a_sink(console, base)
    subscription = await a_subscription(
        console, sink["sid"], {"type": INBOUND, "schema_version": "3"}, ERRORS, base=base, Filter="level == 'ERROR'"
    )
    url = f"http://127.0.0.1:{console.server.port}{base}/Subscriptions/{subscription['sid']}"
    assert subscription == {
        "sid": subscription["sid"],
        "account_sid": ACCOUNT,
        "description": "theirs",
        "sink_sid": sink["sid"],
        "filter": "level == 'ERROR'",
        "date_created": "2025-11-23T12:00:00Z",
        "date_updated": "2025-11-23T12:00:00Z",
        "url": url,
        "links": {"subscribed_events": f"{url}/SubscribedEvents"},
    }
    types = (await console.get(path_of(subscription["links"]["subscribed_events"]))).json["types"]
    assert [(each["type"], each["schema_version"]) for each in types] == [(ERRORS, 2), (INBOUND, 3)]
    assert types[0]["url"] == f"{url}/SubscribedEvents/{ERRORS}"
    assert (await console.get(path_of(types[0]["url"]))).json == types[0]


async def test_a_secret_is_neither_in_the_journal_nor_in_an_answer(console):
    secret = "hunter2hunter2hunter2"
    sink = await a_sink(console, destination=f"https://bob:{secret}@app.example/events", headers={"X-Key": secret})
    assert sink["sink_configuration"] == {
        "destination": URL,
        "username": "bob",
        "password": "****ter2",
        "headers": {"X-Key": "****ter2"},
    }
    for path in ("/events/v1/Sinks", "/api/sinks", f"/api/sinks/{sink['sid']}"):
        assert secret not in (await console.get(path)).text
    kept = await console.journal.kept_one("sinks", sink["sid"])
    assert secret.encode() not in kept
    assert b"kept:" in kept
    vault = console.house.streams._parts.vault
    assert vault.read(f"{sink['sid']}/password") == secret
    assert (await console.ask("DELETE", f"/events/v1/Sinks/{sink['sid']}")).status == 204
    with pytest.raises(ValueError, match="not kept"):
        vault.read(f"{sink['sid']}/password")


async def test_a_sink_that_cannot_be_made_leaves_no_secret(console):
    given = json.dumps({"destination": URL, "password": "hunter2", "signature": "standard"})
    answer = await console.form("/v1/Sinks", SinkType="webhook", Description="mine", SinkConfiguration=given)
    assert told(answer)[:2] == (400, 91000)
    assert console.house.streams._parts.vault._secrets == {}
    assert (await console.get("/api/sinks")).json == {"sinks": []}


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({}, 91000, "description"),
        ({"Description": "mine"}, 91000, "There are webhook"),
        ({"Description": "mine", "SinkType": "webhok"}, 91000, "Did you mean webhook?"),
        ({"Description": "mine", "SinkType": "email"}, 91000, "no type of sink called 'email'"),
        ({"Description": "mine", "SinkType": "webhook"}, 91000, "destination is missing"),
        ({"Description": "mine", "SinkType": "webhook", "SinkConfiguration": "{"}, 91000, "must be JSON"),
        ({"Description": "mine", "SinkType": "webhook", "SinkConfiguration": "[]"}, 91000, "a JSON object"),
        ({"Description": "mine", "SinkType": "webhook", "SinkConfiguration": '{"destnation": "x"}'}, 91000, "mean destination?"),
        (
            {"Description": "mine", "SinkType": "webhook", "SinkConfiguration": '{"destination": "nowhere"}'},
            91000,
            "destination: ",
        ),
        ({"Description": "x" * 1001, "SinkType": "webhook"}, 91000, "1000 characters"),
        (
            {"Description": "mine", "SinkType": "webhook", "SinkConfiguration": '{"password": ' + "[" * 900 + "]" * 900 + "}"},
            91000,
            "8 levels",
        ),
        ({"Nonsense": "1"}, 20001, "Unknown parameter 'Nonsense'"),
    ],
)
async def test_what_is_no_sink_is_refused_with_twilios_code_and_what_to_write_instead(console, fields, code, words):
    answer = await console.form("/events/v1/Sinks", **fields)
    assert told(answer)[:2] == (400, code)
    assert words in answer.json["message"]
    if code == 91000:
        assert answer.json["more_info"] == "https://www.twilio.com/docs/errors/91000"


async def test_there_are_at_most_a_hundred_sinks(console):
    for _ in range(100):
        await a_sink(console)
    fields = {"SinkType": "webhook", "Description": "mine", "SinkConfiguration": json.dumps({"destination": URL})}
    answer = await console.form("/events/v1/Sinks", **fields)
    assert told(answer)[:2] == (400, 91003)


class TestHandshake:
    async def test_a_sink_that_is_no_webhook_becomes_active_by_the_id_that_came_to_it(self, console, tmp_path):
        sid = (sink := await a_sink(console, kind="file", path=str(tmp_path / "events.jsonl")))["sid"]
        assert sink["status"] == "initialized"
        refused = await console.form("/v1/Subscriptions", Description="x", SinkSid=sid, Types=json.dumps({"type": ERRORS}))
        assert told(refused)[:2] == (400, 91100)
        too_early = await console.form(f"/v1/Sinks/{sid}/Validate", TestId="x")
        assert told(too_early)[:2] == (400, 91004)
        assert (await console.form(f"/v1/Sinks/{sid}/Test")).json == {"result": "submitted"}
        assert (await console.get(f"/v1/Sinks/{sid}")).json["status"] == "validating"
        [(tested, event)] = console.house.carried.tested
        body = json.loads(event.body)
        assert (tested.sid, body["type"]) == (sid, "com.twilio.eventstreams.test-event")
        assert body["data"] == {"test_id": tested.test_id}
        assert told(await console.form(f"/v1/Sinks/{sid}/Validate"))[:2] == (400, 91201)
        assert told(await console.form(f"/v1/Sinks/{sid}/Validate", TestId="x"))[:2] == (400, 91005)
        valid = await console.form(f"/v1/Sinks/{sid}/Validate", TestId=body["data"]["test_id"])
        assert (valid.status, valid.json) == (201, {"result": "valid"})
        assert (await console.get(f"/v1/Sinks/{sid}")).json["status"] == "active"
        await a_subscription(console, sid)

    async def test_each_test_has_an_id_of_its_own_and_the_last_one_counts(self, console, tmp_path):
        sid = (await a_sink(console, kind="file", path=str(tmp_path / "events.jsonl")))["sid"]
        for _ in range(2):
            await console.form(f"/v1/Sinks/{sid}/Test")
        (first, first_event), (second, second_event) = console.house.carried.tested
        assert first.test_id != second.test_id
        assert first_event.id != second_event.id
        assert told(await console.form(f"/v1/Sinks/{sid}/Validate", TestId=first.test_id))[:2] == (400, 91005)

    async def test_a_sink_that_refuses_the_test_event_has_failed_and_may_be_tested_again(self, console, tmp_path):
        sid = (await a_sink(console, kind="file", path=str(tmp_path / "events.jsonl")))["sid"]
        console.house.carried.outcome = Delivery(taken=0, refused=1, fault=Fault(code=91305, message="No.", retry=False))
        tested = await console.post(f"/api/sinks/{sid}/test")
        assert tested.json == {"result": "failed", "fault": {"code": 91305, "message": "No.", "retry": False}}
        assert (await console.get(f"/v1/Sinks/{sid}")).json["status"] == "failed"
        console.house.carried.outcome = Delivery(taken=1)
        assert (await console.post(f"/api/sinks/{sid}/test")).json == {"result": "taken", "fault": None}
        assert (await console.get(f"/v1/Sinks/{sid}")).json["status"] == "validating"

    async def test_a_sink_that_takes_a_test_event_that_activates_is_active(self, console, tmp_path):
        sid = (await a_sink(console, kind="file", path=str(tmp_path / "events.jsonl")))["sid"]
        reloads = console.house.carried.reloads
        assert (await console.post(f"/api/sinks/{sid}/test", {"activate": True})).json["result"] == "taken"
        assert (await console.get(f"/v1/Sinks/{sid}")).json["status"] == "active"
        assert console.house.carried.reloads == reloads + 1

    async def test_a_test_leaves_an_active_sink_active(self, console):
        sid = (await a_sink(console))["sid"]
        console.house.carried.outcome = Delivery(taken=0, refused=1, fault=Fault(code=91305, message="No.", retry=False))
        await console.form(f"/v1/Sinks/{sid}/Test")
        assert (await console.get(f"/v1/Sinks/{sid}")).json["status"] == "active"


async def test_only_the_description_of_a_sink_and_of_a_subscription_changes(console):
    sink = await a_sink(console)
    subscription = await a_subscription(console, sink["sid"])
    console.house.clock.time += 60
    for path, before in (("/events/v1/Sinks", sink), ("/events/v1/Subscriptions", subscription)):
        changed = (await console.form(f"{path}/{before['sid']}", Description="Ours, žluťoučký")).json
        assert changed == before | {"description": "Ours, žluťoučký", "date_updated": "2025-11-23T12:01:00Z"}
        assert told(await console.form(f"{path}/{before['sid']}"))[:2] == (400, 91201)
        refused = await console.form(f"{path}/{before['sid']}", Description="x", SinkType="file")
        assert told(refused)[:2] == (400, 20001)


async def test_a_sink_serves_one_subscription_and_stays_when_that_goes(console):
    sid = (await a_sink(console))["sid"]
    subscription = (await a_subscription(console, sid))["sid"]
    again = await console.form("/v1/Subscriptions", Description="x", SinkSid=sid, Types=json.dumps({"type": ERRORS}))
    assert told(again)[:2] == (400, 91100)
    assert f"Sink with SID {sid} is in use" in again.json["message"]
    assert told(await console.ask("DELETE", f"/v1/Sinks/{sid}"))[:2] == (400, 91007)
    assert (await console.ask("DELETE", f"/v1/Subscriptions/{subscription}")).status == 204
    assert told(await console.get(f"/v1/Subscriptions/{subscription}"))[:2] == (404, 91102)
    gone = await console.ask("DELETE", f"/v1/Sinks/{sid}")
    assert (gone.status, gone.body) == (204, b"")
    assert told(await console.get(f"/v1/Sinks/{sid}"))[:2] == (404, 91001)


@pytest.mark.parametrize(
    ("types", "fields", "code", "words"),
    [
        ([], {}, 91103, "at least one event type"),
        ([{"type": ERRORS}, {"type": ERRORS}], {}, 91101, "named twice"),
        ([{"type": ERRORS}], {"Description": ""}, 91101, "description"),
        ([{"type": "com.twilio.error-logs.eror.logged"}], {}, 91104, f"Did you mean {ERRORS}?"),
        ([{"type": ERRORS, "schema_version": 3}], {}, 91104, "it has 1, 2"),
        ([{"type": ERRORS, "schema_version": True}], {}, 91104, "it has 1, 2"),
        ([{"type": ERRORS, "version": 1}], {}, 91201, "'version'"),
        ([ERRORS], {}, 91201, "a JSON object"),
        ([{"type": ERRORS}], {"Filter": "level = 'ERROR'"}, 91201, "write =="),
        ([{"type": ERRORS}], {"SinkSid": NONE}, 91001, "There is no sink"),
        ([{"type": ERRORS}], {"SinkSid": "DF1"}, 91006, "DG and 32 hex digits"),
        ([{"type": ERRORS}], {"SinkSid": ""}, 91006, "DG and 32 hex digits"),
    ],
)
async def test_what_is_no_subscription_is_refused_with_twilios_code(console, types, fields, code, words):
    sid = (await a_sink(console))["sid"]
    given = {"Description": "x", "SinkSid": sid} | fields
    answer = await console.form("/events/v1/Subscriptions", *(("Types", json.dumps(each)) for each in types), **given)
    assert told(answer)[:2] == (404 if code == 91001 else 400, code)
    assert words in answer.json["message"]


async def test_a_type_that_is_nested_without_end_is_refused(console):
    sid = (await a_sink(console))["sid"]
    deep = '{"type": "' + ERRORS + '", "schema_version": ' + "[" * 900 + "]" * 900 + "}"
    answer = await console.form("/events/v1/Subscriptions", Description="x", SinkSid=sid, Types=deep)
    assert told(answer)[:2] == (400, 91201)


async def test_types_come_into_a_subscription_change_their_version_and_go(console):
    sid = (await a_subscription(console, (await a_sink(console))["sid"]))["sid"]
    base = f"/events/v1/Subscriptions/{sid}/SubscribedEvents"
    added = await console.form(base, Type=INBOUND)
    assert (added.status, added.json["schema_version"]) == (201, 6)
    assert told(await console.form(base, Type=INBOUND))[:2] == (400, 91101)
    assert told(await console.form(base, Type="com.example.none"))[:2] == (400, 91104)
    assert told(await console.form(base))[:2] == (400, 91201)
    assert told(await console.form(base, Type=INBOUND, SchemaVersion="x"))[:2] == (400, 91104)
    changed = await console.form(f"{base}/{INBOUND}", SchemaVersion="2")
    assert (changed.status, changed.json["schema_version"]) == (200, 2)
    assert told(await console.form(f"{base}/{INBOUND}", SchemaVersion="7"))[:2] == (400, 91104)
    assert told(await console.form(f"{base}/com.example.none", SchemaVersion="1"))[:2] == (404, 91202)
    reloads = console.house.carried.reloads
    assert (await console.ask("DELETE", f"{base}/{ERRORS}")).status == 204
    assert console.house.carried.reloads == reloads + 1
    assert told(await console.get(f"{base}/{ERRORS}"))[:2] == (404, 91202)
    assert told(await console.ask("DELETE", f"{base}/{ERRORS}"))[:2] == (404, 91202)
    last = await console.ask("DELETE", f"{base}/{INBOUND}")
    assert told(last)[:2] == (400, 91103)
    assert "delete the subscription instead" in last.json["message"]
    assert [each["type"] for each in (await console.get(base)).json["types"]] == [INBOUND]


async def test_lists_are_filtered(console, tmp_path):
    used, free = await a_sink(console), await a_sink(console)
    made = await a_sink(console, kind="file", path=str(tmp_path / "events.jsonl"))
    subscription = await a_subscription(console, used["sid"])

    async def sids(query, path="/events/v1/Sinks", key="sinks"):
        return [each["sid"] for each in (await console.get(f"{path}?{query}")).json[key]]

    assert await sids("") == [made["sid"], free["sid"], used["sid"]]
    assert await sids("InUse=true") == [used["sid"]]
    assert await sids("InUse=false&Status=active") == [free["sid"]]
    assert await sids("Status=initialized") == [made["sid"]]
    listed = ("/events/v1/Subscriptions", "subscriptions")
    assert await sids(f"SinkSid={used['sid']}", *listed) == [subscription["sid"]]
    assert await sids(f"SinkSid={free['sid']}", *listed) == []
    types = (await console.get("/events/v1/Types?SchemaId=ErrorLogs.Error")).json["types"]
    assert [each["type"] for each in types] == [ERRORS]
    for query in ("InUse=perhaps", "Status=well"):
        assert told(await console.get(f"/events/v1/Sinks?{query}"))[:2] == (400, 91201)
    for query in ("PageSize=0", "Page=x", "PageToken=x"):
        assert told(await console.get(f"/events/v1/Sinks?{query}"))[:2] == (400, 91002)


async def test_pages_go_on_and_back_and_what_comes_meanwhile_moves_nothing(console):
    sids = [(await a_sink(console))["sid"] for _ in range(7)][::-1]
    first = (await console.get("/events/v1/Sinks?PageSize=3&Status=active")).json
    await a_sink(console)
    second = (await console.get(path_of(first["meta"]["next_page_url"]))).json
    third = (await console.get(path_of(second["meta"]["next_page_url"]))).json
    pages = [[each["sid"] for each in page["sinks"]] for page in (first, second, third)]
    assert pages == [sids[:3], sids[3:6], sids[6:]]
    assert (first["meta"]["previous_page_url"], third["meta"]["next_page_url"]) == (None, None)
    assert "Status=active" in second["meta"]["next_page_url"]
    back = (await console.get(path_of(third["meta"]["previous_page_url"]))).json
    assert [each["sid"] for each in back["sinks"]] == sids[3:6]
    assert second["meta"]["page"] == back["meta"]["page"] == 1
    assert first["meta"]["key"] == "sinks"
    by_number = (await console.get("/events/v1/Types?PageSize=2&Page=1")).json["types"]
    every = (await console.get("/events/v1/Types")).json["types"]
    assert by_number == every[2:4]


@pytest.mark.parametrize("base", BASES)
async def test_types_lead_to_their_schemas_and_those_to_json_schemas(console, base):
    listed = (await console.get(f"{base}/Types/{ERRORS}")).json
    assert (listed["schema_id"], listed["status"], listed["documentation_url"]) == ("ErrorLogs.Error", "available", None)
    versions = (await console.get(path_of(listed["links"]["schema"]))).json
    assert [each["schema_version"] for each in versions["schema_versions"]] == [1, 2]
    schema = (await console.get(f"{base}/Schemas/ErrorLogs.Error")).json
    assert schema["latest_version"] == 2
    assert path_of(schema["links"]["versions"]) == path_of(listed["links"]["schema"])
    one = (await console.get(path_of(versions["schema_versions"][1]["url"]))).json
    assert one == versions["schema_versions"][1]
    raw = await console.get(path_of(one["raw"]))
    assert raw.headers["content-type"] == "application/schema+json"
    assert "error_code" in raw.json["properties"]


@pytest.mark.parametrize(
    "path", ["Types/com.none", "Schemas/None", "Schemas/None/Versions", "Schemas/ErrorLogs.Error/Versions/9"]
)
async def test_what_the_registry_has_not_is_not_found(console, path):
    assert told(await console.get(f"/events/v1/{path}"))[:2] == (404, 91202)


async def test_a_method_that_there_is_not_is_refused_with_the_code_for_streams(console):
    assert told(await console.ask("PUT", "/events/v1/Sinks"))[:2] == (405, 91203)
    assert told(await console.ask("DELETE", "/v1/Types"))[:2] == (405, 91203)
    assert told(await console.ask("PUT", "/api/sinks"))[:2] == (405, 20004)


async def test_what_is_no_form_is_refused(console):
    assert told(await console.post("/events/v1/Sinks", {"Description": "x"}))[:2] == (415, 20415)
    broken = {"content-type": "application/x-www-form-urlencoded"}
    assert (await console.ask("POST", "/events/v1/Sinks", headers=broken, body=b"Description=%FF")).json["code"] == 20001
    twice = await console.form("/events/v1/Sinks", ("Description", "x"), ("Description", "y"))
    assert "given twice" in twice.json["message"]


class TestOurs:
    async def test_a_sink_is_listed_with_what_goes_to_it_and_how_it_is_doing(self, console):
        sid = (await a_sink(console))["sid"]
        subscription = await a_subscription(console, sid, Filter="level == 'ERROR'")
        fault = Fault(code=91306, message="It answered 503.", retry=True)
        console.house.carried.states[sid] = SinkState(
            lag=12, delivered=40, last_fault=fault, failing_since=NOON, retry_at=NOON + 5, parked=2, last_success_at=NOON - 60
        )
        [sink] = (await console.get("/api/sinks")).json["sinks"]
        assert (await console.get(f"/api/sinks/{sid}")).json == sink
        assert sink == {
            "sid": sid,
            "type": "webhook",
            "description": "mine",
            "status": "active",
            "configuration": {"destination": URL},
            "created_at": "2025-11-23T12:00:00.000Z",
            "updated_at": "2025-11-23T12:00:00.000Z",
            "subscription": {
                "sid": subscription["sid"],
                "description": "theirs",
                "filter": "level == 'ERROR'",
                "types": [{"type": ERRORS, "schema_version": 2}],
            },
            "lag": 12,
            "delivered": 40,
            "parked": 2,
            "last_success_at": "2025-11-23T11:59:00.000Z",
            "last_fault": {"code": 91306, "message": "It answered 503.", "retry": True},
            "failing_since": "2025-11-23T12:00:00.000Z",
            "retry_at": "2025-11-23T12:00:05.000Z",
        }

    async def test_events_of_a_time_and_those_that_were_refused_go_out_again(self, console):
        sid = (await a_sink(console))["sid"]
        assert told(await console.post(f"/api/sinks/{sid}/replay", {"parked": True}))[:2] == (409, 20409)
        console.house.carried.states[sid] = SinkState()
        begun = await console.post(f"/api/sinks/{sid}/replay", {"since": "2025-11-23T11:00:00Z", "until": NOON})
        assert begun.status == 202
        assert (await console.post(f"/api/sinks/{sid}/replay?parked=true")).status == 202
        assert console.house.carried.replayed == [(sid, NOON - 3600, NOON, False), (sid, None, None, True)]
        replays = (await console.get(f"/api/sinks/{sid}/replays")).json["replays"]
        assert [(each["state"], each["done"]) for each in replays] == [("completed", 3)] * 2
        assert replays[1]["id"] == begun.json["id"]

    @pytest.mark.parametrize("body", [{}, {"parked": False}, {"since": 20, "until": 10}, {"since": "soon"}])
    async def test_a_replay_of_no_time_is_refused(self, console, body):
        sid = (await a_sink(console))["sid"]
        assert told(await console.post(f"/api/sinks/{sid}/replay", body))[:2] == (400, 20001)

    async def test_what_a_sink_has_refused_is_listed_page_by_page_and_goes_with_it(self, console):
        sid = (await a_sink(console))["sid"]
        entries = [
            Parked(
                id=console.new_id("PK"),
                subscription="DF" + "0" * 32,
                at=NOON,
                code=91305,
                message="It answered 400.",
                start=Marks(),
                end=Marks(),
                event=f"NO{number:032}",
                type=ERRORS,
            )
            for number in range(3)
        ]
        await console.journal.keep([put(parked_shelf(sid), entry.id, entry) for entry in entries])
        first = (await console.get(f"/api/sinks/{sid}/parked?limit=2")).json
        assert [each["id"] for each in first["parked"]] == [entry.id for entry in entries[:2]]
        assert first["parked"][0] == {
            "id": entries[0].id,
            "at": "2025-11-23T12:00:00.000Z",
            "code": 91305,
            "message": "It answered 400.",
            "event": entries[0].event,
            "type": ERRORS,
            "rows": 1,
        }
        rest = (await console.get(f"/api/sinks/{sid}/parked?cursor={first['next_cursor']}")).json
        assert [each["id"] for each in rest["parked"]] == [entries[2].id]
        assert rest["next_cursor"] is None
        assert (await console.ask("DELETE", f"/v1/Sinks/{sid}")).status == 204
        assert await console.journal.kept(parked_shelf(sid)) == []

    @pytest.mark.parametrize("path", ["", "/parked", "/replays"])
    async def test_a_sink_that_there_is_not_is_not_found(self, console, path):
        assert told(await console.get(f"/api/sinks/{NONE}{path}"))[:2] == (404, 91001)
        assert told(await console.get(f"/api/sinks/nonsense{path}"))[:2] == (400, 91006)

    async def test_the_types_of_sinks_are_listed_with_their_keys(self, console):
        kinds = {each["name"]: each for each in (await console.get("/api/sink-kinds")).json["kinds"]}
        fields = {each["name"]: each for each in kinds["webhook"]["fields"]}
        assert fields["destination"]["required"]
        assert (fields["password"]["required"], fields["password"]["secret"]) == (False, True)


async def test_at_the_start_secrets_that_no_sink_owns_are_forgotten(console):
    sid = (await a_sink(console, password="hunter2hunter2", username="bob"))["sid"]
    vault = console.house.streams._parts.vault
    await vault.keep({f"{NONE}/password": "left by a crash"})
    await console.house.streams.tidy()
    assert list(vault._secrets) == [f"{sid}/password"]


async def test_a_sink_that_has_failed_takes_no_subscription(console):
    sid = (await a_sink(console))["sid"]
    store = console.house.streams._store
    await store.put(replace(await store.sink(sid), status=SinkStatus.FAILED))
    refused = await console.form("/v1/Subscriptions", Description="x", SinkSid=sid, Types=json.dumps({"type": ERRORS}))
    assert told(refused)[:2] == (400, 91100)
    assert "is failed, not active" in refused.json["message"]


async def test_what_the_routes_of_streams_answer_is_what_the_document_says(console):
    described = (await console.get("/openapi.json")).json
    asked = set()
    for base in BASES:
        sink = await a_sink(console, base, password="hunter2hunter2", username="bob")
        sid, df = sink["sid"], (await a_subscription(console, sink["sid"], ERRORS, INBOUND, base=base))["sid"]
        subscribed, schemas = f"{base}/Subscriptions/{df}/SubscribedEvents", f"{base}/Schemas/ErrorLogs.Error"
        console.house.carried.states[sid] = SinkState()
        for method, path, url in (
            ("GET", f"{base}/Sinks", f"{base}/Sinks"),
            ("POST", f"{base}/Sinks", f"{base}/Sinks"),
            ("GET", f"{base}/Sinks/{{id}}", f"{base}/Sinks/{sid}"),
            ("POST", f"{base}/Sinks/{{id}}", f"{base}/Sinks/{sid}"),
            ("POST", f"{base}/Sinks/{{id}}/Test", f"{base}/Sinks/{sid}/Test"),
            ("POST", f"{base}/Sinks/{{id}}/Validate", f"{base}/Sinks/{sid}/Validate"),
            ("GET", f"{base}/Subscriptions", f"{base}/Subscriptions"),
            ("POST", f"{base}/Subscriptions", f"{base}/Subscriptions"),
            ("GET", f"{base}/Subscriptions/{{id}}", f"{base}/Subscriptions/{df}"),
            ("POST", f"{base}/Subscriptions/{{id}}", f"{base}/Subscriptions/{df}"),
            ("GET", f"{base}/Subscriptions/{{id}}/SubscribedEvents", subscribed),
            ("POST", f"{base}/Subscriptions/{{id}}/SubscribedEvents", subscribed),
            ("GET", f"{base}/Subscriptions/{{id}}/SubscribedEvents/{{type}}", f"{subscribed}/{ERRORS}"),
            ("POST", f"{base}/Subscriptions/{{id}}/SubscribedEvents/{{type}}", f"{subscribed}/{ERRORS}"),
            ("DELETE", f"{base}/Subscriptions/{{id}}/SubscribedEvents/{{type}}", f"{subscribed}/{ERRORS}"),
            ("GET", f"{base}/Types", f"{base}/Types"),
            ("GET", f"{base}/Types/{{type}}", f"{base}/Types/{ERRORS}"),
            ("GET", f"{base}/Schemas/{{id}}", schemas),
            ("GET", f"{base}/Schemas/{{id}}/Versions", f"{schemas}/Versions"),
            ("GET", f"{base}/Schemas/{{id}}/Versions/{{version}}", f"{schemas}/Versions/1"),
            ("GET", f"{base}/Schemas/{{id}}/Versions/{{version}}/raw", f"{schemas}/Versions/1/raw"),
            ("GET", "/api/sinks", "/api/sinks"),
            ("GET", "/api/sink-kinds", "/api/sink-kinds"),
            ("GET", "/api/sinks/{id}", f"/api/sinks/{sid}"),
            ("GET", "/api/sinks/{id}/parked", f"/api/sinks/{sid}/parked"),
            ("POST", "/api/sinks/{id}/test", f"/api/sinks/{sid}/test"),
            ("POST", "/api/sinks/{id}/replay", f"/api/sinks/{sid}/replay?since=1"),
            ("GET", "/api/sinks/{id}/replays", f"/api/sinks/{sid}/replays"),
            ("DELETE", f"{base}/Subscriptions/{{id}}", f"{base}/Subscriptions/{df}"),
            ("DELETE", f"{base}/Sinks/{{id}}", f"{base}/Sinks/{sid}"),
        ):
            answer = await console.ask(method, url)
            asked.add((method, path))
            written = described["paths"][path][method.lower()]["responses"][str(answer.status)]
            if answer.status == 204:
                assert "content" not in written
            elif not path.endswith("/raw"):
                assert errors_of(answer.json, written["content"]["application/json"]["schema"], described) == [], url
    told_of = described["paths"]["/v1/Sinks"]["post"]["responses"]["400"]["description"]
    assert all(code in told_of for code in ("20001: ", "91000: ", "91003: "))
    assert asked == {(operation.method, operation.path) for operation in STREAM_OPERATIONS}
