"""AMQP 0-9-1 (RabbitMQ): a persistent message for each event, confirmed by the broker.

RabbitMQ confirms a persistent message once every durable queue that it went to has it on disk, or on most of a quorum queue's machines. A
message that no queue takes comes back (`mandatory`) and is refused here. AMQP has no way to drop a repetition: what was under way when a
connection broke comes again, with the same `message_id`. So that these are few, no more than a window of messages waits for confirmation.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from offhook.settings import kinds
from offhook.streams.model import Event, Fault, SinkClient, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields
from offhook.streams.sinks.broker import BrokerClient, FaultError, Tally
from offhook.streams.sinks.faults import failed, refused, throttled, unreachable
from offhook.streams.sinks.reach import Server, read_server, tls_context

if TYPE_CHECKING:
    from aiormq.abc import AbstractChannel, AbstractConnection

_PORTS: Final = {"amqp": 5672, "amqps": 5671}
_WINDOW: Final = 16
_PERSISTENT: Final = 2
_CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
_LONGEST_NAME: Final = 255
# Of the time for a batch, what may be waited for confirmations: the rest is for finding out why there are none.
_SHARE: Final = 0.9
_AT_ONCE: Final = 0.01
_BLOCKED: Final = throttled("RabbitMQ has no memory or disk left, and takes nothing from publishers (an alarm is on).")

_FIELDS = (
    SinkField("url", "where RabbitMQ is: amqp://host:5672/vhost, or amqps:// for TLS", read_server(_PORTS)),
    SinkField("queue", "the queue for the events, made (durable) if there is none", config.text, default="", required=False),
    SinkField(
        "exchange", "instead of a queue: the exchange that events are published to", config.text, default="", required=False
    ),
    SinkField(
        "routing_key", "the routing key there; {type} stands for the event's type", config.text, default="{type}", required=False
    ),
    fields.USERNAME,
    fields.PASSWORD,
    fields.CA_FILE,
    SinkField(
        "window", "how many messages may wait for confirmation", kinds.number(1, 1000).read, default=_WINDOW, required=False
    ),
    fields.TIMEOUT,
)

# Replies of a server that closes a connection or channel (AMQP 0-9-1, 1.2 "constants"), and what they mean here.
_REFUSED_ACCESS, _NOT_FOUND, _LOCKED, _PRECONDITION, _NOT_ALLOWED, _FORCED = 403, 404, 405, 406, 530, 320
_REPLIES: Final[Mapping[int, Fault]] = {
    _REFUSED_ACCESS: refused("RabbitMQ does not let us: user name or password are wrong, or this user may not write there."),
    _NOT_FOUND: refused("RabbitMQ has no such exchange, queue or virtual host."),
    _LOCKED: failed("The queue is locked by another connection."),
    _PRECONDITION: refused("RabbitMQ does not take the message: it may be larger than its max_message_size."),
    _NOT_ALLOWED: refused("This user may not use the virtual host, or there is none of this name."),
    _FORCED: unreachable("RabbitMQ is shutting down."),
}


class _Settings(NamedTuple):
    queue: str
    exchange: str
    routing_key: str
    username: str
    password: str
    tls: ssl.SSLContext | None
    window: int
    within: float


class _Line(NamedTuple):
    connection: "AbstractConnection"
    channel: "AbstractChannel"


class AmqpBroker:
    """Events to one exchange."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings

    async def connect(self, server: Server, address: str) -> _Line:
        """A connection with one channel, and the queue in its place."""
        from aiormq import Connection
        from yarl import URL

        url = URL.build(
            scheme=server.scheme,
            user=self._settings.username,
            password=self._settings.password,
            host=address,
            port=server.port,
            path=f"/{unquote(server.path)}",
        )
        connection = Connection(url, context=self._settings.tls)
        try:
            await connection.connect()
            if self._settings.queue:
                await self._find_queue(connection)
            return _Line(connection, await connection.channel(publisher_confirms=True, on_return_raises=True))
        except BaseException:
            await connection.close()
            raise

    async def send(self, line: _Line, events: Sequence[Event], tally: Tally) -> None:
        """A window after the other; of a window, as many as have been confirmed without a gap."""
        try:
            async with asyncio.timeout(self._settings.within * _SHARE):
                for start in range(0, len(events), self._settings.window):
                    await self._send_window(line, events[start : start + self._settings.window], tally)
        except TimeoutError:
            if await _is_blocked(line.connection):
                raise FaultError(_BLOCKED) from None
            raise

    async def close(self, line: _Line) -> None:
        """A farewell, where there is somebody to take leave of."""
        await line.connection.close()

    def fault_of(self, error: Exception) -> Fault | None:
        """By the reply code that a connection or channel was closed with."""
        from aiormq import exceptions as amqp

        if isinstance(error, amqp.PublishError):
            return refused("No queue takes messages of this exchange and routing key.")
        if isinstance(error, amqp.DeliveryError):
            return throttled("RabbitMQ has turned the message down: its queue is full, or could not keep it.")
        if isinstance(error, (amqp.AuthenticationError, amqp.ProbableAuthenticationError)):
            return _REPLIES[_REFUSED_ACCESS]
        if isinstance(error, amqp.AMQPError):
            return _by_reply(error)
        if isinstance(error, (amqp.ChannelInvalidStateError, RuntimeError)):
            return unreachable("The connection to RabbitMQ has been closed.")
        return None

    async def _send_window(self, line: _Line, events: Sequence[Event], tally: Tally) -> None:
        tasks = [asyncio.create_task(self._publish(line, event)) for event in events]
        try:
            for at, task in enumerate(tasks):
                await asyncio.wait((task,))
                self._confirmed(task, whole=at + 1 < len(tasks))
                tally.taken += 1
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _confirmed(self, task: "asyncio.Task[None]", *, whole: bool) -> None:
        """Raises what has become of this message. Which one of a window a server closes the channel for, it does not say."""
        if task.cancelled():  # the library's way to say that the connection has ended
            raise ConnectionResetError
        error = task.exception()
        if isinstance(error, Exception) and (fault := self.fault_of(error)) is not None:
            raise FaultError(fault, whole=whole) from None
        if error is not None:
            raise error

    async def _publish(self, line: _Line, event: Event) -> None:
        from aiormq import spec

        settings = self._settings
        properties = spec.Basic.Properties(
            content_type=_CONTENT_TYPE, delivery_mode=_PERSISTENT, message_id=event.id, message_type=event.type, app_id="offhook"
        )
        await line.channel.basic_publish(
            event.body,
            exchange=settings.exchange,
            routing_key=settings.queue or settings.routing_key.replace("{type}", event.type)[:_LONGEST_NAME],
            properties=properties,
            mandatory=True,
        )

    async def _find_queue(self, connection: "AbstractConnection") -> None:
        """The queue as it is, whatever its kind and arguments; made where there is none. Asking for one that is not there ends a channel."""
        from aiormq.exceptions import ChannelNotFoundEntity

        channel = await connection.channel()
        try:
            await channel.queue_declare(self._settings.queue, passive=True)
        except ChannelNotFoundEntity:
            channel = await connection.channel()
            await channel.queue_declare(self._settings.queue, durable=True)
        await channel.close()


