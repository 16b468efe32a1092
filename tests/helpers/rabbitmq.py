"""A real RabbitMQ: its own folder, ports, node name and Erlang port mapper, so that nothing of the machine's is touched."""

import asyncio
import base64
import hashlib
import json
import os
import shutil
from pathlib import Path

from tests.helpers.node import needed
from tests.helpers.processes import Child, free_port, listens, wait_until
from tests.helpers.servers import Server

# What Debian puts into the path only lets root start it as its own user; this is what that starts.
SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
CONFIGURATION = """
listeners.tcp.1 = 127.0.0.1:{port}
load_definitions = {folder}/definitions.json
max_message_size = 1000000
log.console.level = error
log.file = false
{more}
"""


class RabbitMQ(Server):
    """With the users app and reader, both of whom have the password `right-password`; the reader may write nothing."""

    name = "rabbitmq"

    def __init__(self, folder, *, more="", tls="", **options):
        self._mapper_port, self._peer_port, self.tls_port = free_port(), free_port(), free_port()
        self._more = f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\n{tls}\n{more}" if tls else more
        super().__init__(folder, **options)

    def prepare(self):
        (self.folder / "rabbitmq.conf").write_text(CONFIGURATION.format(port=self.port, folder=self.folder, more=self._more))
        (self.folder / "definitions.json").write_text(json.dumps(definitions()))
        (self.folder / "plugins").write_text("[].")

    def command(self):
        if not SCRIPT.exists():
            needed("rabbitmq-server")
        return [str(SCRIPT)]

    def environment(self):
        folder = str(self.folder)
        return {
            "HOME": folder,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"offhook{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._peer_port),
            "RABBITMQ_MNESIA_BASE": folder,
            "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
            # The script then becomes the server, and its process id is the server's.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def __enter__(self):
        mapper = shutil.which("epmd") or needed("epmd")
        self._mapper = Child([mapper, "-port", str(self._mapper_port), "-address", "127.0.0.1"], self.folder / "epmd.log")
        wait_until(lambda: listens(self._mapper_port))
        try:
            return super().__enter__()
        except BaseException:
            self._mapper.kill()
            raise

    def __exit__(self, *_):
        try:
            self.kill()
        finally:
            self._mapper.kill()

    @property
    def url(self):
        return f"amqp://127.0.0.1:{self.port}"

    async def channel(self):
        import aiormq

        connection = await aiormq.connect(f"amqp://app:right-password@127.0.0.1:{self.port}/")
        return connection, await connection.channel()

    async def declare(self, queue, **arguments):
        connection, channel = await self.channel()
        await channel.queue_declare(queue, durable=True, arguments=arguments)
        await connection.close()

    async def messages(self, queue="events"):
        """Every message of a queue, in order. They are taken off it."""
        connection, channel = await self.channel()
        found, whole = [], asyncio.Event()
        count = (await channel.queue_declare(queue, passive=True)).message_count

        async def keep(message):
            found.append(message)
            if len(found) == count:
                whole.set()

        if count:
            await channel.basic_consume(queue, keep, no_ack=True)
            async with asyncio.timeout(120):
                await whole.wait()
        await connection.close()
        return found

    async def ids(self, queue="events"):
        return [message.header.properties.message_id for message in await self.messages(queue)]


def definitions():
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [{"name": name, "password_hash": hashed("right-password"), "tags": ""} for name in ("app", "reader")],
        "vhosts": [{"name": "/"}, {"name": "other"}],
        "permissions": [
            {"user": "app", "vhost": "/", **everything},
            {"user": "reader", "vhost": "/", **everything, "write": "", "configure": ""},
        ],
        "queues": [],
        "exchanges": [{"name": "news", "vhost": "/", "type": "topic", "durable": True, "auto_delete": False, "arguments": {}}],
        "bindings": [],
    }


def hashed(password, salt=b"salt"):
    """As RabbitMQ keeps passwords: a salt of four bytes, and the SHA-256 of both."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
