"""Node programs in the tests: their packages are installed once for the whole session, out of the repository."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "acceptance" / "node"


def needed(tool):
    """The path of a tool. In CI its absence is a failure, elsewhere a reason to skip."""
    found = shutil.which(tool)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")
    return found


def install(folder):
    """Put the scripts and the packages that they need into this folder."""
    for source in SCRIPTS.iterdir():
        if source.is_file():
            shutil.copy(source, folder / source.name)
    needed("node")
    command = [needed("npm"), "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert installed.returncode == 0, installed.stderr
    return folder
