"""What the acceptance tests share."""

import os
import subprocess
import sys

import pytest

from tests.helpers import node
from tests.helpers.processes import ACCOUNT, TOKEN, Child


@pytest.fixture(autouse=True)
def no_child_outlives_its_test():
    """Whatever a failing test has started and not stopped."""
    before = set(Child.alive)
    yield
    for child in Child.alive - before:
        child.kill()


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory):
    """The Node scripts of `node/` beside the packages that they need."""
    return node.install(tmp_path_factory.mktemp("node"))


@pytest.fixture
def run_offhook(tmp_path):
    """Run an `offhook` command to its end, in an empty folder; gives the finished process with its output as text."""

    def run(*arguments, env=None):
        return subprocess.run(
            [sys.executable, "-m", "offhook", *arguments],
            cwd=tmp_path,
            env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_ACCOUNT_SID": ACCOUNT, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
