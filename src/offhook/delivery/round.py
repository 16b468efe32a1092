"""One round of delivery: the primary URL with its retries and redirects, then the fallback URL."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from offhook.delivery import challenge, destination
from offhook.delivery.challenge import Credentials
from offhook.delivery.cookies import CookieJars
from offhook.delivery.destination import Call, Destination
from offhook.delivery.overrides import Overrides
from offhook.headers import has_field, value_of
from offhook.ports import Clock, Ids, Transport
from offhook.records import (
    Attempt,
    Endpoint,
    Exchange,
    Failure,
    FailureKind,
    Headers,
    HttpRequest,
    Kind,
    Outcome,
    Record,
    Role,
    Timings,
    Webhook,
)

MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307})
CONNECT_FAILURES = frozenset(
    {
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.REFUSED,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.TLS_NAME,
        FailureKind.TLS_EXPIRED,
        FailureKind.TLS_UNTRUSTED,
    },
)

_RAW_COOKIE = re.compile(rb"(?i)(\nset-cookie[ \t]*:[^=\r\n]*)[^\r\n]*")

Sign = Callable[[str, bytes, str, str], tuple[str, Headers]]
Judge = Callable[[Exchange, Kind], Outcome]


class RedirectRules(Record):
    """What a redirect's follow-up takes along; Twilio's own behaviour is not settled (spec: twilio-delivery §3.1)."""

    carry_parameters: bool = True
    preserve_307: bool = True


class Round(Record):
    """What one round came to. `exchange` is the last one made; `role` whose answer that is."""

    attempts: tuple[Attempt, ...]
    exchange: Exchange
    role: Role

    @property
    def delivered(self) -> bool:
        """Whether the app, or its fallback, has taken the webhook."""
        return self.attempts[-1].outcome.delivered


class Rounds(Protocol):
    """Whoever can run a round."""

    async def run(self, webhook: Webhook, endpoint: Endpoint) -> Round:
        """Try the endpoint's URLs once."""


@dataclass(frozen=True, slots=True)
class RoundParts:
    """What rounds are run with. `sign` signs in the provider's name, `judge` says what an attempt came to.

    `jars` are of all rounds that are run with these parts, those of an answer's <Redirect> too: a conversation has one jar.
    """

    transport: Transport
    sign: Sign
    judge: Judge
    clock: Clock
    ids: Ids
    redirects: RedirectRules = RedirectRules()  # noqa: RUF009 - frozen
    jars: CookieJars = field(default_factory=CookieJars)