async def _is_blocked(connection: "AbstractConnection") -> bool:
    """Whether RabbitMQ has told that it takes nothing more from whoever publishes."""
    try:
        async with asyncio.timeout(_AT_ONCE):
            await connection.ready()
    except TimeoutError:
        return True
    return False


def _by_reply(error: Exception) -> Fault:
    from aiormq import exceptions as amqp

    classes: dict[type[Exception], int] = {
        amqp.ChannelAccessRefused: _REFUSED_ACCESS,
        amqp.ChannelNotFoundEntity: _NOT_FOUND,
        amqp.ChannelLockedResource: _LOCKED,
        amqp.ChannelPreconditionFailed: _PRECONDITION,
        amqp.ConnectionNotAllowed: _NOT_ALLOWED,
    }
    code = classes.get(type(error), 0)
    if not code and isinstance(error, (amqp.ConnectionClosed, amqp.ChannelClosed)):
        code = next((each for each in error.args if isinstance(each, int)), 0)
    if isinstance(error, amqp.InvalidFrameError) and "Connection.Close" in str(error):
        # The library drops the reply. It may be a virtual host that is only being recovered, which must not cost an event.
        return failed(
            "RabbitMQ does not open the virtual host: there is none of this name, this user may not use it, or it is down."
        )
    if code in _REPLIES:
        return _REPLIES[code]
    return (
        failed(f"RabbitMQ has closed the connection (reply {code}).")
        if code
        else unreachable("The connection to RabbitMQ broke.")
    )


def _make(configuration: Mapping[str, Any], parts: SinkParts) -> SinkClient:
    fields.library("aiormq", "amqp")
    values = config.read_all(_FIELDS, configuration)
    server: Server = values["url"]
    if bool(values["queue"]) == bool(values["exchange"]):
        raise ValueError("queue: write either a queue or an exchange")
    names = [values["queue"], values["exchange"]]
    if any(len(name.encode()) > _LONGEST_NAME for name in names):
        raise ValueError(f"queue: a name of AMQP has at most {_LONGEST_NAME} bytes")
    settings = _Settings(
        queue=values["queue"],
        exchange=values["exchange"],
        routing_key=values["routing_key"],
        username=values["username"] or "guest",
        password=fields.secret(values, "password", parts) or "guest",
        tls=tls_context(values["ca_file"], server.host) if server.scheme == "amqps" else None,
        window=values["window"],
        within=values["timeout"],
    )
    return BrokerClient(AmqpBroker(settings), [server], values["timeout"])


KIND = SinkKind("amqp", "a queue or an exchange of RabbitMQ (AMQP 0-9-1)", _FIELDS, _make, batch=64, extra="amqp")
