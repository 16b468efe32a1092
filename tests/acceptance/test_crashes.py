"""`kill -9` at random moments under load: nothing acknowledged is missing, nothing is stuck."""

import random
import threading
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode

from tests.helpers.messages import message, signature
from tests.helpers.processes import Offhook, free_port, get_json, wait_until

KILLS = 100
SENDERS = 4


class CountingApp:
    """Answers every message and remembers how often each came."""

    def __init__(self):
        self.seen = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                message_sid = form["MessageSid"][0]
                outer.seen[message_sid] = outer.seen.get(message_sid, 0) + 1
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", "11")
                self.end_headers()
                self.wfile.write(b"<Response/>")

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            # The default of 5 has the kernel drop connections when a whole backlog is delivered at once.
            request_queue_size = 128

            def handle_error(self, request, client_address):
                """A killed client is what this test is about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/sms"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Senders:
    """Threads that post signed messages one after another, and note which were acknowledged."""

    def __init__(self, port):
        self.acknowledged = set()
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self):
        url = f"http://127.0.0.1:{self._port}/sms"
        while not self._stop.is_set():
            connection = HTTPConnection("127.0.0.1", self._port, timeout=5)
            try:
                while not self._stop.is_set():
                    pairs = message(From=f"+1555{random.randrange(10**7):07d}")
                    headers = {
                        "Content-Type": "application/x-www-form-urlencoded",
                        "X-Twilio-Signature": signature(url, pairs),
                    }
                    connection.request("POST", "/sms", urlencode(pairs), headers)
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status == 200:
                        self.acknowledged.add(dict(pairs)["MessageSid"])
            except (OSError, HTTPException):
                self._stop.wait(0.02)
            finally:
                connection.close()


def test_a_hundred_kills_under_load_lose_and_block_nothing(tmp_path):
    port = free_port()
    with CountingApp() as app:
        with Senders(port) as senders:
            kills_with_new_acknowledgements = 0
            for n in range(KILLS):
                before = len(senders.acknowledged)
                offhook = Offhook(tmp_path, "--to", app.url, "--answer", "ack" if n % 2 else "relay", port=port)
                threading.Event().wait(random.uniform(0.0, 0.25))
                offhook.kill()
                kills_with_new_acknowledgements += len(senders.acknowledged) > before
            assert kills_with_new_acknowledgements > KILLS // 2, "the load hardly met the kills"
            offhook = Offhook(tmp_path, "--to", app.url, port=port)
        # The senders have stopped; the app must go on, since it is still owed what was acknowledged and not delivered before a kill.
        acknowledged = set(senders.acknowledged)
        wait_until(lambda: acknowledged <= app.seen.keys(), seconds=60)
        wait_until(lambda: undelivered(offhook) == 0, seconds=60)
        assert offhook.stop() == 0


def undelivered(offhook):
    (endpoint,) = get_json(f"{offhook.console}/api/endpoints")["endpoints"]
    return sum(count for state, count in endpoint["counts"].items() if state in {"waiting", "delivering"})
