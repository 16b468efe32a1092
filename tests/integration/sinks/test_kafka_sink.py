"""The sink into Kafka, against librdkafka's mock cluster (tests/helpers/kafka.py says why)."""

import asyncio
import contextlib
import json
import re

import pytest

from offhook.streams.sinks.kafka import KIND
from tests.helpers.kafka import KafkaMock
from tests.helpers.processes import free_port
from tests.helpers.sink_trial import drive, passes
from tests.helpers.sinks import make_event, make_events, sink_parts

PRODUCE, METADATA, INIT_PRODUCER = 0, 3, 22


@pytest.fixture
def kafka(tmp_path):
    with KafkaMock(tmp_path) as mock:
        yield mock


@contextlib.asynccontextmanager
async def a_sink(servers, *, secrets=None, **configuration):
    async with sink_parts(secrets=secrets) as parts:
        client = KIND.make({"servers": servers, "topic": "events", **configuration}, parts)
        try:
            yield client
        finally:
            await client.close()


async def test_events_become_records_in_their_order_as_cloudevents_in_structured_mode(kafka):
    events = make_events(250)
    async with a_sink(kafka.servers) as client:
        for start in range(0, 250, 100):
            delivery = await client.deliver(events[start : start + 100])
            assert (delivery.taken, delivery.fault) == (len(events[start : start + 100]), None)
    records = await asyncio.to_thread(kafka.records, 250)
    assert [record.value() for record in records] == [event.body for event in events]
    assert records[0].key() == events[0].partition.encode()
    assert records[0].headers() == [("content-type", b"application/cloudevents+json; charset=UTF-8")]


async def test_events_of_one_conversation_are_in_one_partition_in_their_order(tmp_path):
    events = make_events(300)
    with KafkaMock(tmp_path, partitions=4) as kafka:
        async with a_sink(kafka.servers) as client:
            for start in range(0, 300, 100):
                assert (await client.deliver(events[start : start + 100])).taken == 100
        records = await asyncio.to_thread(kafka.records, 300)
    assert len({record.partition() for record in records}) > 1
    for conversation in {event.partition for event in events}:
        those = [record for record in records if record.key().decode() == conversation]
        assert len({record.partition() for record in those}) == 1
        assert [json.loads(each.value())["id"] for each in those] == [
            each.id for each in events if each.partition == conversation
        ]


async def test_away_three_times_kafka_misses_nothing_and_has_little_twice(kafka):
    async with a_sink(kafka.servers) as client:
        trial = await drive(client, 5_000, batch=KIND.batch, disturb=kafka.die_and_rise)
    assert trial.kills == 3
    passes(trial, await asyncio.to_thread(kafka.ids), unavoidable=trial.kills * KIND.batch)


async def test_away_for_longer_than_a_batch_may_take_it_is_tried_again_from_where_it_was(kafka):
    async with a_sink(kafka.servers, timeout="1s") as client:
        trial = await drive(client, 1_000, batch=KIND.batch, disturb=lambda: kafka.die_and_rise(2.0), disturbances=2)
    assert set(trial.faults) <= {91307, 91308}
    assert trial.faults
    passes(trial, await asyncio.to_thread(kafka.ids), unavoidable=trial.kills * KIND.batch)


async def test_where_nothing_listens_there_is_no_connection():
    async with a_sink(f"127.0.0.1:{free_port()}") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, 91307, True)


@pytest.mark.parametrize(
    ("error", "code", "retry"),
    [
        (29, 91305, False),  # TOPIC_AUTHORIZATION_FAILED
        (10, 91305, False),  # MSG_SIZE_TOO_LARGE
        (87, 91305, False),  # INVALID_RECORD
    ],
)
async def test_what_a_broker_refuses_is_refused(kafka, error, code, retry):
    async with a_sink(kafka.servers) as client:
        kafka.tell("errors", PRODUCE, error, 1)
        delivery = await client.deliver(make_events(1))
        assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 1, code, retry)
        assert (await client.deliver(make_events(1))).taken == 1


async def test_too_few_replicas_are_waited_for(kafka):
    async with a_sink(kafka.servers) as client:
        kafka.tell("errors", PRODUCE, 19, 2)  # NOT_ENOUGH_REPLICAS: the library itself tries again
        assert (await client.deliver(make_events(3))).taken == 3
    assert await asyncio.to_thread(kafka.ids) == [event.id for event in make_events(3)]


async def test_an_event_that_is_too_large_is_refused_and_the_others_arrive(kafka):
    events = [make_event(1), make_event(2, data={"text": "x" * 1_100_000}), make_event(3)]
    async with a_sink(kafka.servers) as client:
        delivery = await client.deliver(events)
        assert (delivery.taken, delivery.refused, delivery.fault.code) == (1, 1, 91305)
        assert (await client.deliver(events[2:])).taken == 1
    assert await asyncio.to_thread(kafka.ids) == [events[0].id, events[2].id]


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"servers": "kafka://user:geheim@host"}, "username and password"),
        ({"topic": "a topic"}, "letters"),
        ({"mechanism": "kerberos"}, "mechanism"),
        ({"password": "env:UNSET"}, "env:UNSET"),
        ({"max_message_bytes": 1}, "max_message_bytes"),
    ],
)
async def test_a_configuration_that_cannot_work_is_refused_with_what_to_write(configuration, words):
    async with sink_parts() as parts:
        with pytest.raises(ValueError, match=re.escape(words)) as refusal:
            KIND.make({"servers": "host", "topic": "events", **configuration}, parts)
    assert "geheim" not in str(refusal.value)
