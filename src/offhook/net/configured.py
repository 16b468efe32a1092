"""The door to the network, as the settings say."""

from collections.abc import Sequence

from offhook.delivery import destination
from offhook.errors import SettingsError
from offhook.net.transport import HttpTransport
from offhook.net.urls import parse_target
from offhook.ports import Clock
from offhook.records import Endpoint, Failure
from offhook.settings import Settings


def check_callable(endpoints: Sequence[Endpoint]) -> None:
    """Raises SettingsError for an app's URL that the door to the network would refuse at every delivery."""
    problems = [
        f"endpoint {endpoint.name}: {destination.shown(url)} cannot be called: {target.detail}"
        for endpoint in endpoints
        for url in filter(None, (endpoint.app_url, endpoint.fallback_url))
        if isinstance(target := parse_target(destination.shown(url)), Failure)
    ]
    if problems:
        raise SettingsError("\n".join(problems))


def open_transport(settings: Settings, clock: Clock, pool_size: int = 64) -> HttpTransport:
    """The door to the network, with the authorities that the settings add."""
    try:
        return HttpTransport(clock, pool_size=pool_size, ca_file=settings.ca_file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            f"ca_file: {settings.ca_file} holds no certificates ({reason}): give the path of a PEM file"
        ) from error
