"""`offhook dev` as a child process, and an app of a few lines for it to call."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from tests.helpers.processes import ACCOUNT, TOKEN, Child, fetch, free_port, get_json


class Dev(Child):
    """`offhook dev` in front of an app, its account the tests' own."""

    def __init__(self, folder, app_url, *flags, env=None):
        self.port = free_port()
        command = [sys.executable, "-m", "offhook", "dev", "--to", app_url, "--console-port", str(self.port), *flags]
        base = {"TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_ACCOUNT_SID": ACCOUNT}
        super().__init__(command, folder / "dev.log", {**base, **(env or {})})
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.ready = json.loads(line)
        self.numbers = self.ready["numbers"]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def text(self, sender, body, to=""):
        """A person sends a text; where no number is named, to the one of their latest conversation, else to the first."""
        status, _, answer = fetch(f"{self.url}/api/phone/texts", json.dumps({"from": sender, "to": to, "body": body}).encode())
        assert status == 201, answer
        return json.loads(answer)

    def messages(self, person=""):
        """What the phone shows, the oldest first."""
        return get_json(f"{self.url}/api/phone/messages?person={person.replace('+', '%2B')}")["messages"]


class App:
    """Takes whatever it is sent, and answers with a document. `seen` are (path, parameters). Use as a context manager."""

    def __init__(self, document="<Response/>"):
        self.seen = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.seen.append((self.path, dict(parse_qsl(form, keep_blank_values=True))))
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                self.wfile.write(document.encode())

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def at(self, path):
        """The parameters of each request to a path, in order."""
        return [given for asked, given in tuple(self.seen) if asked == path]
