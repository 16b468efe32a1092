"""Events by HTTP to an address of the operator's, as Twilio's Event Streams send them, or signed as Standard Webhooks (spec: twilio-debugger §5).

What Twilio sends is `application/json`: that is the content type unless CloudEvents' own is asked for. For `GET` Twilio's format is not published:
ours is the query parameter `event`, or `events` for an array, holding the JSON.
"""

import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from offhook.delivery import destination
from offhook.net.tls import UnusableCertificateError, present
from offhook.ports import Clock
from offhook.providers import standard_webhooks
from offhook.providers.signature import body_hash
from offhook.providers.urls import callable_url, with_body_hash
from offhook.records import ClientCertificate, Headers
from offhook.settings import kinds
from offhook.streams.model import Delivery, Event, Fault, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields, http
from offhook.streams.sinks.portions import Bounds, in_portions, patience

_PLAIN: Final = "application/json"
_CLOUDEVENT: Final = "application/cloudevents+json"
_CLOUDEVENTS: Final = "application/cloudevents-batch+json"
_BATCH: Final = Bounds(most=100, total=4 * 1024 * 1024, each=4 * 1024 * 1024 - 2)

# From the URL, the id and the body of a request: the URL to call, and what signs it.
Sign = Callable[[str, str, bytes], tuple[str, Headers]]

FIELDS: Final = (
    SinkField("destination", "the URL to call, such as https://app.example.com/events", config.address),
    SinkField("method", "POST, or GET with the event in the query parameter `event`", kinds.choice("post", "get").read, "post"),
    SinkField("batch_events", "several events at once, as a JSON array", config.switch, False),
    SinkField("content_type", "json, as Twilio sends, or cloudevents", kinds.choice("json", "cloudevents").read, "json"),
    SinkField(
        "signature",
        "twilio (X-Twilio-Signature, where there is an Auth Token), standard (Standard Webhooks) or none",
        kinds.choice("twilio", "standard", "none").read,
        required=False,
    ),
    SinkField("secret", "the secret of Standard Webhooks: whsec_ and base64", config.secret, required=False, secret=True),
    SinkField("username", "the user to log in as (Basic, sent without being asked)", config.secret, required=False),
    SinkField("password", "the user's password", config.secret, required=False, secret=True),
    SinkField("headers", "further header fields", config.headers, required=False, secret=True),
    SinkField("client_cert", "the path of our own certificate (PEM), for mutual TLS", config.text, required=False),
    SinkField(
        "client_key", "the path of its key (PEM), where the certificate's file does not hold it", config.text, required=False
    ),
    SinkField("verify_tls", "whether the server's certificate must be good", config.switch, True),
    SinkField("timeout", "how long the server may take to answer", config.timeout, http.TIMEOUT),
)


class WebhookSink:
    """Hands events over one by one, or several in one request; on one kept-alive connection, one request after the other."""

    def __init__(self, caller: http.Caller, url: str, sign: Sign, settings: Mapping[str, Any], clock: Clock) -> None:
        self._caller = caller
        self._clock = clock
        self._url = url
        self._sign = sign
        self._get = settings["method"] == "get"
        self._several = settings["batch_events"]
        plain = settings["content_type"] == "json"
        self._content_type = _PLAIN if plain else _CLOUDEVENTS if self._several else _CLOUDEVENT

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Hand these over, in their order."""
        late = patience(self._clock)
        if self._several:
            sizes = [len(event.body) for event in events]
            return await in_portions(sizes, _BATCH, lambda part: self._deliver_batch(events[part]), late)
        for taken, event in enumerate(events):
            if taken and late():
                return Delivery(taken=taken)
            fault = await self._send(event.id, event.body)
            if fault is not None:
                return Delivery(taken=taken, refused=0 if fault.retry else 1, fault=fault)
        return Delivery(taken=len(events))

    async def close(self) -> None:
        """Connections are the door's."""

    async def _deliver_batch(self, events: Sequence[Event]) -> Delivery:
        identifier = standard_webhooks.batch_id([event.id for event in events])
        return http.as_a_whole(len(events), await self._send(identifier, http.together([event.body for event in events])))

    async def _send(self, identifier: str, content: bytes) -> Fault | None:
        url, body = self._url, content
        if self._get:
            url = destination.with_query(url, urlencode({"events" if self._several else "event": content}))
            body = b""
        url, signature = self._sign(url, identifier, body)
        headers = signature if self._get else (("Content-Type", self._content_type), *signature)
        exchange = await self._caller.ask("GET" if self._get else "POST", url, headers, body)
        return self._caller.fault(exchange)


