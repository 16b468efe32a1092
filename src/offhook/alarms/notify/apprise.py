"""Slack, Teams, Discord, PagerDuty, Telegram and the rest, through apprise (the extra `notify`).

Apprise has connections of its own, so what it sends does not pass our door to the network: its URLs are the operator's, and it reads the
environment's proxies. It says whether it worked, and not why not.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable
from typing import Any, Final

from offhook.alarms.grouping import Batch, stories
from offhook.alarms.notify.base import WHEN_CONFIGURED, Later, Outcome, Told
from offhook.alarms.notify.threads import in_thread
from offhook.alarms.phrases import clean
from offhook.alarms.wording import words
from offhook.ports import Clock

ALTOGETHER: Final = 30.0
NOT_INSTALLED: Final = "apprise is not installed: pip install 'offhook[notify]'."
NO_SERVICE: Final = "The URL is none that apprise knows: look at it in apprise's list of services."
FAILED: Final = "The service did not take it (apprise does not say why)."

_SILENCE: Final = logging.NullHandler()


class Apprise:
    """The channel `apprise`. An address is a reference to a URL that holds secrets; `secret` gives that URL (raises ValueError)."""

    def __init__(self, secret: Callable[[str], str], *, clock: Clock, console_url: str) -> None:
        self._secret = secret
        self._clock = clock
        self._console_url = console_url

    async def tell(self, batch: Batch) -> Outcome:
        """Hand one message to the service behind the reference."""
        try:
            url = self._secret(batch.address)
        except ValueError as error:
            return Later(reason=clean(error), retry_after=WHEN_CONFIGURED)
        told = stories(batch.notifications)
        said = words(told, self._clock.now(), self._console_url)
        kind = "success" if all(each.recovered for each in told) else "info" if all(each.test for each in told) else "failure"
        try:
            async with asyncio.timeout(ALTOGETHER):
                return await in_thread(lambda: _notify(url, said.subject, said.text, kind), "apprise")
        except TimeoutError:
            return Later(reason=f"The service was not done within {ALTOGETHER:g} s.", perhaps=True)


def _notify(url: str, title: str, body: str, kind: str) -> Outcome:
    """In a thread. What apprise logs stays out of our log, since it may quote the URL; so does what it raises."""
    try:
        apprise: Any = importlib.import_module("apprise")
    except ImportError:
        return Later(reason=NOT_INSTALLED, retry_after=WHEN_CONFIGURED)
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.addHandler(_SILENCE)
    asset = apprise.AppriseAsset(app_id="Offhook", app_desc="Offhook", async_mode=False, secure_logging=True)
    service = apprise.Apprise(asset=asset)
    try:
        if not service.add(url):
            return Later(reason=NO_SERVICE, retry_after=WHEN_CONFIGURED)
        taken = service.notify(title=title, body=body, notify_type=kind, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001 - a service's plug-in may raise anything, and its words may quote the URL
        return Later(reason=f"apprise failed with {type(error).__name__}.")
    return Told() if taken else Later(reason=FAILED)
