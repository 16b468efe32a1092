"""The listener's certificate: read again when its files change, without a restart and without a moment without one."""

import ssl
from pathlib import Path
from typing import NamedTuple

from offhook import logs
from offhook.errors import SettingsError

log = logs.get("intake")


class TlsFiles(NamedTuple):
    """Paths of a PEM certificate chain and its key."""

    certificate: Path
    key: Path


class Certificate:
    """Serves handshakes with what the files held when they last made sense. Raises SettingsError when they do not at the start."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._seen = self._stamp()
        try:
            self._current = self._load()
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"tls_cert, tls_key: {error}") from error
        self.context = self._load()
        self.context.sni_callback = self._choose

    def refresh(self) -> None:
        """Look whether the files have changed; a pair that cannot be used is logged once and left alone."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._current = self._load()
        except (OSError, ssl.SSLError) as error:
            log.error("intake.certificate_unusable", certificate=str(self._files.certificate), error=str(error))  # noqa: TRY400 - what it says is all there is to know
        else:
            log.info("intake.certificate_reloaded", certificate=str(self._files.certificate))

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """Each handshake gets the newest context, with or without a server name: a change is one assignment, never half a change."""
        connection.context = self._current

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self._files.certificate, self._files.key)
        return context

    def _stamp(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(_stamp(path) for path in self._files)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