def make(configuration: Mapping[str, Any], parts: SinkParts) -> WebhookSink:
    """A client for one sink. Raises ValueError."""
    settings = config.read_all(FIELDS, configuration)
    given = destination.parse(settings["destination"])
    url = callable_url(given.url).decode()
    limits = http.limits(settings["timeout"], verify_tls=settings["verify_tls"], certificate=_certificate(settings, url))
    login = _login(settings, given, parts)
    headers = (*login, *config.revealed(settings["headers"] or {}, parts.secret))
    names = [name.lower() for name, _ in headers]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        login_too = ": give username and password, or the header field" if twice == "authorization" else ""
        raise ValueError(f"headers: {twice} is there twice{login_too}")
    caller = http.Caller(parts.transport, parts.clock, limits, headers)
    return WebhookSink(caller, url, _signer(settings, url, parts), settings, parts.clock)


def _login(settings: Mapping[str, Any], given: destination.Destination, parts: SinkParts) -> Headers:
    username, password = settings["username"], settings["password"]
    if username is None and password is None:
        return (http.basic(given.username, given.password),) if given.username or given.password else ()
    if given.username or given.password:
        raise ValueError("destination: user and password are there twice: take them out of the URL")
    user = fields.secret(settings, "username", parts) if config.is_reference(username) else username or ""
    return (http.basic(user, fields.secret(settings, "password", parts)),)


def _certificate(settings: Mapping[str, Any], url: str) -> ClientCertificate | None:
    chain, key = settings["client_cert"], settings["client_key"]
    if chain is None:
        if key is not None:
            raise ValueError("client_cert is missing: client_key alone proves nothing")
        return None
    if not url.startswith("https:"):
        raise ValueError("client_cert: a certificate is only shown over TLS: give a destination that begins with https://")
    certificate = ClientCertificate(chain=chain, key=key or chain)
    try:
        present(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate)
    except UnusableCertificateError as error:
        raise ValueError(f"client_cert: {error}") from error
    return certificate


def _signer(settings: Mapping[str, Any], url: str, parts: SinkParts) -> Sign:
    """How requests are signed. Without a word about it: as Twilio does, where there is an Auth Token to sign with."""
    how = settings["signature"]
    if how == "standard":
        return _standard(settings, parts)
    if settings["secret"] is not None:
        raise ValueError('secret: only Standard Webhooks are signed with it: write signature = "standard", or leave it out')
    if how == "none" or (how is None and parts.sign(url) is None):
        return _unsigned
    if parts.sign(url) is None:
        raise ValueError(
            'signature: there is no Auth Token to sign with: set TWILIO_AUTH_TOKEN, or write signature = "standard" or "none"'
        )

    def twilio(url: str, _: str, body: bytes) -> tuple[str, Headers]:
        signed = with_body_hash(url.encode(), body_hash(body)).decode() if body else url
        signature = parts.sign(signed)
        return signed, () if signature is None else (("X-Twilio-Signature", signature),)

    return twilio


def _standard(settings: Mapping[str, Any], parts: SinkParts) -> Sign:
    if settings["method"] == "get":
        raise ValueError('signature: Standard Webhooks sign a body, and a GET has none: write method = "POST"')
    if settings["secret"] is None:
        raise ValueError("secret is missing: Standard Webhooks are signed with one, whsec_ and base64")
    given = fields.secret(settings, "secret", parts)
    try:
        keys = standard_webhooks.keys(given)
    except ValueError as error:
        raise ValueError(f"secret: {error}") from error

    def standard(url: str, identifier: str, body: bytes) -> tuple[str, Headers]:
        return url, standard_webhooks.headers(keys, identifier, parts.clock.now(), body)

    return standard


def _unsigned(url: str, _: str, __: bytes) -> tuple[str, Headers]:
    return url, ()


KIND: Final = SinkKind(
    name="webhook",
    meaning="an HTTP address, called as Twilio calls it or by Standard Webhooks",
    fields=FIELDS,
    make=make,
    batch=100,
)
