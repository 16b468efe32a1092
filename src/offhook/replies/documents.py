"""The documents of one answer: the one that the app sent, and those that its <Redirect> verbs lead to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from offhook.delivery.destination import origin
from offhook.delivery.round import RoundParts
from offhook.delivery.runner import RoundRunner
from offhook.ports import Transport
from offhook.records import Endpoint, Exchange, Headers, HttpRequest, Limits, Webhook
from offhook.replies.methods import by_method
from offhook.twiml import Reading, Redirect, read_answer
from offhook.twiml.reading import NOTHING, Fault, fault

MOST_DOCUMENTS: Final = 50
SHORT: Final = 120
# Seconds for all redirects of one answer: with two attempts of 15 s it stays within the courier's lease of 60 s.
TIME_FOR_ALL: Final = 25.0

Document = tuple[Exchange, Reading]


class Documents:
    """Follows an answer's redirects, each fetched as the webhook itself was: same parameters, overrides, retries, credentials."""

    def __init__(self, parts: RoundParts) -> None:
        self._parts = parts
        self._clock = parts.clock

    async def follow(self, webhook: Webhook, exchange: Exchange, endpoint: Endpoint) -> AsyncIterator[Document]:
        """Each document and what it says, beginning with the app's answer; a document that cannot be had is a fault of the one before."""
        deadline = self._clock.monotonic() + TIME_FOR_ALL
        runners = self._runner(trusted=True), self._runner(trusted=False)
        for number in range(1, MOST_DOCUMENTS + 1):
            reading = read(exchange)
            yield exchange, reading
            if reading.redirect is None:
                return
            if number == MOST_DOCUMENTS:
                why = f"<Redirect> led through {MOST_DOCUMENTS} documents; no more are fetched for one message"
                yield exchange, Reading(faults=(fault(14106, why),))
                return
            target = target_of(reading.redirect, exchange.url, endpoint)
            runner = runners[0 if origin(target.app_url) == origin(endpoint.app_url) else 1]
            asked = by_method(webhook, reading.redirect.method)
            came = await _fetch(runner, asked, target, deadline - self._clock.monotonic())
            if isinstance(came, Fault):
                yield exchange, Reading(faults=(came,))
                return
            exchange = came

    def _runner(self, *, trusted: bool) -> RoundRunner:
        return RoundRunner(self._parts if trusted else replace(self._parts, transport=_Untrusting(self._parts.transport)))


class _Untrusting:
    """A transport for URLs that the operator has not chosen: none of them gets a right to private addresses."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def exchange(self, request: HttpRequest, limits: Limits, *, trusted: bool = False) -> Exchange:
        """The exchange, whatever trust is asked for."""
        del trusted
        return await self._transport.exchange(request, limits, trusted=False)


def read(exchange: Exchange) -> Reading:
    """What an exchange's answer says; nothing when it did not come whole (the attempt's own debug event says so)."""
    if exchange.failure is not None:
        return NOTHING
    status, headers, body, size = exchange.status, exchange.headers, exchange.body, exchange.body_size
    if size == len(body) <= SHORT and _says_nothing(status, headers, body):
        return NOTHING
    return read_answer(status, headers, body, size=size, cut=exchange.body_cut)


@lru_cache(maxsize=128)
def _says_nothing(status: int, headers: Headers, body: bytes) -> bool:
    """Apps that say nothing mostly say it in the same words."""
    return read_answer(status, headers, body, size=len(body), cut=False) is NOTHING


def target_of(redirect: Redirect, document_url: str, endpoint: Endpoint) -> Endpoint:
    """The redirect's URL as an endpoint of its own, resolved against the document that it stands in.

    On the app's own origin it takes over the app URL's credentials and its leave to skip the certificate's check; elsewhere neither.
    """
    url = urljoin(document_url, redirect.url)
    if origin(url) != origin(endpoint.app_url):
        return msgspec.structs.replace(endpoint, app_url=url, fallback_url=None, verify_tls=True)
    credentials, at, _ = urlsplit(endpoint.app_url).netloc.rpartition("@")
    parts = urlsplit(url)
    if at and "@" not in parts.netloc:
        url = parts._replace(netloc=f"{credentials}@{parts.netloc}").geturl()
    return msgspec.structs.replace(endpoint, app_url=url, fallback_url=None)


async def _fetch(runner: RoundRunner, webhook: Webhook, target: Endpoint, seconds: float) -> Exchange | Fault:
    """The next document, or why it cannot be had."""
    late = fault(11203, f"<Redirect>: the documents took longer than {TIME_FOR_ALL:.0f} s together", twilio_code=11200)
    if seconds <= 0:
        return late
    try:
        async with asyncio.timeout(seconds):
            fetched = await runner.run(webhook, target)
    except TimeoutError:
        return late
    if fetched.delivered and fetched.exchange.failure is None:
        return fetched.exchange
    outcome = fetched.attempts[-1].outcome
    why = f"<Redirect>: the next document could not be had. {outcome.message}"
    return fault(outcome.code or 11200, why, twilio_code=outcome.twilio_code or 11200)
