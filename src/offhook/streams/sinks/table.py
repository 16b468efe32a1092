"""The kinds of sinks, in the order in which they are listed: those that Twilio has, then the brokers and stores, then files and logs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from offhook.streams.model import SinkKind
from offhook.streams.sinks import amqp, file, kafka, kinesis, nats, otel, postgres, redis, segment, webhook

KINDS: Final[tuple[SinkKind, ...]] = (
    webhook.KIND,
    kinesis.KIND,
    segment.KIND,
    nats.KIND,
    kafka.KIND,
    redis.KIND,
    amqp.KIND,
    postgres.KIND,
    file.KIND,
    otel.KIND,
)

BY_NAME: Final[Mapping[str, SinkKind]] = MappingProxyType({kind.name: kind for kind in KINDS})
