"""An app breaks, is mended, breaks again: one issue tells of it, and what was lost is delivered, each message exactly once."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from tests.helpers.messages import message, post, sid
from tests.helpers.processes import Offhook, fetch, get_json, wait_until

AT_ONCE = ("--schedule", "5s", "--give-up-after", "1s")  # the first failure is the last
BREAKER = 5  # failures in a row, after which the app is given a rest


class SwitchedApp:
    """An app that answers 502 until it is mended, and counts the messages that it has taken."""

    def __init__(self):
        self.works = False
        self.taken = Counter()
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                works = app.works
                if works:
                    app.taken[fields["Body"][0]] += 1
                content = b"<Response/>" if works else b"<html>502 Bad Gateway</html>"
                self.send_response(200 if works else 502)
                self.send_header("Content-Type", "text/xml" if works else "text/html")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/sms"

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def app():
    switched = SwitchedApp()
    yield switched
    switched.stop()


def text(offhook, words):
    assert post(offhook.url + "/sms", message(words, From="+1555" + sid()[-7:]))[0] == 200


def lose(offhook, app, number):
    """Have messages fail, and others delivered in between, so that no breaker opens."""
    for place in range(number):
        app.works = place % (BREAKER - 1) == 0
        if app.works:
            text(offhook, f"fine {place}")
        app.works = False
        text(offhook, f"lost {place}")
    all_are(offhook, "delivered", "failed")


def issues(offhook, query=""):
    return get_json(f"{offhook.console}/api/issues{query}")["issues"]


def ask(offhook, path, **members):
    status, _, body = fetch(
        f"{offhook.console}/api/issues/{path}", json.dumps(members).encode(), {"Content-Type": "application/json"}, "POST"
    )
    assert status in {200, 202}, body
    return json.loads(body)


def all_are(offhook, *states):
    wait_until(lambda: {webhook["state"] for webhook in offhook.webhooks()} == set(states), seconds=60)


def test_an_issue_opens_is_resolved_regresses_and_its_replay_delivers_what_was_lost_once(tmp_path, app, run_offhook):
    offhook = Offhook(tmp_path, "--to", app.url, *AT_ONCE)
    app.works = True
    text(offhook, "before")
    assert issues(offhook) == []

    lose(offhook, app, 6)
    (issue,) = issues(offhook)
    assert (issue["endpoint"], issue["state"]) == ("sms", "open")
    assert issue["count"] == sum(issue["hours"]) == 6
    assert dict(app.taken) == {"before": 1, "fine 0": 1, "fine 4": 1}

    resolved = ask(offhook, issue["id"], state="resolved")
    assert (resolved["state"], resolved["last_error"]["code"]) == ("resolved", issue["code"])
    assert issues(offhook, "?state=open,regressed") == []
    text(offhook, "lost 6")
    (again,) = wait_until(lambda: issues(offhook, "?state=regressed"))
    assert (again["id"], again["count"] > resolved["count"]) == (issue["id"], True)
    wait_until(lambda: len([each for each in offhook.webhooks() if each["state"] == "failed"]) == 7, seconds=60)
    assert len(offhook.errors(f"&issue={issue['id']}&q=502")) == issues(offhook)[0]["count"]
    counted = get_json(f"{offhook.console}/api/errors/counts?issue={issue['id']}&buckets=500")
    assert sum(counted["counts"]) == issues(offhook)[0]["count"]

    app.works, before = True, dict(app.taken)
    assert ask(offhook, issue["id"] + "/replay", dry_run=True) == {"replayed": 7, "dry_run": True}
    assert dict(app.taken) == before
    assert ask(offhook, issue["id"] + "/replay", dry_run=False) == {"replayed": 7, "dry_run": False}
    once = {**before, **{f"lost {number}": 1 for number in range(7)}}
    wait_until(lambda: dict(app.taken) == once, seconds=60)
    all_are(offhook, "delivered")

    assert ask(offhook, issue["id"] + "/replay") == {"replayed": 0, "dry_run": False}
    done = run_offhook("issues", "replay", issue["id"], "--json", "--console-url", offhook.console)
    assert json.loads(done.stdout) == {"replayed": 0, "dry_run": False}
    time.sleep(2)
    assert dict(app.taken) == once
    assert offhook.stop() == 0


def test_replays_asked_for_at_one_time_deliver_each_message_once(tmp_path, app):
    offhook = Offhook(tmp_path, "--to", app.url, *AT_ONCE)
    lose(offhook, app, 20)
    app.works, before = True, dict(app.taken)
    (issue,) = issues(offhook)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(offhook, issue["id"] + "/replay")["replayed"])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answers) == 20
    all_are(offhook, "delivered")
    time.sleep(1)
    assert dict(app.taken) == {**before, **{f"lost {number}": 1 for number in range(20)}}
    assert offhook.stop() == 0


def test_issues_outlast_a_kill_and_can_be_dealt_with_while_nothing_runs(tmp_path, app, run_offhook):
    offhook = Offhook(tmp_path, "--to", app.url, *AT_ONCE)
    text(offhook, "lost")
    all_are(offhook, "failed")
    (issue,) = issues(offhook)
    offhook.kill()
    flags = ("--database", str(tmp_path / "offhook.db"), "--console-port", "1")
    assert run_offhook("issues", "acknowledge", issue["id"][:8], *flags).returncode == 0
    assert run_offhook("issues", "replay", issue["id"][:8], *flags).returncode == 0
    app.works = True
    offhook = Offhook(tmp_path, "--to", app.url)
    all_are(offhook, "delivered")
    assert dict(app.taken) == {"lost": 1}
    assert [(each["id"], each["state"], each["count"]) for each in issues(offhook)] == [
        (issue["id"], "acknowledged", issue["count"])
    ]
    assert offhook.stop() == 0
