"""A real mail server (aiosmtpd) on a free loopback port: STARTTLS or TLS, AUTH, and the troubles that a test asks for."""

import asyncio
import contextlib
from email import message_from_bytes
from email.policy import default
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "alarms", "a-mail-password"


class MailHost:
    """Takes mail into `mails` (as parsed messages) and `recipients`.

    `faults` are for the next messages, one each: a reply ("451 …"), "lose" (taken, and the connection dropped before the reply), "stall" (taken,
    and no reply), None.
    `refused` are recipients with their replies. `logins` are the users who came in.
    """

    def __init__(self, *, port=0, tls=None, starttls=None, auth=False, utf8=False):
        self._utf8 = utf8
        self._tls, self._starttls, self._auth = tls, starttls, auth
        self.port = port
        self.mails, self.recipients, self.faults, self.logins = [], [], [], []
        self.refused = {}
        self.secured = []
        self.senders = []
        self.connections = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._protocols = []
        self._server = await loop.create_server(self._made, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for protocol in self._protocols:
            if protocol.transport is not None:
                with contextlib.suppress(
                    AttributeError
                ):  # asyncio of Python 3.11.2: a TLS transport that was closed twice has nothing to abort
                    protocol.transport.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0.02)

    def _made(self):
        self.connections += 1
        protocol = SMTP(
            self,
            hostname="mail.example",
            enable_SMTPUTF8=self._utf8,
            tls_context=self._starttls,
            require_starttls=self._starttls is not None,
            auth_required=self._auth,
            auth_require_tls=self._auth and self._tls is None and self._starttls is not None,
            authenticator=self._authenticate if self._auth else None,
            loop=asyncio.get_running_loop(),
        )
        self._protocols.append(protocol)
        return protocol

    def _authenticate(self, _server, session, _envelope, _mechanism, data):
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        if good:
            self.logins.append(data.login.decode())
            self.secured.append(session.ssl is not None)
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        fault = self.faults.pop(0) if self.faults else None
        if fault not in (None, "lose", "stall"):
            return fault
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.recipients.append(list(envelope.rcpt_tos))
        self.senders.append(envelope.mail_from)
        if fault == "stall":
            await asyncio.Event().wait()
        if fault == "lose":
            server.transport.abort()
        return "250 OK"
