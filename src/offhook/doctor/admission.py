"""How a URL becomes a patient: the message that it is asked with, and the means put together."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from offhook.debugger import classify
from offhook.delivery import destination
from offhook.delivery.round import RoundParts, Sign
from offhook.doctor.patient import Patient
from offhook.doctor.question import Product, Question
from offhook.doctor.visits import Budget, Metered, Visitor
from offhook.net.handshakes import Handshakes
from offhook.net.lookups import Lookups
from offhook.net.probes import Probes
from offhook.ports import Clock, Ids, Transport
from offhook.providers.base import Provider
from offhook.providers.drafts import FORM, Draft, encode, headers, parameters, voice_parameters
from offhook.records import Arrival, Endpoint, Kind, Webhook

ACCOUNT = "AC" + "0" * 32
TEXT = "Hello from Offhook's doctor"
PICTURE = "https://demo.twilio.com/owl.png"


class ClosableTransport(Transport, Protocol):
    """The door out, with the connections that it keeps."""

    async def close(self) -> None:
        """Close what is kept open."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the doctor works with. `fresh` makes a connection for each exchange, `kept` keeps them open."""

    provider: Provider
    fresh: ClosableTransport
    kept: ClosableTransport
    lookups: Lookups
    probes: Probes
    handshakes: Handshakes
    clock: Clock
    ids: Ids

    async def close(self) -> None:
        """Close what is kept open."""
        await self.fresh.close()
        await self.kept.close()


def admit(question: Question, tools: Tools) -> Patient:
    """The patient that a URL is, before anything is asked."""
    budget = Budget(question.most_requests)
    fresh, kept = (Metered(each, budget, trusted=question.trusted) for each in (tools.fresh, tools.kept))
    sign = _signing(question, tools.provider.sign)
    parts = RoundParts(transport=fresh, sign=sign, judge=classify.judge, clock=tools.clock, ids=tools.ids)
    endpoint = Endpoint(name="doctor", app_url=question.url, verify_tls=question.verify_tls)
    return Patient(
        question=question,
        destination=destination.parse(question.url),
        clock=tools.clock,
        deadline=tools.clock.monotonic() + question.time,
        budget=budget,
        visitor=Visitor(endpoint, parts, kept=kept, draw=_drawer(question, tools)),
        lookups=tools.lookups,
        probes=tools.probes,
        handshakes=tools.handshakes,
        verify_tls=question.verify_tls,
    )


def _signing(question: Question, sign: Sign) -> Sign:
    """Who signs: nobody, or the provider, for some origins or for any."""
    unsigned, origins = _unsigned(sign), question.signs_for
    if not question.signed:
        return unsigned
    if origins is None:
        return sign
    return lambda url, *rest: (sign if destination.origin(url) in origins else unsigned)(url, *rest)


def _unsigned(sign: Sign) -> Sign:
    """The same without a signature: whatever tokens there are, this URL is not to have one made with them."""
    return lambda url, body, content_type, account_sid: (sign(url, body, content_type, account_sid)[0], ())


def _drawer(question: Question, tools: Tools) -> Callable[[], Webhook]:
    """Makes messages as Twilio would send them for that product, each with an id of its own."""

    def draw() -> Webhook:
        lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in headers(FORM, str(uuid.uuid4())))]
        arrival = Arrival(
            id=tools.ids.new("WH"),
            endpoint="doctor",
            received_at=tools.clock.now(),
            peer="",
            url="",
            kind=_KINDS.get(question.product, Kind.MESSAGE),
            dedupe_key=secrets.token_bytes(16),
            head="\r\n".join(lines).encode(),
            body=encode(_parameters(question)).encode(),
        )
        return tools.provider.derive(arrival)

    return draw


_KINDS = {Product.STATUS: Kind.STATUS, Product.VOICE: Kind.VOICE}


def _parameters(question: Question) -> tuple[tuple[str, str], ...]:
    product, account = question.product, question.account_sid or ACCOUNT
    if product is Product.VOICE:
        return voice_parameters("CA" + secrets.token_hex(16), account)
    prefix = "MM" if product is Product.MMS else "SM"
    return parameters(
        Draft(
            sid=prefix + secrets.token_hex(16),
            account_sid=account,
            body=TEXT,
            media=(PICTURE,) if product is Product.MMS else (),
            whatsapp=product is Product.WHATSAPP,
            status="delivered" if product is Product.STATUS else "",
        )
    )
