"""Events as records of an Amazon Kinesis stream. What must stay in order has one partition key, and so one shard.

Twilio's three fields are enough where the usual variables hold our own keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY); without a role these write
to the stream themselves. Keys that a machine gets from its cloud's metadata service are not used: that service is never called.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from offhook.net.urls import parse_target
from offhook.records import Exchange, Failure
from offhook.streams import retries
from offhook.streams.model import Delivery, Event, Fault, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields, http
from offhook.streams.sinks.aws import Asked, Aws, Keys, Role, is_throttle, is_worn_out, signing
from offhook.streams.sinks.portions import Bounds, in_portions, patience

# PutRecords takes so much; a record is its data and its partition key.
_BOUNDS: Final = Bounds(most=500, total=5 * 1024 * 1024, each=1024 * 1024, overhead=0)
_LONGEST_KEY: Final = 256
_HEADERS: Final = (("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "Kinesis_20131202.PutRecords"))
_STREAM: Final = re.compile(r"arn:(aws[a-z-]*):kinesis:([a-z0-9-]+):\d+:stream/[A-Za-z0-9_.-]{1,128}")
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::\d+:role/[\w+=,.@/-]{1,512}")
_DOMAINS: Final = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
_TOKEN: Final = "env:AWS_SESSION_TOKEN"  # noqa: S105 - where a secret is, not one


def stream_arn(value: object) -> str:
    """A stream's ARN."""
    given = config.text(value)
    if not _STREAM.fullmatch(given):
        raise ValueError(
            f"{given!r} is no stream's ARN: write something like arn:aws:kinesis:us-east-1:123456789012:stream/events"
        )
    return given


def role_arn(value: object) -> str:
    """A role's ARN."""
    given = config.text(value)
    if not _ROLE.fullmatch(given):
        raise ValueError(f"{given!r} is no role's ARN: write something like arn:aws:iam::123456789012:role/offhook-events")
    return given


FIELDS: Final = (
    SinkField("arn", "the stream's ARN", stream_arn),
    SinkField("role_arn", "the role that may write to it; without one, our own keys must", role_arn, required=False),
    SinkField("external_id", "the id that the role asks of whoever takes it on", config.text, required=False),
    SinkField("region", "the region to call, where it is not the stream's own", config.text, required=False),
    SinkField("endpoint", "another address of Kinesis, for a private one or a stand-in", config.address, required=False),
    SinkField("sts_endpoint", "another address of STS, which lends the role's keys", config.address, required=False),
    SinkField("access_key_id", "our own access key", config.secret, "env:AWS_ACCESS_KEY_ID", secret=True),
    SinkField("secret_access_key", "its secret", config.secret, "env:AWS_SECRET_ACCESS_KEY", secret=True),
    SinkField("session_token", "its token, where the key is a temporary one", config.secret, required=False, secret=True),
    SinkField("timeout", "how long AWS may take to answer", config.timeout, http.TIMEOUT),
)


class KinesisSink:
    """Hands events over in batches, one after the other."""

    def __init__(self, aws: Aws, url: str, arn: str, role: Role | None, parts: SinkParts) -> None:
        self._aws = aws
        self._url = url
        self._arn = arn
        self._role = role
        self._clock = parts.clock

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Hand these over. Of a batch that was written in part, only what comes before the first gap counts: the rest is sent again."""
        keys = [_partition_key(event) for event in events]
        sizes = [len(event.body) + len(key.encode()) for event, key in zip(events, keys, strict=True)]

        async def send(part: slice) -> Delivery:
            records = [
                {"Data": base64.b64encode(event.body).decode(), "PartitionKey": key}
                for event, key in zip(events[part], keys[part], strict=True)
            ]
            return await self._put(records)

        return await in_portions(sizes, _BOUNDS, send, patience(self._clock))

    async def close(self) -> None:
        """Connections are the door's."""

    async def _put(self, records: Sequence[Mapping[str, str]]) -> Delivery:
        lent = None if self._role is None else await self._role.keys(self._clock.now())
        if isinstance(lent, Fault):
            return http.as_a_whole(len(records), lent)
        body = msgspec.json.encode({"StreamARN": self._arn, "Records": records})
        exchange, fault = await self._aws.ask(Asked(service="kinesis", url=self._url, headers=_HEADERS, body=body), lent)
        if fault is not None:
            if self._role is not None and is_worn_out(exchange):
                self._role.forget()
            return http.as_a_whole(len(records), fault)
        return _written(exchange, len(records))


