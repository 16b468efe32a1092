"""The plugin that pytest finds by itself: the fixtures `offhook_carrier` and `offhook_app`.

Every run of pytest where Offhook is installed imports this module, so it imports nothing but pytest until a test asks for a fixture.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from offhook.testing.carrier import SimulatedCarrier

MARKER = "offhook_carrier(to=None, fallback='', chaos='', seed=0): the app that the fixture offhook_carrier texts, and the chaos on the way"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for those who run with --strict-markers."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def offhook_carrier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> "Iterator[SimulatedCarrier]":
    """A simulated Twilio for this test alone: phones to text an app with, and what came of it.

    Its account is that of TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN where they are set; else these are set for the test.
    """
    from offhook.testing.carrier import SimulatedCarrier

    marker = request.node.get_closest_marker("offhook_carrier")
    settings: dict[str, Any] = dict(marker.kwargs) if marker else {}
    with SimulatedCarrier() as carrier:
        for name, value in carrier.environment.items():
            monkeypatch.setenv(name, value)
        carrier.configure(**settings)
        yield carrier


@pytest.fixture
def offhook_app() -> Iterator[Callable[..., str]]:
    """Serves a WSGI or ASGI application on a free port of this machine until the test ends: `offhook_app(app)` is its base URL."""
    from offhook.testing.apps import AppServers

    with AppServers() as servers:
        yield servers.serve
