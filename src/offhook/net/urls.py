"""One strict parse of an outgoing URL (spec: limits §2.1).

Two parsers that disagree about where the host of a URL ends are how a check is got round, so there is one, it reads the
authority by hand, and what it does not understand it refuses.
"""

import functools
import ipaddress
import re
from urllib.parse import urlsplit

from offhook.records import Failure, FailureKind, Record

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_SPLIT = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)([^#]*)")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")
_LONGEST_NAME = 253


class Target(Record):
    """Where a request goes. `address` is the host when it is a literal; an IPv6 `host` has no brackets.

    `authority` is what the Host header says: the URL's own, a port that was written included (RFC 9110 §7.2). `origin` leaves the
    scheme's default port out. `path_and_query` is raw; the fragment never reaches the wire.
    """

    scheme: str
    host: str
    port: int
    path_and_query: str
    origin: str
    authority: str
    address: Address | None = None


class _BadUrlError(ValueError):
    """The URL cannot be called."""


@functools.lru_cache(maxsize=256)
def parse_target(url: str) -> Target | Failure:
    """The target of a URL, or a BAD_URL failure whose detail says in a sentence what is wrong (and quotes no credentials)."""
    try:
        return _parse(url)
    except _BadUrlError as error:
        return Failure(kind=FailureKind.BAD_URL, detail=str(error))


def is_url(text: str) -> bool:
    """Whether Twilio could call it: HTTP or HTTPS, and a host."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f]", text)


def without_credentials(url: str) -> str:
    """A URL that did not parse, fit to be kept as evidence: whatever stands before its last `@` is blanked."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.\-]*:[/\\]+)?.*@", r"\1[redacted]@", url, flags=re.DOTALL)


def _parse(url: str) -> Target:
    if _UNSAFE.search(url):
        raise _BadUrlError("The URL contains a control character, a space or a backslash.")
    parts = _SPLIT.match(url)
    if parts is None:
        raise _BadUrlError("The URL is not absolute: it must begin with http:// or https://.")
    scheme, authority, rest = parts[1].lower(), parts[2], parts[3]
    if scheme not in _DEFAULT_PORTS:
        raise _BadUrlError(f"The scheme {scheme}: is not called, only http and https are.")
    if not rest.isascii():
        raise _BadUrlError("The path or query contains characters that must be percent-encoded.")
    if "@" in authority:
        raise _BadUrlError("The URL carries a user name or password.")
    host, address, port_text = _split_authority(authority)
    shown = f"[{host}]" if isinstance(address, ipaddress.IPv6Address) else host
    port = _port(port_text, scheme)
    plain = f"{scheme}://{shown}"
    return Target(
        scheme=scheme,
        host=host,
        port=port,
        path_and_query=rest if rest.startswith("/") else f"/{rest}",
        origin=plain if port == _DEFAULT_PORTS[scheme] else f"{plain}:{port}",
        authority=shown if port_text is None else f"{shown}:{port}",
        address=address,
    )


def _split_authority(authority: str) -> tuple[str, Address | None, str | None]:
    """Host, the address that it is (if it is one), and the text of the port (None when there is no colon)."""
    if authority.startswith("["):
        inside, bracket, after = authority[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise _BadUrlError("The host opens a bracket and is not a bracketed IPv6 address.")
        return inside.lower(), _ipv6(inside), after[1:] if after else None
    host, colon, port = authority.partition(":")
    name = _ascii_name(host)
    return name, _ipv4(name), port if colon else None


def _ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        if "%" in text:
            raise _BadUrlError("The IPv6 address has a zone, which means nothing outside its own machine.")
        return ipaddress.IPv6Address(text)
    except ipaddress.AddressValueError:
        raise _BadUrlError("What stands in brackets is not an IPv6 address.") from None


def _ascii_name(host: str) -> str:
    """The host name in lower case and in ASCII (IDNA), checked label by label; one trailing dot is kept."""
    if not host:
        raise _BadUrlError("The URL has no host.")
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _BadUrlError("The host is not a name that can be written in ASCII (IDNA).") from None
    if len(name.rstrip(".")) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise _BadUrlError("The host is not a valid name: labels of 1-63 letters, digits, - or _, at most 253 characters.")
    return name


def _ipv4(name: str) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a name is, if it is one.

    Resolvers read `127.1`, `0x7f.1`, `2130706433` and `0177.0.0.1` as addresses; whatever ends in a number must be the canonical form.
    """
    if not _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        return None
    try:
        return ipaddress.IPv4Address(name)
    except ipaddress.AddressValueError:
        raise _BadUrlError("The host is a number but not an IPv4 address in its canonical form (four decimal parts).") from None


def _port(text: str | None, scheme: str) -> int:
    if text is None:
        return _DEFAULT_PORTS[scheme]
    port = int(text) if _PORT.fullmatch(text) else 0
    if not 1 <= port <= 65535:
        raise _BadUrlError("The port is not a number from 1 to 65535.")
    return port
