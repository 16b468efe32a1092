"""Diagnoses: one small file each, tried in one ordered list. Each takes a case and gives a cause, or nothing. Pure."""

from collections.abc import Callable
from typing import Final

import msgspec

from offhook.debugger.case import Case
from offhook.debugger.causes import (
    app_error,
    bad_url,
    began,
    broken_http,
    broken_xml,
    cloudflare,
    clouds,
    cold_start,
    connect_timeout,
    content_type,
    crashes,
    csrf,
    domains,
    firewall_some,
    firewalls,
    frameworks_node,
    frameworks_other,
    frameworks_python,
    gateway,
    host_hints,
    host_refused,
    host_unknown,
    hosts,
    hung_up,
    intermittent,
    login,
    no_connection,
    no_content_type,
    not_twiml,
    nothing_listens,
    odd_twiml,
    own_signature,
    private_address,
    proxies,
    rate_limit,
    redirects,
    refused,
    server_error,
    tls_expired,
    tls_handshake,
    tls_name,
    tls_untrusted,
    too_slow,
    tunnels,
    wants_json,
    wrong_method,
    wrong_path,
    wrong_scheme,
)
from offhook.debugger.secrets import masked
from offhook.records import Cause, Confidence

Diagnose = Callable[[Case], Cause | None]

# Who is sure comes first; among equals, the earlier in this list: what is particular before what is general.
RULES: Final = (
    bad_url,
    private_address,
    host_unknown,
    nothing_listens,
    connect_timeout,
    tls_expired,
    tls_name,
    tls_untrusted,
    wrong_scheme,
    tls_handshake,
    cold_start,
    too_slow,
    hung_up,
    broken_http,
    no_connection,
    tunnels,
    hosts,
    clouds,
    cloudflare,
    firewalls,
    domains,
    redirects,
    frameworks_python,
    frameworks_node,
    frameworks_other,
    app_error,
    crashes,
    csrf,
    host_hints,
    proxies,
    login,
    host_refused,
    own_signature,
    rate_limit,
    wrong_method,
    wants_json,
    no_content_type,
    content_type,
    not_twiml,
    broken_xml,
    odd_twiml,
    firewall_some,
    wrong_path,
    gateway,
    server_error,
    refused,
    began,
    intermittent,
)
CAUSES: Final[tuple[Diagnose, ...]] = tuple(each.cause for each in RULES)
MOST: Final = 4
_ORDER: Final = {Confidence.CERTAIN: 0, Confidence.LIKELY: 1, Confidence.POSSIBLE: 2}


def diagnose(case: Case) -> tuple[Cause, ...]:
    """The likeliest causes, the likeliest first, at most four; none when nothing fits."""
    found = {cause.name: cause for cause in (each(case) for each in CAUSES) if cause is not None}
    return tuple(_masked(cause) for cause in sorted(found.values(), key=lambda cause: _ORDER[cause.confidence])[:MOST])


def _masked(cause: Cause) -> Cause:
    """What a rule quotes may hold secrets, whichever rule it is."""
    return msgspec.structs.replace(cause, title=masked(cause.title), evidence=tuple(map(masked, cause.evidence)))
