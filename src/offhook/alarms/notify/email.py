"""Mail by SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS (RFC 8314), AUTH (RFC 4954), and a Message-ID that a repetition has again."""

import asyncio
import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

import certifi

from offhook.alarms.grouping import Batch, stories
from offhook.alarms.notify.base import WHEN_CONFIGURED, Later, Never, Outcome, Told
from offhook.alarms.notify.threads import in_thread
from offhook.alarms.phrases import clean
from offhook.alarms.wording import Words, words
from offhook.net.dialer import Resolve, resolve_by_system
from offhook.net.sockets import connect
from offhook.net.tls import handshake_failure
from offhook.ports import Clock
from offhook.records import Record

CONNECT: Final = 10.0
EACH_WORD: Final = 20.0
"""Seconds that the server may take for each answer."""
ALTOGETHER: Final = 60.0
AT_ONCE: Final = 4
LOGIN_WANTED: Final = 530
NOT_CONFIGURED: Final = "There is no mail server: set smtp_host and smtp_from."

_POLICY: Final = SMTP.clone(cte_type="7bit")
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]{1,190}")


class MailServer(Record):
    """Where mail is handed in, and as whom. `tls` is `starttls`, `tls` or `none`; `sender` may have a name before its address.

    `ca_file` (PEM) is trusted besides the system's authorities. Its repr shows no password.
    """

    host: str
    port: int
    tls: str
    sender: str
    username: str = ""
    password: str = ""
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


class Email:
    """The channel `email`: one message to one address. `server` is None where none is configured.

    Mail to several goes as one message each: a recipient that is refused then is no matter of the others', and nobody reads who else is told.
    """

    def __init__(
        self, server: MailServer | None, *, clock: Clock, console_url: str, resolve: Resolve = resolve_by_system
    ) -> None:
        self._server = server
        self._clock = clock
        self._console_url = console_url
        self._resolve = resolve
        self._room = asyncio.Semaphore(AT_ONCE)

    async def tell(self, batch: Batch) -> Outcome:
        """Hand one message in. It may have got there although nothing was heard: then it is repeated with its Message-ID."""
        server = self._server
        if server is None:
            return Later(reason=NOT_CONFIGURED, retry_after=WHEN_CONFIGURED)
        if not _ADDRESS.fullmatch(batch.address):
            return Never(reason=f"{clean(batch.address, 100)} is no mail address.")
        now = self._clock.now()
        message = compose(words(stories(batch.notifications), now, self._console_url), batch, server.sender, now)
        async with self._room:
            made = await connect(server.host, server.port, CONNECT, self._resolve)
            return Later(reason=made) if isinstance(made, str) else await self._hand_in(server, made, message)

    async def _hand_in(self, server: MailServer, made: socket.socket, message: EmailMessage) -> Outcome:
        # A second handle on the connection: TLS takes the first one away, and hanging up must be possible from here.
        handle = made.dup()
        try:
            async with asyncio.timeout(ALTOGETHER):
                return await in_thread(lambda: _converse(server, made, message), "smtp")
        except TimeoutError:
            return Later(reason=f"{server.host} was not done within {ALTOGETHER:g} s.", perhaps=True)
        finally:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()


