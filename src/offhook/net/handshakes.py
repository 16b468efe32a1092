"""TLS handshakes that only look at what the peer shows: no request is ever sent."""

import _ssl
import asyncio
import contextlib
import ssl
import time
import warnings
from collections.abc import AsyncIterator
from typing import NamedTuple

from offhook.net.addresses import refusal
from offhook.net.tls import Contexts, certificate_of, handshake_failure, is_for, wrong_name
from offhook.net.urls import Address
from offhook.records import Certificate, Failure, FailureKind, Record

# What is kept of a peer's first bytes: enough to tell HTTP, SSH or a mail server from TLS.
_FIRST_BYTES = 64
_READ = 16 * 1024
# Seconds for what a peer says right after a handshake: mostly a ticket for the next one, and then at once.
_FIRST_WORDS = 0.25


class Manner(NamedTuple):
    """How a handshake is made. Without `verify` any certificate will do, and weak ciphers and keys as well: it is for looking."""

    verify: bool = False
    server_name: bool = True
    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    most: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED


AS_TWILIO = Manner(verify=True)
AS_TWILIO_NAMELESS = Manner(verify=True, server_name=False)
ANY = Manner()
NAMELESS = Manner(server_name=False)
TLS_1_2 = Manner(most=ssl.TLSVersion.TLSv1_2)
TLS_1_3 = Manner(least=ssl.TLSVersion.TLSv1_3)
OLD = Manner(least=ssl.TLSVersion.TLSv1, most=ssl.TLSVersion.TLSv1_1)


class Place(Record):
    """Where a handshake is made: at an address, for a host (a name without a trailing dot, or the address itself)."""

    host: str
    address: Address
    port: int

    @property
    def shown(self) -> str:
        """Address and port as people write them."""
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"


class Handshake(Record):
    """What one handshake showed. `failure` is None when it was done as its manner asks.

    `connected` says that there was a TCP connection. `chain` are the certificates that were sent, as DER, in the order of the peer; `raw` its
    first bytes. `verify_code` is OpenSSL's X509_V_ERR_* of a certificate that was refused, 0 for none. `seconds` leaves connecting out.
    `late` says that time ran out, `dismissed` that all was agreed, and the peer broke off with an alert at once.
    """

    place: Place
    failure: Failure | None = None
    connected: bool = False
    seconds: float = 0.0
    certificate: Certificate | None = None
    chain: tuple[bytes, ...] = ()
    raw: bytes = b""
    verify_code: int = 0
    late: bool = False
    dismissed: bool = False

    @property
    def declined(self) -> bool:
        """Whether the peer was there, and would not have such a handshake."""
        return self.connected and self.failure is not None and self.failure.kind is FailureKind.TLS and not self.late


class Handshakes:
    """Tries TLS without sending a request. `ca_file` (PEM) is trusted besides the system's authorities."""

    def __init__(self, ca_file: str | None = None) -> None:
        self._contexts = Contexts(ca_file)
        self._looking: dict[Manner, ssl.SSLContext] = {}
        self._reading = asyncio.Lock()

    async def shake(self, place: Place, manner: Manner, within: float, *, trusted: bool = False) -> Handshake:
        """One handshake on a connection of its own, which is closed. `within` (seconds) is for connecting and for TLS together.

        Unless `trusted`, the address must be a public one. Raises nothing for what the peer does.
        """
        if not trusted and (reason := refusal(place.address)):
            return Handshake(
                place=place, failure=Failure(kind=FailureKind.BLOCKED, detail=f"{place.address} is not called: {reason}.")
            )
        context = await self._context(manner)
        attempt = _Attempt(place, manner)
        try:
            async with asyncio.timeout(within), attempt.connection() as (reader, writer):
                await attempt.agree(context, reader, writer)
        except TimeoutError:
            attempt.run_out(within)
        except ssl.SSLCertVerificationError as error:
            attempt.verify_code = error.verify_code
            attempt.failure = handshake_failure(error, place.host)
        except (OSError, ValueError) as error:  # ValueError: a name that cannot stand in a hello
            attempt.failure = attempt.broken(error)
        return attempt.result()

    async def _context(self, manner: Manner) -> ssl.SSLContext:
        if manner.verify:  # reading the trust store takes tens of milliseconds: not on the loop
            async with self._reading:  # once for all that want it at the same time
                return await asyncio.to_thread(self._contexts.get, verify=True, server_name=manner.server_name)
        if manner not in self._looking:
            self._looking[manner] = _looking(manner)
        return self._looking[manner]


