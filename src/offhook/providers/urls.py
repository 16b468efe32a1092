"""Which public URL a request was sent to: what the provider signed. Source: `spec: twilio-delivery §5.3`, `limits §1` forwarded headers."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from offhook.errors import SettingsError
from offhook.providers.base import Incoming

Networks = tuple[IPv4Network | IPv6Network, ...]

_DEFAULT_PORTS = {b"https": b"443", b"http": b"80"}
_FORWARDED_TARGETS = (b"x-original-uri", b"x-original-url", b"x-forwarded-uri")


def public_base(url: str) -> bytes:
    """`--public-url` as the beginning of every signed URL: scheme, host, port and path prefix; userinfo and fragment dropped."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise SettingsError(f"public_url: {url!r} is not of the form https://host[:port][/prefix]")
    authority = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{authority}{parts.path.rstrip('/')}".encode()


@lru_cache(maxsize=4096)
def is_trusted(peer: str, networks: Networks) -> bool:
    """Is the peer one of the listed proxies? An IPv4 address that came in over an IPv6 socket counts as what it is."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def assumed_url(request: Incoming, headers: Mapping[bytes, bytes], trusted: Networks) -> bytes:
    """The URL without a configured one: our own scheme and the Host field, or what a listed proxy says that they were."""
    scheme = b"https" if request.secure else b"http"
    host = headers.get(b"host", b"")
    if trusted and is_trusted(request.peer, trusted):
        scheme = _first(headers.get(b"x-forwarded-proto", scheme)).lower()
        host = _first(headers.get(b"x-forwarded-host", host))
        port = _first(headers.get(b"x-forwarded-port", b""))
        if port.isdigit() and not split_port(host)[1] and port != _DEFAULT_PORTS.get(scheme):
            host += b":" + port
    return put_together(scheme, host, request.target)


@lru_cache(maxsize=256)
def put_together(scheme: bytes, host: bytes, target: bytes) -> bytes:
    """The URL of these parts: the same object for the same ones, so that what is worked out of it can be remembered as well."""
    return scheme + b"://" + host + target


def _first(value: bytes) -> bytes:
    return value.partition(b",")[0].strip()


def split_port(authority: bytes) -> tuple[bytes, bytes]:
    """`host:1234` → (`host`, `1234`); the port is empty when there is none. Knows `[::1]:80`."""
    host, colon, port = authority.rpartition(b":")
    if colon and port.isdigit() and not host.endswith(b":") and (b":" not in host or host.endswith(b"]")):
        return host, port
    return authority, b""


def split_url(url: bytes) -> tuple[bytes, bytes, bytes]:
    """`https://host:1/path?x` → (`https`, `host:1`, `/path?x`)."""
    scheme, _, rest = url.partition(b"://")
    cut = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    return scheme, rest[:cut], rest[cut:]


def other_port(url: bytes) -> bytes:
    """The second form that validators accept (§5.3): without the port where there is one, with the scheme's own where there is none."""
    scheme, authority, rest = split_url(url)
    host, port = split_port(authority)
    if not port:
        host += b":" + _DEFAULT_PORTS.get(scheme, b"80")
    return scheme + b"://" + host + rest


def near_urls(request: Incoming, headers: Mapping[bytes, bytes], assumed: bytes) -> Iterator[bytes]:
    """URLs that the provider may have been given instead: for the operator to see which one the signature is right for."""
    scheme, authority, rest = split_url(assumed)
    forwarded = _first(headers.get(b"x-forwarded-host", b""))
    authorities = [each for each in (authority, headers.get(b"host", b""), forwarded) if each]
    ports = {b"", b"443", b"80", _first(headers.get(b"x-forwarded-port", b""))} | {split_port(each)[1] for each in authorities}
    rests = [rest, request.target, *(headers[name] for name in _FORWARDED_TARGETS if name in headers)]
    for path in dict.fromkeys(variant for each in rests for variant in _near_targets(each)):
        for host in dict.fromkeys(split_port(each)[0] for each in authorities):
            for port in sorted(ports):
                for kind in (scheme, b"http" if scheme == b"https" else b"https"):
                    yield kind + b"://" + host + (b":" + port if port else b"") + path


def _near_targets(target: bytes) -> Iterator[bytes]:
    path, mark, query = target.partition(b"?")
    toggled = path[:-1] if path.endswith(b"/") else path + b"/"
    for each in (path, toggled):
        yield each + mark + query
        if mark:
            yield each
            yield each + b"?" + b"&".join(sorted(query.split(b"&")))


@lru_cache(maxsize=512)
def callable_url(url: str) -> bytes:
    """A configured URL as it is requested and signed: without fragment and user:password, an empty path written as `/`."""
    scheme, authority, rest = split_url(url.partition("#")[0].encode())
    return scheme + b"://" + authority.rpartition(b"@")[2] + (rest if rest.startswith(b"/") else b"/" + rest)


def with_body_hash(url: bytes, digest: str) -> bytes:
    """The URL with `bodySHA256` at the end of its query, in place of one that was there (§5.2)."""
    path, _, query = url.partition(b"?")
    kept = [part for part in query.split(b"&") if part and not part.startswith(b"bodySHA256=")]
    return path + b"?" + b"&".join([*kept, b"bodySHA256=" + digest.encode()])
