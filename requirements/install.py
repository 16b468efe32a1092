"""Make the virtual environment what one of the locked requirement files says, and install Offhook into it from the source tree.

Usage: install.py example|dev|bench

Safe to run again (does nothing when nothing has changed), after an interruption, and beside another run of itself.
"""

# ruff: noqa: INP001, S603, T201 - a script, not a package; it runs pip with arguments of its own; and it talks to a person.

import fcntl
import hashlib
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
# Each list holds the one before it, with the same pins, so a bigger one that is installed serves the smaller as well.
SETS = ("example", "dev", "bench")
NO_VENV = """This Python ({python}) cannot make virtual environments: its venv or ensurepip module is missing.
  Debian, Ubuntu:  apt-get install python3-venv
  elsewhere:       install a complete Python 3.11 or newer, or say which one to use: make PYTHON=/path/to/python3"""


def version_of(python: Path) -> str:
    """Major and minor version of an interpreter; empty when it does not run."""
    try:
        probe = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        return subprocess.run(probe, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def wanted(name: str) -> str:
    """A digest of all that decides what is installed: the locked list, the package's own metadata, the interpreter, the place."""
    digest = hashlib.sha256()
    for part in (ROOT / "requirements" / f"{name}.txt", ROOT / "pyproject.toml"):
        digest.update(part.read_bytes())
    digest.update(f"{sys.version_info[:2]} {ROOT}".encode())
    return digest.hexdigest()


def installed(name: str) -> bool:
    """Whether the list, or a bigger one that holds it, is in the virtual environment as it is written now."""
    if not VENV_PYTHON.exists():
        return False
    stamps = {larger: VENV / f".installed-{larger}" for larger in SETS[SETS.index(name) :]}
    return any(stamp.is_file() and stamp.read_text() == wanted(larger) for larger, stamp in stamps.items())


def make_environment() -> None:
    """A virtual environment of this interpreter's version, with pip; mends one that was interrupted."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version_of(VENV_PYTHON) != ours:
        if find_spec("ensurepip") is None:
            sys.exit(NO_VENV.format(python=sys.executable))
        venv.create(VENV, clear=True, symlinks=True)
    if subprocess.run([str(VENV_PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        subprocess.run([str(VENV_PYTHON), "-m", "ensurepip", "--upgrade"], stdout=subprocess.DEVNULL, check=True)


def install(name: str) -> None:
    """The locked list, every file checked against its hash; then the package itself, editable, with the locked build tools."""
    print(f"Installing requirements/{name}.txt into .venv (once; a minute or so) …", flush=True)
    for stamp in VENV.glob(".installed-*"):
        stamp.unlink()
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", f"requirements/{name}.txt"], cwd=ROOT, check=True)
    subprocess.run([*pip, "--no-build-isolation", "--no-deps", "-e", "."], cwd=ROOT, check=True)
    (VENV / f".installed-{name}").write_text(wanted(name))


def main() -> None:
    """Bring the environment up to date, one process at a time."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in SETS:
        sys.exit(f"usage: install.py {'|'.join(SETS)}")
    if installed(name):
        return
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if installed(name):
            return
        make_environment()
        try:
            install(name)
        except subprocess.CalledProcessError as failed:
            sys.exit(f"make: installing requirements/{name}.txt failed (exit {failed.returncode}); what pip said is above.")


if __name__ == "__main__":
    main()
