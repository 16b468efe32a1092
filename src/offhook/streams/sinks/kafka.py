"""Kafka: a record for each event, as CloudEvents' structured mode has it, kept in order by its key.

The producer is idempotent and waits for all in-sync replicas (`acks=all`): what a broken connection makes it send again is not kept twice,
as long as the broker is back within the timeout. Events of one conversation have one key and so one partition; a topic of one partition
keeps the order of all.

The library makes its own connections, also to the brokers that the first one names. Their names are looked up and checked when it
has named them, before a record goes to them; what the library then connects to is what it resolves itself (only the first server, and only without TLS, is called
by the address that was checked).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from offhook.settings import kinds
from offhook.streams.model import Event, Fault, SinkClient, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields
from offhook.streams.sinks.broker import BrokerClient, FaultError, Tally
from offhook.streams.sinks.faults import failed, late, refused, throttled, unreachable
from offhook.streams.sinks.reach import Server, addresses_of, read_servers, tls_context

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Producer
    from confluent_kafka.admin import ClusterMetadata  # type: ignore[attr-defined]

_Result = TypeVar("_Result")

_PORTS: Final = {"kafka": 9092}
_HEADERS: Final[list[tuple[str, str | bytes | None]]] = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
_CONNECT_WITHIN: Final = 4.5
_LOOK_WITHIN: Final = 1.0
_STEP: Final = 0.5
# Of the time for a batch, what the library may use up: the rest is for hearing of it.
_SHARE: Final = 0.9
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
# What a record takes besides the event: key, headers, and the frame of the batch.
_OVERHEAD: Final = 1024

_FIELDS = (
    SinkField("servers", "where Kafka is: host:9092; several with commas", read_servers(_PORTS)),
    SinkField("topic", "the topic", kinds.text(r"[A-Za-z0-9._-]{1,249}", "write letters, digits, dots, _ and -").read),
    fields.USERNAME,
    fields.PASSWORD,
    SinkField(
        "mechanism", "how to sign in (SASL)", kinds.choice(*map(str.lower, _MECHANISMS)).read, default="plain", required=False
    ),
    SinkField("tls", "whether to speak TLS with the brokers", config.switch, default=False, required=False),
    SinkField("ca_file", "certificates (PEM) to trust instead of the system's", config.text, default="", required=False),
    SinkField(
        "max_message_bytes",
        "the largest record that the topic takes (max.message.bytes)",
        kinds.number(10_000, 100_000_000).read,
        default=1_000_000,
        required=False,
    ),
    fields.TIMEOUT,
)

_NO_ENTRY: Final = refused("Kafka does not let us in: user name or password are wrong.")
_NOT_ALLOWED: Final = refused("This Kafka user may not write to the topic.")
_NO_TOPIC: Final = refused("There is no such topic, and the brokers make none.")
_TOO_LARGE: Final = refused("The event is larger than Kafka takes.")
_AWAY: Final = unreachable("No connection to Kafka: its brokers do not answer, or not at the addresses that they name.")
_NO_TLS: Final = unreachable("TLS with Kafka failed: it has none, or a certificate that is not trusted or not its own.")
_SLOW: Final = late("Kafka has not confirmed in time.")
# The library's names for Kafka's error codes; those with a _ are its own.
_NAMED: Final[Mapping[str, Fault]] = {
    "_AUTHENTICATION": _NO_ENTRY,
    "SASL_AUTHENTICATION_FAILED": _NO_ENTRY,
    "TOPIC_AUTHORIZATION_FAILED": _NOT_ALLOWED,
    "CLUSTER_AUTHORIZATION_FAILED": _NOT_ALLOWED,
    "UNKNOWN_TOPIC_OR_PART": _NO_TOPIC,
    "_UNKNOWN_TOPIC": _NO_TOPIC,
    "_UNKNOWN_PARTITION": _NO_TOPIC,
    "TOPIC_EXCEPTION": _NO_TOPIC,
    "MSG_SIZE_TOO_LARGE": _TOO_LARGE,
    "RECORD_LIST_TOO_LARGE": _TOO_LARGE,
    "INVALID_RECORD": refused("Kafka does not accept the record: the topic asks for another form."),
    "POLICY_VIOLATION": refused("A policy of Kafka's forbids the record."),
    "THROTTLING_QUOTA_EXCEEDED": throttled("Kafka's quota for us is used up."),
    "_QUEUE_FULL": throttled("More records wait for Kafka than may."),
    "_SSL": _NO_TLS,
    "_TRANSPORT": _AWAY,
    "_ALL_BROKERS_DOWN": _AWAY,
    "_RESOLVE": _AWAY,
    "_TIMED_OUT": _SLOW,
    "_MSG_TIMED_OUT": _SLOW,
    "_TIMED_OUT_QUEUE": _SLOW,
    "REQUEST_TIMED_OUT": _SLOW,
    "_PURGE_QUEUE": _SLOW,
    "_PURGE_INFLIGHT": _SLOW,
}
# Of what is heard while nothing comes through, the first of these is why.
_REASONS: Final = (_NO_ENTRY, _NO_TLS, _AWAY)


class _Settings(NamedTuple):
    topic: str
    username: str
    password: str
    mechanism: str
    tls: bool
    ca_file: str
    most: int
    within: float


class _Line(NamedTuple):
    """A producer, what it has complained of, and the thread that waits for it: those of the loop are for looking names up."""

    producer: "Producer"
    complaints: "list[KafkaError]"
    thread: ThreadPoolExecutor

    async def wait(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """The result of work that takes its time."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, partial(work, *arguments))


