"""The public door, as the settings say."""

from pathlib import Path

from offhook.intake.certificate import TlsFiles
from offhook.intake.limits import IntakeLimits
from offhook.providers.configured import networks
from offhook.settings import Settings


def tls_files(settings: Settings) -> TlsFiles | None:
    """The certificate to serve with, if there is one."""
    if not settings.tls_cert:
        return None
    return TlsFiles(Path(settings.tls_cert), Path(settings.tls_key or settings.tls_cert))


def intake_limits(settings: Settings) -> IntakeLimits:
    """The public door's limits."""
    return IntakeLimits(
        body=settings.max_body,
        head=settings.max_head,
        fields=settings.max_header_fields,
        header_timeout=settings.header_timeout,
        body_timeout=settings.body_timeout,
        body_rate=settings.min_body_rate,
        idle_timeout=settings.idle_timeout,
        connections=settings.connections,
        connections_per_address=settings.connections_per_address,
        exempt=networks(settings.trusted_proxies),
    )
