"""The providers, as the settings say."""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network

from offhook.providers.base import Provider
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.providers.twilio_debugger import TwilioDebugger
from offhook.providers.urls import Networks
from offhook.records import Arrival, Webhook
from offhook.settings import Settings


def twilio(settings: Settings) -> Twilio:
    """The provider, with what the settings say of accounts and addresses."""
    accounts = {account.sid: tuple(token.reveal() for token in account.auth_tokens) for account in settings.accounts}
    return Twilio(
        TwilioSettings(
            tokens=accounts,
            public_url=settings.public_url,
            trusted_proxies=networks(settings.trusted_proxies),
            shared_keys={key.key_id: (key.algorithm, key.secret.reveal()) for key in settings.shared_keys},
            account_sids=frozenset() if "" in accounts else frozenset(accounts),
            allow_unsigned=settings.allow_unsigned,
            max_fields=settings.max_form_fields,
        )
    )


def providers(settings: Settings) -> Mapping[str, Provider]:
    """All providers by name, one Twilio in them."""
    messages = twilio(settings)
    every: tuple[Provider, ...] = (messages, TwilioDebugger(messages))
    return {each.name: each for each in every}


def derive(settings: Settings, every: Mapping[str, Provider]) -> Callable[[Arrival], Webhook]:
    """Reads a kept arrival as its endpoint's provider does; one of an endpoint that is gone, as Twilio's message or call."""
    by_endpoint = {endpoint.name: every[endpoint.provider].derive for endpoint in settings.endpoints}
    usual = every[Twilio.name].derive
    return lambda arrival: by_endpoint.get(arrival.endpoint, usual)(arrival)


def networks(listed: Sequence[str]) -> Networks:
    """Networks from their CIDR notation."""
    return tuple(ip_network(each) for each in listed)
