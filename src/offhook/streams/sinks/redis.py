"""Redis Streams: an entry for each event, with the fields id, type, time and body.

A batch is one transaction (MULTI, EXEC): it is taken as a whole or not at all, also where the server dies in the middle of writing it to its
append-only file. A batch whose answer has been lost is looked for at the end of the stream before it is sent again. How much of what
has been confirmed outlives the server is the server's own setting: everything with `appendonly yes` and `appendfsync always`, all but the
last second's with `everysec`, and what the last snapshot holds without an append-only file.
"""

import contextlib
import itertools
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from offhook.settings import kinds
from offhook.streams.model import Event, Fault, SinkClient, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields
from offhook.streams.sinks.broker import BrokerClient, FaultError, Tally
from offhook.streams.sinks.faults import failed, late, refused, throttled, unreachable
from offhook.streams.sinks.reach import Server, read_server, tls_context

if TYPE_CHECKING:
    from redis.asyncio import Redis

    Line: TypeAlias = Redis
else:
    Line = Any

_PORTS = {"redis": 6379, "rediss": 6379}
_BATCH = 100
# Others may write to the same stream while a batch is under way.
_LOOK_BACK = 5 * _BATCH
# proto-max-bulk-len, in bytes, where a Redis does not say it.
_USUAL_LARGEST = 512 * 1024 * 1024
# The library's own classes for some of the words below.
_CLASSES = {
    "OutOfMemoryError": "OOM",
    "BusyLoadingError": "LOADING",
    "ReadOnlyError": "READONLY",
    "NoPermissionError": "NOPERM",
    "AuthenticationError": "WRONGPASS",
}

_FIELDS = (
    SinkField("url", "where Redis is: redis://host:6379/0, or rediss:// for TLS", read_server(_PORTS)),
    SinkField("stream", "the key of the stream", kinds.text(r"[^\s\x00-\x1f]{1,512}", "write a key without blanks").read),
    fields.USERNAME,
    fields.PASSWORD,
    fields.CA_FILE,
    fields.most("how many entries the stream keeps, about"),
    fields.TIMEOUT,
)

# The first word of Redis's errors (and of those that EXEC hands through) that say what trying again is good for.
_WORDS: dict[str, Fault] = {
    "OOM": throttled("Redis has reached its maxmemory and takes nothing more."),
    "LOADING": failed("Redis is still loading its data."),
    "MASTERDOWN": failed("Redis has lost its master."),
    "CLUSTERDOWN": failed("The Redis cluster is down."),
    "TRYAGAIN": failed("The Redis cluster is being rearranged."),
    "MISCONF": failed("Redis cannot write to its disk, and so takes nothing."),
    "NOREPLICAS": failed("Redis has too few replicas to take writes (min-replicas-to-write)."),
    "BUSY": failed("Redis is busy with a script."),
    "READONLY": failed("This Redis is a read-only replica: give the address of its master."),
    "NOAUTH": refused("Redis asks for a password: write username and password."),
    "WRONGPASS": refused("Redis does not accept this user name and password."),
    "NOPERM": refused("This Redis user may not write to the stream (it needs XADD, XREVRANGE, MULTI and EXEC on its key)."),
    "WRONGTYPE": refused("The key is not a stream: write the name of another."),
    "MOVED": refused("The stream's key belongs to another node of the cluster: give that node's address."),
}


class _Settings(NamedTuple):
    stream: str
    username: str
    password: str
    max_length: int
    tls: ssl.SSLContext | None


