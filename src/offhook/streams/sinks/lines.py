"""A file of events that survives crashes: lines appended whole or not at all, synced, turned over by size. Blocking: for a thread."""

import contextlib
import errno
import fcntl
import os
import stat
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

# O_NONBLOCK: opening a pipe must not wait for its other end. O_NOFOLLOW: a link may lead anywhere.
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
# The lines are people's messages: for nobody else's eyes.
_MODE: Final = 0o600
_BLOCK: Final = 64 * 1024


class UnusableFileError(OSError):
    """The file cannot be written to: the message says why, in a sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


class LineFile:
    """Lines in `path`; the full files before it are `path.1`, the newest, to `path.<keep>`. There is one writer at a time, here and elsewhere.

    `rotate_bytes` is what a file may hold (a single longer line gets one of its own).
    """

    def __init__(self, path: Path, *, rotate_bytes: int, keep: int, fsync: bool) -> None:
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._keep = keep
        self._fsync = fsync
        self._file = -1
        self._size = 0
        self._one_at_a_time = threading.Lock()

    def append(self, lines: Sequence[bytes]) -> tuple[int, OSError | None]:
        """Write these, each with its line break; returns how many are on the disk (unless `fsync` is off), and why the others are not.

        Of those others nothing is left in the file.
        """
        taken = 0
        with self._one_at_a_time:
            try:
                self._ready()
                while taken < len(lines):
                    end = self._fitting(lines, taken)
                    if end > taken:
                        self._write(b"".join(lines[taken:end]))
                        taken = end
                    else:
                        self._turn_over()
            except OSError as error:
                return taken, error
        return taken, None

    def close(self) -> None:
        """Let go of the file."""
        with self._one_at_a_time:
            self._shut()

    def _fitting(self, lines: Sequence[bytes], start: int) -> int:
        """The end of those lines that still fit into the present file."""
        size, end = self._size, start
        while end < len(lines) and (not size or size + len(lines[end]) <= self._rotate_bytes):
            size += len(lines[end])
            end += 1
        return end

    def _write(self, data: bytes) -> None:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            self._sync(self._file)
        except OSError:
            # After a failed fsync nobody knows what the disk has: these lines do not count, and come again.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            self._shut()
            raise
        self._size += len(data)

    def _ready(self) -> None:
        """Have the file open, whole, and locked against others; a new one if somebody has taken it away."""
        if self._file >= 0 and not self._is_in_place():
            self._shut()
        if self._file >= 0:
            return
        self._file = self._open()
        try:
            self._claim()
            self._size = self._mend(os.fstat(self._file).st_size)
            self._sync_folder()
        except BaseException:
            self._shut()
            raise

    def _open(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(os.lstat(self._path).st_mode):
                raise UnusableFileError(
                    f"{self._path} is a link, a device, a pipe or a folder: give the path of an ordinary file."
                )
        return os.open(self._path, _FLAGS, _MODE)

    def _claim(self) -> None:
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise UnusableFileError(f"{self._path} is no ordinary file.")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            raise UnusableFileError(
                f"{self._path} is written to by another sink or process: give each a file of its own."
            ) from error

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.lstat(self._path), os.fstat(self._file))
        except FileNotFoundError:
            return False

    def _mend(self, size: int) -> int:
        """The file's size once its last line, which a crash may have left half-written, is completed or cut off. Raises where it is not ours."""
        first = self._first_line(size)
        tail = self._last_line(size)
        if not tail:
            self._check(first, size)
            return size
        if _is_event(tail):
            os.write(self._file, b"\n")
            size += 1
        else:
            if len(tail) < size or tail.strip(b"\0"):
                self._check(first, size)
            size -= len(tail)
            os.ftruncate(self._file, size)
        self._sync(self._file)
        return size

    def _check(self, first: bytes, size: int) -> None:
        """An operator's other file is not to be harmed by a wrong path."""
        if size and not (_is_event(first) or (len(first) == size and _began_as_event(first))):
            raise UnusableFileError(f"{self._path} begins with something else than an event: give the path of a file of its own.")

    def _first_line(self, size: int) -> bytes:
        line, at = b"", 0
        while at < size and b"\n" not in line:
            line += os.pread(self._file, _BLOCK, at)
            at += _BLOCK
        return line.partition(b"\n")[0]

    def _last_line(self, size: int) -> bytes:
        """What stands behind the last line break: nothing in a sound file."""
        tail, at = b"", size
        while at > 0 and b"\n" not in tail:
            start = max(0, at - _BLOCK)
            tail = os.pread(self._file, at - start, start) + tail
            at = start
        return tail.rpartition(b"\n")[2]

    def _turn_over(self) -> None:
        """Begin a new file. Each of the older ones moves on by one, up to the first gap; the oldest makes room for the one before."""
        self._shut()
        names = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, self._keep + 1))]
        last = next((number for number, name in enumerate(names) if number and not name.exists()), self._keep)
        for number in range(last, 0, -1):
            names[number - 1].rename(names[number])
        self._ready()

    def _sync(self, file: int) -> None:
        if self._fsync:
            os.fsync(file)

    def _sync_folder(self) -> None:
        """A name is only safe when its folder is."""
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._sync(folder)
        finally:
            os.close(folder)

    def _shut(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def _is_event(line: bytes) -> bool:
    """Whether it is a CloudEvent as JSON."""
    try:
        value: Any = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(value, dict) and "specversion" in value


def _began_as_event(line: bytes) -> bool:
    """Whether a line that a crash has cut short was one of ours."""
    return line.startswith(b"{") and b'"specversion"' in line
