"""By which names the console may be called."""

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from offhook.api.guard import ANY_ADDRESS
from offhook.settings import Settings, is_loopback


def allowed_hosts(settings: Settings, hostname: str = "") -> Sequence[str]:
    """Names besides loopback's own, without a port: the host of `console_url`, and where it listens for others, that and the machine's name."""
    return tuple(dict.fromkeys(name.casefold() for name in _names(settings, hostname or socket.gethostname()) if name))


def _names(settings: Settings, hostname: str) -> Iterator[str]:
    if settings.console_url:
        yield urlsplit(settings.console_url).hostname or ""
    if not is_loopback(settings.console_host):
        yield hostname
        yield ANY_ADDRESS if _is_address(settings.console_host) else settings.console_host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
