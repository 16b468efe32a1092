"""The sink into Redis Streams, against a real Redis."""

import contextlib
import json
import re

import pytest

from offhook.streams.sinks.redis import KIND
from tests.helpers.processes import free_port
from tests.helpers.redis_server import RedisServer
from tests.helpers.sink_trial import drive, passes
from tests.helpers.sinks import make_event, make_events, sink_parts


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path) as server:
        yield server


@contextlib.asynccontextmanager
async def a_sink(url, *, secrets=None, **configuration):
    async with sink_parts(secrets=secrets) as parts:
        client = KIND.make({"url": url, "stream": "events", **configuration}, parts)
        try:
            yield client
        finally:
            await client.close()


async def test_events_become_entries_in_their_order_with_id_type_time_and_body(redis):
    events = make_events(250)
    async with a_sink(redis.url) as client:
        for start in range(0, 250, 100):
            delivery = await client.deliver(events[start : start + 100])
            assert (delivery.taken, delivery.fault) == (len(events[start : start + 100]), None)
    entries = await redis.entries()
    assert [entry[b"id"].decode() for entry in entries] == [event.id for event in events]
    assert entries[0] == {
        b"id": events[0].id.encode(),
        b"type": b"com.offhook.webhook.received",
        b"time": b"1700000000.001",
        b"body": events[0].body,
    }
    assert json.loads(entries[249][b"body"])["data"]["number"] == 250


async def test_killed_three_times_redis_misses_nothing_and_has_nothing_twice(redis):
    async with a_sink(redis.url) as client:
        trial = await drive(client, 5_000, batch=KIND.batch, disturb=redis.die_and_rise)
    assert trial.kills == 3
    assert trial.faults
    assert passes(trial, await redis.ids()).duplicates == 0


async def test_a_batch_whose_answer_was_lost_is_found_and_not_sent_again(redis):
    events = make_events(30)
    async with a_sink(redis.url) as client:
        assert (await client.deliver(events[:10])).taken == 10
    async with a_sink(redis.url) as client:  # who comes next cannot know what has arrived
        assert (await client.deliver(events[5:20])).taken == 15
        assert (await client.deliver(events[20:])).taken == 10
    assert await redis.ids() == [event.id for event in events]


async def test_a_replay_of_what_the_stream_has_kept_only_the_end_of_leaves_no_gap(redis):
    events = make_events(20)
    async with a_sink(redis.url) as client:
        await client.deliver(events)
    await redis.ask("XTRIM", "events", "MAXLEN", "5")
    async with a_sink(redis.url) as client:
        assert (await client.deliver(events)).taken == 20
    assert (await redis.ids())[5:] == [event.id for event in events]


async def test_the_stream_keeps_about_as_many_entries_as_it_is_told(redis):
    async with a_sink(redis.url, max_length=100) as client:
        for start in range(0, 3000, 100):
            assert (await client.deliver(make_events(100, first=start + 1))).fault is None
    assert 100 <= len(await redis.ids()) < 400


async def test_where_nothing_listens_there_is_no_connection():
    async with a_sink(f"redis://127.0.0.1:{free_port()}") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, 91307, True)


async def test_a_wrong_password_is_refused_and_not_told(tmp_path):
    with RedisServer(tmp_path, more="requirepass right-password") as server:
        for secret, words in (("wrong-password", "does not accept"), ("", "asks for a password")):
            options = {"password": "env:IT"} if secret else {}
            async with a_sink(server.url, secrets={"env:IT": secret}, **options) as client:
                delivery = await client.deliver(make_events(3))
            assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
            assert words in delivery.fault.message
            assert "wrong-password" not in delivery.fault.message
        async with a_sink(server.url, secrets={"env:IT": "right-password"}, password="env:IT") as client:
            assert (await client.deliver(make_events(3))).taken == 3


async def test_an_event_that_is_too_large_is_refused_and_the_others_arrive(redis):
    events = [make_event(1), make_event(2, data={"text": "x" * 1_500_000}), make_event(3)]
    async with a_sink(redis.url) as client:
        delivery = await client.deliver(events)
        assert (delivery.taken, delivery.refused, delivery.fault.code) == (1, 1, 91305)
        assert "xxx" not in delivery.fault.message
        assert (await client.deliver(events[2:])).taken == 1
    assert await redis.ids() == [events[0].id, events[2].id]


async def test_a_full_redis_is_tried_again_and_takes_no_part_of_a_batch(tmp_path):
    with RedisServer(tmp_path, more="maxmemory 3mb\nmaxmemory-policy noeviction") as server:
        async with a_sink(server.url) as client:
            taken = 0
            while (delivery := await client.deliver(make_events(100, first=taken + 1))).fault is None:
                taken += 100
            assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91302, True)
            assert len(await server.ids()) == taken
            await server.ask("CONFIG", "SET", "maxmemory", "100mb")
            assert (await client.deliver(make_events(100, first=taken + 1))).taken == 100
        assert await server.ids() == [event.id for event in make_events(taken + 100)]


async def test_what_this_user_may_not_write_and_what_is_no_stream_is_refused(redis):
    await redis.ask("SET", "text", "no stream")
    await redis.ask("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@read", "+ping", "+multi", "+exec")
    async with a_sink(redis.url, stream="text") as client:
        delivery = await client.deliver(make_events(2))
        assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
        assert "not a stream" in delivery.fault.message
    async with a_sink(redis.url, secrets={"env:IT": "secret"}, username="reader", password="env:IT") as client:
        delivery = await client.deliver(make_events(2))
        assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
        assert "may not write" in delivery.fault.message


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"url": "redis://user:geheim@host"}, "username and password"),
        ({"url": "http://host"}, "redis, rediss"),
        ({"url": "redis://host/zero"}, "redis://host:6379/0"),
        ({"url": "redis://host?db=1"}, "no ?options"),
        ({"stream": ""}, "stream"),
        ({"max_length": -1}, "max_length"),
        ({"password": "env:UNSET"}, "env:UNSET"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_configuration_that_cannot_work_is_refused_with_what_to_write(configuration, words):
    async with sink_parts() as parts:
        with pytest.raises(ValueError, match=re.escape(words)) as refusal:
            KIND.make({"url": "redis://host", "stream": "events", **configuration}, parts)
    assert "geheim" not in str(refusal.value)