class _Attempt:
    """One handshake under way: what it has shown so far."""

    def __init__(self, place: Place, manner: Manner) -> None:
        self.place = place
        self.failure: Failure | None = None
        self.verify_code = 0
        self._manner = manner
        self._connected = False
        self._late = False
        self._dismissed = False
        self._began = 0.0
        self._ended = 0.0
        self._raw = b""
        self._certificate: Certificate | None = None
        self._chain: tuple[bytes, ...] = ()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A TCP connection, closed at the end."""
        reader, writer = await asyncio.open_connection(str(self.place.address), self.place.port)
        self._connected = True
        self._began = time.monotonic()
        try:
            yield reader, writer
        finally:
            self._ended = self._ended or time.monotonic()
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(0.2):  # a peer that does not read is not waited for
                    await writer.wait_closed()
            writer.transport.abort()

    async def agree(self, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The handshake. Raises OSError (ssl.SSLError is one) and ValueError."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = self.place.host if self._manner.server_name else None
        tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
        while not self._step(tls, outgoing, writer):
            data = await reader.read(_READ)
            if not data:
                raise ConnectionResetError
            self._raw = (self._raw + data)[:_FIRST_BYTES]
            incoming.write(data)
        self._ended = time.monotonic()
        self._certificate, self._chain = certificate_of(tls), _chain(tls)
        if self._manner.verify and not self._manner.server_name and not is_for(self._certificate, self.place.host):
            self.failure = wrong_name(self.place.host)
        elif self._manner.verify and tls.version() == "TLSv1.3":
            await self._hear(tls, incoming, reader)
        with contextlib.suppress(ssl.SSLError):  # it wants the peer's farewell, which nobody waits for
            tls.unwrap()
        writer.write(outgoing.read())

    async def _hear(self, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, reader: asyncio.StreamReader) -> None:
        """The peer's first words after the handshake: with TLS 1.3 it is only then that it says what it thinks of its caller."""
        try:
            async with asyncio.timeout(_FIRST_WORDS):
                data = await reader.read(_READ)
            if not data:
                self._dismiss("closed the connection")
            incoming.write(data)
            tls.read(1)
        except (TimeoutError, ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        except ConnectionError:
            self._dismiss("reset the connection")
        except ssl.SSLError as error:
            self._dismiss(f"broke off ({error.reason or 'without a reason'})")

    def _dismiss(self, how: str) -> None:
        self._dismissed = True
        self.failure = Failure(kind=FailureKind.TLS, detail=f"The peer {how} right after the handshake, before any request.")

    def _step(self, tls: ssl.SSLObject, outgoing: ssl.MemoryBIO, writer: asyncio.StreamWriter) -> bool:
        """Go as far as the bytes at hand lead; True when it is done. What is to be sent is sent, the alert of a failure as well."""
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        else:
            return True
        finally:
            writer.write(outgoing.read())

    def run_out(self, within: float) -> None:
        """It was not done in time."""
        self._late = True
        if self._connected:
            self.failure = Failure(kind=FailureKind.TLS, detail=f"The TLS handshake was not done within {within:.3g} s.")
        else:
            detail = f"{self.place.shown} did not accept a connection within {within:.3g} s."
            self.failure = Failure(kind=FailureKind.CONNECT_TIMEOUT, detail=detail)

    def broken(self, error: OSError | ValueError) -> Failure:
        """The failure that an error is."""
        if self._connected:
            return handshake_failure(error, self.place.host)
        if isinstance(error, ConnectionRefusedError):
            return Failure(kind=FailureKind.REFUSED, detail=f"{self.place.shown} refused the connection: nothing listens there.")
        words = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return Failure(kind=FailureKind.CONNECT, detail=f"Connecting to {self.place.shown} failed: {words}.")

    def result(self) -> Handshake:
        """What it came to."""
        return Handshake(
            place=self.place,
            failure=self.failure,
            connected=self._connected,
            seconds=max(0.0, self._ended - self._began),
            certificate=self._certificate,
            chain=self._chain,
            raw=self._raw,
            verify_code=self.verify_code,
            late=self._late,
            dismissed=self._dismissed,
        )


def _looking(manner: Manner) -> ssl.SSLContext:
    """A context that takes whatever the peer has between two versions."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    # Without this, OpenSSL does not even offer what is old or weak, and could not tell that a peer has it.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are asked for on purpose
        context.minimum_version = manner.least
        context.maximum_version = manner.most
    return context


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates that the peer sent, as DER."""
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    # Before Python 3.13 the same function is there, under a private name only.
    sent = getattr(tls, "_sslobj").get_unverified_chain() or ()  # noqa: B009
    return tuple(each.public_bytes(_ssl.ENCODING_DER) for each in sent)
