"""Real child processes: `offhook serve` and the apps behind it, on free loopback ports, stopped by their process id."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

TOKEN = "a-token-for-tests-0123456789abcd"
ACCOUNT = "AC" + "0123456789abcdef" * 2
APPS = Path(__file__).parents[1] / "acceptance" / "apps"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds=20.0, every=0.05):
    """The condition's first true value; fails the test when it does not come in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {condition}")


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def fetch(url, data=None, headers=None, method=None, timeout=20.0):
    """(status, headers, body) of a plain request; error statuses are answers too."""
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read()


def get_json(url):
    status, _, body = fetch(url)
    assert status == 200, (status, body)
    return json.loads(body)


class Child:
    """A process of ours; its standard error goes to a file that a failing test can show."""

    alive: ClassVar = set()

    def __init__(self, command, log, env=None):
        self.log = Path(log)
        with self.log.open("ab") as stderr:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, **(env or {})},
            )
        Child.alive.add(self)

    def stop(self, seconds=25.0):
        """SIGTERM, then its exit code."""
        Child.alive.discard(self)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self.process.stdout.close()

    def kill(self):
        """SIGKILL: no chance to tidy up."""
        Child.alive.discard(self)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class App(Child):
    """One of the apps under tests/acceptance/apps, on its own port."""

    def __init__(self, name, folder, port=None, *, command=(), **env):
        self.port = port or free_port()
        env = {"TWILIO_AUTH_TOKEN": TOKEN, **env}
        command = command or (sys.executable, str(APPS / f"{name}_app.py"))
        super().__init__([*command, str(self.port)], folder / f"{name}.log", env)
        wait_until(lambda: listens(self.port) or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/sms"

    def seen(self):
        return get_json(f"http://127.0.0.1:{self.port}/seen")


class Offhook(Child):
    """`offhook serve` with its journal in `folder`."""

    def __init__(self, folder, *flags, port=None, env=None):
        self.folder = folder
        self.port = port or free_port()
        self.console_port = free_port()
        command = [sys.executable, "-m", "offhook", "serve", "--database", str(folder / "offhook.db")]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--console-port", str(self.console_port), *flags]
        base = {"TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_ACCOUNT_SID": ACCOUNT, "OFFHOOK_TWILIO_API_URL": "http://127.0.0.1:9"}
        super().__init__(command, folder / "offhook.log", {**base, **(env or {})})
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.ready = json.loads(line)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def console(self):
        return f"http://127.0.0.1:{self.console_port}"

    def webhooks(self, query=""):
        return get_json(f"{self.console}/api/webhooks?limit=1000{query}")["webhooks"]

    def story(self, webhook_id):
        return get_json(f"{self.console}/api/webhooks/{webhook_id}")

    def errors(self, query=""):
        return get_json(f"{self.console}/api/errors?limit=1000{query}")["errors"]
