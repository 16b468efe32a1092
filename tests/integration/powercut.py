"""A disk whose power can be cut: an SQLite VFS that knows what has been synced and what has only been written.

It writes through to real files, so that everything else (locks, shared memory) is as ever, and beside them keeps what a disk would hold after a
cut: every file as of its last sync, plus whatever the cut let through of the writes since. It can also lie about syncs, run full, or fail.
"""

import random
import threading
from collections import Counter
from pathlib import Path

import apsw

SECTOR = 512

_kept = []


class PowerCutError(apsw.IOError):
    """The machine is off: nothing can be read or written any more."""


class Disk:
    """What the files of one VFS would hold after a cut. `cut_after` writes and syncs the power goes; `None` for never."""

    def __init__(self, name, *, chance=None, lying=False):
        self.name = name
        self.chance = chance or random.Random(0)
        self.lying = lying
        self.cut_after = None
        self.is_cut = False
        self.full_above = None
        self.failing = set()
        self.seen = Counter()
        self._durable = {}
        self._pending = {}
        self._lock = threading.RLock()
        self._vfs = _Vfs(self)
        # SQLite goes on using a VFS as long as any connection does, also one that a failed test has left open.
        _kept.append(self._vfs)

    def close(self):
        self._vfs.unregister()

    def begin(self, path):
        """A file is opened: what it holds already is durable."""
        with self._lock:
            if path not in self._durable:
                self._durable[path] = bytearray(Path(path).read_bytes()) if Path(path).exists() else bytearray()
                self._pending[path] = []

    def step(self, what):
        """Count one operation that changes the disk; the power may go before it, or the disk refuse it."""
        with self._lock:
            self.seen[what] += 1
            if self.cut_after is not None:
                self.cut_after -= 1
                if self.cut_after <= 0:
                    self.is_cut = True
            if self.is_cut:
                self.seen["refused"] += 1
                raise PowerCutError("the power is gone")
            if what in self.failing:
                self.seen["failed"] += 1
                raise _io_error(what)

    def wrote(self, path, offset, data):
        with self._lock:
            self._pending[path].append((offset, bytes(data)))

    def truncated(self, path, size):
        with self._lock:
            self._pending[path].append((size, None))

    def deleted(self, path):
        with self._lock:
            self._durable.pop(path, None)
            self._pending.pop(path, None)

    def synced(self, path):
        with self._lock:
            if not self.lying:
                for change in self._pending[path]:
                    _apply(self._durable[path], change)
                self._pending[path].clear()

    def room_for(self, end):
        with self._lock:
            if self.full_above is not None and end > self.full_above:
                self.seen["full"] += 1
                raise apsw.FullError("no space left")

    def restore(self, folder, *, torn=True):
        """Write what the disk holds after the cut into another folder: of the writes since the last sync any may have got through, or part of it."""
        with self._lock:
            for path, durable in self._durable.items():
                image = bytearray(durable)
                for change in self._pending[path]:
                    if torn and self.chance.random() < 0.5:
                        _apply(image, _tear(change, self.chance))
                (folder / Path(path).name).write_bytes(image)


def _apply(image, change):
    offset, data = change
    if data is None:
        del image[offset:]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


def _tear(change, chance):
    offset, data = change
    if data is None or len(data) <= SECTOR or chance.random() < 0.5:
        return change
    return offset, data[: SECTOR * chance.randrange(1, len(data) // SECTOR + 1)]


def _io_error(what):
    error = apsw.IOError(f"the disk failed at a {what}")
    error.extendedresult = {"sync": apsw.SQLITE_IOERR_FSYNC, "write": apsw.SQLITE_IOERR_WRITE}[what]
    return error


class _Vfs(apsw.VFS):
    def __init__(self, disk):
        self.disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name, flags):  # noqa: N802 - SQLite's name
        return _File(self.disk, name, flags)

    def xDelete(self, name, sync_folder):  # noqa: N802
        self.disk.step("delete")
        self.disk.deleted(name)
        super().xDelete(name, sync_folder)


class _File(apsw.VFSFile):
    def __init__(self, disk, name, flags):
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if self.path:
            disk.begin(self.path)
        super().__init__("", name, flags)

    def xWrite(self, data, offset):  # noqa: N802
        if self.path:
            self.disk.step("write")
            self.disk.room_for(offset + len(data))
            self.disk.wrote(self.path, offset, data)
        super().xWrite(data, offset)

    def xTruncate(self, size):  # noqa: N802
        if self.path:
            self.disk.step("truncate")
            self.disk.truncated(self.path, size)
        super().xTruncate(size)

    def xSync(self, flags):  # noqa: N802
        # The bytes need not reach this machine's own disk: what counts as durable is in `disk`.
        if self.path:
            self.disk.step("sync")
            self.disk.synced(self.path)
