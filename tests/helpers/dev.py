"""`offhook dev` as a real child process."""

import json
import os
import sys

from tests.helpers.processes import Child, get_json

# What a developer's shell may have set, and a test must not hear of.
OURS = ("TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID", "OFFHOOK_CONFIG", "PORT")


def command(app_url, *flags, port=0):
    """The words of the command line."""
    return [sys.executable, "-m", "offhook", "dev", "--to", app_url, "--console-port", str(port), *flags]


def environment():
    """The environment of a newcomer: no account."""
    return {name: value for name, value in os.environ.items() if name not in OURS}


class Dev(Child):
    """A simulator that listens."""

    def __init__(self, folder, app_url, *flags, port=0):
        super().__init__(command(app_url, *flags, port=port), folder / "dev.log", dict.fromkeys(OURS, ""))
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.ready = json.loads(line)
        self.url = self.ready["url"]
        self.port = int(self.url.rpartition(":")[2])

    def messages(self):
        return get_json(f"{self.url}/api/phone/messages")["messages"]
