"""NATS JetStream: a message for each event, published to a subject that a stream holds.

A message has the event's id as its `Nats-Msg-Id`: what is sent again within the stream's `duplicate_window` (two minutes by default) is
confirmed and not kept twice. What has been confirmed is in the stream's file; whether it outlives a power cut is the server's
`sync_interval` (`always` for that; two minutes by default), and with replicas it is on most of them.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from offhook.settings import kinds
from offhook.streams.model import Event, Fault, SinkClient, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields
from offhook.streams.sinks.broker import BrokerClient, FaultError, Tally
from offhook.streams.sinks.faults import failed, late, refused, throttled, unreachable
from offhook.streams.sinks.reach import Server, read_servers, tls_context

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext
    from nats.js.errors import APIError

_PORTS = {"nats": 4222, "tls": 4222}
_HEADERS = {"Content-Type": "application/cloudevents+json"}
# What a message has besides the event: its headers, and what their frame takes.
_OVERHEAD = 512
_ABANDON_WITHIN = 0.5

_FIELDS = (
    SinkField("servers", "where NATS is: nats://host:4222, or tls:// for TLS; several with commas", read_servers(_PORTS)),
    SinkField(
        "subject",
        "the subject that events are published to; {type} stands for the event's type",
        kinds.text(r"[^\s.*>]+(\.[^\s.*>]+)*", "write words with dots between them, without blanks, * and >").read,
    ),
    SinkField(
        "stream",
        "the stream that must hold the subject; a message that another would take is refused",
        kinds.text(r"[^\s.*>/\\]{1,255}", "write a stream's name, without blanks and dots").read,
        default="",
        required=False,
    ),
    fields.USERNAME,
    fields.PASSWORD,
    SinkField(
        "token",
        "where an access token is, instead of user name and password",
        config.secret,
        default="",
        required=False,
        secret=True,
    ),
    fields.CA_FILE,
    fields.TIMEOUT,
)

# JetStream's own error codes, of those that publishing may meet.
_ACCOUNT_FULL, _NO_RESOURCES, _NO_MEMORY, _NO_STORAGE = 10002, 10023, 10028, 10047
_TOO_MANY, _STORE_FAILED, _OTHER_STREAM, _TOO_LARGE = 10167, 10077, 10060, 10054
_FULL = throttled("NATS has no memory or disk left for its streams.")
_REASONS: dict[int, Fault] = {
    **dict.fromkeys((_ACCOUNT_FULL, _NO_RESOURCES, _NO_MEMORY, _NO_STORAGE), _FULL),
    _TOO_MANY: throttled("NATS has more messages to keep than it can keep up with."),
    _TOO_LARGE: refused("The event is larger than the stream takes."),
    _OTHER_STREAM: refused("The subject belongs to another stream than the one that is configured."),
}


class _Settings(NamedTuple):
    subject: str
    stream: str
    username: str
    password: str
    token: str
    ca_file: str


class _Line(NamedTuple):
    """A connection. `trouble` is the first thing that the server has complained of, or why the connection has ended."""

    client: "Client"
    jetstream: "JetStreamContext"
    trouble: "asyncio.Future[Exception]"


class NatsBroker:
    """Events onto one subject, or one a type."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings

    async def connect(self, server: Server, address: str) -> _Line:
        """One connection, and no other in its place."""
        from nats.aio.client import Client
        from nats.errors import ConnectionClosedError, NoServersError

        trouble: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

        async def heard(error: Exception) -> None:
            if not trouble.done():
                trouble.set_result(error)

        async def ended() -> None:
            await heard(client.last_error or ConnectionClosedError())

        host = f"[{address}]" if ":" in address else address
        client = Client()
        try:
            await client.connect(
                f"{server.scheme}://{host}:{server.port}",
                name="offhook",
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=heard,
                closed_cb=ended,
                tls=tls_context(self._settings.ca_file, server.host) if server.scheme == "tls" else None,
                tls_hostname=server.host if server.scheme == "tls" else None,
                user=self._settings.username or None,
                password=self._settings.password or None,
                token=self._settings.token or None,
            )
        except BaseException as error:
            await self._abandon(client)
            if isinstance(error, NoServersError) and trouble.done():
                raise trouble.result() from None
            raise
        return _Line(client, client.jetstream(publish_async_max_pending=4096), trouble)

    async def send(self, line: _Line, events: Sequence[Event], tally: Tally) -> None:
        """All at once; then their confirmations, in order, up to the first that does not come."""
        most = line.client.max_payload
        sent = []
        try:
            for event in events:
                if len(event.body) + _OVERHEAD > most:
                    break
                sent.append(await self._publish(line, event))
            for confirmation in sent:
                await self._confirmed(line, confirmation)
                tally.taken += 1
        finally:
            for confirmation in sent:
                _forget(confirmation)
        if len(sent) < len(events):
            raise FaultError(refused(f"The event is larger than NATS takes ({most} bytes, headers included)."))

    async def _abandon(self, client: "Client") -> None:
        """A client that has not come about. After a handshake that failed the library waits for its own end in vain."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_ABANDON_WITHIN):
                await client.close()

    async def close(self, line: _Line) -> None:
        """Without waiting for anything."""
        await line.client.close()

    def fault_of(self, error: Exception) -> Fault | None:
        """The library's classes, JetStream's codes."""
        from nats import errors
        from nats.js.errors import APIError, NoStreamResponseError

        if isinstance(error, NoStreamResponseError):
            return refused("No stream of NATS takes this subject: make one, or switch JetStream on.")
        if isinstance(error, APIError):
            return _said(error)
        if isinstance(error, errors.TimeoutError):
            return late("NATS has not confirmed in time.")
        if isinstance(error, errors.MaxPayloadError):
            return refused("The event is larger than NATS takes.")
        said = str(error).lower()
        if isinstance(error, errors.AuthorizationError) or "authorization" in said or "authentication" in said:
            return refused("NATS does not let us in: user name, password or token are wrong.")
        if "permissions violation" in said:
            return refused("This NATS user may not publish to the subject, or not receive confirmations (_INBOX.>).")
        if isinstance(error, errors.SecureConnRequiredError):
            return refused("NATS asks for TLS: write tls:// in place of nats://.")
        if isinstance(error, errors.SecureConnWantedError):
            return refused("NATS has no TLS here: write nats:// in place of tls://.")
        return unreachable("The connection to NATS broke, or none came about.") if isinstance(error, errors.Error) else None

    async def _publish(self, line: _Line, event: Event) -> "asyncio.Future[Any]":
        subject = self._settings.subject.replace("{type}", event.type)
        headers = {**_HEADERS, "Nats-Msg-Id": event.id}
        return await line.jetstream.publish_async(
            subject, event.body, wait_stall=None, stream=self._settings.stream or None, headers=headers
        )

    async def _confirmed(self, line: _Line, confirmation: "asyncio.Future[Any]") -> None:
        """Until the server says so, or the connection's end."""
        await asyncio.wait((confirmation, line.trouble), return_when=asyncio.FIRST_COMPLETED)
        if not confirmation.done():
            raise line.trouble.result()
        confirmation.result()