class RedisBroker:
    """Events into one stream."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings
        self._largest = _USUAL_LARGEST
        self._in_doubt = True  # so many of the next batch may be there already: an answer was lost, or ours, when we were killed

    async def connect(self, server: Server, address: str) -> Line:
        """A connection of one socket, which is never made anew by the library."""
        from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        context = self._settings.tls

        class Secured(SSLConnection):
            """With the context of the door, which knows the server's name."""

            def _connection_arguments(self) -> dict[str, Any]:
                return {"host": self.host, "port": self.port, "ssl": context}

        pool = ConnectionPool(
            connection_class=Connection if context is None else Secured,
            max_connections=1,
            host=address,
            port=server.port,
            db=int(server.path or 0),
            username=self._settings.username or None,
            password=self._settings.password or None,
            protocol=2,
            socket_connect_timeout=None,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
        )
        line: Line = Redis(connection_pool=pool)
        try:
            await line.ping()
            self._largest = await _largest(line)
        except BaseException:
            await self.close(line)
            raise
        return line

    async def send(self, line: Line, events: Sequence[Event], tally: Tally) -> None:
        """One transaction of what is not there yet, up to the first event that is too large for one."""
        if self._in_doubt:
            tally.taken = await self._already_there(line, events)
        left = [*itertools.takewhile(lambda event: len(event.body) <= self._largest, events[tally.taken :])]
        self._in_doubt = True
        if left:
            await self._transact(line, left)
        tally.taken += len(left)
        self._in_doubt = False
        if tally.taken < len(events):
            raise FaultError(refused(f"The event is larger than Redis takes (proto-max-bulk-len is {self._largest} bytes)."))

    async def close(self, line: Line) -> None:
        """Without a farewell."""
        with contextlib.suppress(Exception):
            await line.connection_pool.disconnect(inuse_connections=True)

    def fault_of(self, error: Exception) -> Fault | None:
        """By the first word of what the server says, which the library has made a class of where it knows it.

        A pipeline's errors quote the command, and so the event: they are read, never told.
        """
        from redis import exceptions as redis

        said = str(error).rpartition("caused error: ")[2]
        if isinstance(error, redis.ExecAbortError) and error.__cause__ is not None:
            error, said = error.__cause__, str(error.__cause__)  # type: ignore[assignment]
        word = _CLASSES.get(type(error).__name__) or said.partition(" ")[0]
        if word == "WRONGPASS" and "required" in said:
            word = "NOAUTH"
        if word in _WORDS:
            return _WORDS[word]
        if isinstance(error, redis.TimeoutError):
            return late("Redis has not answered in time.")
        if isinstance(error, redis.ConnectionError):
            return unreachable("The connection to Redis broke, or none came about.")
        if isinstance(error, redis.ResponseError):
            too_large = "bulk length" in said or "exceeds" in said
            return refused("Redis does not take entries that large.") if too_large else failed("Redis answered with an error.")
        return None

    async def _transact(self, line: Line, events: Sequence[Event]) -> None:
        try:
            async with line.pipeline(transaction=True) as pipeline:
                for event in events:
                    self._put(pipeline, event)
                await pipeline.execute()
        except Exception as error:
            if fault := self.fault_of(error):
                raise FaultError(fault, whole=True) from None
            raise

    def _put(self, pipeline: Any, event: Event) -> None:
        entry = {"id": event.id, "type": event.type, "time": f"{event.time:.3f}", "body": event.body}
        limit = self._settings.max_length
        pipeline.xadd(self._settings.stream, entry, **({"maxlen": limit, "approximate": True} if limit else {}))

    async def _already_there(self, line: Line, events: Sequence[Event]) -> int:
        """How many of the first of these the stream ends with."""
        end: Any = await line.xrevrange(self._settings.stream, count=_LOOK_BACK)
        there = {entry.get(b"id") for _, entry in end}
        missing = (place for place, event in enumerate(events) if event.id.encode() not in there)
        return next(missing, len(events))


async def _largest(line: Line) -> int:
    """The longest text that this Redis takes, in bytes; it closes the connection at a longer one. Not everybody may ask for it."""
    from redis.exceptions import ResponseError

    try:
        told: Any = await line.config_get("proto-max-bulk-len")
    except ResponseError:
        return _USUAL_LARGEST
    return int(told.get("proto-max-bulk-len", _USUAL_LARGEST))


def _make(configuration: Mapping[str, Any], parts: SinkParts) -> SinkClient:
    fields.library("redis", "redis")
    values = config.read_all(_FIELDS, configuration)
    server: Server = values["url"]
    if server.path and not server.path.isdecimal():
        raise ValueError(f"url: the database {server.path!r} is no number: write {server.scheme}://{server}/0")
    tls = tls_context(values["ca_file"], server.host) if server.scheme == "rediss" else None
    secret = fields.secret(values, "password", parts)
    broker = RedisBroker(_Settings(values["stream"], values["username"], secret, values["max_length"], tls))
    return BrokerClient(broker, [server], values["timeout"])


KIND = SinkKind("redis", "a Redis stream", _FIELDS, _make, batch=_BATCH, extra="redis")
