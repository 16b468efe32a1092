"""The machine under the figures: its facts, its cores, and what a process used of it. CPU and memory are read from Linux's /proc."""

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

PACKAGES = ("uvloop", "httptools", "apsw", "fastapi", "celery", "procrastinate")
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int | None, int | None]:
    """The core for the server under test, and the one for everything that is only there to measure it; None where cores can't be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Whatever is started inside inherits the core from its first instruction on."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float | None:
    """User and system time of a process, its threads, its living descendants and its reaped ones; None without /proc. Ticks of 10 ms."""
    if not _PROC.joinpath(str(pid), "stat").exists():
        return None
    ticks = 0
    for member in (pid, *descendants(pid)):
        fields = _stat(member)
        ticks += sum(int(field) for field in fields[11:15]) if fields else 0
    return ticks / _TICKS


def descendants(pid: int) -> list[int]:
    """The living children of a process, and theirs. Empty without /proc."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*"):
        if fields := _stat(int(entry.name)):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def started(pid: int) -> str:
    """When a process began, in the kernel's ticks: with the number it names a process for good. Empty when it is gone."""
    fields = _stat(pid)
    return fields[19] if fields and fields[0] != "Z" else ""


def memory_mb(pid: int) -> tuple[float, float] | tuple[None, None]:
    """Resident memory now, and at its highest so far (1 MB = 2**20 bytes); None without /proc."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None, None
    sizes = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.strip()}
    return int(sizes["VmRSS"]) / 1024, int(sizes["VmHWM"]) / 1024


def facts(directory: Path) -> dict[str, str]:
    """What a reader must know to compare these figures with others: processor, disk, versions."""
    server, load = cores()
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "pinned": f"server on core {server}, load and app on core {load}" if server is not None else "no",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": f"{_apsw_sqlite()} (Offhook), {sqlite3.sqlite_version} (interpreter)",
        "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        "file system": file_system(directory),
        "fsync of 4 kB": f"{fsync_ms(directory):.2f} ms",
    }


def file_system(directory: Path) -> str:
    """The type of file system that a directory is on; fsync on `tmpfs` costs nothing, so figures from there are worth nothing."""
    best, kind = "", "unknown"
    try:
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return kind
    for _, point, found, *_ in (line.split() for line in mounts):
        inside = str(directory.resolve()).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, found
    return kind


def fsync_ms(directory: Path, tries: int = 50) -> float:
    """How long a 4 kB write takes to be on the disk: the median, in ms."""
    readings = []
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        for _ in range(tries):
            start = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            readings.append((time.perf_counter() - start) * 1000)
    return median(readings)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name: state, parent, …; empty when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def _apsw_sqlite() -> str:
    import apsw  # late: only a report needs it

    return apsw.sqlite_lib_version()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
