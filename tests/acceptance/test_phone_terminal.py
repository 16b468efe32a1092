"""`offhook dev --terminal`: a chat for a person at a terminal, and lines for a script."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time

import pytest

from tests.helpers.dev import command, environment
from tests.helpers.processes import App, free_port

STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def app(tmp_path):
    app = App("echo", tmp_path)
    yield app
    app.kill()


def piped(app_url, text, *flags, folder):
    """A script: lines go in, what happened comes out as lines of JSON."""
    done = subprocess.run(
        command(app_url, "--terminal", *flags),
        input=text.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        cwd=folder,
        env=environment(),
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_each_line_of_a_script_is_a_text_and_the_end_waits_for_the_last_reply(app, tmp_path):
    code, (ready, *told), words = piped(app.url, "hello\nhow are you?\n", folder=tmp_path)
    assert (code, words) == (0, "")
    assert ready["event"] == "ready"
    assert ready["phone"] == ready["url"] + "/phone"
    ended = [each["body"] for each in told if each["status"] == "delivered"]
    assert ended == ["You said: hello", "You said: how are you?"]
    taken = [each["body"] for each in told if each["direction"] == "inbound" and each["mark"] == "delivered"]
    assert taken == ["hello", "how are you?"]


def test_commands_in_a_script_change_who_texts_whom_and_with_what(app, tmp_path):
    lines = "/person Grace\nhi\n/to +12025550198\n/whatsapp\n/media https://example.com/cat.jpg look\n//slash\n/nonsense\n/quit\nnever\n"
    code, (_, *told), words = piped(app.url, lines, folder=tmp_path)
    sent = {each["sid"]: each for each in told if each["direction"] == "inbound"}.values()
    assert [(each["from"], each["to"], each["body"], each["media"]) for each in sent] == [
        ("+12025550102", "+12025550199", "hi", []),
        ("whatsapp:+12025550102", "whatsapp:+12025550198", "look", ["https://example.com/cat.jpg"]),
        ("whatsapp:+12025550102", "whatsapp:+12025550198", "/slash", []),
    ]
    assert code == 0
    assert "You are Grace now" in words
    assert "There is no such command" in words


def test_a_text_that_was_not_taken_ends_a_script_with_1_and_says_code_cause_and_first_step(tmp_path):
    code, told, _ = piped(f"http://127.0.0.1:{free_port()}/sms", "anybody?\n", folder=tmp_path)
    assert code == 1
    assert told[-1]["mark"] == "failed"
    assert told[-1]["error_code"] == 11200
    assert told[-1]["error_message"].startswith("Nothing listens at 127.0.0.1")
    assert told[-1]["error_step"].startswith("Start the app")
    assert told[-1]["webhook_id"].startswith("WH")


def test_a_script_without_a_line_or_a_last_line_break_ends_too(app, tmp_path):
    assert piped(app.url, "", folder=tmp_path)[0] == 0
    code, told, _ = piped(app.url, "no line break", folder=tmp_path)
    assert (code, told[-1]["body"]) == (0, "You said: no line break")


def test_who_reads_no_more_ends_it_without_a_traceback(app, tmp_path):
    with subprocess.Popen(
        command(app.url, "--terminal"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(),
    ) as child:
        child.stdout.readline()
        child.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(b"hello\n" * 3)
            child.stdin.close()
        assert child.wait(30) != 0
        assert b"Traceback" not in child.stderr.read()


def test_a_port_that_is_taken_is_told_in_a_sentence_with_the_way_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            command("http://127.0.0.1:9/sms", port=port),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            cwd=tmp_path,
            env=environment(),
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"offhook: Cannot listen for the phone on 127.0.0.1 port {port}: another program uses it: stop that, "
        "or choose another port with --console-port.\n"
    )


class Terminal:
    """A child at a pseudo-terminal, as wide as a small window."""

    def __init__(self, words, folder):
        self.child, self.end = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            os.execve(words[0], words, {**environment(), "TERM": "xterm", "COLUMNS": "80", "LINES": "24"})
        self.said = ""

    def type(self, text):
        os.write(self.end, text.encode())

    def until(self, words, seconds=20):
        """Read until these words have come, colours aside."""
        end = time.monotonic() + seconds
        while words not in self.said:
            left = end - time.monotonic()
            assert left > 0, self.said
            if not select.select([self.end], [], [], left)[0]:
                continue
            try:
                piece = os.read(self.end, 65536).decode(errors="replace")
            except OSError:
                piece = ""
            assert piece, self.said
            self.said += STYLE.sub("", piece)
        before, _, self.said = self.said.partition(words)
        return before

    def ends(self, seconds=10):
        """Its exit code, what it said last, and how it leaves the terminal."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if select.select([self.end], [], [], 0.05)[0]:
                    self.said += STYLE.sub("", os.read(self.end, 65536).decode(errors="replace"))
            done, status = os.waitpid(self.child, os.WNOHANG)
            if done:
                self.child = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"it has not ended: {self.said}")

    def echoes(self):
        return bool(termios.tcgetattr(self.end)[3] & termios.ECHO)

    def close(self):
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.end)


@pytest.fixture
def terminal(app, tmp_path):
    terminal = Terminal(command(app.url, "--terminal"), tmp_path)
    yield terminal
    terminal.close()


def test_the_welcome_says_what_a_newcomer_needs_in_eighty_columns(terminal):
    welcome = terminal.until("Ada > ").replace("\r\n", "\n")
    for words in (
        "/phone",
        "+12025550199",
        "export TWILIO_ACCOUNT_SID=AC",
        "export TWILIO_AUTH_TOKEN=",
        "base_url",
        "baseUrl",
        "/help",
    ):
        assert words in welcome, words
    assert max(map(len, welcome.split("\n"))) <= 80


def test_a_person_types_and_sees_the_reply_above_the_line_that_is_being_typed(terminal, app):
    terminal.until("Ada > ")
    terminal.type("hello there\r")
    terminal.until("delivered to your app")
    terminal.until("app: You said: hello there")
    terminal.until("delivered")
    terminal.type("/person Grace\r")
    terminal.until("You are Grace now")
    app.kill()
    terminal.type("anybody?\rhalf a li")
    terminal.until("not delivered: 11200 Nothing listens at 127.0.0.1")
    terminal.until("First: Start the app")
    terminal.until("/webhooks/WH")
    terminal.until("Grace > half a li")


@pytest.mark.parametrize("keys", ["\x04", "/quit\r", "\x03", "half a line\x03"])
def test_ctrl_d_quit_and_ctrl_c_end_it_cleanly_and_leave_the_terminal_as_it_was(terminal, keys):
    terminal.until("Ada > ")
    terminal.type(keys)
    assert terminal.ends() == 0
    assert terminal.echoes()
    assert "Traceback" not in terminal.said
    assert "rror" not in terminal.said
