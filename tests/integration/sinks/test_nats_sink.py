"""The sink into NATS JetStream, against a real nats-server."""

import contextlib
import re

import pytest

from offhook.streams.sinks.nats import KIND
from tests.helpers.nats_server import NatsServer
from tests.helpers.processes import free_port
from tests.helpers.sink_trial import drive, passes
from tests.helpers.sinks import make_event, make_events, sink_parts

ACCOUNTS = """
authorization {
  users = [
    { user: app, password: right-password }
    { user: reader, password: right-password, permissions: { publish: { deny: "events.>" } } }
  ]
}
"""
APP = {"user": "app", "password": "right-password"}


@pytest.fixture
async def nats(tmp_path):
    with NatsServer(tmp_path) as server:
        await server.make_stream()
        yield server


@contextlib.asynccontextmanager
async def a_sink(url, *, secrets=None, **configuration):
    async with sink_parts(secrets=secrets) as parts:
        client = KIND.make({"servers": url, "subject": "events.all", **configuration}, parts)
        try:
            yield client
        finally:
            await client.close()


async def test_events_become_messages_in_their_order_as_cloudevents_in_structured_mode(nats):
    events = make_events(250)
    async with a_sink(nats.url, stream="EVENTS") as client:
        for start in range(0, 250, 100):
            delivery = await client.deliver(events[start : start + 100])
            assert (delivery.taken, delivery.fault) == (len(events[start : start + 100]), None)
    messages = await nats.messages()
    assert [message.data for message in messages] == [event.body for event in events]
    assert {message.subject for message in messages} == {"events.all"}
    assert messages[0].headers["Nats-Msg-Id"] == events[0].id
    assert messages[0].headers["Content-Type"] == "application/cloudevents+json"


async def test_a_subject_may_hold_the_type(nats):
    async with a_sink(nats.url, subject="events.{type}") as client:
        assert (await client.deliver(make_events(1))).taken == 1
    assert [message.subject for message in await nats.messages()] == ["events.com.offhook.webhook.received"]


async def test_killed_three_times_nats_misses_nothing_and_has_nothing_twice(nats):
    async with a_sink(nats.url) as client:
        trial = await drive(client, 5_000, batch=KIND.batch, disturb=nats.die_and_rise)
    assert trial.kills == 3
    assert trial.faults
    assert passes(trial, await nats.ids()).duplicates == 0


async def test_what_is_sent_again_is_confirmed_and_not_kept_twice(nats):
    async with a_sink(nats.url) as client:
        assert (await client.deliver(make_events(10))).taken == 10
        assert (await client.deliver(make_events(10))).taken == 10
    assert len(await nats.ids()) == 10


async def test_where_nothing_listens_there_is_no_connection():
    async with a_sink(f"nats://127.0.0.1:{free_port()}") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, 91307, True)


async def test_of_several_servers_the_next_is_asked_where_the_first_is_dead(nats):
    async with a_sink(f"nats://127.0.0.1:{free_port()}, {nats.url}") as client:
        assert (await client.deliver(make_events(3))).taken == 3


async def test_a_wrong_password_is_refused_and_not_told(tmp_path):
    with NatsServer(tmp_path, more=ACCOUNTS) as server:
        await server.make_stream(login=APP)
        for options in ({}, {"username": "app", "password": "env:WRONG"}, {"token": "env:WRONG"}):
            async with a_sink(server.url, secrets={"env:WRONG": "wrong-password"}, **options) as client:
                delivery = await client.deliver(make_events(3))
            assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
            assert "wrong-password" not in delivery.fault.message
        async with a_sink(server.url, secrets={"env:IT": "right-password"}, username="app", password="env:IT") as client:
            assert (await client.deliver(make_events(3))).taken == 3


async def test_a_subject_that_this_user_may_not_publish_to_is_refused_at_once(tmp_path):
    with NatsServer(tmp_path, more=ACCOUNTS) as server:
        await server.make_stream(login=APP)
        async with a_sink(server.url, secrets={"env:IT": "right-password"}, username="reader", password="env:IT") as client:
            delivery = await client.deliver(make_events(3))
        assert (delivery.taken, delivery.refused, delivery.fault.code) == (0, 1, 91305)
        assert "may not publish" in delivery.fault.message


async def test_a_subject_of_no_stream_is_refused(nats):
    async with a_sink(nats.url, subject="elsewhere") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code) == (0, 1, 91305)
    async with a_sink(nats.url, stream="OTHER") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code) == (0, 1, 91305)
    assert "another stream" in delivery.fault.message


async def test_an_event_that_is_too_large_is_refused_and_the_others_arrive(nats):
    events = [make_event(1), make_event(2, data={"text": "x" * 1_100_000}), make_event(3)]
    async with a_sink(nats.url) as client:
        delivery = await client.deliver(events)
        assert (delivery.taken, delivery.refused, delivery.fault.code) == (1, 1, 91305)
        assert (await client.deliver(events[2:])).taken == 1
    assert await nats.ids() == [events[0].id, events[2].id]


async def test_a_stream_that_is_full_and_discards_what_is_new_is_tried_again(tmp_path):
    with NatsServer(tmp_path) as server:
        await server.make_stream(max_msgs=5, discard="new")
        async with a_sink(server.url) as client:
            delivery = await client.deliver(make_events(10))
        assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (5, 91302, True)
        assert len(await server.ids()) == 5


async def test_a_server_that_says_nothing_is_given_up_in_time(nats):
    async with a_sink(nats.url, timeout="500ms") as client:
        assert (await client.deliver(make_events(1))).taken == 1
        with nats.frozen():
            delivery = await client.deliver(make_events(3, first=2))
        assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91308, True)
        assert (await client.deliver(make_events(3, first=2))).taken == 3
    assert await nats.ids() == [event.id for event in make_events(4)]


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"servers": "nats://user:geheim@host"}, "username and password"),
        ({"servers": []}, "one address"),
        ({"subject": "events.>"}, "without blanks"),
        ({"subject": "events.*"}, "without blanks"),
        ({"stream": "a.b"}, "stream"),
        ({"token": "env:UNSET"}, "env:UNSET"),
        ({"ca_file": "/nowhere.pem"}, "PEM"),
    ],
)
async def test_a_configuration_that_cannot_work_is_refused_with_what_to_write(configuration, words):
    async with sink_parts() as parts:
        with pytest.raises(ValueError, match=re.escape(words)) as refusal:
            KIND.make({"servers": "host", "subject": "events", **configuration}, parts)
    assert "geheim" not in str(refusal.value)