def _said(error: "APIError") -> Fault:
    """What JetStream's answer means: its own code where that says more than the status."""
    reason, status = error.err_code or 0, error.code or 0
    if reason in _REASONS:
        return _REASONS[reason]
    if "maximum" in (error.description or ""):
        return throttled("The stream is full and does not make room: it discards new messages.")
    if reason == _STORE_FAILED or status >= 500:
        return failed(f"NATS could not keep the event (error {reason or status}).")
    return refused(f"NATS does not take the event (error {reason or status}).")


def _forget(confirmation: "asyncio.Future[Any]") -> None:
    """Nobody asks for this one any more, nor for the exception that it may hold."""
    confirmation.cancel()
    if confirmation.done() and not confirmation.cancelled():
        confirmation.exception()


def _make(configuration: Mapping[str, Any], parts: SinkParts) -> SinkClient:
    fields.library("nats", "nats")
    values = config.read_all(_FIELDS, configuration)
    password, token = fields.secret(values, "password", parts), fields.secret(values, "token", parts)
    tls_context(values["ca_file"])
    settings = _Settings(values["subject"], values["stream"], values["username"], password, token, values["ca_file"])
    return BrokerClient(NatsBroker(settings), values["servers"], values["timeout"])


KIND = SinkKind("nats", "a NATS JetStream stream", _FIELDS, _make, batch=100, extra="nats")
