"""What the pages ask of the house besides what the API asks."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from offhook.api.house import House
from offhook.console.history import History
from offhook.console.live import Live
from offhook.console.oneoff import OneOff
from offhook.providers.drafts import Draft
from offhook.records import Exchange
from offhook.settings import Settings


class Address(NamedTuple):
    """Where an endpoint's webhooks come in. `is_public` says that the operator has named the public URL: what the provider is to be given."""

    url: str
    is_public: bool


class PageHouse(House, Protocol):
    """The running Offhook, as far as its pages need it."""

    @property
    def settings(self) -> Settings:
        """What the operator has set."""

    @property
    def history(self) -> History | None:
        """What has happened by the minute; None where nobody counts it."""

    @property
    def live(self) -> Live:
        """Says when something has happened."""

    @property
    def once(self) -> OneOff:
        """Asks apps once, beside all deliveries."""

    def breakers(self) -> Mapping[str, bool]:
        """By endpoint, whether its app is given a rest because it keeps failing."""

    def addresses(self) -> Mapping[str, Address]:
        """By endpoint, where its webhooks come in; empty where nobody is to be given an address."""

    async def send_test(self, endpoint: str, draft: Draft) -> Exchange:
        """Send a message to an endpoint's own address as the provider would, correctly signed; gives what was answered.

        An empty sid, account or number of the draft is filled in. Raises OffhookError where it cannot be signed or there is no such endpoint.
        """
