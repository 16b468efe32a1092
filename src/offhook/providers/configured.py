"""The provider, as the settings say."""

from collections.abc import Sequence
from ipaddress import ip_network

from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.providers.urls import Networks
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


def networks(listed: Sequence[str]) -> Networks:
    """Networks from their CIDR notation."""
    return tuple(ip_network(each) for each in listed)