class RoundRunner:
    """Runs rounds over a Transport. Raises nothing for what the app, the network or the URL does."""

    def __init__(self, parts: RoundParts) -> None:
        self._transport = parts.transport
        self._sign = parts.sign
        self._judge = parts.judge
        self._clock = parts.clock
        self._ids = parts.ids
        self.redirects = parts.redirects
        self.monotonic = parts.clock.monotonic
        self._jars = parts.jars
        self._parsed: dict[str, Destination] = {}

    async def run(self, webhook: Webhook, endpoint: Endpoint) -> Round:
        """Try the primary URL, and the fallback URL if that came to nothing."""
        exchange, attempt = await self._attempt(webhook, endpoint, Role.PRIMARY, ())
        attempts = (attempt,)
        if attempt.outcome.delivered or not endpoint.fallback_url:
            return Round(attempts=attempts, exchange=exchange, role=Role.PRIMARY)
        extra = (("ErrorCode", str(attempt.outcome.twilio_code)), ("ErrorUrl", attempt.url))
        exchange, attempt = await self._attempt(webhook, endpoint, Role.FALLBACK, extra)
        return Round(attempts=(*attempts, attempt), exchange=exchange, role=Role.FALLBACK)

    async def _attempt(
        self,
        webhook: Webhook,
        endpoint: Endpoint,
        role: Role,
        extra: tuple[tuple[str, str], ...],
    ) -> tuple[Exchange, Attempt]:
        target = self._destination(endpoint, role)
        number = webhook.attempts + (2 if role is Role.FALLBACK else 1)
        started_at, started = self._clock.now(), self.monotonic()
        made = destination.call(webhook, target.url, extra)
        visit = _Visit(self, webhook, endpoint, target, number)
        exchanges = await visit.tries(made)
        attempt = Attempt(
            id=self._ids.new("AT"),
            webhook_id=webhook.id,
            number=number,
            role=role,
            url=target.url,
            started_at=started_at,
            duration_ms=(self.monotonic() - started) * 1000,
            outcome=self._judge(exchanges[-1], webhook.kind),
            exchanges=tuple([_without_cookies(exchange) for exchange in exchanges]),
        )
        return exchanges[-1], attempt

    def _destination(self, endpoint: Endpoint, role: Role) -> Destination:
        url = endpoint.app_url if role is Role.PRIMARY else endpoint.fallback_url or ""
        if url not in self._parsed:
            self._parsed[url] = destination.parse(url)
        return self._parsed[url]

    def send(self, request: HttpRequest, visit: "_Visit", remaining: float) -> Coroutine[Any, Any, Exchange]:
        """One exchange, with the deadlines that are left."""
        limits = visit.target.overrides.limits(max(remaining, 0.001), verify_tls=visit.endpoint.verify_tls)
        # A redirect away from the operator's own URL is a stranger's choice: it gets no right to private addresses.
        trusted = destination.origin(request.url) == visit.origin
        return self._transport.exchange(request, limits, trusted=trusted)

    def request(self, made: Call, visit: "_Visit", authorization: str = "") -> HttpRequest:
        """The call signed for its URL, with the conversation's cookies and our own two headers."""
        url, signature = self._sign(made.url, made.body, made.content_type, visit.webhook.account_sid)
        headers = [*made.headers, *signature]
        cookies = self._jars.header(visit.origin, visit.webhook.conversation, self._clock.now())
        if cookies and destination.origin(made.url) == visit.origin:
            headers.append(("Cookie", cookies))
        if authorization:
            headers.append(("Authorization", authorization))
        headers += (("Offhook-Webhook-Id", visit.webhook.id), ("Offhook-Attempt", str(visit.number)))
        return HttpRequest(method=made.method, url=url, headers=tuple(headers), body=made.body)

    def keep_cookies(self, exchange: Exchange, visit: "_Visit") -> None:
        """Put an answer's cookies into the conversation's jar."""
        if destination.origin(exchange.url) == visit.origin:
            self._jars.keep(visit.origin, visit.webhook.conversation, exchange.headers, self._clock.now())

    def nonce(self) -> str:
        """A client's number used once, for Digest."""
        return self._ids.new("NC")[2:]


