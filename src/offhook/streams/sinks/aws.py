"""Requests to AWS: signed (Signature Version 4, by botocore and nothing else of it), with our own keys or those that STS lends for a role."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from offhook.records import Exchange, Headers, Record
from offhook.streams import retries
from offhook.streams.model import Fault
from offhook.streams.sinks import http

_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
_THROTTLES: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "KMSThrottlingException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
# What no repetition mends. All else that AWS refuses may be mended by others: a right that is granted, a key that is renewed.
_FINAL: Final = frozenset(
    {
        "ResourceNotFoundException",
        "InvalidArgumentException",
        "InvalidParameterValue",
        "ValidationException",
        "ValidationError",
        "SerializationException",
    }
)
# Lent keys that are no longer any good.
_WORN_OUT: Final = frozenset({"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"})
# Lent keys are asked for anew so many seconds before they end.
_AHEAD: Final = 300.0
_AN_HOUR: Final = "3600"


class Keys(Record):
    """What requests are signed with; its repr shows nothing of it."""

    identifier: str
    secret: str
    token: str = ""

    def __repr__(self) -> str:
        return "Keys([secret])"


class Asked(Record):
    """A request before it is signed."""

    service: str
    url: str
    headers: Headers
    body: bytes


Sign = Callable[[Asked, Keys], Headers]


def signing(region: str) -> Sign:
    """Signs requests for a region: gives their header fields. Raises ValueError where botocore is not installed."""
    try:
        # Loading it takes a fifth of a second, which only those pay who use it.
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
    except ImportError as error:
        raise ValueError("it needs botocore: install offhook[kinesis]") from error

    def sign(asked: Asked, keys: Keys) -> Headers:
        request = AWSRequest(method="POST", url=asked.url, data=asked.body, headers=dict(asked.headers))
        SigV4Auth(Credentials(keys.identifier, keys.secret, keys.token or None), asked.service, region).add_auth(request)
        return tuple((str(name), str(value)) for name, value in request.headers.items())

    return sign


class Aws:
    """Asks AWS with one set of keys."""

    def __init__(self, caller: http.Caller, sign: Sign, keys: Keys) -> None:
        self._caller = caller
        self._sign = sign
        self._keys = keys

    async def ask(self, asked: Asked, keys: Keys | None = None) -> tuple[Exchange, Fault | None]:
        """The exchange, and its fault in AWS's terms; `keys` are lent ones, to be used in place of our own."""
        exchange = await self._caller.ask("POST", asked.url, self._sign(asked, keys or self._keys), asked.body)
        fault = self._caller.fault(exchange)
        return exchange, None if fault is None else in_its_own_words(exchange, fault)


class Role:
    """Keys that STS lends for a role, for an hour."""

    def __init__(self, aws: Aws, url: str, role: str, external_id: str) -> None:
        self._aws = aws
        asks = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role, "RoleSessionName": "offhook"}
        asks |= {"DurationSeconds": _AN_HOUR} | ({"ExternalId": external_id} if external_id else {})
        self._asked = Asked(service="sts", url=url, headers=(("Content-Type", _FORM),), body=urlencode(asks).encode())
        self._lent: Keys | None = None
        self._until = 0.0

    async def keys(self, now: float) -> Keys | Fault:
        """Keys that are good for some minutes more."""
        if self._lent is None or now > self._until - _AHEAD:
            exchange, fault = await self._aws.ask(self._asked)
            if fault is not None:
                return fault
            lent = _lent(exchange.body.decode("utf-8", "replace"))
            if lent is None:
                return Fault(
                    code=retries.INTERNAL, message=f"POST {exchange.url}: the answer holds no keys for the role", retry=True
                )
            self._lent, self._until = lent
        return self._lent

    def forget(self) -> None:
        """Ask anew next time."""
        self._lent = None


def in_its_own_words(exchange: Exchange, fault: Fault) -> Fault:
    """A fault by the name that AWS gives it: most of what it refuses has status 400, throttling too."""
    name, words = _named(exchange.body)
    if not name or exchange.failure is not None or exchange.status >= 500:
        return fault
    # A signature's complaint recites what was signed, the lent token included.
    told = "" if "Signature" in name else f" ({http.first_words(words)})" if words else ""
    message = f"{exchange.method} {http.shown(exchange.url)}: AWS answered {name}{told}"
    if name in _THROTTLES:
        return Fault(code=retries.THROTTLED, message=message, retry=True, retry_after=fault.retry_after)
    if name in _FINAL:
        return http.refused(message)
    return Fault(code=retries.INTERNAL, message=message, retry=True)


def is_worn_out(exchange: Exchange) -> bool:
    """Whether the keys were refused, and not the request."""
    return exchange.status >= 400 and _named(exchange.body)[0] in _WORN_OUT


def is_throttle(name: str) -> bool:
    """Whether a record was left out since too many came."""
    return name in _THROTTLES


def _named(body: bytes) -> tuple[str, str]:
    """An error's name and its words, from JSON or from XML."""
    try:
        answer: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode("utf-8", "replace")
        return _element(text, "Code"), _element(text, "Message")
    if not isinstance(answer, dict):
        return "", ""
    name = str(answer.get("__type") or answer.get("code") or "").rpartition("#")[2]
    return name, str(answer.get("message") or answer.get("Message") or "")


def _lent(text: str) -> tuple[Keys, float] | None:
    identifier, secret, token, until = (
        _element(text, name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    )
    try:
        ends = datetime.fromisoformat(until).timestamp()
    except ValueError:
        return None
    return (Keys(identifier=identifier, secret=secret, token=token), ends) if identifier and secret else None


def _element(text: str, name: str) -> str:
    """The text of an element that has no other in it: keys and dates are in base64 and digits, which XML writes as they are."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1].strip() if found else ""
