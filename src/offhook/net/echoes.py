"""ICMP echoes (ping), by the two ways in which a system may allow them: a datagram socket for anybody, a raw one for root."""

import asyncio
import contextlib
import os
import socket
import struct
from time import monotonic

from offhook.net.urls import Address
from offhook.records import Record

_TOKEN = 16
_LONGEST_WAIT = 4.0
_HEADER = struct.Struct("!BBHHH")
# ICMP (RFC 792) and ICMPv6 (RFC 4443): protocol, request, reply.
_IPV4 = (socket.AF_INET, socket.IPPROTO_ICMP, 8, 0)
_IPV6 = (socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, 129)


class Echoes(Record):
    """What came back, one value a try in order: ms, or None for a lost one. None were sent where `words` says why."""

    times: tuple[float | None, ...] = ()
    words: str = ""

    @property
    def lost(self) -> int:
        """How many did not come back."""
        return self.times.count(None)


def checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = packet + b"\0" * (len(packet) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


async def echoes(address: Address, tries: int, gap: float, wait: float) -> Echoes:
    """Send that many echoes, `gap` seconds apart, and wait for the last one that many seconds, longer on a slow way."""
    try:
        sock = _open(address)
    except PermissionError:
        return Echoes(words="this system lets only root send echoes")
    except OSError as error:
        return Echoes(words=error.strerror or str(error))
    with sock:
        exchange = _Exchange(sock, address, tries)
        listener = asyncio.create_task(exchange.listen())
        try:
            await exchange.send(gap)
            await asyncio.wait([listener], timeout=wait)
            # On a slow way the last ones may still be coming: each gets twice the time that the slowest took.
            slowest = max((each for each in exchange.times if each is not None), default=0.0) / 1000
            await asyncio.wait([listener], timeout=max(0.0, min(2 * slowest, _LONGEST_WAIT) - wait))
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
        return Echoes(times=tuple(exchange.times))


class _Exchange:
    """Echoes under way. A raw socket hears those of everybody: ours carry a token."""

    def __init__(self, sock: socket.socket, address: Address, tries: int) -> None:
        self._sock = sock
        _, _, self._request, self._reply = _IPV6 if address.version == 6 else _IPV4
        self._token = os.urandom(_TOKEN)
        self._id = int.from_bytes(os.urandom(2), "big")
        self._sent: dict[int, float] = {}
        self.times: list[float | None] = [None] * tries

    async def send(self, gap: float) -> None:
        loop = asyncio.get_running_loop()
        for number in range(len(self.times)):
            self._sent[number] = monotonic()
            with contextlib.suppress(OSError):  # an earlier one's "unreachable": this one is lost
                await loop.sock_sendall(self._sock, self._packet(number))
            if number + 1 < len(self.times):
                await asyncio.sleep(gap)

    async def listen(self) -> None:
        """Take what comes until every echo has come back."""
        loop = asyncio.get_running_loop()
        while None in self.times:
            try:
                packet = await loop.sock_recv(self._sock, 2048)
            except OSError:  # a router's "unreachable" is one echo lost
                await asyncio.sleep(0)
                continue
            now = monotonic()
            number = self._number(packet)
            if number in self._sent and self.times[number] is None:
                self.times[number] = (now - self._sent[number]) * 1000

    def _packet(self, number: int) -> bytes:
        blank = _HEADER.pack(self._request, 0, 0, self._id, number) + self._token
        # Of ICMPv6, whose checksum covers the addresses, the kernel makes it.
        return _HEADER.pack(self._request, 0, checksum(blank), self._id, number) + self._token

    def _number(self, packet: bytes) -> int:
        """Which of our echoes this is the reply to; -1 for anything else."""
        if packet and packet[0] >> 4 == 4:  # some sockets give the IPv4 header, too; no reply begins with that number
            packet = packet[(packet[0] & 0x0F) * 4 :]
        if len(packet) < _HEADER.size + _TOKEN or packet[_HEADER.size : _HEADER.size + _TOKEN] != self._token:
            return -1
        kind, _, _, _, number = _HEADER.unpack_from(packet)
        return int(number) if kind == self._reply else -1


def _open(address: Address) -> socket.socket:
    family, protocol, _, _ = _IPV6 if address.version == 6 else _IPV4
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM, protocol)
    except OSError:
        sock = socket.socket(family, socket.SOCK_RAW, protocol)
    try:
        sock.setblocking(False)
        sock.connect((str(address), 0))
    except OSError:
        sock.close()
        raise
    return sock
