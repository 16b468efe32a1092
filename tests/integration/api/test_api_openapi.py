"""The OpenAPI document is true to the code: every route, every parameter, and what the routes really answer."""

import re

import pytest
import pytest_asyncio

from offhook.alarms.model import UNTOLD, Alarm, Channels, Firing, Maintenance, News, Notification
from offhook.alarms.shelves import encode, keep_firing
from offhook.api.alarm_firings import add_maintenance
from offhook.api.alarms import snooze_alarm
from offhook.api.app import create_app
from offhook.api.doctor import examine_url
from offhook.api.issues import set_issue_state
from offhook.api.routes import OPERATIONS
from offhook.api.streams_routes import STREAM_OPERATIONS
from offhook.api.streams_sinks import replay_sink
from offhook.records import Certificate, Failure, FailureKind, Kept
from offhook.stores.grouping import issue_of
from offhook.streams.carrier import SinkState

NOON = 1_763_899_200.0  # the house's time

STREAMS = {operation.path for operation in STREAM_OPERATIONS}
"""What these answer is in the tests of streams."""

# What these cannot do without.
NEEDED = {
    set_issue_state: "state=open",
    examine_url: "url=https://my-app.example/sms",
    snooze_alarm: "for=1h",
    add_maintenance: "for=1h",
    replay_sink: "since=1",
}


@pytest_asyncio.fixture(loop_scope="module")
async def described(console):
    return (await console.get("/openapi.json")).json


async def test_the_document_has_every_route_of_the_application_and_no_other(console, described):
    served = {(route.path, method) for route in create_app(console.house).routes for method in route.methods if method != "HEAD"}
    written = {(path, method.upper()) for path, methods in described["paths"].items() for method in methods}
    assert written == served
    assert described["openapi"].startswith("3.1")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.handle.__name__)
async def test_each_parameter_that_the_code_reads_is_in_the_document(described, operation):
    written = described["paths"][operation.path][operation.method.lower()]
    in_query = [parameter["name"] for parameter in written["parameters"] if parameter["in"] == "query"]
    in_path = [parameter["name"] for parameter in written["parameters"] if parameter["in"] == "path"]
    assert in_query == [field.name for field in operation.query]
    assert in_path == re.findall(r"{(\w+)}", operation.path)
    assert all(parameter["description"] for parameter in written["parameters"])
    media_type = "application/x-www-form-urlencoded" if operation.form else "application/json"
    in_body = written.get("requestBody", {"content": {media_type: {"schema": {"properties": {}}}}})
    fields = operation.form or operation.body
    known = [field.name for field in fields] if operation.takes is None else list(operation.takes["properties"])
    assert list(in_body["content"][media_type]["schema"]["properties"]) == known
    in_headers = [parameter["name"] for parameter in written["parameters"] if parameter["in"] == "header"]
    assert in_headers == [field.name for field in operation.headers]
    assert str(operation.status) in written["responses"]
    assert "400" in written["responses"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.handle.__name__)
async def test_each_parameter_in_the_document_is_taken_by_the_server(console, operation):
    event = console.event()
    await console.journal.record([event])
    alarm = await console.house.alarms.book.create(Alarm(sid="", name="app down"))
    # The kinds of things with an id of which parameters are asked.
    ids = {"alarms": alarm.sid, "issues": issue_of(event), "Schemas": "ErrorLogs.Error", **await streams_in(console)}
    path = re.sub(r"(\w+)/{id}", lambda found: f"{found[1]}/{ids.get(found[1], 'none')}", operation.path)
    for field in operation.query:
        needed = NEEDED.get(operation.handle, "")
        given = "" if needed.startswith(f"{field.name}=") else f"{field.name}=&"
        answer = await console.ask(operation.method, f"{path}?{given}{needed}")
        assert answer.status == operation.status, answer.text


