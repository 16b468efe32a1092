"""`make run`: the example SMS app, and Offhook in front of it, until Ctrl-C.

Both get an auth token that is made up for this run and is written nowhere. Nothing leaves loopback: replies that come too late for the sender's request go
to a stand-in for Twilio's REST API, which prints them. The journal is `.offhook/example.db`, so what the app did not get is still there on the next run.
"""

# ruff: noqa: S310, S603 - it opens loopback URLs and starts commands that are written in this file.

import argparse
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

import rest_stand_in

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "examples" / "flask_sms" / "app.py"
HOST = "127.0.0.1"
CONSOLE_PORT = 8081  # where `offhook webhooks list` asks by default
BACK_AFTER = 10.0  # seconds after which an app that was stopped is started again
START_WITHIN = 30.0  # seconds until a child must listen
STOP_WITHIN = 25.0  # seconds; Offhook itself takes up to 20 to finish what is under way


class Stop:
    """Set by the signals that mean "end this run"."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True


def free_port(preferred: int, what: str) -> int:
    """The preferred port where it is free; else one that is, and a line that says so. 0 means any."""
    for port in (preferred, 0):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
        if preferred not in (0, found):
            print(f"Port {preferred} is in use: {what} takes {found}.", flush=True)
        return found
    sys.exit("No port is free on loopback.")


def journal(stack: ExitStack, state: Path) -> Path:
    """The journal's file; a second `make run` beside this one gets another. Locked for as long as the stack is open."""
    state.mkdir(mode=0o700, exist_ok=True)
    for number in range(1, 100):
        name = "example" if number == 1 else f"example-{number}"
        lock = stack.enter_context((state / f"{name}.lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return state / f"{name}.db"
    sys.exit("A hundred of these are running already.")


def environment(token: str, port: int) -> dict[str, str]:
    """Ours without anything of a real account or of an `offhook.toml`, plus the made-up token and a port."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TWILIO_", "OFFHOOK_"))}
    return kept | {"TWILIO_AUTH_TOKEN": token, "PORT": str(port), "OFFHOOK_CONFIG": os.devnull}


def start(stack: ExitStack, command: list[str], env: dict[str, str], *, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """A child in a session of its own, so that Ctrl-C reaches us alone and we stop the two in order; stopped when the stack closes."""
    errors = None if output == subprocess.PIPE else subprocess.STDOUT
    child = subprocess.Popen(
        command, env=env, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
    )
    stack.callback(end, child)
    return child


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask it to finish; make it, when it does not."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], stop: Stop) -> bool:
    """True once it is ready; False when the child died, time was up, or somebody asked us to stop."""
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and child.poll() is None and not stop.asked:
        if ready():
            return True
        time.sleep(0.05)
    return False


def listens(port: int) -> bool:
    """Whether something accepts connections there."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def answers(url: str) -> bool:
    """Whether the URL answers with a 2xx."""
    try:
        with urlopen(url, timeout=2):
            return True
    except (URLError, OSError):
        return False


class Readiness:
    """What Offhook's readiness line says: `login` is the link that opens the console, "" until it is ready.

    Its lines go on to whoever reads ours; a person at a terminal gets the three lines instead.
    """

    def __init__(self, source: IO[bytes]) -> None:
        self.login = ""
        threading.Thread(target=self._read, args=(source,), daemon=True).start()

    def _read(self, source: IO[bytes]) -> None:
        for line in source:
            if not self.login:
                self.login = login_in(line)
            if not sys.stdout.isatty():
                sys.stdout.write(line.decode(errors="replace"))
                sys.stdout.flush()


def login_in(line: bytes) -> str:
    """The link in a readiness line, "" in any other."""
    try:
        said = json.loads(line)
    except ValueError:
        return ""
    return str(said.get("login", "")) if isinstance(said, dict) and said.get("event") == "ready" else ""


class Example:
    """The app: started, and started again a while after it has stopped, so that one can see what becomes of messages in between.

    Its process id stands in a file beside the journal, its output in another.
    """

    def __init__(self, stack: ExitStack, port: int, token: str, database: Path) -> None:
        self.log = database.with_name(f"{database.stem}-app.log")
        self._pid = database.with_name(f"{database.stem}-app.pid")
        self._output = stack.enter_context(self.log.open("wb"))
        self._stack, self._environment = stack, environment(token, port)
        self._back_at: float | None = None
        self.child = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        child = start(self._stack, [sys.executable, str(APP)], self._environment, output=self._output)
        self._pid.write_text(f"{child.pid}\n", encoding="utf-8")
        return child

    def tend(self) -> None:
        """Say once that it has stopped; start it again when it is time."""
        if self.child.poll() is None:
            return
        if self._back_at is None:
            self._back_at = time.monotonic() + BACK_AFTER
            print(f"The app is down   Offhook keeps what comes in. The app is back in {BACK_AFTER:.0f} s.", flush=True)
        elif time.monotonic() >= self._back_at:
            self._back_at, self.child = None, self._start()
            print("The app is back", flush=True)


def watch(app: Example, offhook: subprocess.Popen[bytes], stop: Stop) -> int:
    """Until Ctrl-C (0) or until Offhook ends (its exit code)."""
    while not stop.asked:
        if (code := offhook.poll()) is not None:
            print(f"Offhook has stopped (exit {code}).", file=sys.stderr)
            return code or 1
        app.tend()
        time.sleep(0.1)
    return 0


def arguments() -> argparse.Namespace:
    """Ports; each gives way to a free one when it is in use."""
    parser = argparse.ArgumentParser(description="The example SMS app with Offhook in front of it.")
    parser.add_argument("--port", type=int, default=8080, help="where Twilio posts (default 8080)")
    parser.add_argument("--console-port", type=int, default=CONSOLE_PORT, help="API, health, metrics (default 8081)")
    parser.add_argument("--app-port", type=int, default=5000, help="the example app (default 5000)")
    parser.add_argument("--state", type=Path, default=ROOT / ".offhook", help="directory of the journal (default .offhook)")
    return parser.parse_args()


def main() -> int:
    """Start the app, then Offhook; say where they are; stop them in the other order."""
    wanted, stop, token = arguments(), Stop(), f"demo-{secrets.token_hex(8)}"
    app_port = free_port(wanted.app_port, "the example app")
    port = free_port(wanted.port, "the public listener")
    console = free_port(wanted.console_port, "the console")
    script = Path(sys.executable).with_name("offhook")
    program = [str(script)] if script.exists() else [sys.executable, "-m", "offhook"]
    with ExitStack() as stack:
        database = journal(stack, wanted.state)
        app = Example(stack, app_port, token, database)
        if not wait_until(lambda: listens(app_port), app.child, stop):
            print(app.log.read_text(errors="replace") if not stop.asked else "", file=sys.stderr)
            return 0 if stop.asked else 1
        serve = [*program, "serve", "--to", f"http://{HOST}:{app_port}/sms", "--host", HOST]
        serve += ["--port", str(port), "--console-port", str(console), "--database", str(database)]
        # One waits minutes for a real app, and not for an example.
        serve += ["--schedule", "5s", "--twilio-api-url", stack.enter_context(rest_stand_in.serving())]
        # A person reads the lines below, not a log line for each message between them.
        serve += ["--log-level", "warning"] if sys.stdout.isatty() else []
        offhook = start(stack, serve, environment(token, port), output=subprocess.PIPE)
        assert offhook.stdout is not None
        ready = Readiness(offhook.stdout)
        if not wait_until(lambda: bool(ready.login) and answers(f"http://{HOST}:{console}/readyz"), offhook, stop):
            print("" if stop.asked else "Offhook did not get ready.", file=sys.stderr)
            return 0 if stop.asked else (offhook.poll() or 1)
        command = " ".join([os.path.relpath(program[0]), *program[1:]])
        print(f"Twilio posts to   http://{HOST}:{port}/sms", flush=True)
        print(f"The console is    {ready.login}", flush=True)
        print(f"Send a message    TWILIO_AUTH_TOKEN={token} {command} send http://{HOST}:{port}/sms --body hello", flush=True)
        if console != CONSOLE_PORT:  # the listings ask the usual one unless they are told
            print(f"See what came     {command} webhooks list --console-url http://{HOST}:{console}", flush=True)
        return watch(app, offhook, stop)


if __name__ == "__main__":
    sys.exit(main())
