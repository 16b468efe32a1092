"""The real clock, the real maker of ids, and how this process keeps its memory."""

import asyncio
import ctypes
import gc
import random
import sys
import time
from typing import Final

# glibc's names for what `mallopt` sets (malloc.h), and the values.
_MALLOPT: Final = {-8: 1, -1: 64 * 2**20, -3: 4 * 2**20}  # M_ARENA_MAX, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD


class SystemClock:
    """The machine's clock: `now()` is seconds since the epoch, `monotonic()` seconds that never jump."""

    # The functions themselves: a webhook on its way asks some twenty times, and a method around each costs twice as much.
    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)


class TimeSortedIds:
    """UUIDv7 behind a two-letter prefix; greater each time, also within a millisecond and when the clock steps back (RFC 9562 §6.2)."""

    def __init__(self) -> None:
        self._millisecond = 0
        self._start = ""
        self._end = 0
        # Ids must differ, not be secret: asking the system for each would cost more than all the rest of it.
        self._chance = random.Random(random.SystemRandom().getrandbits(256)).getrandbits  # noqa: S311

    def new(self, prefix: str) -> str:
        """The next id, such as `WH0192…`: 34 characters. Those of one millisecond count on from a random one (RFC 9562 §6.2, method 2)."""
        millisecond = time.time_ns() // 1_000_000
        if millisecond > self._millisecond:
            self._millisecond = millisecond
            self._start = f"{millisecond:012x}7{self._chance(12):03x}"
            # 61 bits of chance below the two of the variant: counting has a bit left over and never reaches those. So it has 16 hex digits.
            self._end = 0x8000_0000_0000_0000 | self._chance(61)
        else:
            self._end += 1
        return f"{prefix}{self._start}{self._end:x}"


def id_time(identifier: str) -> float:
    """When an id was made: seconds since the epoch, to the millisecond."""
    return int(identifier[2:14], 16) / 1000


def id_floor(prefix: str, at: float) -> str:
    """The smallest id that could have been made at that time: turns a time bound into an id bound."""
    return f"{prefix}{max(0, int(at * 1000)):012x}{0:020x}"


def collect_seldom() -> None:
    """What the start has made stays for good, and a webhook leaves no cycles: looking for garbage after every 700 objects is a waste."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def keep_memory() -> None:
    """Have the C library keep what is freed, for all threads together; to be called before there are any.

    The journal's thread took its memory from the system with each commit and gave it back after it: some forty page faults for a handful
    of webhooks. Does nothing where the C library is not glibc.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in _MALLOPT.items():
            mallopt(name, value)