class KafkaBroker:
    """Events into one topic."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings

    async def connect(self, server: Server, address: str) -> _Line:
        """A producer that has found its brokers and the topic."""
        from confluent_kafka import KafkaException, Producer

        complaints: list[KafkaError] = []
        host = server.host if self._settings.tls else address
        where = f"[{host}]:{server.port}" if ":" in host else f"{host}:{server.port}"
        options = {**self._options(), "bootstrap.servers": where, "error_cb": complaints.append}
        line = _Line(Producer(options, logger=_silent()), complaints, ThreadPoolExecutor(1, "kafka"))
        try:
            await self._check_brokers(line)
        except KafkaException as error:
            await self.close(line)
            raise FaultError(self._reason(line, self._meaning(error.args[0])), whole=True) from None
        except BaseException:
            await self.close(line)
            raise
        return line

    async def send(self, line: _Line, events: Sequence[Event], tally: Tally) -> None:
        """All that are not too large, at once; then what has become of each."""
        fit = next((at for at, event in enumerate(events) if len(event.body) + _OVERHEAD > self._settings.most), len(events))
        del line.complaints[:]
        outcomes: list[KafkaError | bool | None] = [False] * fit
        for at, event in enumerate(events[:fit]):
            line.producer.produce(
                self._settings.topic,
                event.body,
                key=(event.partition or event.id).encode(),
                headers=_HEADERS,
                on_delivery=partial(_note, outcomes, at),
            )
        await self._flush(line)
        for at, outcome in enumerate(outcomes):
            if outcome is not None:
                fault = _SLOW if isinstance(outcome, bool) else self._meaning(outcome)
                raise FaultError(self._reason(line, fault), whole=at + 1 < len(events))
            tally.taken += 1
        if fit < len(events):
            raise FaultError(refused(f"The event is larger than a record may be ({self._settings.most} bytes, all in all)."))

    async def close(self, line: _Line) -> None:
        """Nothing that waits is sent any more: it would come behind what is sent in its place."""
        line.producer.purge()
        try:
            await line.wait(line.producer.close)
        finally:
            line.thread.shutdown(wait=False)

    def fault_of(self, error: Exception) -> Fault | None:
        """By the name of its code."""
        from confluent_kafka import KafkaException

        if isinstance(error, BufferError):
            return _NAMED["_QUEUE_FULL"]
        return self._meaning(error.args[0]) if isinstance(error, KafkaException) else None

    def _meaning(self, error: "KafkaError") -> Fault:
        return _NAMED.get(error.name()) or failed(f"Kafka answered with an error ({error.name()}).")

    def _reason(self, line: _Line, fault: Fault) -> Fault:
        """Why nothing has come through: the library says so on the side."""
        if fault not in (_SLOW, _AWAY):
            return fault
        heard = [self._meaning(complaint) for complaint in line.complaints]
        return next((reason for reason in _REASONS if reason in heard), fault)

    async def _flush(self, line: _Line) -> None:
        """Until each record has come to its end. In small steps: a thread that waits cannot be called back."""
        now = asyncio.get_running_loop().time
        until = now() + self._settings.within * _SHARE
        while await line.wait(line.producer.flush, _STEP) and now() < until:
            pass

    async def _check_brokers(self, line: _Line) -> None:
        """Every broker that is named has addresses that may be called, and the topic can be written to."""
        from confluent_kafka import KafkaException

        found = await self._look_around(line)
        for broker in found.brokers.values():
            await addresses_of(Server("kafka", str(broker.host), int(broker.port or 0)))
        trouble = found.topics[self._settings.topic].error
        if trouble is not None and trouble.name() not in ("LEADER_NOT_AVAILABLE", "_WAIT_CACHE"):
            raise KafkaException(trouble)

    async def _look_around(self, line: _Line) -> "ClusterMetadata":
        """The brokers and the topic. Given up when the library has complained: it would go on trying until its time is over."""
        from confluent_kafka import KafkaException

        now = asyncio.get_running_loop().time
        until = now() + _CONNECT_WITHIN
        while True:
            try:
                return await line.wait(line.producer.list_topics, self._settings.topic, _LOOK_WITHIN)
            except KafkaException:
                line.producer.poll(0)
                if line.complaints or now() > until:
                    raise

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        within = int(settings.within * _SHARE * 1000)
        protocol = ("SASL_" if settings.username else "") + ("SSL" if settings.tls else "PLAINTEXT")
        options: dict[str, Any] = {
            "client.id": "offhook",
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 2,
            "message.timeout.ms": within,
            "message.max.bytes": settings.most,
            "topic.metadata.propagation.max.ms": min(within, 3_000),
            "socket.connection.setup.timeout.ms": 3_000,
            "reconnect.backoff.max.ms": 500,
            "retry.backoff.max.ms": 500,
            "security.protocol": protocol,
        }
        if settings.ca_file:
            options["ssl.ca.location"] = settings.ca_file
        if settings.username:
            login = {"mechanism": settings.mechanism, "username": settings.username, "password": settings.password}
            options |= {f"sasl.{key}": value for key, value in login.items()}
        return options


def _note(outcomes: "list[KafkaError | bool | None]", at: int, error: "KafkaError | None", _message: Any) -> None:
    outcomes[at] = error


def _silent() -> logging.Logger:
    """What the library would log is told by faults."""
    logger = logging.getLogger("confluent_kafka")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def _make(configuration: Mapping[str, Any], parts: SinkParts) -> SinkClient:
    fields.library("confluent_kafka", "kafka")
    values = config.read_all(_FIELDS, configuration)
    tls_context(values["ca_file"])
    settings = _Settings(
        topic=values["topic"],
        username=values["username"],
        password=fields.secret(values, "password", parts),
        mechanism=values["mechanism"].upper(),
        tls=values["tls"],
        ca_file=values["ca_file"],
        most=values["max_message_bytes"],
        within=values["timeout"],
    )
    return BrokerClient(KafkaBroker(settings), values["servers"], values["timeout"])


KIND = SinkKind("kafka", "a Kafka topic", _FIELDS, _make, batch=100, extra="kafka")