def _written(exchange: Exchange, count: int) -> Delivery:
    """What an answer to PutRecords says of each record."""
    where = f"POST {http.shown(exchange.url)}"
    try:
        results = msgspec.json.decode(exchange.body, type=_Answer).Records
    except msgspec.DecodeError:
        results = []
    if len(results) != count:
        fault = Fault(code=retries.INTERNAL, message=f"{where}: the answer does not say what became of the records", retry=True)
        return Delivery(taken=0, fault=fault)
    gap = next((place for place, result in enumerate(results) if result.ErrorCode), None)
    if gap is None:
        return Delivery(taken=count)
    name = results[gap].ErrorCode or ""
    missing = sum(1 for result in results if result.ErrorCode)
    code = retries.THROTTLED if is_throttle(name) else retries.SERVER_ERROR
    fault = Fault(code=code, message=f"{where}: {missing} of {count} records were not written ({name})", retry=True)
    return Delivery(taken=gap, fault=fault)


class _Result(msgspec.Struct):
    ErrorCode: str | None = None


class _Answer(msgspec.Struct):
    Records: list[_Result]


def _partition_key(event: Event) -> str:
    key = event.partition or event.id
    return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def make(configuration: Mapping[str, Any], parts: SinkParts) -> KinesisSink:
    """A client for one sink. Raises ValueError."""
    settings = config.read_all(FIELDS, configuration)
    found = _STREAM.fullmatch(settings["arn"])
    assert found is not None
    region = settings["region"] or found[2]
    caller = http.Caller(parts.transport, parts.clock, http.limits(settings["timeout"], answer=1024 * 1024))
    aws = Aws(caller, signing(region), _keys(settings, parts))
    url = _address(settings["endpoint"], "kinesis", region, found[1])
    role = None
    if settings["role_arn"] is not None:
        external = settings["external_id"] or ""
        external = parts.secret(external) if config.is_reference(external) else external
        role = Role(aws, _address(settings["sts_endpoint"], "sts", region, found[1]), settings["role_arn"], external)
    return KinesisSink(aws, url, settings["arn"], role, parts)


def _keys(settings: Mapping[str, Any], parts: SinkParts) -> Keys:
    identifier, secret, token = (
        fields.secret(settings, name, parts) for name in ("access_key_id", "secret_access_key", "session_token")
    )
    return Keys(identifier=identifier, secret=secret, token=token or _usual_token(settings, parts))


def _usual_token(settings: Mapping[str, Any], parts: SinkParts) -> str:
    """The token of the usual variables, where the key is theirs as well and is a temporary one."""
    if settings["access_key_id"] != "env:AWS_ACCESS_KEY_ID":
        return ""
    try:
        return parts.secret(_TOKEN)
    except ValueError:
        return ""


def _address(given: str | None, service: str, region: str, partition: str) -> str:
    """Where a service is. The port that a scheme has anyway is not written: the signature covers the name as it is sent."""
    if given is None:
        if partition not in _DOMAINS:
            raise ValueError(f"endpoint is missing: where {service} is in the partition {partition} is not known here")
        return f"https://{service}.{region}.{_DOMAINS[partition]}/"
    target = parse_target(given)
    if isinstance(target, Failure):
        raise ValueError(f"endpoint: {target.detail}")  # noqa: TRY004 - a wrong value
    return target.origin + target.path_and_query


KIND: Final = SinkKind(
    name="kinesis", meaning="an Amazon Kinesis data stream", fields=FIELDS, make=make, batch=250, extra="kinesis"
)