def errors_of(value, schema, document, where="$"):
    """How a value differs from its schema: enough of JSON Schema for our own; an unknown member is a difference too."""
    if "$ref" in schema:
        return errors_of(value, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, where)
    if "anyOf" in schema:
        found = [errors_of(value, option, document, where) for option in schema["anyOf"]]
        return [] if [] in found else found[0]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{where}: {value!r}"]
    types = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
        "array": list,
        "object": dict,
    }
    if "type" in schema and (
        not isinstance(value, types[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean")
    ):
        return [f"{where}: {value!r} is no {schema['type']}"]
    if isinstance(value, list):
        return [
            error for i, item in enumerate(value) for error in errors_of(item, schema.get("items", {}), document, f"{where}[{i}]")
        ]
    if "properties" not in schema:
        return []
    known, needed = set(schema["properties"]), set(schema.get("required", ()))
    missing = [f"{where}: {set(value) ^ known}"] if not needed <= set(value) <= known else []
    return missing + [
        error
        for key in set(value) & set(schema["properties"])
        for error in errors_of(value[key], schema["properties"][key], document, f"{where}.{key}")
    ]


async def streams_in(console):
    """A sink with a subscription: their ids, by the name of their collections."""
    desk = console.house.streams
    sink = await desk.sinks.create("mine", "webhook", {"destination": "https://app.example/events"})
    types = [{"type": "com.twilio.error-logs.error.logged"}]
    subscription = await desk.subscriptions.create("theirs", sink, types)
    console.house.carried.states[sink.sid] = SinkState()
    return {"sinks": sink.sid, "Sinks": sink.sid, "Subscriptions": subscription.sid}


async def alarms_in(console):
    """Two alarms, one of which fires, and a maintenance window: their ids."""
    book = console.house.alarms.book
    alarm = await book.create(Alarm(sid="", name="app down", channels=Channels(email=("dev@app.example",))))
    other = await book.create(Alarm(sid="", name="app slow"))
    firing = Firing(id=console.new_id("AF"), alarm_sid=alarm.sid, alarm_name=alarm.name, fired_at=NOON, value=1.0, threshold=1.0)
    missed = Notification(
        id=console.new_id("AN"),
        news=News.FIRED,
        alarm=alarm,
        firing=firing,
        channel="email",
        address="dev@app.example",
        created_at=NOON,
        due=NOON,
        attempts=3,
        note="The mail server refuses it.",
    )
    await console.journal.keep([*keep_firing(firing), Kept(shelf=UNTOLD, id=missed.id, data=encode(missed))])
    window = await book.add_maintenance(Maintenance(id="", starts_at=NOON, ends_at=NOON + 60))
    return alarm.sid, other.sid, window.id


async def test_what_the_routes_answer_is_what_the_document_says(console, described):
    webhook_id = console.new_id("WH")
    good = console.exchange(status=200, certificate=Certificate(version="TLSv1.3"), body=b"ok")
    bad = console.exchange(failure=Failure(kind=FailureKind.REFUSED))
    reply, event = console.reply(webhook_id), console.event(webhook_id=webhook_id)
    await console.webhook(id=webhook_id, attempts=[console.attempt(webhook_id, good, bad)], replies=[reply], events=[event])
    failed = await console.webhook()
    issue = issue_of(event)
    alarm, other, window = await alarms_in(console)
    asked = [
        ("GET", "/api/webhooks", "/api/webhooks"),
        ("GET", "/api/webhooks/{id}", f"/api/webhooks/{webhook_id}"),
        ("POST", "/api/webhooks/{id}/dismiss", f"/api/webhooks/{failed.id}/dismiss"),
        ("POST", "/api/webhooks/{id}/replay", f"/api/webhooks/{failed.id}/replay"),
        ("POST", "/api/webhooks/{id}/replay", f"/api/webhooks/{failed.id}/replay"),
        ("POST", "/api/replays", "/api/replays"),
        ("POST", "/api/hastenings", "/api/hastenings"),
        ("POST", "/api/deletions", "/api/deletions"),
        ("POST", "/api/replies/{id}/send", f"/api/replies/{reply.id}/send"),
        ("GET", "/api/errors", "/api/errors"),
        ("GET", "/api/errors/{id}", f"/api/errors/{event.id}"),
        ("GET", "/api/errors/{id}", "/api/errors/none"),
        ("GET", "/monitor/v1/Alerts", "/monitor/v1/Alerts?PageSize=1"),
        ("GET", "/monitor/v1/Alerts/{id}", f"/monitor/v1/Alerts/{event.id}"),
        ("GET", "/monitor/v1/Alerts/{id}", "/monitor/v1/Alerts/none"),
        ("GET", "/v1/Alerts", "/v1/Alerts"),
        ("GET", "/v1/Alerts/{id}", f"/v1/Alerts/{event.id}"),
        ("GET", "/api/errors/counts", "/api/errors/counts"),
        ("GET", "/monitor/v2/Alarms", "/monitor/v2/Alarms?PageSize=1"),
        ("POST", "/monitor/v2/Alarms", "/monitor/v2/Alarms"),
        ("GET", "/monitor/v2/Alarms/{id}", f"/monitor/v2/Alarms/{alarm}"),
        ("PUT", "/monitor/v2/Alarms/{id}", f"/monitor/v2/Alarms/{alarm}"),
        ("PUT", "/monitor/v2/Alarms/{id}/status", f"/monitor/v2/Alarms/{alarm}/status"),
        ("GET", "/v2/Alarms", "/v2/Alarms?Page=x"),
        ("GET", "/v2/Alarms/{id}", "/v2/Alarms/none"),
        ("DELETE", "/v2/Alarms/{id}", "/v2/Alarms/none"),
        ("PUT", "/v2/Alarms/{id}/status", "/v2/Alarms/none/status"),
        ("GET", "/api/alarms", "/api/alarms"),
        ("POST", "/api/alarms", "/api/alarms"),
        ("POST", "/api/alarms/preview", "/api/alarms/preview"),
        ("GET", "/api/alarms/{id}", f"/api/alarms/{alarm}"),
        ("POST", "/api/alarms/{id}", f"/api/alarms/{alarm}"),
        ("POST", "/api/alarms/{id}/test", f"/api/alarms/{alarm}/test"),
        ("POST", "/api/alarms/{id}/snooze", f"/api/alarms/{alarm}/snooze?for=1h"),
        ("POST", "/api/alarms/{id}/mute", f"/api/alarms/{alarm}/mute"),
        ("GET", "/api/alarms/{id}/preview", f"/api/alarms/{alarm}/preview"),
        ("GET", "/api/alarms/{id}/firings", f"/api/alarms/{alarm}/firings"),
        ("GET", "/api/alarms/{id}/untold", f"/api/alarms/{alarm}/untold"),
        ("GET", "/api/alarms/{id}/history", f"/api/alarms/{alarm}/history"),
        ("DELETE", "/api/alarms/{id}", f"/api/alarms/{other}"),
        ("POST", "/api/errors/{id}/alarm", f"/api/errors/{event.id}/alarm"),
        ("GET", "/api/alarm-firings", "/api/alarm-firings"),
        ("GET", "/api/alarm-untold", "/api/alarm-untold"),
        ("GET", "/api/alarm-firings/{id}", f"/api/alarm-firings/{console.new_id('AF')}"),
        ("GET", "/api/maintenance", "/api/maintenance"),
        ("POST", "/api/maintenance", "/api/maintenance?for=1h"),
        ("DELETE", "/api/maintenance/{id}", f"/api/maintenance/{window}"),
        ("GET", "/api/issues", "/api/issues"),
        ("GET", "/api/issues/{id}", f"/api/issues/{issue}"),
        ("POST", "/api/issues/{id}", f"/api/issues/{issue}"),
        ("POST", "/api/issues/{id}", f"/api/issues/{issue}?state=ignored"),
        ("POST", "/api/issues/{id}/replay", f"/api/issues/{issue}/replay"),
        ("POST", "/api/doctor", "/api/doctor?url=https://my-app.example/sms"),
        ("POST", "/api/doctor", "/api/doctor?url=https://my_app..example/sms"),
        ("POST", "/api/doctor", "/api/doctor"),
        ("GET", "/api/endpoints", "/api/endpoints"),
        ("POST", "/api/login-links", "/api/login-links"),
        ("GET", "/healthz", "/healthz"),
        ("GET", "/readyz", "/readyz"),
        ("GET", "/api/webhooks", "/api/webhooks?limit=x"),
    ]
    for method, path, url in asked:
        answer = await console.ask(method, url)
        content = described["paths"][path][method.lower()]["responses"][str(answer.status)]["content"]["application/json"]
        assert errors_of(answer.json, content["schema"], described) == [], url
    console.house.troubles["store"] = "The disk is full."
    unready = described["paths"]["/readyz"]["get"]["responses"]["503"]["content"]["application/json"]["schema"]
    assert errors_of((await console.get("/readyz")).json, unready, described) == []
    assert {path for _, path, _ in asked} == set(described["paths"]) - {"/metrics", "/openapi.json"} - STREAMS


async def test_every_operation_has_a_name_of_its_own(described):
    names = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


async def test_every_reference_in_the_document_leads_somewhere(described):
    references = re.findall(r"#/components/schemas/(\w+)", str(described))
    assert references
    assert set(references) <= set(described["components"]["schemas"])
