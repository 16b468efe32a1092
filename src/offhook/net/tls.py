"""TLS for outgoing connections: contexts, what a handshake proved, and why one failed."""

import ssl
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import certifi

from offhook.records import Certificate, ClientCertificate, Failure, FailureKind

# OpenSSL's X509_V_ERR_*: a certificate out of its dates, and one for somebody else.
_NOT_YET_VALID, _EXPIRED = 9, 10
_WRONG_HOST, _WRONG_ADDRESS = 62, 64
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE")


class UnusableCertificateError(ValueError):
    """We cannot prove ourselves with these files: the message says why, and what to give instead."""


class Contexts:
    """The TLS contexts, made once each: reading the trust store takes tens of milliseconds.

    One with a client certificate is made again when its files have changed, as they do every few weeks, or hours.

    Raises OSError when `ca_file` cannot be read or holds no certificate.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        self._ca_file = ca_file
        self._made: dict[tuple[bool, bool, ClientCertificate | None], tuple[ssl.SSLContext, tuple[int, ...]]] = {}
        if ca_file is not None:  # a file that cannot be read is known at the start, not at the first call
            self.get(verify=True, server_name=True)

    def get(self, *, verify: bool, server_name: bool, client: ClientCertificate | None = None) -> ssl.SSLContext:
        """The context for these choices. Without a server name in the hello, the caller checks the certificate's names itself.

        Raises UnusableCertificateError where the client's certificate cannot be used.
        """
        key = (verify, server_name, client)
        age = _age(client)
        context, known = self._made.get(key, (None, age))
        if context is None or known != age:
            context = self._make(verify, server_name)
            if client is not None:
                present(context, client)
            self._made[key] = (context, age)
        return context

    def _make(self, verify: bool, server_name: bool) -> ssl.SSLContext:
        # Not ssl.create_default_context: that one would write session keys to wherever SSLKEYLOGFILE says.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.check_hostname = verify and server_name
        context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
        if verify:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
            if not context.cert_store_stats()["x509_ca"]:
                context.load_verify_locations(certifi.where())
            if self._ca_file is not None:
                context.load_verify_locations(self._ca_file)
        return context


def present(context: ssl.SSLContext, client: ClientCertificate) -> None:
    """Have the context prove itself with this, where a peer asks. Raises UnusableCertificateError."""
    try:
        # Without a password of our own, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(client.chain, client.key, password=lambda: "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise UnusableCertificateError(
            f"The client certificate {client.chain} with the key {client.key} cannot be used ({reason}): give the paths of two PEM files "
            "that belong together, the key without a password."
        ) from error


def _age(client: ClientCertificate | None) -> tuple[int, ...]:
    """When the files of a certificate were written. Those that are missing have no age: reading them will say so."""
    if client is None:
        return ()
    with suppress(OSError, ValueError):
        return tuple(Path(path).stat().st_mtime_ns for path in (client.chain, client.key))
    return (-1,)


def certificate_of(connection: ssl.SSLObject) -> Certificate:
    """What the handshake showed. With verification off the certificate's own fields stay empty: OpenSSL does not hand them out then."""
    cipher = connection.cipher()
    shown: dict[str, Any] = connection.getpeercert() or {}
    return Certificate(
        version=connection.version() or "",
        cipher=cipher[0] if cipher else "",
        subject=_name(shown.get("subject", ())),
        issuer=_name(shown.get("issuer", ())),
        names=tuple(value for _kind, value in shown.get("subjectAltName", ())),
        not_before=_seconds(shown.get("notBefore")),
        not_after=_seconds(shown.get("notAfter")),
    )


def is_for(certificate: Certificate, host: str) -> bool:
    """Whether a certificate's names include the host: exactly, or by a wildcard for its first label (RFC 6125 §6.4.3)."""
    wanted = _canonical(host)
    domain = wanted.partition(".")[2]
    accepted = (wanted, f"*.{domain}") if "." in domain else (wanted,)
    return any(_canonical(name) in accepted for name in certificate.names)


def handshake_failure(error: Exception, host: str) -> Failure:
    """Which of the ways in which a handshake fails this was, in a sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrusted(error, host)
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "UNKNOWN"
        if reason in _NOT_TLS:
            return Failure(
                kind=FailureKind.TLS, detail=f"The peer does not speak TLS on this port; is it a plain http port? ({reason})"
            )
        return Failure(kind=FailureKind.TLS, detail=f"The TLS handshake failed: {reason}.")
    return Failure(kind=FailureKind.TLS, detail="The peer closed the connection during the TLS handshake.")


def wrong_name(host: str) -> Failure:
    """The certificate is good, for somebody else."""
    return Failure(kind=FailureKind.TLS_NAME, detail=f"The peer's certificate is not for {host}.")


def _distrusted(error: ssl.SSLCertVerificationError, host: str) -> Failure:
    code, words = error.verify_code, error.verify_message
    if code in (_WRONG_HOST, _WRONG_ADDRESS):
        return wrong_name(host)
    if code == _EXPIRED:
        return Failure(kind=FailureKind.TLS_EXPIRED, detail="The peer's certificate, or one that vouches for it, has expired.")
    if code == _NOT_YET_VALID:
        return Failure(
            kind=FailureKind.TLS_EXPIRED, detail="The peer's certificate, or one that vouches for it, is not valid yet."
        )
    return Failure(
        kind=FailureKind.TLS_UNTRUSTED, detail=f"No trusted authority vouches for the peer's certificate: {words} ({code})."
    )


def _name(parts: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """The common name of a distinguished name, or its organisation."""
    fields = {key: value for part in parts for key, value in part}
    return fields.get("commonName") or fields.get("organizationName") or ""


def _seconds(date: str | None) -> float | None:
    return None if date is None else float(ssl.cert_time_to_seconds(date))


def _canonical(name: str) -> str:
    """Names compare without case and trailing dot, IP addresses by value (OpenSSL writes IPv6 out in full)."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower().rstrip(".")
