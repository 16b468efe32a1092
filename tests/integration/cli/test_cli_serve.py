"""`offhook serve` says where it is, to a person and to a program, and the commands that it names work; with the real program."""

import json
import os
import pty
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from offhook.cli.assembly import ServeInfo
from offhook.cli.options import Configuration
from offhook.cli.serve import sending_command
from offhook.settings import load

OFFHOOK = (sys.executable, "-m", "offhook")
QUIET = {name: value for name, value in os.environ.items() if not name.startswith(("OFFHOOK_", "TWILIO_", "PORT"))}
HELLO = (200, "text/xml", "<Response><Message>Hi there</Message></Response>")


def offhook(folder, *words, **environ):
    return subprocess.run(
        [*OFFHOOK, *words], cwd=folder, env=QUIET | environ, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def serving(folder, *flags, stdout=subprocess.PIPE, **environ):
    """A server on free ports. Yields the process; ended with SIGTERM and waited for."""
    command = [*OFFHOOK, "serve", "--host", "127.0.0.1", "--port", "0", "--console-port", "0", *flags]
    with (folder / "serve.err").open("wb") as errors:
        child = subprocess.Popen(command, cwd=folder, env=QUIET | environ, stdout=stdout, stderr=errors)
        try:
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)
            if child.stdout:
                child.stdout.close()


def ready(child):
    line = child.stdout.readline()
    assert line, "it ended before it was ready"
    return json.loads(line)


def three_lines(terminal, child):
    text, deadline = b"", time.monotonic() + 30
    while text.count(b"\n") < 3 and time.monotonic() < deadline and child.poll() is None:
        if select.select([terminal], [], [], 0.1)[0]:
            text += os.read(terminal, 4096)
    return text.decode().splitlines()


def first(console, folder):
    return json.loads(offhook(folder, "webhooks", "list", "--json", "--console-url", console).stdout)["webhooks"]


def test_a_message_goes_round_and_is_found_again_with_the_server_and_without_it(tmp_path, app_answering):
    secret = {"TWILIO_AUTH_TOKEN": "a-token"}
    with app_answering(HELLO) as app, serving(tmp_path, "--to", app.url, **secret) as child:
        said = ready(child)
        assert (said["event"], said["pid"], said["unsigned"]) == ("ready", child.pid, False)
        assert said["endpoints"] == {"sms": f"{said['intake']}/sms"}
        sent = offhook(tmp_path, "send", f"{said['intake']}/sms", "--body", "hello", **secret)
        assert sent.returncode == 0, sent
        assert "Hi there" in sent.stdout
        (row,) = first(said["console"], tmp_path)
        assert (row["state"], row["body_preview"]) == ("delivered", "hello")
        forged = offhook(tmp_path, "send", f"{said['intake']}/sms", "--bad-signature", **secret)
        assert forged.returncode == 1
        assert forged.stdout.startswith("403")
    assert child.returncode == 0
    offline = offhook(tmp_path, "webhooks", "show", row["id"][:18], "--console-port", "1")
    assert "Body" in offline.stdout
    replayed = offhook(tmp_path, "webhooks", "replay", row["id"], "--console-port", "1")
    assert "they will be delivered when `offhook serve` runs" in replayed.stderr


def test_a_person_gets_three_lines_and_the_command_among_them_works(tmp_path, app_answering):
    ours, theirs = pty.openpty()
    try:
        with app_answering(HELLO) as app, serving(tmp_path, "--to", app.url, "--allow-unsigned", stdout=theirs) as child:
            posts, console, command = three_lines(ours, child)
            assert posts.startswith("Twilio posts to   http://127.0.0.1:")
            assert posts.endswith("/sms")
            assert console.startswith("The console is    http://127.0.0.1:")
            words = shlex.split(command.removeprefix("Send a message"))
            sent = subprocess.run(words, cwd=tmp_path, env=QUIET, capture_output=True, text=True, timeout=60, check=False)
            assert sent.returncode == 0, sent
            assert "Hi there" in sent.stdout
        assert child.returncode == 0
        assert "Signatures are NOT checked" in (tmp_path / "serve.err").read_text()
    finally:
        os.close(ours)
        os.close(theirs)


