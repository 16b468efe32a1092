"""The console key: what lets the programs of this machine's user use the API where everybody has to log in.

It lies beside the journal, for its owner's eyes alone: whoever can read it could read the journal as well.
"""

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from offhook import logs
from offhook.errors import OffhookError

ENDING: Final = ".console-key"
IN_MEMORY: Final = "memory:"
_LONGEST: Final = 200
log = logs.get("console")


def key_path(database: str) -> Path | None:
    """Where the key of this journal's server lies; None for a journal in memory, whose server keeps it to itself."""
    return None if database == IN_MEMORY else Path(database + ENDING)


def read_key(database: str) -> str:
    """The key, "" where there is none or it is not ours to read."""
    path = key_path(database)
    if path is None:
        return ""
    try:
        return _checked(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return ""


class ConsoleKey:
    """A server's key. `open` finds the one that is there, or makes one."""

    def __init__(self, database: str) -> None:
        self._path = key_path(database)
        self._key = secrets.token_urlsafe(32)

    def open(self) -> None:
        """Have the key in its place, so that the command line finds it. Raises OffhookError where it cannot be written."""
        if self._path is None:
            return
        found = self._found(self._path)
        if found:
            self._key = found
            return
        try:
            _write(self._path, self._key)
        except OSError as error:
            raise OffhookError(
                f"The console's key cannot be written to {self._path} ({error.strerror}): have the journal in a directory that this user may write to."
            ) from error

    def fits(self, given: str) -> bool:
        """Whether that is the key; how long it takes says nothing of it."""
        return hmac.compare_digest(self._key.encode(), given.encode(errors="replace"))

    def _found(self, path: Path) -> str:
        try:
            status = path.lstat()
            if status.st_mode & 0o077 or status.st_uid != os.geteuid():
                log.warning("console.key_replaced", path=str(path), reason="others could read it")
                return ""
            return _checked(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return ""


def _checked(text: str) -> str:
    """The key that a file holds. Raises ValueError where that is none."""
    key = text.strip()
    if not 32 <= len(key) <= _LONGEST or not key.isprintable() or " " in key:
        raise ValueError("that is no key")
    return key


def _write(path: Path, key: str) -> None:
    """Whole or not at all, and never readable for others, not even for a moment."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(opened, f"{key}\n".encode())
        os.fsync(opened)
    finally:
        os.close(opened)
    fresh.replace(path)
