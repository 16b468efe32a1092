"""Two network namespaces joined by a link: the doctor's, and the app's. Needs root and Linux; what is made is taken away by name and by process id."""

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP = Path(__file__).with_name("small_app.py")
LINK = Path(__file__).with_name("slow_link.py")
NAME_SERVER = Path(__file__).with_name("name_server.py")
# Addresses that look public: nothing but these namespaces can be reached by them.
HERE, THERE, OTHER = "11.7.0.1", "11.7.0.2", "11.7.0.3"
HERE_6, THERE_6 = "2a01:7777::1", "2a01:7777::2"
PORT = 8000
# No name server but the link's own, and no samples: what is asked here is the way.
_QUICK = ("--json", "--resolver", "none", "--samples", "0")
_NUMBERS = itertools.count()


def needed():
    """Skip where namespaces cannot be had; on CI that is a failure."""
    missing = [tool for tool in ("ip", "nft") if shutil.which(tool) is None]
    if os.name != "posix" or os.geteuid() != 0:
        missing.append("root")
    if not missing:
        return
    why = f"network namespaces need {', '.join(missing)}"
    if os.environ.get("CI"):
        pytest.fail(why)
    if "root" in missing or sys.platform != "linux":
        pytest.skip(why)
    pytest.fail(f"{why}: apt-get install iproute2 nftables")


def run(*command, text=None):
    """A command to its end; its output."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


class Network:
    """`slow`: milliseconds that each packet takes each way; then the link is a process that passes packets on."""

    def __init__(self, folder, slow=None):
        self.folder = folder
        number = f"{os.getpid()}x{next(_NUMBERS)}"
        self.doctor, self.app = f"oh-{number}-d", f"oh-{number}-a"
        self.device = f"oh{number}"[-13:]
        self._slow = slow
        self._children = []

    def __enter__(self):
        try:
            for name in (self.doctor, self.app):
                run("ip", "netns", "add", name)
                run("ip", "-n", name, "link", "set", "lo", "up")
            self._join()
            for name, four, six in ((self.doctor, HERE, HERE_6), (self.app, THERE, THERE_6)):
                run("ip", "-n", name, "addr", "add", f"{four}/24", "dev", self.device)
                run("ip", "-n", name, "addr", "add", f"{six}/64", "dev", self.device, "nodad")
                run("ip", "-n", name, "link", "set", self.device, "up")
            run("ip", "-n", self.app, "addr", "add", f"{OTHER}/24", "dev", self.device)
            # Whatever is not on the link is a black hole: the other side does not forward.
            run("ip", "-n", self.doctor, "route", "add", "default", "via", THERE)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self.end_children()
        for name in (self.doctor, self.app):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False, timeout=30)
            shutil.rmtree(Path("/etc/netns") / name, ignore_errors=True)

    def _join(self):
        if self._slow is None:
            run(
                "ip",
                "link",
                "add",
                self.device,
                "netns",
                self.doctor,
                "type",
                "veth",
                "peer",
                "name",
                self.device,
                "netns",
                self.app,
            )
        else:
            self._start("link", sys.executable, LINK, self.doctor, self.app, self.device, self._slow)

    def end_children(self):
        """End every process that was started here."""
        while self._children:
            child = self._children.pop()
            child.kill()
            child.wait()
            child.stdout.close()

    def _start(self, name, *command):
        """Start a process that says when it is ready."""
        with (self.folder / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=log, cwd=ROOT)
        self._children.append(child)
        line = child.stdout.readline()
        assert line == b"ready\n", (self.folder / f"{name}.log").read_text()

    def start_app(self, host="::", port=PORT):
        """A small HTTP app; `::` listens on IPv4 as well."""
        self._start("app", "ip", "netns", "exec", self.app, sys.executable, APP, host, port)

    def start_name_server(self, zone, port=53):
        """A name server beside the app; on port 53 it is the doctor's own."""
        self._start("dns", "ip", "netns", "exec", self.app, sys.executable, NAME_SERVER, THERE, port, json.dumps(zone))
        if port == 53:
            folder = Path("/etc/netns") / self.doctor
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "resolv.conf").write_text(f"nameserver {THERE}\noptions timeout:1 attempts:1\n")

    def rules(self, *lines):
        """What the app's host does with the packets that come in, as nft says it."""
        wanted = "\n".join(
            ("flush ruleset", "table inet t {", "chain i {", "type filter hook input priority 0;", *lines, "}", "}")
        )
        run("ip", "netns", "exec", self.app, "nft", "-f", "-", text=wanted + "\n")

    @contextlib.contextmanager
    def echoes_for_everybody(self):
        """Let every group send echoes by datagram sockets, where the system at hand may allow them to nobody."""
        self._set_echo_groups("0 2147483647")
        try:
            yield
        finally:
            self._set_echo_groups("1 0")

    def _set_echo_groups(self, first_and_last):
        where = "/proc/sys/net/ipv4/ping_group_range"
        run("ip", "netns", "exec", self.doctor, "sh", "-c", f"echo '{first_and_last}' > {where}")

    def dropped(self):
        """How many packets each rule with a `counter` has dropped, in order."""
        rules = run("ip", "netns", "exec", self.app, "nft", "list", "ruleset")
        return [int(each) for each in re.findall(r"counter packets (\d+)", rules)]

    def examine(self, url, *flags):
        """The doctor's report on a URL, as `--json` gives it, with `took` (seconds) and its exit code."""
        begun = time.monotonic()
        done = subprocess.run(
            ["ip", "netns", "exec", self.doctor, sys.executable, "-m", "offhook", "doctor", url, *_QUICK, *flags],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode in {0, 1}, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return Seen(json.loads(done.stdout), took=time.monotonic() - begun, exit_code=done.returncode)


class Seen:
    """A report, taken apart."""

    def __init__(self, report, took, exit_code):
        self.report, self.took, self.exit_code = report, took, exit_code

    def of(self, check):
        """The findings of one check, the worst first."""
        return [each for each in self.report["findings"] if each["check"] == check]

    def one(self, check):
        """The only finding of a check."""
        (finding,) = self.of(check)
        return finding
