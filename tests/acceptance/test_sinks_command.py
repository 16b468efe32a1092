"""`offhook sinks` with a running server: from the first command to events that arrive, are refused, and go out again."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.helpers.messages import message, post
from tests.helpers.processes import Offhook, wait_until

RECEIVED = "com.offhook.webhook.received"


class Taker:
    """An app that answers with `status`, and keeps what it took."""

    def __init__(self):
        self.status, self.taken = 200, []
        taker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if taker.status == 200:
                    taker.taken.append(event)
                self.send_response(taker.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    @contextmanager
    def listening(self):
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


@pytest.fixture
def taker():
    with Taker().listening() as taker:
        yield taker


@pytest.fixture
def offhook(tmp_path):
    offhook = Offhook(tmp_path, "--to", "http://127.0.0.1:9/sms", "--answer", "ack")
    yield offhook
    assert offhook.stop() == 0


@pytest.fixture
def sinks(offhook, run_offhook):
    def run(*words, code=0):
        finished = run_offhook("sinks", *words, "--console-url", offhook.console)
        assert finished.returncode == code, finished.stderr
        return finished

    return run


def shown(sinks, sid):
    return json.loads(sinks("show", sid, "--json").stdout)


def test_what_a_sink_refuses_is_kept_and_goes_out_again_when_it_is_asked_for(offhook, sinks, taker):
    sid = json.loads(sinks("create", "webhook", taker.url, "--types", RECEIVED, "--json").stdout)["sid"]
    post(f"{offhook.url}/sms", message("one"))
    wait_until(lambda: len(taker.taken) == 1)
    taker.status = 400
    post(f"{offhook.url}/sms", message("two"))
    wait_until(lambda: shown(sinks, sid)["parked"] == 1)
    assert shown(sinks, sid)["last_fault"]["code"] == 91305
    assert "The sink has refused 1 of them again." in sinks("replay", sid, "--parked", code=1).stderr
    taker.status = 200
    assert "Replayed 1 event." in sinks("replay", sid, "--parked").stderr
    assert len({event["id"] for event in taker.taken}) == 2
    assert shown(sinks, sid)["parked"] == 0
    assert "Replayed 2 events." in sinks("replay", sid, "--since", "1h").stderr
    assert (len(taker.taken), len({event["id"] for event in taker.taken})) == (4, 2)
    sinks("delete", sid, "--yes")
    assert json.loads(sinks("list", "--json").stdout) == {"sinks": []}


def test_a_file_takes_a_test_event_and_then_what_is_wanted(offhook, sinks, tmp_path):
    path = tmp_path / "events.jsonl"
    sinks("create", "file", str(path), "--types", "all", "--filter", "kind == 'message'")
    [test_event] = path.read_text().splitlines()
    assert json.loads(test_event)["type"] == "com.twilio.eventstreams.test-event"
    post(f"{offhook.url}/sms", message("hello"))
    wait_until(lambda: RECEIVED in path.read_text())
    assert "well" in sinks("list").stdout


def test_a_test_event_that_nobody_takes_is_a_fault(sinks):
    sid = json.loads(sinks("create", "webhook", "http://127.0.0.1:9/events", "--json").stdout)["sid"]
    assert "91307" in sinks("test", sid, code=1).stderr
