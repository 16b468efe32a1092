"""TLS of the sinks that bring their own clients: the certificate is checked for the server's name, though the client is given an address."""

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest
import trustme

from offhook.streams.sinks import amqp, kafka, nats, postgres, redis
from tests.helpers.kafka import KafkaMock
from tests.helpers.nats_server import NatsServer
from tests.helpers.postgres_server import PostgresServer
from tests.helpers.rabbitmq import RabbitMQ
from tests.helpers.redis_server import RedisServer
from tests.helpers.sinks import make_events, sink_parts

SECRETS = {"env:RIGHT": "right-password"}
LOGIN = {"username": "app", "password": "env:RIGHT"}


class Papers:
    """An authority, and the files of a certificate that it has given out for a name."""

    def __init__(self, folder, name):
        authority = trustme.CA()
        issued = authority.issue_cert(name)
        self.authority, self.chain, self.key = (str(folder / f"{each}.pem") for each in ("authority", "chain", "key"))
        authority.cert_pem.write_to_path(self.authority)
        Path(self.chain).write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(self.key)


@contextlib.asynccontextmanager
async def redis_with(folder, papers):
    files = f"tls-cert-file {papers.chain}\ntls-key-file {papers.key}\ntls-ca-cert-file {papers.authority}\ntls-auth-clients no"
    with RedisServer(folder, tls=files) as server:
        yield redis.KIND, {"url": f"rediss://localhost:{server.port}", "stream": "events"}


@contextlib.asynccontextmanager
async def nats_with(folder, papers):
    with NatsServer(folder, more=f'tls {{ cert_file: "{papers.chain}", key_file: "{papers.key}" }}') as server:
        await server.make_stream(tls=papers.authority)
        yield nats.KIND, {"servers": f"tls://localhost:{server.port}", "subject": "events.all"}


@contextlib.asynccontextmanager
async def rabbitmq_with(folder, papers):
    files = (
        f"ssl_options.certfile = {papers.chain}\nssl_options.keyfile = {papers.key}\nssl_options.cacertfile = {papers.authority}"
    )
    with RabbitMQ(folder, tls=files) as server:
        yield amqp.KIND, {"url": f"amqps://localhost:{server.tls_port}", "queue": "events", **LOGIN}


@contextlib.asynccontextmanager
async def postgresql_with(folder, papers):
    with PostgresServer(folder, papers=papers) as server:
        yield postgres.KIND, {"url": f"postgresql://localhost:{server.port}/postgres", "tls": True, **LOGIN}


@contextlib.asynccontextmanager
async def kafka_with(folder, papers):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(papers.chain, papers.key)
    with KafkaMock(folder) as mock:
        async with tls_in_front_of(mock.servers, context) as port:
            mock.tell("advertise", "localhost", port)
            yield kafka.KIND, {"servers": f"localhost:{port}", "topic": "events", "tls": True}


@contextlib.asynccontextmanager
async def tls_in_front_of(servers, context):
    """The port of something that speaks TLS, and hands what it gets on in plain."""
    host, _, port = servers.rpartition(":")
    pumps = set()

    async def pump(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def meet(reader, writer):
        behind, ahead = await asyncio.open_connection(host, int(port))
        for each in (pump(reader, ahead), pump(behind, writer)):
            task = asyncio.create_task(each)
            pumps.add(task)

    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*pumps, return_exceptions=True)


SERVERS = [redis_with, nats_with, rabbitmq_with, postgresql_with, kafka_with]


@pytest.mark.parametrize("serve", SERVERS)
async def test_a_server_with_a_trusted_certificate_of_its_own_gets_the_events_and_no_other(tmp_path, serve):
    papers = Papers(tmp_path, "localhost")
    async with serve(tmp_path, papers) as (kind, configuration), sink_parts(secrets=SECRETS) as parts:
        for trust, taken in (({"ca_file": papers.authority}, 3), ({}, 0)):
            client = kind.make({**configuration, **trust}, parts)
            delivery = await client.deliver(make_events(3))
            await client.close()
            assert delivery.taken == taken, delivery
    assert (delivery.fault.code, delivery.fault.retry) == (91307, True)


@pytest.mark.parametrize("serve", SERVERS)
async def test_a_server_that_shows_the_certificate_of_another_gets_nothing(tmp_path, serve):
    papers = Papers(tmp_path, "elsewhere.example")
    async with serve(tmp_path, papers) as (kind, configuration), sink_parts(secrets=SECRETS) as parts:
        client = kind.make({**configuration, "ca_file": papers.authority}, parts)
        delivery = await client.deliver(make_events(3))
        await client.close()
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91307, True)
