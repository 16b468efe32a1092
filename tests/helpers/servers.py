"""Real servers that the sinks are tried against: started on a free port, killed, started again on what they left, stopped by process id."""

import asyncio
import contextlib
import signal
import time
from pathlib import Path

from tests.helpers.processes import Child, free_port, listens, wait_until


class Server:
    """One server with a folder and a port of its own. What kind it is says `command` and, where listening is not enough, `answers`."""

    name = "server"

    def __init__(self, folder, port=None):
        self.folder = folder / self.name
        self.folder.mkdir()
        self.port = port or free_port()
        self._child = None
        self.prepare()

    def prepare(self):
        """Write what it needs before its first start."""

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def answers(self):
        """Whether it is ready for its clients."""
        return listens(self.port)

    def start(self, seconds=180.0):
        self._child = Child(self.command(), self.folder / "log", self.environment())
        process = self._child.process
        wait_until(lambda: self.answers() or process.poll() is not None, seconds)
        assert process.poll() is None, self._child.log.read_text(errors="replace")[-4000:]
        return self

    def kill(self):
        """SIGKILL, in the middle of whatever it does."""
        child, self._child = self._child, None
        child.kill()

    def stop(self):
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    @contextlib.contextmanager
    def frozen(self):
        """Alive, connected, and silent."""
        process = self._child.process
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: "State:\tT" in Path(f"/proc/{process.pid}/status").read_text(), every=0.005)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    async def die_and_rise(self, dead_for=0.2):
        """For `sink_trial.drive`: killed, dead for a while, started again."""
        self.kill()
        await asyncio.sleep(dead_for)
        await asyncio.to_thread(self.start)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def patiently(work, seconds=20.0):
    """The result of work that a server that has only just started may refuse."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except Exception:
            if time.monotonic() > end:
                raise
        with contextlib.suppress(Exception):
            time.sleep(0.1)
