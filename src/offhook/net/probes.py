"""Connections that only measure the way: no request is sent on them."""

import asyncio
import errno
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from time import monotonic

from offhook.net.addresses import refusal
from offhook.net.echoes import Echoes, echoes
from offhook.net.urls import Address
from offhook.records import Record

# Where tcpi_total_retrans stands in Linux' struct tcp_info (linux/tcp.h): after eight bytes and 23 words of 32 bits.
_RETRANSMITTED_AT = 8 + 23 * 4
_TCP_INFO: int | None = socket.TCP_INFO if sys.platform == "linux" else None
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.EHOSTDOWN, errno.EAFNOSUPPORT}


class Ending(StrEnum):
    """How a try to connect ended."""

    CONNECTED = "connected"
    REFUSED = "refused"
    LATE = "timed-out"
    NO_ROUTE = "no-route"
    OTHER = "other"
    BLOCKED = "blocked"


class Try(Record):
    """One try to connect. `ms` is how long it took to its end, `words` what the system said.

    `repeated` is how often the kernel had to send the opening packet (SYN) again; None where the system does not tell.
    """

    ending: Ending
    ms: float = 0.0
    words: str = ""
    repeated: int | None = None


class Series(Record):
    """How to try: how often, how many seconds apart, and how many seconds each may take."""

    tries: int = 1
    gap: float = 0.1
    timeout: float = 5.0


class Probes:
    """Tries addresses without sending a request. An address that is not called from the Internet is refused unless the caller trusts it."""

    async def connects(self, address: Address, port: int, series: Series, *, trusted: bool = False) -> tuple[Try, ...]:
        """TCP connections, each closed at once, in the order in which they were started."""
        if not trusted and (reason := refusal(address)):
            return (Try(ending=Ending.BLOCKED, words=reason),)
        return await _spread(series, lambda _: _connect(address, port, series.timeout))

    async def echoes(self, address: Address, series: Series, *, trusted: bool = False) -> Echoes:
        """ICMP echoes (ping), where the system lets us send them."""
        if not trusted and (reason := refusal(address)):
            return Echoes(words=reason)
        return await echoes(address, series.tries, series.gap, series.timeout)

    def has_route(self, address: Address) -> bool:
        """Whether this machine knows a way to that address at all. Nothing is sent."""
        try:
            with socket.socket(_family(address), socket.SOCK_DGRAM) as sock:
                sock.connect((str(address), 9))
        except OSError as error:
            return error.errno not in _NO_ROUTE
        return True


async def _spread(series: Series, start: Callable[[int], Awaitable[Try]]) -> tuple[Try, ...]:
    """Start the tries at their times, whether the earlier ones have ended or not."""

    async def one(number: int) -> Try:
        await asyncio.sleep(number * series.gap)
        return await start(number)

    return tuple(await asyncio.gather(*(one(number) for number in range(series.tries))))


async def _connect(address: Address, port: int, timeout: float) -> Try:  # noqa: ASYNC109 - the try's end is told, not raised
    begun = monotonic()
    ending, words = Ending.CONNECTED, ""
    with socket.socket(_family(address), socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        try:
            async with asyncio.timeout(timeout):
                await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
        except TimeoutError:  # the kernel's own time-out as well
            ending = Ending.LATE
        except ConnectionRefusedError:
            ending = Ending.REFUSED
        except OSError as error:
            ending = Ending.NO_ROUTE if error.errno in _NO_ROUTE else Ending.OTHER
            words = error.strerror or str(error)
        ms = (monotonic() - begun) * 1000
        return Try(ending=ending, ms=ms, words=words, repeated=_repeated(sock))


def _repeated(sock: socket.socket) -> int | None:
    if _TCP_INFO is None:
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _RETRANSMITTED_AT + 4)
    except OSError:
        return None
    return int(struct.unpack_from("@I", info, _RETRANSMITTED_AT)[0]) if len(info) >= _RETRANSMITTED_AT + 4 else None


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_INET6 if address.version == 6 else socket.AF_INET
