"""A real nats-server with JetStream, its files in a folder of its own."""

import shutil
import ssl
import sysconfig

from tests.helpers.node import needed
from tests.helpers.servers import Server

CONFIGURATION = """
listen: 127.0.0.1:{port}
max_payload: 1MB
jetstream {{ store_dir: "{folder}/js" }}
{more}
"""


class NatsServer(Server):
    name = "nats"

    def __init__(self, folder, *, more="", **options):
        self._more = more
        super().__init__(folder, **options)

    def prepare(self):
        (self.folder / "nats.conf").write_text(CONFIGURATION.format(port=self.port, folder=self.folder, more=self._more))

    def command(self):
        beside = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
        return [beside or needed("nats-server"), "-c", str(self.folder / "nats.conf")]

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    async def connect(self, **login):
        import nats

        return await nats.connect(self.url, **login)

    async def make_stream(self, name="EVENTS", subjects=("events.>",), *, login=None, tls="", **options):
        client = await self.connect(**(login or {}), **({"tls": _lenient(tls)} if tls else {}))
        await client.jetstream().add_stream(name=name, subjects=list(subjects), **options)
        await client.close()

    async def messages(self, stream="EVENTS", login=()):
        """Every message of a stream, in order."""
        client = await self.connect(**dict(login))
        jetstream = client.jetstream()
        try:
            count = (await jetstream.stream_info(stream)).state.messages
            reader = await jetstream.subscribe("", stream=stream, ordered_consumer=True)
            return [await reader.next_msg(timeout=10) for _ in range(count)]
        finally:
            await client.close()

    async def ids(self, stream="EVENTS"):
        return [message.headers["Nats-Msg-Id"] for message in await self.messages(stream)]


def _lenient(authority):
    """For the test's own client: trusts this authority, whatever the name on the certificate."""
    context = ssl.create_default_context(cafile=authority)
    context.check_hostname = False
    return context
