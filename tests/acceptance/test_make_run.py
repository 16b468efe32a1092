"""`make run`: the example app with Offhook in front of it starts, does what it prints, and stops; twice, and beside another one."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 60


class Run:
    """One run of the example on free ports, with what it prints as it comes."""

    def __init__(self, state, *ports):
        command = [sys.executable, str(ROOT / "examples" / "run.py"), "--state", str(state)]
        command += ports or ["--port", "0", "--console-port", "0", "--app-port", "0"]
        self.child = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.said, self.complaints = Queue(), []
        self.readers = [
            threading.Thread(target=self._read, args=(self.child.stdout, self.said.put), daemon=True),
            threading.Thread(target=self._read, args=(self.child.stderr, self.complaints.append), daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        self.lines = []

    @staticmethod
    def _read(stream, put):
        for line in stream:
            put(line.rstrip("\n"))

    def line(self, start):
        """The rest of the first line that starts so; fails with all that was said when none comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and (self.child.poll() is None or not self.said.empty()):
            for line in self.lines:
                if line.startswith(start):
                    return line.removeprefix(start).strip()
            try:
                self.lines.append(self.said.get(timeout=0.2))
            except Empty:
                continue
        pytest.fail(f"no line {start!r} in {self.lines}, and on stderr: {self.complaints[-20:]}")

    def stop(self):
        """What Ctrl-C does; the exit code, and how long it took in seconds."""
        began = time.monotonic()
        self.child.send_signal(signal.SIGINT)
        return self.child.wait(PATIENCE), time.monotonic() - began

    def close(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        for reader in self.readers:
            reader.join(5)
        self.child.stdout.close()
        self.child.stderr.close()


@pytest.fixture
def start(tmp_path):
    runs = []

    def started(*ports, state="state"):
        runs.append(Run(tmp_path / state, *ports))
        return runs[-1]

    yield started
    for run in runs:
        run.close()


def paste(command):
    """The printed command in another terminal: a shell that knows nothing of the run."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TWILIO_", "OFFHOOK_"))}
    return subprocess.run(
        [shutil.which("sh"), "-c", command], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_the_printed_command_gets_the_apps_reply_and_ctrl_c_ends_both_and_it_works_again_at_once(start):
    for _ in range(2):
        run = start()
        sent = paste(run.line("Send a message"))
        assert sent.returncode == 0, sent.stderr
        assert "You said: hello" in sent.stdout + sent.stderr
        code, took = run.stop()
        assert (code, took < 20) == (0, True), run.complaints[-20:]


def test_nothing_of_it_listens_any_more_once_it_has_stopped(start):
    run = start()
    addresses = [run.line("Twilio posts to"), run.line("The console is").partition("/login")[0]]
    run.stop()
    for address in addresses:
        with pytest.raises(OSError, match="refused"):
            urlopen(address, timeout=5)


def test_it_says_where_twilio_posts_and_where_the_console_is_and_both_answer(start):
    run = start()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/sms", run.line("Twilio posts to"))
    console, _, _ = run.line("The console is").partition("/login")
    with urlopen(console + "/readyz", timeout=10) as answer:
        assert answer.status == 200


def test_the_consoles_address_is_the_one_that_serve_tells_and_logs_in(start):
    run = start()
    link = run.line("The console is")
    begins = '{"event":"ready"'
    assert link == json.loads(begins + run.line(begins))["login"]
    parts = urlsplit(link)
    with closing(HTTPConnection(parts.hostname, parts.port, timeout=10)) as browser:
        browser.request("POST", "/login", parts.query, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = browser.getresponse()
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert answer.headers["set-cookie"].startswith("offhook_session")


def test_a_port_in_use_is_said_and_another_one_is_taken(start):
    first = start()
    used = re.search(r":(\d+)/", first.line("Twilio posts to"))[1]
    second = start("--port", used, "--console-port", "0", "--app-port", "0")
    taken = second.line(f"Port {used} is in use: the public listener takes").rstrip(".")
    assert second.line("Twilio posts to") == f"http://127.0.0.1:{taken}/sms"
    assert "You said: hello" in paste(second.line("Send a message")).stdout


def test_a_message_that_the_stopped_app_did_not_get_is_delivered_when_it_is_back_and_the_reply_goes_out_late(start, tmp_path):
    run = start()
    command = run.line("Send a message")
    os.kill(int((tmp_path / "state" / "example-app.pid").read_text()), signal.SIGKILL)
    run.line("The app is down")
    sent = paste(command.replace("--body hello", "--body 'are you there?'"))
    assert sent.returncode == 0, sent.stderr
    assert "You said" not in sent.stdout
    assert run.line("A late reply").endswith(": You said: are you there?")


def test_a_real_accounts_token_in_the_environment_is_neither_used_nor_printed(start, monkeypatch):
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "0123456789abcdef-a-real-one")
    run = start()
    assert "You said: hello" in paste(run.line("Send a message")).stdout
    run.stop()
    assert "a-real-one" not in "\n".join([*run.lines, *run.complaints])


def test_the_made_up_token_is_written_to_no_file(start, tmp_path):
    run = start()
    command = run.line("Send a message")
    token = re.search(r"TWILIO_AUTH_TOKEN=(\S+)", command)[1]
    paste(command)
    run.stop()
    assert len(token) > 16
    kept = {path.name: path.read_bytes() for path in (tmp_path / "state").iterdir() if path.is_file()}
    assert "example.db" in kept
    assert [name for name, content in kept.items() if token.encode() in content] == []
