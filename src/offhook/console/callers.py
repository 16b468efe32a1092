"""Programs that say who they are with every request: by the console key, or as Twilio's SDKs do, by an account's SID and token."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Final, Protocol

from offhook.settings import Settings

_ANY: Final = ""
"""The SID of a token that is good for whatever account there is."""


class Key(Protocol):
    """What tells the console key from others."""

    def fits(self, given: str) -> bool:
        """Whether that is it."""


class Callers:
    """Knows who may. Nothing of a credential is kept: digests are compared, all of them every time."""

    def __init__(self, settings: Settings, key: Key) -> None:
        self._key = key
        self._known = [(user, _digest(password), who) for user, password, who in _credentials(settings)]

    def known(self, authorization: str) -> str:
        """Who it is that sends this `Authorization`, as the audit log names them; "" for nobody whom we know."""
        scheme, _, given = authorization.partition(" ")
        if scheme.casefold() == "bearer":
            return "console key" if self._key.fits(given.strip()) else ""
        return self._by_password(given.strip()) if scheme.casefold() == "basic" else ""

    def _by_password(self, encoded: str) -> str:
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return ""
        digest, found = _digest(password), ""
        for known, secret, who in self._known:
            same = hmac.compare_digest(secret, digest)
            if same and (known == user or (known == _ANY and user.startswith("AC"))):
                found = who or f"account {user[:34]}"
        return found


def _credentials(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """User, password, and what the audit log calls them."""
    for account in settings.accounts:
        for token in account.auth_tokens:
            yield account.sid, token.reveal(), f"account {account.sid}" if account.sid else ""
    if settings.api_key and settings.api_secret:
        yield settings.api_key, settings.api_secret.reveal(), f"API key {settings.api_key}"


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()
