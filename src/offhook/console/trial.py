"""A message of our own to our own door, as the provider would send it: for a person who wants to see that all is connected."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from offhook.console.house import Address
from offhook.errors import OffhookError
from offhook.ports import Transport
from offhook.providers.base import Provider
from offhook.providers.drafts import FORM, Draft, encode, headers, parameters
from offhook.providers.twilio import Twilio
from offhook.providers.urls import public_base
from offhook.records import Endpoint, Exchange, HttpRequest, Limits
from offhook.settings import Settings

WITHIN: Final = 20.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not listened on


class Trial:
    """Sends test messages to the intake, wherever it listens (`port` says that)."""

    def __init__(self, settings: Settings, provider: Provider, transport: Transport, port: Callable[[], int]) -> None:
        self._settings = settings
        self._provider = provider
        self._transport = transport
        self._port = port

    def addresses(self) -> Mapping[str, Address]:
        """Where each endpoint's webhooks come in."""
        public = self._settings.public_url
        base = public_base(public).decode() if public else self._base()
        return {each.name: Address(f"{base}/{each.name}", bool(public)) for each in self._settings.endpoints}

    async def send(self, endpoint: str, draft: Draft) -> Exchange:
        """Send it, signed for the public URL. Raises OffhookError where it cannot be signed, or there is no such endpoint."""
        known = self._endpoint(endpoint)
        settings = self._settings
        account = settings.account_sid or next((each.sid for each in settings.accounts if each.sid), "")
        draft = replace(
            draft,
            sid=draft.sid or f"{'MM' if draft.media else 'SM'}{secrets.token_hex(16)}",
            account_sid=draft.account_sid or account or "AC" + "0" * 32,
        )
        body = encode(parameters(draft)).encode()
        url = f"{self._base()}/{known.name}"
        signed = self.addresses()[known.name].url
        _, signature = self._provider.sign(signed, body, FORM, draft.account_sid)
        if not signature and not settings.allow_unsigned:
            raise OffhookError("There is no auth token to sign a test message with: set TWILIO_AUTH_TOKEN.")
        request = HttpRequest(method="POST", url=url, headers=(*headers(FORM, str(uuid.uuid4())), *signature), body=body)
        # Our own listener, by its own address: its certificate is for another name.
        limits = Limits(connect=5.0, read=WITHIN, total=WITHIN, verify_tls=False)
        return await self._transport.exchange(request, limits, trusted=True)

    def _endpoint(self, name: str) -> Endpoint:
        found = next((each for each in self._settings.endpoints if each.name == name), None)
        if found is None:
            raise OffhookError(f"There is no endpoint {name[:60]!r}.")
        if found.provider != Twilio.name:
            raise OffhookError(f"The endpoint {name} takes what Twilio's Debugger tells: there is no test message of that.")
        return found

    def _base(self) -> str:
        host = _EVERYWHERE.get(self._settings.host, self._settings.host)
        scheme = "https" if self._settings.tls_cert else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._port()}"