def compose(said: Words, batch: Batch, sender: str, now: float) -> EmailMessage:
    """The mail. Its Message-ID follows from the batch; mails about one firing stand in one thread; no answering machine answers it (RFC 3834)."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "offhook.invalid"
    firings = list(dict.fromkeys(each.firing.id or each.id for each in batch.notifications))
    message = EmailMessage(policy=_POLICY)
    message["From"] = clean(sender, 300)
    message["To"] = batch.address
    message["Subject"] = said.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{batch.id}@{domain}>"
    if len(firings) == 1:
        message["References"] = f"<{firings[0]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(said.text)
    message.add_alternative(said.html, subtype="html")
    return message


def _converse(server: MailServer, made: socket.socket, message: EmailMessage) -> Outcome:
    """The whole talk with the server, in a thread; every answer of its becomes an outcome."""
    made.settimeout(EACH_WORD)
    client: _Client | None = None
    begun = False
    try:
        client = _Client(server, made)
        if server.tls == "starttls":
            client.starttls(context=_context(server.ca_file))
        if server.username:
            _log_in(client, server)
        begun = True
        client.send_message(message, parseaddr(server.sender)[1], [str(message["To"])])
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(*next(iter(_replies(error.recipients)), (550, b"")), begun=True)
    except smtplib.SMTPAuthenticationError as error:
        return Later(reason=f"The mail server refuses the login: {_said(error.smtp_code, b'')}", retry_after=WHEN_CONFIGURED)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error, begun=begun)
    except smtplib.SMTPNotSupportedError as error:
        return _unsupported(error, begun=begun)
    except ssl.SSLError as error:
        return Later(reason=handshake_failure(error, server.host).detail)
    except (smtplib.SMTPException, OSError) as error:
        return Later(reason=f"The talk with {server.host} broke off: {_why(error)}.", perhaps=begun)
    finally:
        if client is None:
            made.close()
        else:
            client.part()
    return Told()


def _log_in(client: smtplib.SMTP, server: MailServer) -> None:
    """Raises what smtplib does; never anything that quotes the password."""
    try:
        client.login(server.username, server.password)
    except UnicodeError:
        raise smtplib.SMTPNotSupportedError("smtp_user or smtp_password has letters beyond ASCII") from None


class _Client(smtplib.SMTP):
    """An SMTP client on a connection that stands already. Raises what smtplib does when the server does not greet."""

    def __init__(self, server: MailServer, made: socket.socket) -> None:
        self._made = made
        self._tls = _context(server.ca_file) if server.tls == "tls" else None
        address = made.getsockname()[0]
        # An address literal (RFC 5321 §4.1.3): the machine's own name is nobody's business, and looking for it may take long.
        greeting = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        super().__init__(server.host, server.port, local_hostname=greeting, timeout=EACH_WORD)

    def _get_socket(self, host: str, _port: int, _timeout: float) -> socket.socket:
        return self._made if self._tls is None else self._tls.wrap_socket(self._made, server_hostname=host)

    def part(self) -> None:
        """Take leave; how that goes matters to nobody."""
        with contextlib.suppress(smtplib.SMTPException, OSError, ValueError):
            self.quit()
        self.close()
        self._made.close()


def _context(ca_file: str | None) -> ssl.SSLContext:
    """TLS that checks the server's name and certificate. Raises OSError for a `ca_file` that holds no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _replies(recipients: object) -> list[tuple[int, bytes]]:
    return list(recipients.values()) if isinstance(recipients, Mapping) else []


def _refused(code: int, words_of_server: bytes | str, *, begun: bool) -> Outcome:
    """A reply of the 4xx kind is for now, one of the 5xx kind for good (RFC 5321 §4.2.1).

    But before the mail has begun, and where a login is asked for (530, RFC 4954 §6), it is not the mail that is refused: that is for the
    operator to change.
    """
    reason = f"The mail server refuses: {_said(code, words_of_server)}"
    if not 500 <= code < 600:
        return Later(reason=reason)
    if not begun or code == LOGIN_WANTED:
        return Later(reason=reason, retry_after=WHEN_CONFIGURED)
    return Never(reason=reason)


def _unsupported(error: smtplib.SMTPNotSupportedError, *, begun: bool) -> Outcome:
    """The server cannot what is configured (STARTTLS, AUTH): for the operator to change; or what the address needs: for good."""
    if begun:
        return Never(reason="The mail server does not take addresses with letters beyond ASCII (SMTPUTF8).")
    return Later(reason=f"The mail server cannot do what is configured: {clean(error, 200)}", retry_after=WHEN_CONFIGURED)


def _said(code: int, words_of_server: bytes | str) -> str:
    text = words_of_server.decode(errors="replace") if isinstance(words_of_server, bytes) else words_of_server
    return clean(f"{code} {text}", 300)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {EACH_WORD:g} s"
    return clean(getattr(error, "strerror", None) or error, 200).rstrip(".") or type(error).__name__
