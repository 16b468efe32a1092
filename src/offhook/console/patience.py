"""How whoever guesses is slowed down: the more wrong tries an address has made, the longer its next refusal takes.

A right token is never held up: it cannot be guessed (192 bits), and so nobody else's wrong tries may keep its owner out.
"""

import ipaddress
from typing import Final

from offhook.api.problems import Problem
from offhook.ports import Clock

FREE: Final = 3
"""Wrong tries that cost nothing: people paste the wrong link."""
FIRST: Final = 0.25
LONGEST: Final = 8.0
FORGOTTEN_AFTER: Final = 900.0
MOST_ADDRESSES: Final = 2_000
MOST_WAITING: Final = 20
"""Refusals that are held back at a time: each of them holds a connection."""


class Patience:
    """Counts wrong tries by address, and takes its time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[int, float]] = {}
        self._waiting = 0

    async def wrong(self, address: str) -> int:
        """One more wrong try from there: wait, and give how many there were in a row. Raises Problem 20429 where too many wait already."""
        whose, now = _whose(address), self._clock.now()
        tries, last = self._wrong.pop(whose, (0, 0.0))
        tries = 1 if now - last > FORGOTTEN_AFTER else tries + 1
        self._wrong[whose] = (tries, now)
        if len(self._wrong) > MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        if tries > FREE:
            await self._wait(min(LONGEST, FIRST * 2 ** min(tries - FREE - 1, 10)))
        return tries

    def right(self, address: str) -> None:
        """Whoever it was has found the right one."""
        self._wrong.pop(_whose(address), None)

    async def _wait(self, seconds: float) -> None:
        if self._waiting >= MOST_WAITING:
            raise Problem(
                20429, "Too many wrong logins just now: try again in a while.", headers={"retry-after": f"{LONGEST:.0f}"}
            )
        self._waiting += 1
        try:
            await self._clock.sleep(seconds)
        finally:
            self._waiting -= 1


def _whose(address: str) -> str:
    """An address as one person has it: of IPv6 that is a whole network of 64 bits."""
    try:
        literal = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((int(literal) >> 64 << 64, 64))) if literal.version == 6 else str(literal)
