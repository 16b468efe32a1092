"""Many events to a sink whose server is killed and started again three times: none missing, few twice, all in order.

20,000 of them, so that all kinds together take a minute; `OFFHOOK_TRIAL_EVENTS=100000` for more.
"""

import asyncio
import base64
import json
import os

import pytest

from offhook.streams.sinks.kafka import KIND
from tests.helpers.kafka import KafkaMock
from tests.helpers.listener import OK, Listener, answer
from tests.helpers.nats_server import NatsServer
from tests.helpers.postgres_server import PostgresServer
from tests.helpers.rabbitmq import RabbitMQ
from tests.helpers.redis_server import RedisServer
from tests.helpers.stream_trial import ENDPOINTS, Trial, judge, write_errors

EVENTS = int(os.environ.get("OFFHOOK_TRIAL_EVENTS", "20000"))
KILLS = 3
MOST_TWICE = 0.01


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A journal with that many errors, and their ids."""
    path = tmp_path_factory.mktemp("stored") / "journal.db"
    return path, asyncio.run(write_errors(path, EVENTS))


async def carried(stored, tmp_path, kind, configuration, *, disturb, secret=str):
    """What the trial counted, once all have gone through."""
    path, written = stored
    mine = tmp_path / "journal.db"
    mine.write_bytes(path.read_bytes())
    async with Trial(mine, kind, configuration, secret) as trial:
        for turn in range(1, KILLS + 1):
            await trial.until(turn * len(written) // (KILLS + 1))
            await disturb()
        await trial.until(len(written))
    return trial


def passes(stored, trial, received):
    missing, twice, in_order = judge(stored[1], received)
    print(f"{len(stored[1])} events, outcomes {trial.outcomes}, {twice} twice")
    assert missing == []
    assert in_order
    assert twice < MOST_TWICE * len(stored[1])
    assert "parked" not in trial.outcomes


def killed(server):
    """Kills a server and starts it again, off the loop."""

    async def disturb():
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(server.start)

    return disturb


async def heard_by_a_listener(stored, tmp_path, kind, configuration, say=lambda _: OK):
    """The trial with an HTTP server of our own, and its requests. It keeps what it has got, as whoever runs such a service does."""
    async with Listener(say) as listener:

        async def disturb():
            await listener.kill()
            await asyncio.sleep(0.3)
            await listener.start()

        trial = await carried(stored, tmp_path, kind, configuration(listener.url), disturb=disturb, secret=lambda _: "a-secret")
        return trial, listener.heard


async def test_an_http_sink_gets_each_event(stored, tmp_path):
    trial, heard = await heard_by_a_listener(
        stored, tmp_path, "webhook", lambda url: {"destination": f"{url}/events", "batch_events": True}
    )
    passes(stored, trial, [event["id"] for request in heard for event in json.loads(request.body)])


async def test_an_http_sink_that_wants_them_one_by_one_gets_each_event(stored, tmp_path):
    trial, heard = await heard_by_a_listener(stored, tmp_path, "webhook", lambda url: {"destination": f"{url}/events"})
    passes(stored, trial, [json.loads(request.body)["id"] for request in heard])


async def test_segment_gets_each_event(stored, tmp_path):
    trial, heard = await heard_by_a_listener(
        stored, tmp_path, "segment", lambda url: {"write_key": "env:KEY", "endpoint": f"{url}/v1/batch"}
    )
    passes(stored, trial, [call["messageId"] for request in heard for call in json.loads(request.body)["batch"]])


async def test_opentelemetry_gets_each_event(stored, tmp_path):
    trial, heard = await heard_by_a_listener(stored, tmp_path, "otel", lambda url: {"endpoint": url})
    records = [
        record
        for request in heard
        for resource in json.loads(request.body)["resourceLogs"]
        for scope in resource["scopeLogs"]
        for record in scope["logRecords"]
    ]
    passes(stored, trial, [json.loads(record["body"]["stringValue"])["id"] for record in records])


def put_records(request):
    """What Kinesis answers when it has taken all of them."""
    count = len(json.loads(request.body)["Records"])
    records = [{"SequenceNumber": str(number), "ShardId": "shardId-0"} for number in range(count)]
    return answer(200, json.dumps({"FailedRecordCount": 0, "Records": records}).encode())


async def test_kinesis_gets_each_event(stored, tmp_path):
    arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events"
    trial, heard = await heard_by_a_listener(stored, tmp_path, "kinesis", lambda url: {"arn": arn, "endpoint": url}, put_records)
    data = [base64.b64decode(record["Data"]) for request in heard for record in json.loads(request.body)["Records"]]
    passes(stored, trial, [json.loads(each)["id"] for each in data])


async def test_nats_gets_each_event(stored, tmp_path):
    with NatsServer(tmp_path) as server:
        await server.make_stream()
        configuration = {"servers": server.url, "subject": "events.all"}
        trial = await carried(stored, tmp_path, "nats", configuration, disturb=killed(server))
        passes(stored, trial, await server.ids())


async def test_redis_gets_each_event(stored, tmp_path):
    with RedisServer(tmp_path) as server:
        configuration = {"url": server.url, "stream": "events"}
        trial = await carried(stored, tmp_path, "redis", configuration, disturb=killed(server))
        passes(stored, trial, await server.ids())


async def test_rabbitmq_gets_each_event(stored, tmp_path):
    with RabbitMQ(tmp_path) as server:
        configuration = {"url": server.url, "queue": "events", "username": "app", "password": "env:RIGHT"}
        trial = await carried(stored, tmp_path, "amqp", configuration, disturb=killed(server), secret=lambda _: "right-password")
        passes(stored, trial, await server.ids())


async def test_postgresql_gets_each_event(stored, tmp_path):
    with PostgresServer(tmp_path) as server:
        configuration = {"url": server.url, "table": "events", "username": "app", "password": "env:RIGHT"}
        trial = await carried(
            stored, tmp_path, "postgres", configuration, disturb=killed(server), secret=lambda _: "right-password"
        )
        passes(stored, trial, await asyncio.to_thread(server.ids))


async def test_kafka_gets_each_event(stored, tmp_path):
    """Kafka's order is that of a partition, and each endpoint's events are in one. The mock keeps a batch twice where Kafka does not."""
    with KafkaMock(tmp_path, partitions=128) as cluster:
        configuration = {"servers": cluster.servers, "topic": "events"}
        trial = await carried(stored, tmp_path, "kafka", configuration, disturb=cluster.die_and_rise)
        received = await asyncio.to_thread(cluster.ids)
    missing, twice, _ = judge(stored[1], received)
    print(f"{len(stored[1])} events, outcomes {trial.outcomes}, {twice} twice")
    assert missing == []
    assert twice - KILLS * KIND.batch < MOST_TWICE * len(stored[1])
    for endpoint in range(ENDPOINTS):
        theirs = stored[1][endpoint::ENDPOINTS]
        assert judge(theirs, received) == ([], twice_of(theirs, received), True)


def twice_of(written, received):
    """How many of these arrived once more."""
    wanted = set(written)
    return sum(each in wanted for each in received) - len(wanted)


async def test_a_file_gets_each_event(stored, tmp_path):
    """What becomes of its writer's death is told in tests/integration/sinks/test_file_sink.py."""
    path = tmp_path / "events.jsonl"

    async def nobody():
        await asyncio.sleep(0)

    trial = await carried(stored, tmp_path, "file", {"path": str(path), "rotate_bytes": 2**30}, disturb=nobody)
    passes(stored, trial, [json.loads(line)["id"] for line in path.read_text().splitlines()])
