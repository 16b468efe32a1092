"""One question to one name server: over UDP, and over TCP where the answer is too long. What it tells is data, never an exception."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING

from offhook.net.urls import Address
from offhook.records import Record

if TYPE_CHECKING:
    import dns.message

_PORT = 53
_LARGEST = 65_535
# Packets get lost: a question without an answer is put once more.
_ASK_AGAIN_AFTER = 0.8


class Told(StrEnum):
    """What became of a question about a name."""

    FOUND = "found"
    NO_NAME = "nxdomain"
    NO_RECORD = "no-record"
    FAILED = "servfail"
    REFUSED = "refused"
    LATE = "timeout"
    UNREACHABLE = "unreachable"

    @property
    def is_answer(self) -> bool:
        """Whether it says something about the name, and not about the server alone."""
        return self in {Told.FOUND, Told.NO_NAME, Told.NO_RECORD}


class NameServer(Record):
    """A name server by its address. `public`: it is asked to see what the rest of the world sees; else it is the system's own."""

    address: Address
    port: int = _PORT
    public: bool = False

    def __str__(self) -> str:
        if self.port == _PORT:
            return str(self.address)
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"


class Reply(Record):
    """What one server said about one type of record. `chain` are the aliases on the way, in order; `ttl` is the shortest, in seconds."""

    told: Told
    addresses: tuple[Address, ...] = ()
    chain: tuple[str, ...] = ()
    ttl: int | None = None
    words: str = ""


def parse_server(text: str, *, public: bool = True) -> NameServer:
    """A name server as it is written: `1.1.1.1`, `127.0.0.1:5353`, `::1` or `[::1]:5353`. Raises ValueError with a sentence."""
    host, colon, port = text.strip(), "", ""
    if host.startswith("["):
        host, bracket, rest = host[1:].partition("]")
        colon, port = (rest[:1], rest[1:]) if bracket else ("[", "")
    elif host.count(":") == 1:
        host, colon, port = host.partition(":")
    number = int(port) if port.isascii() and port.isdigit() else 0
    with contextlib.suppress(ValueError):
        if not colon and not port:
            return NameServer(address=ip_address(host), public=public)
        if colon == ":" and 1 <= number <= _LARGEST:
            return NameServer(address=ip_address(host), port=number, public=public)
    raise ValueError(f"{text!r} is not the address of a name server: write 1.1.1.1, 127.0.0.1:5353 or [::1]:5353")


async def ask(server: NameServer, host: str, kind: str) -> Reply:
    """The records of that kind ("A" or "AAAA") by that server. It waits as long as the caller lets it."""
    # Late, as it takes a tenth of a second and only the doctor asks.
    import dns.exception
    import dns.message
    import dns.name

    try:
        question = dns.message.make_query(dns.name.from_text(host, origin=dns.name.root), kind, use_edns=0, payload=1232)
    except dns.exception.DNSException as error:
        return Reply(told=Told.NO_NAME, words=f"{host} is no name that the DNS can hold: {error}")
    wire = question.to_wire()
    try:
        answer = await _over_udp(server, wire)
        if _is_cut(answer):
            answer = await _over_tcp(server, wire)
        return _read(question, dns.message.from_wire(answer, ignore_trailing=True))
    except (OSError, EOFError) as error:
        words = getattr(error, "strerror", None) or "it closed the connection"
        return Reply(told=Told.UNREACHABLE, words=words)
    except dns.exception.DNSException as error:
        return Reply(told=Told.FAILED, words=f"its answer cannot be read: {error}")


async def _over_udp(server: NameServer, wire: bytes) -> bytes:
    """The answer to a question, put twice. The socket is connected, so that a closed port is known at once."""
    loop = asyncio.get_running_loop()
    with _socket(server) as sock:
        sock.connect((str(server.address), server.port))
        await loop.sock_sendall(sock, wire)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ASK_AGAIN_AFTER):
                return await _receive(sock, wire)
        await loop.sock_sendall(sock, wire)
        return await _receive(sock, wire)


@contextlib.contextmanager
def _socket(server: NameServer) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if server.address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        yield sock


async def _receive(sock: socket.socket, wire: bytes) -> bytes:
    """The next packet that is the answer to this question: the others are somebody's mistake."""
    while True:
        answer = await asyncio.get_running_loop().sock_recv(sock, _LARGEST)
        if answer[:2] == wire[:2] and len(answer) >= 12 and answer[2] & 0x80:
            return answer


def _is_cut(answer: bytes) -> bool:
    return bool(answer[2] & 0x02)


async def _over_tcp(server: NameServer, wire: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(str(server.address), server.port)
    try:
        writer.write(len(wire).to_bytes(2, "big") + wire)
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.transport.abort()
        # The abort is carried out by the loop, later: a caller that ends it right away would leave the socket open.
        await asyncio.sleep(0)


def _read(question: "dns.message.Message", answer: "dns.message.Message") -> Reply:
    import dns.flags
    import dns.rcode

    chain, addresses, ttl = _follow(question, answer)
    rcode = answer.rcode()
    if rcode == dns.rcode.NXDOMAIN:
        return Reply(told=Told.NO_NAME, chain=chain)
    if rcode == dns.rcode.REFUSED:
        return Reply(told=Told.REFUSED)
    if rcode != dns.rcode.NOERROR:
        return Reply(told=Told.FAILED, words="" if rcode == dns.rcode.SERVFAIL else dns.rcode.to_text(rcode))
    if addresses:
        return Reply(told=Told.FOUND, addresses=addresses, chain=chain, ttl=ttl)
    if not answer.answer and not answer.flags & (dns.flags.RA | dns.flags.AA):
        return Reply(told=Told.REFUSED, words="it does not ask others for its clients")
    return Reply(told=Told.NO_RECORD, chain=chain)


def _follow(
    question: "dns.message.Message", answer: "dns.message.Message"
) -> tuple[tuple[str, ...], tuple[Address, ...], int | None]:
    """The aliases from the asked name onwards, the addresses at their end, and the shortest time to live of all these records."""
    import dns.rdatatype

    asked = question.question[0]
    name, chain, times = asked.name, [], []
    for _ in answer.answer:  # an alias that leads back to itself ends with the records that there are
        alias = answer.get_rrset(answer.answer, name, asked.rdclass, dns.rdatatype.CNAME)
        if alias is None or not alias:
            break
        times.append(alias.ttl)
        name = alias[0].target
        chain.append(name.to_text(omit_final_dot=True))
    found = answer.get_rrset(answer.answer, name, asked.rdclass, asked.rdtype)
    if found is None:
        return tuple(chain), (), min(times, default=None)
    return tuple(chain), tuple(ip_address(each.address) for each in found), min([*times, found.ttl])
