"""Redis as a durable broker: every command is on the disk before its answer (`appendfsync always`)."""

import shutil
from pathlib import Path

from bench.children import Child, free_port

HINT = "redis-server is not installed (Debian: apt-get install redis-server; macOS: brew install redis)"


def program() -> str | None:
    return shutil.which("redis-server")


def start(directory: Path) -> tuple[Child, str]:
    """A running Redis and its URL."""
    found = program()
    assert found is not None
    port = free_port()
    settings = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(directory),
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
    }
    child = Child("redis", [found, *(word for name, value in settings.items() for word in (f"--{name}", value))], directory)
    child.wait_for_port(port)
    return child, f"redis://127.0.0.1:{port}/0"
