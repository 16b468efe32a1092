"""The journal's file: made, locked, recognised, migrated."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import apsw

from offhook.errors import UnusableJournalError
from offhook.stores.sqlite.troubles import diagnose

APPLICATION_ID = 0x4F46484B  # "OFHK"
BUSY_MS = 2_000
# An arrival takes 1.3 kB, and each page of the log is two calls of the system: half as many as at SQLite's own 4 kB.
PAGE_BYTES = 8_192
WRITER_CACHE_KB = 16_000
READER_CACHE_KB = 4_000
WAL_KEPT_BYTES = 16 * 2**20


class ProcessLock:
    """One process writes: an OS lock on a file beside the journal, with the holder's process id in it. The OS lets go when the holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._descriptor = -1

    def take(self) -> None:
        """Take it, or raise UnusableJournalError that names who has it."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self._path, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise UnusableJournalError(
                f"Another Offhook (process {holder}) uses {str(self._path)[: -len('.lock')]}: stop it first, or choose another file."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; the file stays, since removing it would race with the next holder."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def make_private(path: Path) -> None:
    """Make the file, and the directory if there is none, for this user only: what senders wrote is nobody else's business."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> UnusableJournalError:
    return UnusableJournalError(f"{path} cannot be written: {error.strerror}. Let this user write there, or choose another file.")


def open_writer(path: Path, *, synchronous: str, vfs: str | None) -> apsw.Connection:
    """The one connection that writes: recognised as ours or new, and brought to the newest schema."""
    with in_words(path):
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
        try:
            _settle_in(db, path, synchronous)
        except BaseException:
            db.close()
            raise
    return db


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """What SQLite complains of while the file is being opened becomes an UnusableJournalError, a sentence for the operator."""
    try:
        yield
    except apsw.NotADBError:
        raise _foreign(path) from None
    except apsw.Error as error:
        trouble = diagnose(error, str(path), opening=True)
        raise UnusableJournalError(trouble.sentence if trouble else f"{path} cannot be opened: {error}") from error


def open_reader(path: Path, *, vfs: str | None) -> apsw.Connection:
    """A connection that reads what has been committed."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs)
    db.set_busy_timeout(BUSY_MS)
    db.pragma("cache_size", -READER_CACHE_KB)
    return db


def _settle_in(db: apsw.Connection, path: Path, synchronous: str) -> None:
    db.set_busy_timeout(BUSY_MS)
    version = _recognise(db, path)
    db.pragma("page_size", PAGE_BYTES)
    if db.pragma("journal_mode", "wal") != "wal":
        raise UnusableJournalError(f"{path} is on a file system without shared memory: choose a local disk.")
    db.pragma("synchronous", synchronous)
    db.pragma("cache_size", -WRITER_CACHE_KB)
    db.pragma("temp_store", "memory")
    db.pragma("journal_size_limit", WAL_KEPT_BYTES)
    db.pragma("wal_autocheckpoint", 0)
    _migrate(db, version)


def _recognise(db: apsw.Connection, path: Path) -> int:
    """The version of our schema that the file has, 0 for an empty file. Looks only: a foreign file is left as it is."""
    application, version = db.pragma("application_id"), db.pragma("user_version")
    empty = not db.execute("SELECT count(*) FROM sqlite_schema").get
    if application != APPLICATION_ID and not (empty and application == 0 and version == 0):
        raise _foreign(path)
    newest = len(migrations())
    if version > newest:
        raise UnusableJournalError(
            f"{path} was written by a newer Offhook (schema {version}, this one knows {newest}): upgrade, or choose another file."
        )
    return int(version)


def _foreign(path: Path) -> UnusableJournalError:
    return UnusableJournalError(f"{path} is not a journal of Offhook's: it was left untouched. Choose another file.")


def migrations() -> list[str]:
    """The scripts in order: the n-th brings schema n-1 to schema n. They are only ever added to."""
    folder = files(__package__).joinpath("migrations")
    scripts = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [script.read_text(encoding="utf-8") for script in scripts]


def _migrate(db: apsw.Connection, version: int) -> None:
    for number, script in enumerate(migrations()[version:], start=version + 1):
        with db:
            db.execute(script).fetchall()
            db.pragma("application_id", APPLICATION_ID)
            db.pragma("user_version", number)
