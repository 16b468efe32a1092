"""The sink into AMQP, against a real RabbitMQ."""

import contextlib
import re

import pytest

from offhook.streams.sinks.amqp import KIND
from tests.helpers.processes import free_port
from tests.helpers.rabbitmq import RabbitMQ
from tests.helpers.sink_trial import drive, passes
from tests.helpers.sinks import make_event, make_events, sink_parts

SECRETS = {"env:RIGHT": "right-password", "env:WRONG": "wrong-password"}


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory):
    with RabbitMQ(tmp_path_factory.mktemp("amqp")) as server:
        yield server


@contextlib.asynccontextmanager
async def a_sink(url, **configuration):
    async with sink_parts(secrets=SECRETS) as parts:
        login = {"username": "app", "password": "env:RIGHT"}
        client = KIND.make({"url": url, **login, **configuration}, parts)
        try:
            yield client
        finally:
            await client.close()


async def test_events_become_persistent_messages_in_their_order_in_a_queue_that_is_made_for_them(rabbit):
    events = make_events(250)
    async with a_sink(rabbit.url, queue="made") as client:
        for start in range(0, 250, 50):
            delivery = await client.deliver(events[start : start + 50])
            assert (delivery.taken, delivery.fault) == (50, None)
    messages = await rabbit.messages("made")
    assert [message.body for message in messages] == [event.body for event in events]
    properties = messages[0].header.properties
    assert properties.content_type == "application/cloudevents+json; charset=utf-8"
    assert (properties.message_id, properties.message_type) == (events[0].id, "com.offhook.webhook.received")
    assert properties.delivery_mode == 2


async def test_an_exchange_routes_events_by_their_type(rabbit):
    connection, channel = await rabbit.channel()
    await channel.queue_declare("received", durable=True)
    await channel.queue_bind("received", "news", "com.offhook.webhook.*")
    async with a_sink(rabbit.url, exchange="news") as client:
        assert (await client.deliver(make_events(3))).taken == 3
        delivery = await client.deliver([make_event(4, type="com.twilio.error-logs.error.logged")])
        assert (delivery.taken, delivery.refused, delivery.fault.code) == (0, 1, 91305)
        assert "No queue" in delivery.fault.message
    await connection.close()
    assert await rabbit.ids("received") == [event.id for event in make_events(3)]


async def test_killed_three_times_rabbitmq_misses_nothing_and_has_little_twice(rabbit):
    async with a_sink(rabbit.url, queue="killed") as client:
        trial = await drive(client, 5_000, batch=KIND.batch, disturb=rabbit.die_and_rise)
    assert trial.kills == 3
    assert trial.faults
    passes(trial, await rabbit.ids("killed"))


async def test_where_nothing_listens_there_is_no_connection():
    async with a_sink(f"amqp://127.0.0.1:{free_port()}", queue="events") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, 91307, True)


@pytest.mark.parametrize("login", [{"password": "env:WRONG"}, {"username": "nobody"}, {"username": "reader"}])
async def test_who_may_not_write_is_refused_and_no_password_is_told(rabbit, login):
    await rabbit.declare("events")
    async with a_sink(rabbit.url, queue="events", **login) as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
    assert "-password" not in delivery.fault.message


@pytest.mark.parametrize("path", ["/other", "/none"])
async def test_a_virtual_host_that_is_not_opened_is_tried_again(rabbit, path):
    async with a_sink(rabbit.url + path, queue="events") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91306, True)
    assert "virtual host" in delivery.fault.message


async def test_an_event_that_is_too_large_is_refused_and_the_others_arrive(rabbit):
    events = [make_event(1), make_event(2, data={"text": "x" * 1_100_000}), make_event(3)]
    async with a_sink(rabbit.url, queue="large") as client:
        delivery = await client.deliver(events)
        assert (delivery.fault.code, delivery.fault.retry) == (91305, False)
        assert delivery.taken + delivery.refused >= 2
        assert (await client.deliver(events[:1])).taken == 1
        assert (await client.deliver(events[1:2])).refused == 1
        assert (await client.deliver(events[2:])).taken == 1
    assert set(await rabbit.ids("large")) == {events[0].id, events[2].id}


async def test_a_queue_that_is_full_and_turns_down_what_is_new_is_tried_again(rabbit):
    await rabbit.declare("full", **{"x-max-length": 5, "x-overflow": "reject-publish"})
    async with a_sink(rabbit.url, queue="full", window=1) as client:
        delivery = await client.deliver(make_events(10))
    assert (delivery.fault.code, delivery.fault.retry) == (91302, True)
    assert await rabbit.ids("full") == [event.id for event in make_events(delivery.taken)]


async def test_a_server_with_no_memory_left_is_tried_again(tmp_path):
    with RabbitMQ(tmp_path, more="vm_memory_high_watermark.absolute = 1MB") as server:
        async with a_sink(server.url, queue="events", timeout="2s") as client:
            delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91302, True)


async def test_a_server_that_says_nothing_is_given_up_in_time(rabbit):
    async with a_sink(rabbit.url, queue="silent", timeout="500ms") as client:
        assert (await client.deliver(make_events(1))).taken == 1
        with rabbit.frozen():
            delivery = await client.deliver(make_events(3, first=2))
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91308, True)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"url": "amqp://user:geheim@host"}, "username and password"),
        ({"exchange": "news"}, "either a queue or an exchange"),
        ({"queue": ""}, "queue"),
        ({"queue": "q" * 256}, "255"),
        ({"window": 0}, "window"),
        ({"password": "env:UNSET"}, "env:UNSET"),
    ],
)
async def test_a_configuration_that_cannot_work_is_refused_with_what_to_write(configuration, words):
    async with sink_parts() as parts:
        with pytest.raises(ValueError, match=re.escape(words)) as refusal:
            KIND.make({"url": "amqp://host", "queue": "events", **configuration}, parts)
    assert "geheim" not in str(refusal.value)
