"""Where a broker is, and the way to it: one strict reading of its address, every address checked, the checked one handed to the client.

The clients of brokers bring their own sockets. So that the law of the one door holds for them, too, a name is resolved and checked here
before each connection, and what the client is given is the address; the name stays for TLS.
"""

import re
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

import certifi

from offhook.net.addresses import refusal, refusal_of_name
from offhook.net.dialer import resolve_by_system
from offhook.net.urls import parse_target
from offhook.records import Failure

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://(.*)", re.DOTALL)


class Server(NamedTuple):
    """Where a broker is: the scheme and path of its URL, its host and port."""

    scheme: str
    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        """Host and port, as they are shown to people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class UnreachableError(OSError):
    """There is no way to this server."""


def read_server(ports: Mapping[str, int]) -> Callable[[Any], Server]:
    """A reader of URLs with one of these schemes, each with its usual port. Without a scheme the first is meant."""

    def read(value: Any) -> Server:
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"write an address such as {next(iter(ports))}://host:{next(iter(ports.values()))}")
        written = _URL.fullmatch(value.strip())
        scheme, rest = (written[1].lower(), written[2]) if written else (next(iter(ports)), value.strip())
        if scheme not in ports:
            raise ValueError(f"the scheme {scheme}: is not one of {', '.join(ports)}")
        return _server(scheme, rest, ports[scheme])

    return read


def read_servers(ports: Mapping[str, int]) -> Callable[[Any], tuple[Server, ...]]:
    """A reader of several such addresses: a list, or a text with commas."""
    read_one = read_server(ports)

    def read(value: Any) -> tuple[Server, ...]:
        each = value.split(",") if isinstance(value, str) else value
        if not isinstance(each, Sequence) or not each:
            raise ValueError("write one address, or several with commas between them")
        return tuple(map(read_one, each))

    return read


async def addresses_of(server: Server) -> Sequence[str]:
    """The addresses of a server in the system's order of preference, every one of them checked. Raises UnreachableError."""
    if reason := refusal_of_name(server.host, trusted=True):
        raise UnreachableError(f"{server.host} is not called: {reason}.")
    try:
        found = list(dict.fromkeys(await resolve_by_system(server.host, server.port)))
    except socket.gaierror as error:
        raise UnreachableError(f"Looking up {server.host} failed: {error.strerror}.") from None
    except (OSError, ValueError) as error:  # ValueError: a name that the resolver's own codec refuses
        raise UnreachableError(f"Looking up {server.host} failed: {error}.") from None
    if not found:
        raise UnreachableError(f"{server.host} has no address.")
    for address in found:
        if reason := refusal(ip_address(address.partition("%")[0]), trusted=True):
            raise UnreachableError(f"{server.host} is not called: it is {address}, {reason}.")
    return found


def tls_context(ca_file: str, name: str = "") -> ssl.SSLContext:
    """The door's TLS rules, with these authorities (a PEM file) in addition to the system's, for a peer of this name.

    With a name the certificate is checked for it, whatever address the client connects to. Raises ValueError for an unusable file.
    """
    context = _Named(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.peer = name
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    try:
        if ca_file:
            context.load_verify_locations(ca_file)
    except OSError as error:
        raise ValueError(
            f"ca_file: {ca_file} holds no certificates ({error.strerror or error}): give the path of a PEM file"
        ) from None
    return context


class _Named(ssl.SSLContext):
    """A context that checks for one peer's name, although the client that it is given to knows nothing but an address."""

    peer = ""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As the standard library's, for the peer's own name."""
        return super().wrap_bio(incoming, outgoing, server_side, self.peer or server_hostname, session)


def _server(scheme: str, rest: str, usual_port: int) -> Server:
    """What stands after the scheme, read by the one parser of authorities that outgoing URLs have."""
    if "@" in rest:
        raise ValueError(
            "a user name and password do not stand in the address: write username and password, the latter as env:NAME or file:PATH"
        )
    if "?" in rest or "#" in rest:
        raise ValueError("the address takes no ?options: write them as keys of their own (tls, ca_file, timeout)")
    target = parse_target(f"http://{rest}")
    if isinstance(target, Failure):
        raise ValueError(target.detail)  # noqa: TRY004 - the value is wrong, not its type
    port = target.port if re.search(r":[0-9]+$", target.authority) else usual_port
    return Server(scheme, target.host, port, target.path_and_query.strip("/"))
