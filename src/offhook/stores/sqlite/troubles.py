"""What SQLite and the disk complain of, in a sentence for the operator, and whether storing may go on."""

import apsw

from offhook.errors import JournalError
from offhook.records import Record

# An I/O error that says nothing about what was written before: shared memory could not grow, a lock not be had, no memory.
HARMLESS_IO = frozenset(
    {
        apsw.SQLITE_IOERR_SHMSIZE,
        apsw.SQLITE_IOERR_SHMOPEN,
        apsw.SQLITE_IOERR_SHMLOCK,
        apsw.SQLITE_IOERR_SHMMAP,
        apsw.SQLITE_IOERR_LOCK,
        apsw.SQLITE_IOERR_UNLOCK,
        apsw.SQLITE_IOERR_RDLOCK,
        apsw.SQLITE_IOERR_NOMEM,
    }
)


class Trouble(Record):
    """Why the journal cannot store. `fatal`: not until a restart, since what the disk holds is no longer certain."""

    sentence: str
    fatal: bool = False


class StorageError(JournalError):
    """The file or its disk would not take it; what was asked has not happened."""


def diagnose(error: Exception, path: str, *, opening: bool = False) -> Trouble | None:
    """The trouble that this error means, or None where it is the fault of what was asked for and not of the file.

    `opening`: nothing goes on by itself then, somebody has to start Offhook again.

    A failed write or fsync is fatal: the kernel may have dropped the pages, and a later fsync would say that all is well (limits §4).
    """
    then = ", then start Offhook again" if opening else ": storing goes on by itself"
    match error:
        case apsw.FullError():
            return Trouble(sentence=f"The disk that holds {path} is full. Free some space{then}.")
        case apsw.BusyError() | apsw.LockedError():
            return Trouble(sentence=f"Another program has locked {path}. Close it there{then}.")
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError() | apsw.AuthError():
            return Trouble(sentence=f"{path} cannot be written: {error}. Let this user write the file and its directory.")
        case apsw.IOError() if getattr(error, "extendedresult", None) in HARMLESS_IO:
            return Trouble(sentence=f"The disk that holds {path} is full or failing: {error}. Free some space{then}.")
        case apsw.IOError():
            return Trouble(sentence=f"The disk failed under {path}: {error}. Check the disk, then restart Offhook.", fatal=True)
        case apsw.CorruptError() | apsw.NotADBError():
            return Trouble(sentence=f"{path} is damaged: {error}. Restore it from a backup, then restart Offhook.", fatal=True)
        case apsw.NoMemError():
            return Trouble(sentence=f"There is no memory left to store with. Free some{then}.")
        case _:
            return None
