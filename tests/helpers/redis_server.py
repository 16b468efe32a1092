"""A real Redis: with an append-only file that is synced at each write, so that what it has confirmed outlives it."""

from tests.helpers.node import needed
from tests.helpers.servers import Server

CONFIGURATION = """
bind 127.0.0.1
{ports}
dir {folder}
logfile {folder}/log
save ""
appendonly yes
appendfsync always
proto-max-bulk-len 1mb
{more}
"""


class RedisServer(Server):
    name = "redis"

    def __init__(self, folder, *, more="", tls="", **options):
        self._more, self._tls = more, tls
        super().__init__(folder, **options)

    def prepare(self):
        ports = f"port 0\ntls-port {self.port}\n{self._tls}" if self._tls else f"port {self.port}"
        text = CONFIGURATION.format(ports=ports, folder=self.folder, more=self._more)
        (self.folder / "redis.conf").write_text(text)

    def command(self):
        return [needed("redis-server"), str(self.folder / "redis.conf")]

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    async def ask(self, *words):
        """The answer to one command, by the library's own client."""
        from redis.asyncio import Redis

        async with Redis(port=self.port) as client:
            return await client.execute_command(*words)

    async def entries(self, stream="events"):
        """The stream's entries, oldest first, as dictionaries of bytes."""
        from redis.asyncio import Redis

        found, start = [], "-"
        async with Redis(port=self.port) as client:
            while page := await client.xrange(stream, start, count=5000):
                found += [entry for _, entry in page]
                start = f"({page[-1][0].decode()}"
        return found

    async def ids(self, stream="events"):
        return [entry[b"id"].decode() for entry in await self.entries(stream)]
