"""The desk at which alarms are asked for: the book of them, and what makes a repeated creation one creation."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from offhook.alarms.book import AlarmBook
from offhook.api.problems import Problem
from offhook.ports import Clock, Ids, Journal
from offhook.records import Kept, Record

TOKENS: Final = "alarm-tokens"
"""The shelf of the journal where the tokens of creations are kept."""
KEPT_FOR: Final = 86_400.0
"""Seconds for which a token is known."""
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class AlarmDesk(NamedTuple):
    """The book of alarms, the tokens of creations, and the account of whose messages alarms tell ("" where none is named).

    `lacking`: the channels by which nobody can be told as the settings are, and what then is to be known.
    """

    book: AlarmBook
    tokens: "Tokens"
    account_sid: str
    lacking: Mapping[str, str] = _NOTHING


def open_desk(
    journal: Journal, clock: Clock, ids: Ids, *, endpoints: Collection[str] | None, account_sid: str | None = None
) -> AlarmDesk:
    """A desk over a journal. `endpoints` are the names of those that there are, None where that is not known."""
    return AlarmDesk(AlarmBook(journal, clock, ids, endpoints), Tokens(journal, clock, ids), account_sid or "")


class Token(Record):
    """A creation that was asked for: the alarm that it makes, what was asked (as a digest), and whether it has been made."""

    sid: str
    digest: str
    at: float
    made: bool = False


class OtherBodyError(Exception):
    """The token has been used for another body."""


class Tokens:
    """Creations by their `Idempotency-Token`: whoever repeats one, after a crash too, gets the alarm that it has made."""

    def __init__(self, journal: Journal, clock: Clock, ids: Ids) -> None:
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._one_at_a_time = asyncio.Lock()

    async def once(self, token: str, body: bytes, make: Callable[[str], Awaitable[object]]) -> str:
        """The id of the alarm that this token makes. `make` makes the one of a given id. Raises OtherBodyError, JournalError."""
        digest, place = hashlib.sha256(body).hexdigest(), hashlib.sha256(token.encode()).hexdigest()
        async with self._one_at_a_time:
            known = await self._find(place)
            if known is not None and known.digest != digest:
                raise OtherBodyError
            wanted = known or Token(sid=self._ids.new("AK"), digest=digest, at=self._clock.now())
            if not wanted.made:
                # Before the alarm, so that a crash between the two leaves nothing that would be made twice.
                await self._keep(place, wanted)
                try:
                    await make(wanted.sid)  # which looks whether it is there already
                except Problem:
                    await self._journal.keep([Kept(shelf=TOKENS, id=place)])  # what was refused may be asked for otherwise
                    raise
                await self._keep(place, msgspec.structs.replace(wanted, made=True))
            return wanted.sid

    async def _find(self, place: str) -> Token | None:
        data = await self._journal.kept_one(TOKENS, place)
        token = msgspec.json.decode(data, type=Token) if data is not None else None
        return token if token is not None and token.at > self._clock.now() - KEPT_FOR else None

    async def _keep(self, place: str, token: Token) -> None:
        """Write one, and clear away those that have become too old."""
        old = [
            Kept(shelf=TOKENS, id=each.id)
            for each in await self._journal.kept(TOKENS)
            if each.id != place and msgspec.json.decode(each.data or b"", type=Token).at <= self._clock.now() - KEPT_FOR
        ]
        await self._journal.keep([*old, Kept(shelf=TOKENS, id=place, data=msgspec.json.encode(token))])
