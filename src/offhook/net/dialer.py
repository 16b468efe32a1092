"""How a connection is made: resolve once, check every address, connect to a checked one, then TLS (spec: limits §2.2)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv6Address, ip_address

from offhook.net.addresses import refusal
from offhook.net.admission import blocked
from offhook.net.call import Call
from offhook.net.connection import Connection
from offhook.net.tls import Contexts, UnusableCertificateError, certificate_of, handshake_failure, is_for, wrong_name
from offhook.net.urls import Address, Target
from offhook.records import Failure, FailureKind

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_ROUNDING = 1e-6

_DNS_WORDS = {
    socket.EAI_NONAME: "the name does not exist",
    socket.EAI_AGAIN: "the name servers did not answer, for now",
    socket.EAI_FAIL: "the name servers failed",
}


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses of a name by the system's resolver, in its order of preference."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Dialer:
    """Makes connections that the rules allow. `make` gives a fresh, unconnected one."""

    def __init__(self, resolve: Resolve, contexts: Contexts, make: Callable[[], Connection]) -> None:
        self._resolve = resolve
        self._contexts = contexts
        self._make = make

    async def dial(self, target: Target, call: Call) -> Connection | Failure:
        """A connection ready for the request, or why there is none; the phases' times and the peer are noted on the call.

        Looking up and connecting share `limits.connect`, the handshake has as much again, and all of it ends with `limits.total`.
        """
        connect_at = min(call.monotonic() + call.limits.connect, call.total_at)
        addresses = await self._addresses(target, call, connect_at)
        if isinstance(addresses, Failure):
            return addresses
        connection = await self._connect(addresses, target.port, call, connect_at)
        if isinstance(connection, Failure) or target.scheme == "http":
            return connection
        failure = await self._secure(connection, target, call)
        if failure is not None:
            connection.abort()
            return failure
        return connection

    async def _addresses(self, target: Target, call: Call, until: float) -> list[Address] | Failure:
        """Every address of the host, all of them allowed."""
        failure = blocked(target, trusted=call.trusted)
        if failure is not None:
            return failure
        if target.address is not None:
            return [target.address]
        addresses = await self._look_up(target, call, until)
        if isinstance(addresses, Failure):
            return addresses
        for address in addresses:
            if reason := refusal(address, trusted=call.trusted):
                what = f"{target.host} resolves to {address}, which is not called: {reason}."
                return Failure(kind=FailureKind.BLOCKED, detail=what)
        return addresses

    async def _look_up(self, target: Target, call: Call, until: float) -> list[Address] | Failure:
        begun = call.monotonic()
        try:
            async with asyncio.timeout(until - begun):
                found = await self._resolve(target.host, target.port)
            addresses = list(dict.fromkeys(ip_address(address) for address in found))
        except TimeoutError:
            return _late(call, until, FailureKind.DNS, f"Looking up {target.host} took longer than")
        except socket.gaierror as error:
            words = _DNS_WORDS.get(error.errno or 0, error.strerror or "the lookup failed")
            return Failure(kind=FailureKind.DNS, detail=f"Looking up {target.host}: {words}.")
        except (OSError, ValueError) as error:  # ValueError: a name or an answer that the resolver's own codec refuses
            return Failure(kind=FailureKind.DNS, detail=f"Looking up {target.host} failed: {error}.")
        finally:
            call.dns = call.since(begun)
        return addresses or Failure(kind=FailureKind.DNS, detail=f"{target.host} has no address.")

    async def _connect(self, addresses: list[Address], port: int, call: Call, until: float) -> Connection | Failure:
        """A TCP connection to the first address that takes one; each gets an even share of the time that is left."""
        begun = call.monotonic()
        worst: Failure | None = None
        for tried, address in enumerate(addresses):
            now = call.monotonic()
            share = (until - now) / (len(addresses) - tried)
            made = await self._connect_to(str(address), port, call, now + share)
            call.connect = call.since(begun)
            peer = f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"
            if isinstance(made, Connection):
                made.peer = call.peer = peer
                return made
            # "No route" says least: a host without IPv6 says it of every other name before it gets to the real trouble.
            if worst is None or worst.kind is FailureKind.CONNECT:
                worst, call.peer = made, peer
        assert worst is not None
        return worst

    async def _connect_to(self, address: str, port: int, call: Call, until: float) -> Connection | Failure:
        try:
            async with asyncio.timeout(until - call.monotonic()):
                _, connection = await asyncio.get_running_loop().create_connection(self._make, address, port)
        except TimeoutError:
            return _late(call, until, FailureKind.CONNECT_TIMEOUT, f"{address} port {port} did not accept a connection within")
        except ConnectionRefusedError:
            return Failure(
                kind=FailureKind.REFUSED, detail=f"{address} port {port} refused the connection: nothing listens there."
            )
        except OSError as error:
            return Failure(
                kind=FailureKind.CONNECT, detail=f"Connecting to {address} port {port} failed: {error.strerror or error}."
            )
        return connection

    async def _secure(self, connection: Connection, target: Target, call: Call) -> Failure | None:
        """The TLS handshake, with the name of the URL in the hello (unless that is switched off) and in the certificate."""
        limits = call.limits
        host = str(target.address) if target.address is not None else target.host.rstrip(".")
        try:
            context = self._contexts.get(
                verify=limits.verify_tls, server_name=limits.server_name, client=limits.client_certificate
            )
        except UnusableCertificateError as error:
            return Failure(kind=FailureKind.TLS, detail=str(error))
        begun = call.monotonic()
        until = min(begun + limits.connect, call.total_at)
        try:
            async with asyncio.timeout(until - begun):
                secured = await connection.secure(context, host if limits.server_name else None)
        except TimeoutError:
            return _late(call, until, FailureKind.TLS, "The TLS handshake was not done within")
        except OSError as error:  # every TLS error is one, too
            return handshake_failure(error, host)
        finally:
            call.tls = call.since(begun)
        connection.certificate = call.certificate = certificate_of(secured)
        if limits.verify_tls and not limits.server_name and not is_for(connection.certificate, host):
            return wrong_name(host)
        return None


def _late(call: Call, until: float, kind: FailureKind, what: str) -> Failure:
    """A phase that ran out of time at `until`: its own time, or the whole exchange's."""
    if until >= call.total_at - _ROUNDING:
        return Failure(kind=FailureKind.TOTAL_TIMEOUT, detail=f"{what} the total of {call.limits.total:g} s.")
    return Failure(kind=kind, detail=f"{what} {call.limits.connect:g} s.")
