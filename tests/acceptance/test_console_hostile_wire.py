"""Hostile texts that come over the wire: from whoever sends a webhook, and in every part of an app's answer, the words of its status line included."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlencode

import pytest

from tests.helpers.browser import browser
from tests.helpers.console import Watched
from tests.helpers.messages import message, post
from tests.helpers.payloads import PAYLOADS, on_the_wire, short
from tests.helpers.processes import Offhook, wait_until

AT_ONCE = ("--schedule", "5s", "--give-up-after", "1s")
STEP = 4
TEXTS = [" ".join(short(payload, 120) for payload in PAYLOADS[start : start + STEP]) for start in range(0, len(PAYLOADS), STEP)]
STATUSES = (200, 502, 200, 404, 200, 302)  # never so many failures in a row that the app is given a rest


class HostileApp:
    """Says back what it is told, in every place of an answer that can hold it; the answer to message number n has one of these statuses."""

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fields = parse_qs(body.decode(), errors="replace")
                number, said = int(fields["FromZip"][0]), fields["Body"][0]
                line = on_the_wire(said, 300).encode("utf-8", "replace").decode("latin-1")
                content = f"<Response><Message>{said}</Message></Response>".encode("utf-8", "replace")
                self.send_response(STATUSES[number % len(STATUSES)], line)
                for name in ("Server", "Location", "X-Hostile", "Set-Cookie"):
                    self.send_header(name, line)
                self.send_header("Content-Type", "text/xml" if number % 3 else f"text/html; {line}")
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
    app = HostileApp()
    yield app
    app.stop()


def send(offhook, number, said):
    """A signed message with the text in its fields, their names, its headers and its query."""
    line = on_the_wire(said, 300)
    url = f"{offhook.url}/sms?{urlencode({'q': line})}#{quote(line)}".partition("#")[0]
    fields = message(said, From=said[:200], ProfileName=said, FromCity=said, MediaUrl0=said, FromZip=str(number))
    fields.append((said[:100], said))
    header = line.encode("utf-8", "replace").decode("latin-1")
    status, _, body = post(url, fields, headers={"User-Agent": header, "X-Hostile": header, "X-Forwarded-For": header})
    assert status == 200, (said, body)


def test_nothing_that_comes_over_the_wire_does_anything_on_a_page(tmp_path, app):
    offhook = Offhook(tmp_path, "--to", app.url, *AT_ONCE)
    for number, said in enumerate(TEXTS):
        send(offhook, number, said)
    wait_until(lambda: {each["state"] for each in offhook.webhooks()} <= {"delivered", "failed"}, seconds=60)
    faults = {}
    with browser() as chromium:
        page = Watched(chromium, offhook.console, width=390)
        page.page.goto(offhook.ready["login"])
        page.page.get_by_role("main").get_by_role("button", name="Log in").click()
        paths = ["/", "/webhooks?limit=200", "/errors?limit=200", "/issues"]
        paths += [f"/webhooks/{each['id']}" for each in offhook.webhooks()]
        paths += [f"/errors/{each['sid']}" for each in offhook.errors()]
        for path in paths:
            status = page.open(path).status
            if found := page.faults() + ([] if status == 200 else [f"status {status}"]):
                faults[path] = found
        page.close()
    assert len(paths) >= len(TEXTS) * 1.5
    assert faults == {}, "\n".join(f"{path}: {found}"[:500] for path, found in faults.items())
    assert offhook.stop() == 0
