"""Processes that a bench starts, waits for, and stops by their ids."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.machine import cpu_seconds, descendants, memory_mb, pinned, started

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60
STOP_SECONDS = 30
FOREIGN = ("OFFHOOK_", "TWILIO_", "PORT")  # a person's own settings have no place in a measurement


class ChildError(RuntimeError):
    """A process of a bench did not start, or ended before its time."""


class Child:
    """One process: started on a core, stopped at the end of the `with`, its words kept in a log file."""

    def __init__(
        self,
        name: str,
        command: list[str],
        directory: Path,
        *,
        core: int | None = None,
        env: dict[str, str] | None = None,
        **popen: Any,
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        ours = {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONUNBUFFERED": "1"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)} | ours | (env or {})
        with pinned(core), self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, cwd=directory, **popen
            )
        self._unread = b""
        atexit.register(self.stop)  # a start that failed half-way leaves nothing behind

    @classmethod
    def python(
        cls, module: str, *arguments: str, directory: Path, core: int | None = None, env: dict[str, str] | None = None
    ) -> Self:
        """A module of ours, or of a peer's, run by this interpreter."""
        return cls(module.rpartition(".")[2], [sys.executable, "-m", module, *arguments], directory, core=core, env=env)

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float | None:
        """CPU seconds so far, descendants included."""
        return cpu_seconds(self.pid)

    def memory(self) -> tuple[float, float] | tuple[None, None]:
        """Resident MB now and at its highest."""
        return memory_mb(self.pid)

    def line(self, timeout: float = READY_SECONDS) -> str:
        """The next line that it prints. Raises ChildError, with the end of its log, when none comes in time."""
        assert self.process.stdout is not None
        end = time.monotonic() + timeout
        while b"\n" not in self._unread:
            readable, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            if not chunk:
                raise ChildError(f"{self.name} {'ended' if readable else 'said nothing'}:\n{self.complaint()}")
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def json(self, timeout: float = READY_SECONDS) -> Any:
        """The next line, which is JSON."""
        return json.loads(self.line(timeout))

    def say(self, words: str) -> None:
        """Give it a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(words.encode() + b"\n")
        self.process.stdin.flush()

    def wait_for_port(self, port: int, timeout: float = READY_SECONDS) -> None:
        """Until it accepts connections: for programs that print no readiness line."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise ChildError(f"{self.name} does not listen on port {port}:\n{self.complaint()}")

    def complaint(self) -> str:
        """The end of what it wrote to its log."""
        return self.log.read_text(errors="replace")[-2000:] or "(nothing in its log)"

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Ask, wait, then kill it and what it has left behind. Safe to call twice."""
        atexit.unregister(self.stop)
        family = {pid: started(pid) for pid in descendants(self.pid)}
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        for pid, since in family.items():
            if since and started(pid) == since:  # the same process still, not another with its number
                os.kill(pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def free_port() -> int:
    """A loopback port that nothing listens on just now: for programs that can't be given port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
