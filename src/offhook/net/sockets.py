"""A plain connection for a protocol that is not HTTP, by the rules of the door: resolve once, check, connect to a checked address."""

import asyncio
import os
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from offhook.net.addresses import refusal, refusal_of_name
from offhook.net.dialer import Resolve, resolve_by_system


async def connect(host: str, port: int, within: float, resolve: Resolve = resolve_by_system) -> socket.socket | str:
    """A connected, non-blocking socket to a host of the operator's configuration, or a sentence that says why there is none.

    The operator may name any address but that of a cloud's metadata service.
    """
    if reason := refusal_of_name(host, trusted=True):
        return f"{host} is not called: it is {reason}."
    try:
        async with asyncio.timeout(within):
            addresses = list(dict.fromkeys(await resolve(host, port)))
            if not addresses:
                return f"{host} has no address."
            for address in addresses:
                if reason := refusal(ip_address(address), trusted=True):
                    return f"{host} resolves to {address}, which is not called: {reason}."
            return await _first(addresses, port, within / len(addresses))
    except TimeoutError:
        return f"{host} port {port} did not accept a connection within {within:g} s."
    except socket.gaierror as error:
        return f"Looking up {host} failed: {error.strerror or 'the name is not known'}."
    except (OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else None
        return f"Connecting to {host} port {port} failed: {os.strerror(number) if number else error}."


async def _first(addresses: Sequence[str], port: int, share: float) -> socket.socket:
    """The first address that takes a connection; each has its share of the time, seconds. Raises the last one's OSError."""
    last: OSError = OSError("no address was tried")
    for address in addresses:
        try:
            return await _connected(address, port, share)
        except OSError as error:  # TimeoutError is one, too
            last = error
    raise last


async def _connected(address: str, port: int, within: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        async with asyncio.timeout(within):
            await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made