def test_ctrl_c_ends_a_tail_quietly(tmp_path, app_answering):
    with app_answering(HELLO) as app, serving(tmp_path, "--to", app.url, "--allow-unsigned") as child:
        said = ready(child)
        offhook(tmp_path, "send", f"{said['intake']}/sms", "--unsigned")
        words = [*OFFHOOK, "webhooks", "tail", "--json", "--console-url", said["console"]]
        with subprocess.Popen(words, cwd=tmp_path, env=QUIET, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tail:
            assert json.loads(tail.stdout.readline())["endpoint"] == "sms"
            tail.send_signal(signal.SIGINT)
            _, errors = tail.communicate(timeout=30)
        assert (tail.returncode, errors) == (0, b"")


UNSIGNED = ("--allow-unsigned", "--host", "127.0.0.1")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--to", "http://127.0.0.1:9/"], "set the environment variable TWILIO_AUTH_TOKEN"),
        (["--to", "http://127.0.0.1:9/", "--allow-unsigned"], "add --host 127.0.0.1"),
        (["--allow-unsigned", "--host", "127.0.0.1"], "nowhere to deliver to yet: add --to"),
        (["--to", "nowhere"], "is not an absolute http(s) URL"),
        (["--hold", "forever"], "write 10s, 500ms, 4h"),
        ([*UNSIGNED, "--to", "http://127.0.0.1:9/", "--database", "/"], "/ is a directory"),
        ([*UNSIGNED, "--to", "http://127.1:9/"], "http://127.1:9/ cannot be called"),
        ([*UNSIGNED, "--to", "http://127.0.0.1:9/", "--ca-file", __file__], "holds no certificates"),
        ([*UNSIGNED, "--to", "http://127.0.0.1:9/\udcff"], "is not UTF-8 text"),
    ],
)
def test_what_must_not_start_ends_with_exit_code_2_and_a_sentence(tmp_path, flags, sentence):
    result = offhook(tmp_path, "serve", *flags)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_port_that_is_taken_is_exit_code_1_or_2_with_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = offhook(
            tmp_path,
            "serve",
            "--to",
            "http://127.0.0.1:9/",
            "--allow-unsigned",
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "--console-port",
            "0",
        )
    assert result.returncode in {1, 2}
    assert "listen" in result.stderr
    assert "Traceback" not in result.stderr


class TestTheCommandThatSendsAMessage:
    INFO = ServeInfo(intake=("0.0.0.0", 9000), console=("127.0.0.1", 8081))

    def command(self, *, environ=None, info=INFO, file=None, **flags):
        settings = load({"to": "http://localhost:5000/x", **flags}, environ or {}, None)
        words = shlex.split(sending_command(Configuration(settings, flags, file), info))
        return words[words.index("send") :]

    def test_it_goes_to_this_machine_where_the_listener_is_everywhere(self):
        assert self.command(environ={"TWILIO_AUTH_TOKEN": "t"}) == ["send", "http://127.0.0.1:9000/sms"]
        assert self.command(environ={"TWILIO_AUTH_TOKEN": "t"}, info=ServeInfo(intake=("::", 9000), console=("::1", 1))) == [
            "send",
            "http://[::1]:9000/sms",
        ]

    def test_without_a_token_it_is_unsigned(self):
        assert self.command() == ["send", "http://127.0.0.1:9000/sms", "--unsigned"]

    def test_behind_a_proxy_it_is_signed_for_the_public_url(self):
        words = self.command(environ={"TWILIO_AUTH_TOKEN": "t"}, public_url="https://sms.example.com/in/", name="a")
        assert words == ["send", "http://127.0.0.1:9000/a", "--signed-url", "https://sms.example.com/in/a"]

    def test_what_was_said_by_flag_is_said_again(self):
        words = self.command(environ={"MINE": "t"}, auth_token="env:MINE", file=Path("a b.toml"))
        assert words == ["send", "http://127.0.0.1:9000/sms", "--config", "a b.toml", "--auth-token", "env:MINE"]

    def test_it_goes_to_an_endpoint_with_an_app_and_is_left_out_without_one(self, tmp_path):
        file = tmp_path / "offhook.toml"
        file.write_text('[endpoints.debugger]\nprovider = "twilio-debugger"\n[endpoints.sms]\nto = "http://a/"\n')
        settings = load({}, {}, file)
        assert "http://127.0.0.1:9000/sms" in sending_command(Configuration(settings, {}, file), self.INFO)
        settings = load({"provider": "twilio-debugger"}, {}, None)
        assert sending_command(Configuration(settings, {}, None), self.INFO) == ""
