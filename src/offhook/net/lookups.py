"""Questions about a name: to the system's resolver, and to name servers directly, all at the same time and within one limit."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import Final

from offhook.net.nameservers import NameServer, Reply, Told, ask, parse_server
from offhook.net.urls import Address
from offhook.records import Record

THE_SYSTEM: Final = "this machine"
_TIME_FOR_ALL = 3.0
# Where nothing from outside comes through, nobody should wait for it long.
_TIME_FOR_PUBLIC = 2.0
# As many as the system's own resolver asks (resolv.conf(5), MAXNS).
_MOST_OF_THE_SYSTEM = 3
_KINDS = ("A", "AAAA")
# The first of these that one of a server's replies says is what the server says: a failure hides that a record is not there.
_WEIGHT = (Told.FOUND, Told.NO_NAME, Told.FAILED, Told.REFUSED, Told.LATE, Told.UNREACHABLE, Told.NO_RECORD)
_SYSTEM_TELLS = {
    socket.EAI_NONAME: Told.NO_NAME,
    getattr(socket, "EAI_NODATA", -5): Told.NO_RECORD,
    socket.EAI_AGAIN: Told.LATE,
    socket.EAI_FAIL: Told.FAILED,
}

GetAddresses = Callable[[str, int], Sequence[str]]


class Answer(Record):
    """What one source says about a name. `server` is its address, or THE_SYSTEM.

    `chain` are the aliases (CNAME) on the way, in order; `ttl` is the shortest time to live in seconds, where it is known. `troubles` are the
    types of record that it failed at although it gave addresses of the other: "AAAA: servfail". `ms` is how long it took.
    """

    server: str
    told: Told
    public: bool = False
    addresses: tuple[Address, ...] = ()
    chain: tuple[str, ...] = ()
    ttl: int | None = None
    troubles: tuple[str, ...] = ()
    words: str = ""
    ms: float = 0.0


class Lookup(Record):
    """All that was said about one name."""

    host: str
    system: Answer
    servers: tuple[Answer, ...] = ()

    @property
    def public(self) -> tuple[Answer, ...]:
        """What the public name servers say."""
        return tuple(each for each in self.servers if each.public)


def names_in(hosts: str) -> frozenset[str]:
    """The names in the text of a hosts file (hosts(5)), in lower case."""
    lines = (line.partition("#")[0].split() for line in hosts.splitlines())
    return frozenset(name.lower() for fields in lines for name in fields[1:])


def servers_in(resolv_conf: str) -> tuple[NameServer, ...]:
    """The name servers in the text of a resolv.conf(5)."""
    found = []
    for line in resolv_conf.splitlines():
        match line.split():
            case ["nameserver", text, *_]:
                with contextlib.suppress(ValueError):
                    found.append(NameServer(address=ip_address(text)))
    return tuple(found[:_MOST_OF_THE_SYSTEM])


class Lookups:
    """Asks the system's resolver and name servers.

    The name servers are the operator's own choice, as the system's configuration or the question names them: no rule keeps them from
    having private addresses. Nothing is sent to the addresses that they give.
    """

    def __init__(
        self,
        *,
        hosts: Path = Path("/etc/hosts"),
        resolv_conf: Path = Path("/etc/resolv.conf"),
        get_addresses: GetAddresses | None = None,
    ) -> None:
        self._hosts = hosts
        self._resolv_conf = resolv_conf
        self._get_addresses = get_addresses or _by_getaddrinfo

    def is_listed(self, host: str) -> bool:
        """Whether the system has the name in its hosts file, and asks nobody."""
        return host.lower().rstrip(".") in names_in(_text(self._hosts))

    async def by_system(self, host: str, port: int) -> Answer:
        """The addresses by the system's resolver, in its order of preference: what a program on this machine would call."""
        begun = monotonic()
        addresses: tuple[Address, ...] = ()
        told, words = Told.FOUND, ""
        try:
            async with asyncio.timeout(_TIME_FOR_ALL):
                found = await _in_thread(lambda: self._get_addresses(host, port))
            addresses = tuple(dict.fromkeys(map(ip_address, found)))
        except TimeoutError:
            told = Told.LATE
        except socket.gaierror as error:
            told, words = _SYSTEM_TELLS.get(error.errno or 0, Told.FAILED), error.strerror or ""
        except (OSError, ValueError) as error:
            told, words = Told.FAILED, str(error)
        return Answer(server=THE_SYSTEM, told=told, addresses=addresses, words=words, ms=_since(begun))

    async def everywhere(self, host: str, port: int, resolvers: Sequence[str]) -> Lookup:
        """What the system, its name servers and these resolvers say. Raises ValueError for a resolver that is no address."""
        servers = (*servers_in(_text(self._resolv_conf)), *map(parse_server, resolvers))
        system, *answers = await asyncio.gather(self.by_system(host, port), *(_by_server(each, host) for each in servers))
        return Lookup(host=host, system=system, servers=tuple(answers))


async def _by_server(server: NameServer, host: str) -> Answer:
    """Both types of address by one server."""
    begun = monotonic()
    within = _TIME_FOR_PUBLIC if server.public else _TIME_FOR_ALL
    replies = await asyncio.gather(*(_in_time(server, host, kind, within) for kind in _KINDS))
    return _together(server, replies, _since(begun))


async def _in_time(server: NameServer, host: str, kind: str, within: float) -> Reply:
    try:
        async with asyncio.timeout(within):
            return await ask(server, host, kind)
    except TimeoutError:
        return Reply(told=Told.LATE)


def _together(server: NameServer, replies: Sequence[Reply], ms: float) -> Answer:
    """One answer of a server's replies about A and AAAA."""
    told = min((each.told for each in replies), key=_WEIGHT.index)
    times = [each.ttl for each in replies if each.ttl is not None]
    quiet = (told, Told.NO_RECORD) if told is Told.FOUND else tuple(Told)
    return Answer(
        server=str(server),
        public=server.public,
        told=told,
        addresses=tuple(address for each in replies for address in each.addresses),
        chain=max((each.chain for each in replies), key=len),
        ttl=min(times, default=None),
        troubles=tuple(f"{kind}: {each.told}" for kind, each in zip(_KINDS, replies, strict=True) if each.told not in quiet),
        words=next((each.words for each in replies if each.told is told), ""),
        ms=ms,
    )


def _by_getaddrinfo(host: str, port: int) -> Sequence[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def _in_thread(work: Callable[[], Sequence[str]]) -> Sequence[str]:
    """The result of work that cannot be interrupted, in a thread that nobody waits for.

    The loop's own threads are joined when it closes: a resolver that hangs for half a minute would hold up the end of the doctor.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(result: Sequence[str], error: Exception | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def run() -> None:
        result: Sequence[str] = ()
        caught: Exception | None = None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is raised where it is awaited
            caught = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile, and nobody wants to know any more
            loop.call_soon_threadsafe(settle, result, caught)

    threading.Thread(target=run, name="lookup", daemon=True).start()
    return await future


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _since(begun: float) -> float:
    return (monotonic() - begun) * 1000