class _Visit:
    """One attempt under way: the tries that the overrides allow, each with its redirects and its answer to a 401."""

    def __init__(self, runner: RoundRunner, webhook: Webhook, endpoint: Endpoint, target: Destination, number: int) -> None:
        self.runner = runner
        self.webhook = webhook
        self.endpoint = endpoint
        self.target = target
        self.number = number
        self.origin = target.origin
        self.deadline = runner.monotonic() + target.overrides.total_ms / 1000

    async def tries(self, made: Call) -> list[Exchange]:
        """All exchanges of the attempt; the last one is what it came to."""
        first = await self._send(made)
        if first.failure is None and first.status < 300:
            return [first]
        exchanges = await self._hops(made, first)
        for _ in range(self.target.overrides.retries):
            if not asks_for_retry(exchanges[-1], self.target.overrides) or self._remaining() <= 0:
                break
            exchanges += await self._hops(made)
        return exchanges

    async def _hops(self, made: Call, first: Exchange | None = None) -> list[Exchange]:
        """One try: the exchange, which may have been made, and those to which its redirects lead."""
        exchanges: list[Exchange] = []
        for _ in range(MOST_REDIRECTS + 1):
            exchanges += await self._answered(made, first)
            first = None
            last = exchanges[-1]
            if last.failure is not None or not 300 <= last.status < 400:
                return exchanges
            location = value_of(last.headers, "location")
            if last.status not in REDIRECTS or not _usable(location):
                to = f"Location {location[:200]!r}" if location else "no Location"
                detail = f"The app answered with status {last.status} and {to}: a redirect that cannot be followed."
                exchanges[-1] = _failed(last, FailureKind.BAD_REDIRECT, detail)
                return exchanges
            rules = self.runner.redirects
            made = destination.redirected(
                made,
                location,
                last.status,
                carry=rules.carry_parameters,
                preserve=rules.preserve_307,
            )
        exchanges[-1] = _failed(
            exchanges[-1], FailureKind.TOO_MANY_REDIRECTS, f"The app redirected more than {MOST_REDIRECTS} times."
        )
        return exchanges

    async def _answered(self, made: Call, first: Exchange | None) -> list[Exchange]:
        """One exchange, and a second one with credentials when the app asks for those that the URL has."""
        exchanges = [first or await self._send(made)]
        if exchanges[0].status == 401 and self.target.username and destination.origin(made.url) == self.origin:
            credentials = Credentials(self.target.username, self.target.password)
            asked = exchanges[0]
            value = challenge.authorization(asked.headers, credentials, made.method, asked.url, self.runner.nonce())
            if value:
                exchanges.append(await self._send(made, value))
        return exchanges

    async def _send(self, made: Call, authorization: str = "") -> Exchange:
        remaining = self._remaining()
        request = self.runner.request(made, self, authorization)
        if remaining <= 0:
            return _out_of_time(request, self.runner.monotonic())
        exchange = await self.runner.send(request, self, remaining)
        self.runner.keep_cookies(exchange, self)
        return exchange

    def _remaining(self) -> float:
        return self.deadline - self.runner.monotonic()


def asks_for_retry(exchange: Exchange, overrides: Overrides) -> bool:
    """Whether the overrides' retry policies cover what this exchange came to (spec: twilio-delivery §1)."""
    policies, failure = overrides.policies, exchange.failure
    if failure is None:
        return (500 <= exchange.status <= 599 and "5xx" in policies) or (400 <= exchange.status <= 499 and "4xx" in policies)
    if failure.kind in CONNECT_FAILURES:
        return "ct" in policies
    return failure.kind is FailureKind.READ_TIMEOUT and not failure.partial and "rt" in policies


def _usable(location: str) -> bool:
    try:
        parts = urlsplit(location)
    except ValueError:
        return False
    return bool(location) and parts.scheme in {"", "http", "https"}


def _failed(exchange: Exchange, kind: FailureKind, detail: str) -> Exchange:
    return msgspec.structs.replace(exchange, failure=Failure(kind=kind, detail=detail, partial=True))


def _out_of_time(request: HttpRequest, now: float) -> Exchange:
    return Exchange(
        method=request.method,
        url=request.url,
        started_at=now,
        timings=Timings(),
        failure=Failure(kind=FailureKind.TOTAL_TIMEOUT, detail="The time for the whole attempt was used up before this request."),
    )


def _without_cookies(exchange: Exchange) -> Exchange:
    """The evidence without the values of the app's cookies: they are secrets of its users. Their names tell who has set them."""
    if not exchange.raw and not has_field(exchange.headers, "set-cookie"):
        return exchange
    kept = tuple((name, _without_value(value) if name.lower() == "set-cookie" else value) for name, value in exchange.headers)
    return msgspec.structs.replace(exchange, headers=kept, raw=_RAW_COOKIE.sub(rb"\1=[redacted]", exchange.raw))


def _without_value(cookie: str) -> str:
    name, equals, _ = cookie.partition("=")
    return f"{name}=[redacted]" if equals else "[redacted]"
