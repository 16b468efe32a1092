"""Who may be called: addresses and names that a URL from outside never reaches (spec: limits §2.3). Pure.

The table is our own: `ipaddress.is_private` and `is_global` let a quarter of the known cases through. IPv4 is refused by network;
IPv6 is refused by network, by the IPv4 address that it embeds, and, failing both, unless it lies in the space that is in public
use. Sources: the IANA special-purpose registries (RFC 6890), RFC 4291, 6052, 3056, 4380, 5214, 9637, and clouds' own manuals.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_METADATA = "a cloud's metadata service"

# The first match gives the reason, so single addresses come before the networks that they lie in.
_IPV4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("169.254.169.254/32", _METADATA),
        ("169.254.170.2/32", _METADATA),
        ("100.100.100.200/32", _METADATA),
        ("168.63.129.16/32", _METADATA),
        ("192.0.0.192/32", _METADATA),
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112 sink"),
        ("192.52.193.0/24", "multicast tunnel relays"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112 sink"),
        ("198.18.0.0/15", "benchmarks"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_IPV6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fd00:ec2::254/128", _METADATA),
        ("fd20:ce::254/128", _METADATA),
        ("64:ff9b:1::/48", "NAT64 of a local network"),
        ("100::/64", "discard only"),
        ("2001::/32", "Teredo"),
        ("2001:2::/48", "benchmarks"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2620:4f:8000::/48", "AS112 sink"),
        ("3fff::/20", "documentation"),
        ("3ffe::/16", "6bone, given back"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)

# Forms that carry an IPv4 address: their network, and how far from the right the address lies (bits).
_EMBEDDING = tuple(
    (IPv6Network(network), shift, form)
    for network, shift, form in (
        ("::ffff:0:0/96", 0, "IPv4-mapped"),
        ("64:ff9b::/96", 0, "NAT64"),
        ("2002::/16", 80, "6to4"),
        ("::/96", 0, "IPv4-compatible"),
        ("::ffff:0:0:0/96", 0, "IPv4-translated"),
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)

# Global unicast, and the two forms by which a public IPv4 host is really called.
_PUBLIC_USE = tuple(IPv6Network(network) for network in ("2000::/3", "::ffff:0:0/96", "64:ff9b::/96"))
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_METADATA_NAMES = ("metadata.google.internal", "metadata.goog", "instance-data.ec2.internal")


def refusal(address: IPv4Address | IPv6Address, *, trusted: bool = False) -> str:
    """Why this address is not called, such as "loopback (127.0.0.0/8)"; empty when it may be.

    `trusted`: it is the operator's own choice, and may be any but that of a cloud's metadata service, which gives out the machine's own rights.
    """
    reason = _refusal(address)
    return reason if not trusted or _METADATA in reason else ""


def _refusal(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return _by_network(address)
    number = IPv6Address(int(address))  # a zone would only get in the way of the comparisons
    reason = next((f"{reason} ({network})" for network, reason in _IPV6 if number in network), "")
    if reason:
        return reason
    for inner, form in _embedded(number):
        reason = _by_network(inner)
        if reason:
            return f"{form} form of {inner}, {reason}"
    return "" if any(number in network for network in _PUBLIC_USE) else "outside the IPv6 space in public use (2000::/3)"


def refusal_of_name(host: str, *, trusted: bool = False) -> str:
    """Why this name is not even resolved, such as "a name of the machine itself"; empty when it may be. `trusted` as for addresses."""
    name = host.lower().rstrip(".")
    if trusted:
        return _METADATA if name in _METADATA_NAMES else ""
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        return "a name of the machine itself"
    return _METADATA if name in _METADATA_NAMES else ""


def refusal_of_host(host: str, *, trusted: bool = False) -> str:
    """Why a URL's host is refused whatever its name leads to: by that name, or by the address that stands there; empty when it may be called."""
    try:
        return refusal(ip_address(host.strip("[]")), trusted=trusted)
    except ValueError:
        return refusal_of_name(host, trusted=trusted)


def _by_network(address: IPv4Address) -> str:
    return next((f"{reason} ({network})" for network, reason in _IPV4 if address in network), "")


def _embedded(address: IPv6Address) -> Iterator[tuple[IPv4Address, str]]:
    """Each IPv4 address that may be read out of this one, and the form in which it stands there."""
    value = int(address)
    for network, shift, form in _EMBEDDING:
        if address in network:
            yield IPv4Address(value >> shift & 0xFFFFFFFF), form
    if value >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(value & 0xFFFFFFFF), "ISATAP"
