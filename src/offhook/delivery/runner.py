"""Runs rounds: the primary URL with its retries and redirects, then the fallback URL."""

import re
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from offhook.delivery import challenge, destination
from offhook.delivery.challenge import Credentials
from offhook.delivery.destination import Call, Destination
from offhook.delivery.overrides import Overrides
from offhook.delivery.round import CONNECT_FAILURES, Begun, Round, RoundParts, Told, Wanted
from offhook.headers import has_field, value_of
from offhook.ports import Asking
from offhook.records import (
    Attempt,
    Endpoint,
    Exchange,
    Failure,
    FailureKind,
    HttpRequest,
    Role,
    Timings,
    Webhook,
)

MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307})

_RAW_COOKIE = re.compile(rb"(?i)(\nset-cookie[ \t]*:)([^=\r\n]*=)?[^\r\n]*")


class RoundRunner:
    """Runs rounds over a Transport. Raises nothing for what the app, the network or the URL does."""

    def __init__(self, parts: RoundParts) -> None:
        self._transport = parts.transport
        self._sign = parts.sign
        self._judge = parts.judge
        self._clock = parts.clock
        self._ids = parts.ids
        self.redirects = parts.redirects
        self.now = parts.clock.now
        self.monotonic = parts.clock.monotonic
        self._kept_alive = parts.kept_alive
        self._jars = parts.jars
        self._parsed: dict[str, Destination] = {}

    async def run(self, webhook: Webhook, endpoint: Endpoint) -> Round:
        """Try the primary URL, and the fallback URL if that came to nothing."""
        return await self.visit(webhook, endpoint, Role.PRIMARY).finish()

    def begin_all(self, wanted: Sequence[Wanted]) -> Sequence[Begun | None]:
        """The primary URLs over connections that are open already: a step for all of them, then the next one."""
        if self._kept_alive is None:
            return [None] * len(wanted)
        visits = [self.visit(webhook, endpoint, Role.PRIMARY) for webhook, endpoint, _ in wanted]
        asked = [visit.asking(told) for visit, (_, _, told) in zip(visits, wanted, strict=True)]
        begun = self._kept_alive.begin_all(asked)
        return [visit.begun(break_off) if break_off else None for visit, break_off in zip(visits, begun, strict=True)]

    def visit(self, webhook: Webhook, endpoint: Endpoint, role: Role, extra: tuple[tuple[str, str], ...] = ()) -> "_Visit":
        """An attempt that is to be made."""
        url = endpoint.app_url if role is Role.PRIMARY else endpoint.fallback_url or ""
        target = self._parsed.get(url)
        if target is None:
            target = self._parsed[url] = destination.parse(url)
        return _Visit(self, (webhook, endpoint, role), target, extra)

    def attempt(self, visit: "_Visit", exchanges: Sequence[Exchange]) -> Attempt:
        """What is kept of an attempt."""
        return Attempt(
            id=self._ids.new("AT"),
            webhook_id=visit.webhook.id,
            number=visit.number,
            role=visit.role,
            url=visit.target.url,
            started_at=visit.started_at,
            duration_ms=(self.monotonic() - visit.started) * 1000,
            outcome=self._judge(exchanges[-1], visit.webhook.kind),
            exchanges=tuple(map(_without_cookies, exchanges)),
        )

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

    __slots__ = (
        "_break_off",
        "_first",
        "_made",
        "deadline",
        "endpoint",
        "number",
        "origin",
        "role",
        "runner",
        "started",
        "started_at",
        "target",
        "webhook",
    )

    def __init__(
        self, runner: RoundRunner, what: tuple[Webhook, Endpoint, Role], target: Destination, extra: tuple[tuple[str, str], ...]
    ) -> None:
        self.runner = runner
        self.webhook, self.endpoint, self.role = what
        self.target = target
        self.number = self.webhook.attempts + (2 if self.role is Role.FALLBACK else 1)
        self.origin = target.origin
        self.started_at, self.started = runner.now(), runner.monotonic()
        self.deadline = self.started + target.overrides.total_ms / 1000
        self._made = destination.call(self.webhook, target.url, extra)
        self._first: Exchange | None = None
        self._break_off: Callable[[], None] | None = None

    def asking(self, told: Told) -> Asking:
        """Its first exchange, for a transport."""
        overrides = self.target.overrides
        limits = overrides.limits(overrides.total_ms / 1000, verify_tls=self.endpoint.verify_tls)
        return self.runner.request(self._made, self), limits, partial(self._tell, told)

    def begun(self, break_off: Callable[[], None]) -> "_Visit":
        """It is under way, until that is called."""
        self._break_off = break_off
        return self

    def break_off(self) -> None:
        """Nobody wants to hear of it any more."""
        if self._break_off is not None:
            self._break_off()

    def _tell(self, told: Told, exchange: Exchange) -> None:
        """The first exchange is over, and what could have broken it off knows us: left here, both would wait for the collector."""
        self._first, self._break_off = exchange, None
        told(self._round(exchange))

    def _round(self, exchange: Exchange) -> Round | None:
        """The round, if that exchange was enough."""
        try:
            self.runner.keep_cookies(exchange, self)
            if not _took_it(exchange):
                return None
            attempt = self.runner.attempt(self, (exchange,))
        except Exception:  # noqa: BLE001 - judging it fails again when the round is finished, by whoever can do something about that
            return None
        return Round(attempts=(attempt,), exchange=exchange, role=self.role) if attempt.outcome.delivered else None

    async def finish(self) -> Round:
        """What is left of the round: this attempt, and the fallback URL if it came to nothing."""
        exchanges = await self.tries()
        attempts: tuple[Attempt, ...] = (self.runner.attempt(self, exchanges),)
        outcome = attempts[0].outcome
        if not outcome.delivered and self.endpoint.fallback_url:
            extra = (("ErrorCode", str(outcome.twilio_code)), ("ErrorUrl", self.target.url))
            fallback = self.runner.visit(self.webhook, self.endpoint, Role.FALLBACK, extra)
            exchanges = await fallback.tries()
            attempts = (*attempts, self.runner.attempt(fallback, exchanges))
        return Round(attempts=attempts, exchange=exchanges[-1], role=attempts[-1].role)

    async def tries(self) -> list[Exchange]:
        """All exchanges of the attempt, the first of which may have been made; the last one is what it came to."""
        made = self._made
        first = self._first or await self._send(made)
        if _took_it(first):
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


def _took_it(exchange: Exchange) -> bool:
    return exchange.failure is None and exchange.status < 300


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
    return msgspec.structs.replace(exchange, headers=kept, raw=_RAW_COOKIE.sub(rb"\1\2[redacted]", exchange.raw))


def _without_value(cookie: str) -> str:
    name, equals, _ = cookie.partition("=")
    return f"{name}=[redacted]" if equals else "[redacted]"
