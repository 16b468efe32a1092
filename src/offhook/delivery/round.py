"""A round of delivery: what is asked of whoever runs it, what it is run with, and what it comes to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from offhook.delivery.cookies import CookieJars
from offhook.ports import Clock, Ids, KeptAlive, Transport
from offhook.records import (
    Attempt,
    Endpoint,
    Exchange,
    FailureKind,
    Headers,
    Kind,
    Outcome,
    Record,
    Role,
    Webhook,
)

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

    def begin_all(self, wanted: "Sequence[Wanted]") -> "Sequence[Begun | None]":
        """`run` for each over connections that are open already; None, and nothing has happened, for want of one.

        Whoever wants it is told later: the round, when the first exchange has delivered the webhook; else None, and the round is to be finished
        by what this gives. Raises what is wrong with any of them; nothing has happened then.
        """


class Begun(Protocol):
    """A round whose first exchange is under way, or has not been enough."""

    def break_off(self) -> None:
        """`ended` is not to be called any more."""

    async def finish(self) -> Round:
        """Do what is left of the round."""


Told = Callable[[Round | None], None]
Wanted = tuple[Webhook, Endpoint, Told]


@dataclass(frozen=True, slots=True)
class RoundParts:
    """What rounds are run with. `sign` signs in the provider's name, `judge` says what an attempt came to.

    `kept_alive` is the transport once more, where that keeps connections open. `jars` are of all rounds that are run with these parts, those
    of an answer's <Redirect> too: a conversation has one jar.
    """

    transport: Transport
    sign: Sign
    judge: Judge
    clock: Clock
    ids: Ids
    redirects: RedirectRules = RedirectRules()  # noqa: RUF009 - frozen
    jars: CookieJars = field(default_factory=CookieJars)
    kept_alive: KeptAlive | None = None
