"""Events as log records to a collector, read back with OpenTelemetry's own protobuf definitions."""

import json

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from offhook.streams.sinks.otel import KIND
from tests.helpers.listener import OK, Listener, answer
from tests.helpers.processes import free_port
from tests.helpers.sinks import hand_over, make_event, make_events, sink_parts


def read(request):
    """The records of a request, by OpenTelemetry's definitions; whatever these do not know is an error."""
    export = json_format.ParseDict(request.json, ExportLogsServiceRequest())
    (resource,) = export.resource_logs
    (scope,) = resource.scope_logs
    return resource, list(scope.log_records)


def attributes(holder):
    return {each.key: each.value.string_value for each in holder.attributes}


def partly(rejected, words="too old"):
    return answer(200, json.dumps({"partialSuccess": {"rejectedLogRecords": rejected, "errorMessage": words}}).encode())


async def deliver(listener, events, secrets=None, **configuration):
    async with sink_parts(secrets=secrets) as parts:
        client = KIND.make({"endpoint": listener.url, **configuration}, parts)
        return await client.deliver(events)


async def test_an_event_is_a_log_record_that_opentelemetrys_own_definitions_read():
    events = make_events(3)
    async with Listener() as listener:
        assert (await deliver(listener, events)).taken == 3
    (request,) = listener.heard
    assert (request.target, request.headers["content-type"]) == ("/v1/logs", "application/json")
    resource, records = read(request)
    assert attributes(resource.resource)["service.name"] == "offhook"
    assert [record.body.string_value.encode() for record in records] == [event.body for event in events]
    first = records[0]
    assert first.event_name == events[0].type
    assert first.time_unix_nano == 1_700_000_000_001_000_000
    assert first.observed_time_unix_nano > first.time_unix_nano
    assert attributes(first) == {
        "cloudevents.event_id": events[0].id,
        "cloudevents.event_source": events[0].source,
        "cloudevents.event_spec_version": "1.0",
        "cloudevents.event_type": events[0].type,
        "cloudevents.event_subject": events[0].subject,
        "cloudevents.event_dataschema": events[0].dataschema,
    }


@pytest.mark.parametrize(
    ("type_", "data", "number", "name"),
    [
        ("com.offhook.webhook.received", {}, 9, "INFO"),
        ("com.offhook.webhook.failed", {}, 17, "ERROR"),
        ("com.offhook.reply.ambiguous", {}, 13, "WARN"),
        ("com.offhook.breaker.opened", {}, 13, "WARN"),
        ("com.offhook.breaker.closed", {}, 9, "INFO"),
        ("com.offhook.alarm.fired", {}, 13, "WARN"),
        ("com.twilio.error-logs.error.logged", {"level": "ERROR"}, 17, "ERROR"),
        ("com.twilio.error-logs.error.logged", {"level": "WARNING"}, 13, "WARN"),
        ("com.twilio.error-logs.error.logged", {"level": "INFO"}, 9, "INFO"),
    ],
)
async def test_severity_is_the_level_of_an_error_or_what_the_type_says_has_happened(type_, data, number, name):
    async with Listener() as listener:
        await deliver(listener, [make_event(1, data=data, type=type_)])
    _, (record,) = read(listener.heard[0])
    assert (record.severity_number, record.severity_text) == (number, name)


async def test_header_fields_with_a_key_and_a_service_name_of_ones_own_go_along():
    async with Listener() as listener:
        await deliver(
            listener,
            make_events(1),
            endpoint=f"{listener.url}/otlp/logs",
            headers={"Api-Key": "env:KEY"},
            service_name="sms-front",
            secrets={"env:KEY": "k-1"},
        )
    (request,) = listener.heard
    assert (request.target, request.headers["api-key"]) == ("/otlp/logs", "k-1")
    assert attributes(read(request)[0].resource)["service.name"] == "sms-front"


@pytest.mark.parametrize(
    "said", [OK, answer(200, b"{}"), answer(200, b'{"partialSuccess": {}}'), partly(0, "slow down"), answer(204)]
)
async def test_a_success_without_rejected_records_has_taken_all(said):
    async with Listener(lambda _: said) as listener:
        delivery = await deliver(listener, make_events(3))
    assert (delivery.taken, delivery.fault) == (3, None)


@pytest.mark.parametrize("rejected", [2, "2"])
async def test_rejected_records_stay_behind_and_the_others_are_taken(rejected):
    """The answer does not say which: handed over one by one, they show."""
    kept = []

    def say(request):
        _, records = read(request)
        good = [record for record in records if json.loads(record.body.string_value)["data"]["number"] not in {3, 7}]
        kept.extend(attributes(record)["cloudevents.event_id"] for record in good)
        bad = len(records) - len(good)
        return partly(str(bad) if isinstance(rejected, str) else bad) if bad else OK

    events = make_events(10)
    async with Listener(say) as listener, sink_parts() as parts:
        came = await hand_over(KIND.make({"endpoint": listener.url}, parts), events, batch=5)
    assert came.refused == [events[2], events[6]]
    assert came.taken == [event for event in events if event not in came.refused]
    assert set(kept) == {event.id for event in came.taken}
    assert (came.faults[0].code, came.faults[0].retry) == (91305, False)
    assert "too old" in came.faults[0].message


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [(429, 91302, True), (400, 91305, False), (401, 91305, False), (500, 91306, True), (503, 91306, True), (301, 91304, True)],
)
async def test_what_a_collector_says_has_its_code(status, code, retry):
    async with Listener(lambda _: answer(status, Retry_After=3)) as listener:
        delivery = await deliver(listener, make_events(3))
    assert (delivery.taken, delivery.refused) == (0, 0 if retry else 3)
    assert (delivery.fault.code, delivery.fault.retry) == (code, retry)


async def test_nobody_there_is_no_connection():
    async with sink_parts() as parts:
        client = KIND.make({"endpoint": f"http://127.0.0.1:{free_port()}"}, parts)
        assert (await client.deliver(make_events(1))).fault.code == 91307


async def test_a_killed_collector_gets_every_event_in_order_and_only_what_was_under_way_twice():
    kept, killed = [], []

    def say(request):
        _, records = read(request)
        kept.extend(attributes(record)["cloudevents.event_id"] for record in records)
        if len(kept) > 300 * (len(killed) + 1) and len(killed) < 3:
            killed.append(len(records))
            return None
        return OK

    events = make_events(1500)
    async with Listener(say) as listener, sink_parts() as parts:

        async def restart(_):
            await listener.kill()
            await listener.start()

        came = await hand_over(KIND.make({"endpoint": listener.url}, parts), events, batch=50, on_fault=restart)
    assert came.taken == events
    assert list(dict.fromkeys(kept)) == [event.id for event in events]
    assert len(kept) - 1500 <= 2 * sum(killed)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({}, "endpoint is missing"),
        ({"endpoint": "localhost:4318"}, "endpoint: "),
        ({"endpoint": "http://localhost:4318", "headers": {"Content-Type": "x"}}, "set by Offhook itself"),
        ({"endpoint": "http://localhost:4318", "headers": {"Api-Key": "env:NOWHERE"}}, "env:NOWHERE is not set"),
    ],
)
async def test_a_configuration_that_cannot_work_says_what_to_write_instead(configuration, words):
    async with sink_parts() as parts:
        with pytest.raises(ValueError, match=words):
            KIND.make(configuration, parts)
