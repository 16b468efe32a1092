"""The sink into a table, against a real PostgreSQL."""

import contextlib
import datetime as dt
import re

import pytest

from offhook.streams.sinks.postgres import KIND
from tests.helpers.postgres_server import PostgresServer
from tests.helpers.processes import free_port
from tests.helpers.sink_trial import drive, passes
from tests.helpers.sinks import make_event, make_events, sink_parts

SECRETS = {"env:RIGHT": "right-password", "env:WRONG": "wrong-password"}


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(autouse=True)
def _afresh(request):
    if "postgres" in request.fixturenames:
        request.getfixturevalue("postgres").ask("DROP TABLE IF EXISTS events")


@contextlib.asynccontextmanager
async def a_sink(url, **configuration):
    async with sink_parts(secrets=SECRETS) as parts:
        login = {"username": "app", "password": "env:RIGHT", "table": "events"}
        client = KIND.make({"url": url, **login, **configuration}, parts)
        try:
            yield client
        finally:
            await client.close()


async def test_events_become_rows_in_their_order_in_a_table_that_is_made_for_them(postgres):
    events = make_events(250)
    async with a_sink(postgres.url) as client:
        for start in range(0, 250, 100):
            delivery = await client.deliver(events[start : start + 100])
            assert (delivery.taken, delivery.fault) == (len(events[start : start + 100]), None)
    assert postgres.ids() == [event.id for event in events]
    (row,) = postgres.ask(f"SELECT type, time, body->'data'->>'text' FROM events WHERE id = '{events[249].id}'")
    assert row == ("com.offhook.webhook.received", dt.datetime.fromtimestamp(events[249].time, dt.UTC), "grüße 250")


async def test_killed_three_times_postgresql_misses_nothing_and_has_nothing_twice(postgres):
    async with a_sink(postgres.url) as client:
        trial = await drive(client, 5_000, batch=100, disturb=postgres.die_and_rise)
    assert trial.kills == 3
    assert trial.faults
    assert passes(trial, postgres.ids()).duplicates == 0


async def test_a_table_of_ones_own_may_have_more_columns_and_other_types(postgres):
    postgres.ask(
        "CREATE TABLE events (id text PRIMARY KEY, type text, time timestamptz, body text, number serial, seen bool DEFAULT false)"
    )
    async with a_sink(postgres.url) as client:
        assert (await client.deliver([make_event(1, data={"text": "a\u0000b"})])).taken == 1
    assert postgres.ask("SELECT seen, body LIKE '%u0000%' FROM events") == [(False, True)]


async def test_what_was_sent_twice_is_there_once(postgres):
    async with a_sink(postgres.url) as client:
        assert (await client.deliver(make_events(10))).taken == 10
        assert (await client.deliver(make_events(12))).taken == 12
    assert postgres.ids() == [event.id for event in make_events(12)]


async def test_where_nothing_listens_there_is_no_connection():
    async with a_sink(f"postgresql://127.0.0.1:{free_port()}/postgres") as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, 91307, True)


@pytest.mark.parametrize("login", [{"password": "env:WRONG"}, {"username": "nobody"}, {"password": None}])
async def test_a_wrong_password_is_refused_and_not_told(postgres, login):
    async with a_sink(postgres.url, **login) as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
    assert "-password" not in delivery.fault.message


async def test_a_database_that_is_not_there_is_refused(postgres):
    async with a_sink(postgres.url.replace("/postgres", "/none")) as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
    assert "database" in delivery.fault.message


async def test_who_may_not_make_the_table_or_not_write_to_it_is_refused(postgres):
    postgres.ask("CREATE ROLE reader LOGIN PASSWORD 'right-password'")
    async with a_sink(postgres.url, username="reader") as client:
        delivery = await client.deliver(make_events(3))
        assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91305, False)
        postgres.ask("CREATE TABLE events (id text PRIMARY KEY, type text, time timestamptz, body jsonb)")
        delivery = await client.deliver(make_events(3))
        assert (delivery.taken, delivery.refused, delivery.fault.code) == (0, 3, 91305)
        assert "may not write" in delivery.fault.message


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("id text, type text, time timestamptz, body jsonb", "unique"),
        ("id text PRIMARY KEY, body jsonb", "columns"),
        ("id text PRIMARY KEY, type varchar(5), time timestamptz, body jsonb", "does not fit"),
    ],
)
async def test_a_table_that_does_not_fit_refuses_with_what_is_wrong(postgres, columns, words):
    postgres.ask(f"CREATE TABLE events ({columns})")
    async with a_sink(postgres.url) as client:
        delivery = await client.deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code) == (0, 3, 91305)
    assert words in delivery.fault.message


async def test_an_event_that_a_row_cannot_hold_is_refused_and_the_others_arrive(postgres):
    postgres.ask(
        "CREATE TABLE events (id text PRIMARY KEY, type text, time timestamptz, body jsonb CHECK (length(body::text) < 1000000), number serial)"
    )
    events = [make_event(1), make_event(2, data={"text": "x" * 1_100_000}), make_event(3)]
    async with a_sink(postgres.url) as client:
        delivery = await client.deliver(events)
        assert (delivery.taken, delivery.refused, delivery.fault.code) == (0, 3, 91305)
        assert (await client.deliver(events[:1])).taken == 1
        assert (await client.deliver(events[1:2])).refused == 1
        assert (await client.deliver(events[2:])).taken == 1
    assert postgres.ids() == [events[0].id, events[2].id]


async def test_a_locked_table_is_given_up_in_time_and_takes_no_part(postgres):
    import psycopg

    async with a_sink(postgres.url, timeout="500ms") as client:
        assert (await client.deliver(make_events(1))).taken == 1
        with psycopg.connect(postgres.dsn) as other:
            other.execute("LOCK TABLE events")
            delivery = await client.deliver(make_events(3, first=2))
        assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91308, True)
        assert (await client.deliver(make_events(3, first=2))).taken == 3


async def test_a_standby_that_takes_no_writes_is_tried_again(postgres):
    async with a_sink(postgres.url) as client:
        assert (await client.deliver(make_events(1))).taken == 1
    postgres.ask("ALTER SYSTEM SET default_transaction_read_only = on")
    postgres.ask("SELECT pg_reload_conf()")
    try:
        async with a_sink(postgres.url) as client:
            delivery = await client.deliver(make_events(3))
        assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91306, True)
    finally:
        postgres.ask("ALTER SYSTEM RESET default_transaction_read_only")
        postgres.ask("SELECT pg_reload_conf()")


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"url": "postgresql://user:geheim@host/db"}, "username and password"),
        ({"url": "postgresql://host"}, "database"),
        ({"url": "postgresql://host/db?sslmode=require"}, "no ?options"),
        ({"table": 'events"; DROP'}, "table"),
        ({"username": None}, "username"),
        ({"password": "env:UNSET"}, "env:UNSET"),
    ],
)
async def test_a_configuration_that_cannot_work_is_refused_with_what_to_write(configuration, words):
    async with sink_parts() as parts:
        with pytest.raises(ValueError, match=re.escape(words)) as refusal:
            KIND.make({"url": "postgresql://host/db", "username": "app", **configuration}, parts)
    assert "geheim" not in str(refusal.value)
